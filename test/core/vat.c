/*
 * vat.c
 *	  Unit tests of src/core/vat.c.
 *
 * A document is written as its lines, "[quantity x] price [/ per] @ VAT" each,
 * and then what concerns all of it: "-" a discount, "+" a charge that shares
 * the VAT of the goods, "^" one of their highest rate, "=" one of its own.
 * VAT is a rate, or a category other than S.
 */
#include "vat_document.h"

static const struct
{
	const char *name;
	EcPrices	prices;
	int			scale;
	const char *document;
	const char *totals;
	const char *groups;			/* net and VAT of each, if given */
	const char *lines;			/* net and VAT of each, if given */
}			cases[] = {

	/* The worked examples, by their number */
	{"example 1: one rate", EC_NET, 2, "3x19.99@24", "59.97 + 14.39 = 74.36"},
	{"example 2: tie at 13", EC_NET, 2, "0.50@13", "0.50 + 0.07 = 0.57"},
	{"example 3: tie at 6", EC_NET, 2, "0.25@6", "0.25 + 0.02 = 0.27"},
	{"example 4: tie at 6", EC_NET, 2, "0.75@6", "0.75 + 0.05 = 0.80"},
	{"example 5: tie at 17", EC_NET, 2, "0.50@17", "0.50 + 0.09 = 0.59"},
	{"example 6: tie at 9", EC_NET, 2, "1.50@9", "1.50 + 0.14 = 1.64"},
	{"example 7: tie at 25.5", EC_NET, 2, "1.00@25.5", "1.00 + 0.26 = 1.26"},
	{"example 8: negative tie", EC_NET, 2, "-0.50@13", "-0.50 + -0.07 = -0.57"},
	{"example 9: tiny lines", EC_NET, 2, "0.02@24 0.02@24 0.02@24", "0.06 + 0.01 = 0.07",
	NULL, "0.02+0.01 0.02+0.00 0.02+0.00"},
	{"example 10: equal rows", EC_NET, 2, "4x2.27@21 4x2.27@21 4x2.27@21 4x2.27@21",
	"36.32 + 7.63 = 43.95", NULL, "9.08+1.91 9.08+1.91 9.08+1.91 9.08+1.90"},
	{"example 11: rounded line", EC_NET, 2, "16x348.35@22 -222.94", "5350.66 + 1177.15 = 6527.81"},
	{"example 13: quantity", EC_NET, 2, "10x14.28@19", "142.80 + 27.13 = 169.93"},
	{"example 13: gross price", EC_GROSS, 2, "10x16.99@19", "142.77 + 27.13 = 169.90"},
	{"example 14: one line", EC_NET, 2, "10x3.60@5.5", "36.00 + 1.98 = 37.98"},
	{"example 14: ten lines", EC_NET, 2, "3.60@5.5 3.60@5.5 3.60@5.5 3.60@5.5 3.60@5.5 "
	"3.60@5.5 3.60@5.5 3.60@5.5 3.60@5.5 3.60@5.5", "36.00 + 1.98 = 37.98"},
	{"example 15: gross at 24", EC_GROSS, 2, "9.99@24", "8.06 + 1.93 = 9.99"},
	{"example 16: gross at 13", EC_GROSS, 2, "19.99@13", "17.69 + 2.30 = 19.99"},
	{"example 17: gross at 24", EC_GROSS, 2, "100.00@24", "80.65 + 19.35 = 100.00"},
	{"example 18: gross at 24", EC_GROSS, 2, "0.01@24", "0.01 + 0.00 = 0.01"},
	{"example 19: gross at 25.5", EC_GROSS, 2, "49.90@25.5", "39.76 + 10.14 = 49.90"},
	{"example 20: gross at 27", EC_GROSS, 2, "12.00@27", "9.45 + 2.55 = 12.00"},
	{"example 21: gross tie", EC_GROSS, 2, "8.01@20", "6.67 + 1.34 = 8.01"},
	{"example 22: coupon of 25 percent", EC_GROSS, 2, "10x23.90@20 -59.75",
	"149.37 + 29.88 = 179.25"},
	{"example 22: its refund", EC_GROSS, 2, "-179.25@20", "-149.37 + -29.88 = -179.25"},
	{"example 23: two lines", EC_GROSS, 2, "21.53@21 21.53@21", "35.59 + 7.47 = 43.06",
	NULL, "17.79+3.74 17.80+3.73"},
	{"example 23: one line", EC_GROSS, 2, "2x21.53@21", "35.59 + 7.47 = 43.06"},
	{"example 24: two lines", EC_GROSS, 2, "11.90@21 2.80@21", "12.15 + 2.55 = 14.70",
	NULL, "9.84+2.06 2.31+0.49"},
	{"example 25: three lines", EC_GROSS, 2, "250@19 250@19 250@19", "630.25 + 119.75 = 750.00",
	NULL, "210.08+39.92 210.08+39.92 210.09+39.91"},
	{"example 26: two rates", EC_GROSS, 2, "1620.00@21 10.00@6", "1348.27 + 281.73 = 1630.00",
	"21: 1338.84 + 281.16, 6: 9.43 + 0.57"},
	{"example 28: no net reaches it", EC_GROSS, 2, "1.99@24", "1.60 + 0.39 = 1.99"},
	{"example 29: discount", EC_NET, 2, "33.33@24 33.33@13 33.34@6 -10.00",
		"90.00 + 12.90 = 102.90",
	"24: 30.00 + 7.20, 13: 30.00 + 3.90, 6: 30.00 + 1.80"},
	{"example 30: discount and ties", EC_NET, 2, "1@24 1@13 1@6 -1.00", "2.00 + 0.29 = 2.29",
	"24: 0.66 + 0.16, 13: 0.67 + 0.09, 6: 0.67 + 0.04"},
	{"example 31: discount and a free line", EC_NET, 2, "0.10@E 0.10@E 0.10@E 0.00@E -0.02",
	"0.28 + 0.00 = 0.28", NULL, "0.09+0.00 0.09+0.00 0.10+0.00 0.00+0.00"},
	{"example 32: discount of all", EC_NET, 2, "59.97@24 -59.97", "0.00 + 0.00 = 0.00",
	"24: 0.00 + 0.00"},
	{"example 33: discount of more", EC_NET, 2, "59.97@24 -80.00", "0.00 + 0.00 = 0.00",
	"24: 0.00 + 0.00"},
	{"example 34: gross coupon", EC_GROSS, 2, "50.00@10 -10.00", "36.36 + 3.64 = 40.00"},
	{"example 35: discounted lines", EC_NET, 2, "1980.75@22 1025.41@22",
	"3006.16 + 661.36 = 3667.52"},
	{"example 36: shipping follows the goods", EC_NET, 2, "60.00@24 40.00@6 +5.00",
		"105.00 + 17.64 = 122.64", "24: 63.00 + 15.12, 6: 42.00 + 2.52",
	"60.00+14.40 40.00+2.40 3.00+0.72 2.00+0.12"},
	{"example 36: at the highest rate", EC_NET, 2, "60.00@24 40.00@6 ^5.00",
		"105.00 + 18.00 = 123.00",
	"24: 65.00 + 15.60, 6: 40.00 + 2.40"},
	{"example 37: gross shipping", EC_GROSS, 2, "61.99@24 38.01@6 +4.99", "90.13 + 14.86 = 104.99",
	"24: 52.48 + 12.60, 6: 37.65 + 2.26"},
	{"example 38: weight", EC_NET, 2, "0.345x12.90@13", "4.45 + 0.58 = 5.03"},
	{"example 39: base quantity", EC_NET, 2, "250x12.35/100@24", "30.88 + 7.41 = 38.29"},
	{"example 40: three decimals", EC_NET, 2, "3x0.335@24", "1.01 + 0.24 = 1.25"},
	{"example 41: a third", EC_NET, 2, "0.333x10.00@Z", "3.33 + 0.00 = 3.33"},
	{"example 42: zero", EC_NET, 2, "0x9.99@24 5x0.00@24", "0.00 + 0.00 = 0.00",
	"24: 0.00 + 0.00", "0.00+0.00 0.00+0.00"},
	{"example 43: OMR", EC_NET, 3, "2x12.345@5", "24.690 + 1.235 = 25.925"},
	{"example 44: JPY at 8", EC_NET, 0, "333@8", "333 + 27 = 360"},
	{"example 44: JPY at 10", EC_NET, 0, "333@10", "333 + 33 = 366"},
	{"example 52: sold", EC_GROSS, 2, "3x1.01@24", "2.44 + 0.59 = 3.03"},
	{"example 53: credit note", EC_NET, 2, "-3x19.99@24", "-59.97 + -14.39 = -74.36"},
	{"example 63: island", EC_NET, 2, "1620.00@17", "1620.00 + 275.40 = 1895.40"},
	{"example 67: exempt", EC_NET, 2, "1620.00@24 100.00@E", "1720.00 + 388.80 = 2108.80",
	"24: 1620.00 + 388.80, E: 100.00 + 0.00"},
	{"example 68: levy outside", EC_NET, 2, "3x120.00@24 12.00@O", "category O mixed"},
	{"example 68: 458.40 without it", EC_NET, 2, "3x120.00@24", "360.00 + 86.40 = 446.40"},
	{"example 69: rounded rows", EC_NET, 2, "100.456@24 25.123@24 30.2987@24",
	"155.88 + 37.41 = 193.29", NULL, "100.46+24.11 25.12+6.03 30.30+7.27"},
	{"example 70: shipping without VAT", EC_NET, 2, "24.99@10.75 =6.44@0", "31.43 + 2.69 = 34.12"},
	{"example 71: Swiss", EC_NET, 2, "164.02@2.6", "164.02 + 4.26 = 168.28"},

	/* What other shops got wrong */
	{"gross discount", EC_GROSS, 2, "1190.00@19 -119.00", "900.00 + 171.00 = 1071.00"},
	{"two small groups", EC_NET, 2, "0.13@10 0.16@20", "0.29 + 0.04 = 0.33",
	"10: 0.13 + 0.01, 20: 0.16 + 0.03"},
	{"10 off 3 x 100", EC_NET, 2, "100.00@Z 100.00@Z 100.00@Z -10.00",
	"290.00 + 0.00 = 290.00", "Z: 290.00 + 0.00", "96.66+0.00 96.67+0.00 96.67+0.00"},

	/* Discounts */
	{"two discounts", EC_NET, 2, "10@24 10@24 -5.00 -15.01", "0.00 + 0.00 = 0.00"},
	{"discount beside a negative line", EC_NET, 2, "100@24 -50@24 -30",
	"20.00 + 4.80 = 24.80", NULL, "70.00+16.80 -50.00+-12.00"},
	{"discount of nothing", EC_NET, 2, "0.00@24 -1.00", "0.00 + 0.00 = 0.00"},
	{"discount of an empty order", EC_NET, 2, "-1.00", "0.00 + 0.00 = 0.00"},
	{"discount of less than nothing", EC_NET, 2, "-10@24 -1.00", "-10.00 + -2.40 = -12.40"},
	{"discount of more, a negative line", EC_NET, 2, "100@24 -50@24 -80", "0.00 + 0.00 = 0.00"},
	{"discount of goods, not of charges", EC_NET, 2, "100@24 =10@24 -110",
	"10.00 + 2.40 = 12.40", NULL, "0.00+0.00 10.00+2.40"},

	/* Charges */
	{"charge of its own rate", EC_NET, 2, "60@24 40@6 =5.00@13", "105.00 + 17.45 = 122.45",
	"24: 60.00 + 14.40, 6: 40.00 + 2.40, 13: 5.00 + 0.65"},
	{"charge of a rate of the goods", EC_NET, 2, "60@24 40@6 =5.00@6",
	"105.00 + 17.10 = 122.10", "24: 60.00 + 14.40, 6: 45.00 + 2.70"},
	{"charge of the later, higher rate", EC_NET, 2, "40@9.5 60@10 ^5.00",
	"105.00 + 10.30 = 115.30", "9.5: 40.00 + 3.80, 10: 65.00 + 6.50"},
	{"charge of one rate", EC_NET, 2, "40@6 60@6 +0.00", "100.00 + 6.00 = 106.00",
	NULL, "40.00+2.40 60.00+3.60 0.00+0.00"},
	{"charge after a discount", EC_NET, 2, "20@24 10@6 -30.00 +5.00",
	"5.00 + 1.20 = 6.20", "24: 5.00 + 1.20, 6: 0.00 + 0.00"},
	{"charge beside a negative group", EC_NET, 2, "100@6 -50@24 +5.00",
	"55.00 + -5.70 = 49.30", "6: 105.00 + 6.30, 24: -50.00 + -12.00"},
	{"charges follow goods, not charges", EC_NET, 2, "60@6 40@0 =900@24 +5.00 ^1.00",
	"1006.00 + 219.84 = 1225.84", "6: 64.00 + 3.84, Z: 42.00 + 0.00, 24: 900.00 + 216.00"},
	{"charges without goods", EC_NET, 2, "+5.00@24 ^2.00@6",
	"7.00 + 1.32 = 8.32", "24: 5.00 + 1.20, 6: 2.00 + 0.12"},

	/* Groups */
	{"every category", EC_GROSS, 2, "1@24 2@Z 3@E 4@AE 5@K 6@G 7@24", "26.45 + 1.55 = 28.00",
		"24: 6.45 + 1.55, Z: 2.00 + 0.00, E: 3.00 + 0.00, AE: 4.00 + 0.00, "
	"K: 5.00 + 0.00, G: 6.00 + 0.00"},
	{"one rate, written twice", EC_NET, 2, "0.02@24 0.02@24.0 0.02@024",
	"0.06 + 0.01 = 0.07", "24: 0.06 + 0.01"},
	{"rates of the same digits", EC_NET, 2, "1@5.5 1@55", "2.00 + 0.61 = 2.61",
	"5.5: 1.00 + 0.06, 55: 1.00 + 0.55"},
	{"outside alone", EC_NET, 2, "1@O 2@O", "3.00 + 0.00 = 3.00"},
	{"outside first", EC_NET, 2, "1@O 2@Z", "category O mixed"},
	{"lines that cancel", EC_NET, 2, "0.03@50 -0.03@50", "0.00 + 0.00 = 0.00",
	NULL, "0.03+0.02 -0.03+-0.02"},
	{"an empty document", EC_NET, 2, "", "0.00 + 0.00 = 0.00"},

	/* Limits: 10^24 minor units */
	{"the largest amount", EC_NET, 2, "9999999999999999999999.99@Z",
	"9999999999999999999999.99 + 0.00 = 9999999999999999999999.99"},
	{"a line too large", EC_NET, 2, "10000000000000000000000.00@Z", "overflow"},
	{"a line too small", EC_NET, 2, "-10000000000000000000000.00@Z", "overflow"},
	{"a line too large, not the sum", EC_NET, 2,
	"10000000000000000000000.00@Z -1@Z", "overflow"},
	{"a sum too large", EC_NET, 2, "9999999999999999999999.99@Z 0.01@Z", "overflow"},
	{"a gross amount too large", EC_NET, 2, "9999999999999999999999.99@24", "overflow"}
};

static const struct
{
	EcCategory	category;
	const char *code;
}			categories[] = {
	{EC_STANDARD, "S"},
	{EC_ZERO, "Z"},
	{EC_EXEMPT, "E"},
	{EC_REVERSE, "AE"},
	{EC_INTRA, "K"},
	{EC_EXPORT, "G"},
	{EC_OUTSIDE, "O"}
};

static const struct
{
	const char *rate;
	bool		valid;
}			rates[] = {
	{"0", true},
	{"24", true},
	{"25.5", true},
	{"0.000001", true},
	{"99.999999", true},
	{"100", true},
	{"100.000001", false},
	{"101", false},
	{"-1", false},
	{"-0.000001", false},
	{"0.0000001", false}
};

/* End text at a mark; what follows it, or else NULL */
static char *
cut(char *text, char mark)
{
	char	   *found = strchr(text, mark);

	if (found != NULL)
		*found++ = '\0';
	return found;
}

/* Add a line, a discount or a charge to a document. */
static void
add(struct document *document, char *word)
{
	char	   *vat = cut(word, '@');
	char		kind = vat != NULL && word[0] == '-' ? 'l' : word[0];
	EcCategory	category = EC_ZERO;
	EcDecimal	rate = {0, 0};
	ec_int128	amount;

	if (vat != NULL && !ec_category_parse(vat, strlen(vat), &category))
	{
		rate = decimal(vat);
		category = rate.value > 0 ? EC_STANDARD : EC_ZERO;
	}

	if (strchr("-+^=", kind) != NULL)
	{
		ec_decimal_round(decimal(word + 1), document->scale, &amount);
		if (kind == '-')
			document->result = ec_discount_lines(document->lines, document->n, amount,
												 scratch_of(document->n), &amount);
		else
			document->result = ec_add_charge(document->lines, &document->n,
											 EC_SHIPPING, amount,
											 kind == '+' ? EC_PROPORTIONAL :
											 kind == '^' ? EC_HIGHEST : EC_FIXED,
											 category, rate);
	}
	else
	{
		EcLine	   *line = &document->lines[document->n++];
		char	   *price = cut(word, 'x');
		char	   *quantity = price != NULL ? word : "1";
		char	   *per;

		price = price != NULL ? price : word;
		per = cut(price, '/');
		memset(line, 0, sizeof(EcLine));
		line->category = category;
		line->rate = rate;
		ec_product_round(decimal(quantity), decimal(price),
						 decimal(per != NULL ? per : "1"), document->scale,
						 &line->amount);
	}
}

/* Read and total a document. */
static struct document *
read_document(EcPrices prices, int scale, const char *text)
{
	static struct document document;
	char		words[1024];
	char	   *next;

	document.prices = prices;
	document.scale = scale;
	document.n = 0;
	document.result = EC_TOTALS_OK;
	snprintf(words, sizeof(words), "%s", text);
	for (char *word = words; word != NULL && *word != '\0'; word = next)
	{
		next = cut(word, ' ');
		add(&document, word);
		if (document.result != EC_TOTALS_OK)
			return &document;
	}
	total(&document);
	return &document;
}

static void
write_totals(const struct document *document, char *end)
{
	static const char *const refusals[] = {
		"", "overflow", "too many rates", "category O mixed"
	};

	if (document->result != EC_TOTALS_OK)
	{
		strcpy(end, refusals[document->result]);
		return;
	}
	sprintf(end, "%s + %s = %s",
			text_of(document->totals.net, document->scale),
			text_of(document->totals.vat, document->scale),
			text_of(document->totals.gross, document->scale));
}

static void
write_groups(const struct document *document, char *end)
{
	for (int i = 0; i < document->totals.ngroups; i++)
	{
		const EcGroup *group = &document->totals.groups[i];

		end += sprintf(end, "%s%s: %s + %s", i == 0 ? "" : ", ",
					   group->category == EC_STANDARD
					   ? text_of(group->rate.value, group->rate.scale)
					   : ec_category_code(group->category),
					   text_of(group->net, document->scale),
					   text_of(group->vat, document->scale));
	}
}

static void
write_lines(const struct document *document, char *end)
{
	for (size_t i = 0; i < document->n; i++)
		end += sprintf(end, "%s%s+%s", i == 0 ? "" : " ",
					   text_of(document->lines[i].net, document->scale),
					   text_of(document->lines[i].vat, document->scale));
}

static ec_int128
vat_of(ec_int128 amount, const char *rate, EcPrices prices)
{
	ec_int128	vat = 0;

	ec_vat_of(amount, decimal(rate), prices, &vat);
	return vat;
}

/* Gross prices up to 100.00 that are no net price and its VAT */
static void
unreachable_prices(void)
{
	static const int examples[] = {199, 499, 2999, 4999};
	static bool reached[12401];
	int			count = 0;

	for (int net = 0; net <= 10000; net++)
		reached[net + (int) vat_of(net, "24", EC_NET)] = true;
	for (int gross = 1; gross <= 10000; gross++)
		count += !reached[gross];
	is_int128(count, 1936, "example 27: grosses that no net reaches");
	for (int i = 0; i < 4; i++)
		ok(!reached[examples[i]], "example 27: no net reaches %d cents", examples[i]);
}

/* n products of different rates; what becomes of a charge, and of the total */
static void
total_rates(size_t n, EcTotalsResult charge, EcTotalsResult result)
{
	static struct document document;

	document.n = n;
	memset(document.lines, 0, n * sizeof(EcLine));
	for (size_t i = 0; i < n; i++)
	{
		document.lines[i].amount = 100;
		document.lines[i].rate.value = (ec_int128) i + 1;
	}
	is_int128(ec_add_charge(document.lines, &document.n, EC_SHIPPING, 100,
							EC_PROPORTIONAL, EC_ZERO, decimal("0")),
			  charge, "a charge over %zu rates", n);
	total(&document);
	is_int128(document.result, result, "%zu rates", n);
}

/* What is refunded when "now" of an amount's units come back, after "before" */
static ec_int128
refund(ec_int128 amount, int64_t quantity, int64_t before, int64_t now)
{
	ec_int128	share = 0;

	ec_refund_share(amount, ec_decimal_of(quantity), ec_decimal_of(before),
					ec_decimal_of(now), &share);
	return share;
}

static void
test_documents(void)
{
	struct document *document;
	char		buffer[4096];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		document = read_document(cases[i].prices, cases[i].scale, cases[i].document);
		write_totals(document, buffer);
		is_text(buffer, cases[i].totals, "%s", cases[i].name);
		if (cases[i].groups != NULL)
		{
			write_groups(document, buffer);
			is_text(buffer, cases[i].groups, "%s, groups", cases[i].name);
		}
		if (cases[i].lines != NULL)
		{
			write_lines(document, buffer);
			is_text(buffer, cases[i].lines, "%s, lines", cases[i].name);
		}
	}
}

static void
test_examples(void)
{
	ec_int128	amount;

	unreachable_prices();
	is_int128(vat_of(557360, "4", EC_NET), 22294, "example 11: discount");
	is_int128(vat_of(5777, "6.5", EC_NET) + vat_of(5777, "2.5", EC_NET), 520,
			  "example 12: two taxes of the document");
	is_int128(vat_of(4080, "6.5", EC_NET) + vat_of(198, "6.5", EC_NET) +
			  vat_of(1499, "6.5", EC_NET) + vat_of(4080, "2.5", EC_NET) +
			  vat_of(198, "2.5", EC_NET) + vat_of(1499, "2.5", EC_NET), 519,
			  "example 12: two taxes of each line");
	is_int128(1428 + vat_of(1428, "19", EC_NET), 1699, "example 13: price of a unit");
	is_int128(refund(17925, 10, 0, 10), 17925, "example 22: refund");
	is_int128(refund(2988, 10, 0, 10), 2988, "example 22: its VAT");
	is_int128(vat_of(160, "24", EC_NET), 38, "example 28: not forward as backward");
	is_int128(vat_of(220083, "10", EC_NET), 22008, "example 35: discount of the first line");
	is_int128(vat_of(113934, "10", EC_NET), 11393, "example 35: discount of the second line");
	is_int128(vat_of(101, "24", EC_GROSS), 20, "example 52: VAT of one unit");
	for (int i = 0; i < 3; i++)
	{
		is_int128(refund(303, 3, i, 1), 101, "example 52: refund %d", i + 1);
		is_int128(refund(59, 3, i, 1), i == 1 ? 19 : 20, "example 52: VAT of refund %d", i + 1);
	}
	ok(!ec_vat_of(EC_AMOUNT_LIMIT * 10000000000000LL, decimal("25.5"), EC_NET, &amount),
	   "VAT too large");
}

static void
test_charges(void)
{
	struct document *document = read_document(EC_NET, 2, "59.97@24 -80.00 +5.00 =1.50@6");

	is_int128(document->totals.lines, 5997, "example 33: lines");
	is_int128(document->totals.discount, 5997, "example 33: discount applied");
	is_int128(document->totals.charges, 650, "charges");
	is_int128(document->lines[0].discount, 5997, "example 33: discount of the line");
	ok(document->n == 3, "a charge is a line");
	is_int128(document->lines[1].kind, EC_SHIPPING, "of its kind");
}

static void
test_categories(void)
{
	EcCategory	category;

	for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++)
	{
		is_text(ec_category_code(categories[i].category), categories[i].code,
				"code of %s", categories[i].code);
		ok(ec_category_parse(categories[i].code, strlen(categories[i].code),
							 &category) && category == categories[i].category,
		   "category %s", categories[i].code);
	}
	ok(ec_category_parse("AEx", 2, &category) && category == EC_REVERSE,
	   "category, no further than its length");
	ok(!ec_category_parse("", 0, &category), "no category");
	ok(!ec_category_parse("s", 1, &category), "no category s");
	ok(!ec_category_parse("A", 1, &category), "no category A");
	ok(!ec_category_parse("AEX", 3, &category), "no category AEX");
	ok(!ec_category_parse("L", 1, &category), "no category L");
}

int
main(void)
{
	test_documents();
	test_examples();
	test_charges();
	total_rates(32, EC_TOTALS_OK, EC_TOTALS_OK);
	total_rates(33, EC_TOTALS_TOO_MANY_RATES, EC_TOTALS_TOO_MANY_RATES);
	test_categories();
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		ok(ec_rate_valid(decimal(rates[i].rate)) == rates[i].valid, "rate %s",
		   rates[i].rate);
	return done();
}
