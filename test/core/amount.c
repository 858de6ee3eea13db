/*
 * amount.c
 *	  Unit tests of src/core/amount.c.
 */
#include <limits.h>
#include <stdlib.h>

#include "tap.h"

#define E36 (E18 * E18)

#define NINES_38 "99999999999999999999999999999999999999"
#define ZEROS_38 "00000000000000000000000000000000000000"

static const struct
{
	const char *text;
	EcParseResult result;
	ec_int128	value;
	int			scale;
}			parse_cases[] = {
	{"0", EC_PARSED, 0, 0},
	{"-0", EC_PARSED, 0, 0},
	{"+0.00", EC_PARSED, 0, 0},
	{"1", EC_PARSED, 1, 0},
	{"+1", EC_PARSED, 1, 0},
	{"-1", EC_PARSED, -1, 0},
	{"100", EC_PARSED, 100, 0},
	{"19.99", EC_PARSED, 1999, 2},
	{"-19.99", EC_PARSED, -1999, 2},
	{"0.05", EC_PARSED, 5, 2},
	{"1020.3040", EC_PARSED, 1020304, 3},
	{"007", EC_PARSED, 7, 0},
	{"-007.50", EC_PARSED, -75, 1},
	{ZEROS_38 ZEROS_38 "1.5", EC_PARSED, 15, 1},
	{"1.5" ZEROS_38, EC_PARSED, 15, 1},
	{"100." ZEROS_38, EC_PARSED, 100, 0},
	{"0.000000000000000001", EC_PARSED, 1, 18},
	{"-1.123456789012345678", EC_PARSED, -1123456789012345678, 18},
	{"0.0000000000000000010", EC_PARSED, 1, 18},
	{"0.0000000000000000001", EC_OUT_OF_RANGE},
	{"0.1000000000000000001", EC_OUT_OF_RANGE},
	{"1.1234567890123456789", EC_OUT_OF_RANGE},
	{NINES_38, EC_PARSED, 100 * E36 - 1, 0},
	{"-" NINES_38, EC_PARSED, 1 - 100 * E36, 0},
	{"170141183460469231731687303715884105727", EC_PARSED, INT128_MAX, 0},
	{"-170141183460469231731687303715884105727", EC_PARSED, -INT128_MAX, 0},
	{"170141183460469231731.687303715884105727", EC_PARSED, INT128_MAX, 18},
	{"170141183460469231731687303715884105728", EC_OUT_OF_RANGE},
	{"170141183460469231731.687303715884105728", EC_OUT_OF_RANGE},
	{"1701411834604692317316873037158841057270", EC_OUT_OF_RANGE},
	{NINES_38 "9", EC_OUT_OF_RANGE},
	{"-" NINES_38 "9", EC_OUT_OF_RANGE},
	{NINES_38 NINES_38 NINES_38, EC_OUT_OF_RANGE},
	{"1000000000000000000000.000000000000000001", EC_OUT_OF_RANGE},
	{"", EC_MALFORMED},
	{"+", EC_MALFORMED},
	{"-", EC_MALFORMED},
	{".", EC_MALFORMED},
	{"-.", EC_MALFORMED},
	{"+-1", EC_MALFORMED},
	{"--1", EC_MALFORMED},
	{"1-", EC_MALFORMED},
	{"1.-5", EC_MALFORMED},
	{"1.2.3", EC_MALFORMED},
	{"1..2", EC_MALFORMED},
	{" 1", EC_MALFORMED},
	{"1 ", EC_MALFORMED},
	{"1\t", EC_MALFORMED},
	{"1,5", EC_MALFORMED},
	{"1_000", EC_MALFORMED},
	{"1e5", EC_MALFORMED},
	{"0x10", EC_MALFORMED},
	{"NaN", EC_MALFORMED},
	{"Infinity", EC_MALFORMED},
	{"1:", EC_MALFORMED},
	{"1/2", EC_MALFORMED},
	{"\331\241", EC_MALFORMED}, /* an Arabic digit in UTF-8 */
	{NINES_38 NINES_38 "x", EC_MALFORMED},
	{"0.0000000000000000001x", EC_MALFORMED},
	{".5", EC_MALFORMED},
	{"5.", EC_MALFORMED},
	{"-5.", EC_MALFORMED},

	/* What overflows to INT128_MIN has no negative. */
	{"-170141183460469231731687303715884105728", EC_OUT_OF_RANGE}
};

static const struct
{
	ec_int128	value;
	int			scale;
	const char *text;
}			format_cases[] = {
	{0, 0, "0"},
	{0, 2, "0.00"},
	{0, 18, "0.000000000000000000"},
	{7, 0, "7"},
	{-7, 0, "-7"},
	{5, 2, "0.05"},
	{-5, 2, "-0.05"},
	{50, 2, "0.50"},
	{-100, 2, "-1.00"},
	{1999, 2, "19.99"},
	{25925, 3, "25.925"},
	{1, 18, "0.000000000000000001"},
	{INT128_MAX, 0, "170141183460469231731687303715884105727"},
	{INT128_MIN, 0, "-170141183460469231731687303715884105728"},
	{INT128_MIN, 18, "-170141183460469231731.687303715884105728"}
};

static const struct
{
	ec_int128	numerator;
	ec_int128	denominator;
	ec_int128	quotient;
}			divide_cases[] = {
	{0, 7, 0},
	{6, 3, 2},
	{1, 3, 0},
	{-1, 3, 0},
	{2, 3, 1},
	{-2, 3, -1},
	{1, 2, 1},
	{-1, 2, -1},
	{3, 2, 2},
	{-3, 2, -2},
	{5, 2, 3},
	{-5, 2, -3},
	{13 * 50, 100, 7},			/* VAT examples, 2 to 8 */
	{6 * 25, 100, 2},
	{6 * 75, 100, 5},
	{17 * 50, 100, 9},
	{9 * 150, 100, 14},
	{255 * 100, 1000, 26},
	{-13 * 50, 100, -7},
	{LLONG_MAX, 1, LLONG_MAX},
	{LLONG_MIN, 1, LLONG_MIN},
	{LLONG_MAX, 2, 4611686018427387904},
	{LLONG_MIN, 2, -4611686018427387904},
	{LLONG_MAX, LLONG_MAX, 1},
	{LLONG_MIN, LLONG_MAX, -1},
	{LLONG_MAX / 2, LLONG_MAX, 0},
	{LLONG_MAX / 2 + 1, LLONG_MAX, 1},
	{LLONG_MAX, (ec_int128) LLONG_MAX + 1, 1},
	{(ec_int128) LLONG_MAX + 1, 2, 4611686018427387904},
	{5 * E18, 2 * E18, 3},
	{-5 * E18, 2 * E18, -3},
	{5 * E36, 2 * E36, 3},
	{-5 * E36, 2 * E36, -3},
	{5 * E36 - 1, 2 * E36, 2},
	{1 - 5 * E36, 2 * E36, -2},
	{INT128_MAX, 1, INT128_MAX},
	{INT128_MIN, 1, INT128_MIN},
	{INT128_MAX, INT128_MAX, 1},
	{INT128_MIN, INT128_MAX, -1},
	{INT128_MAX / 2, INT128_MAX, 0},
	{INT128_MAX / 2 + 1, INT128_MAX, 1},
	{-(INT128_MAX / 2) - 1, INT128_MAX, -1}
};

static const struct
{
	EcDecimal	d;
	int			scale;
	bool		fits;
	ec_int128	rounded;
}			round_cases[] = {
	{{1005, 3}, 2, true, 101},
	{{-1005, 3}, 2, true, -101},
	{{1015, 3}, 2, true, 102},
	{{1004, 3}, 2, true, 100},
	{{10049, 4}, 2, true, 100},
	{{-10049, 4}, 2, true, -100},
	{{5, 1}, 0, true, 1},
	{{-5, 1}, 0, true, -1},
	{{25, 1}, 0, true, 3},
	{{-25, 1}, 0, true, -3},
	{{49, 2}, 0, true, 0},
	{{12345, 3}, 3, true, 12345},
	{{1, 0}, 2, true, 100},
	{{-123, 2}, 18, true, -1230000000000000000},
	{{INT128_MAX, 18}, 0, true, 170 * E18 + 141183460469231732},
	{{INT128_MAX, 0}, 0, true, INT128_MAX},
	{{INT128_MAX, 0}, 1, false},
	{{INT128_MIN, 2}, 3, false},
	{{E36, 0}, 18, false}
};

static const struct
{
	const char *name;
	EcDecimal	a;
	EcDecimal	b;
	EcDecimal	per;
	int			scale;
	bool		fits;
	ec_int128	product;
}			product_cases[] = {
	{"example 1: 3 x 19.99", {3, 0}, {1999, 2}, {1, 0}, 2, true, 5997},
	{"example 11: 16 x 348.35", {16, 0}, {34835, 2}, {1, 0}, 2, true, 557360},
	{"example 38: 0.345 x 12.90", {345, 3}, {129, 1}, {1, 0}, 2, true, 445},
	{"example 39: 250 x 12.35 / 100", {250, 0}, {1235, 2}, {100, 0}, 2, true, 3088},
	{"its credit", {-250, 0}, {1235, 2}, {100, 0}, 2, true, -3088},
	{"example 40: 3 x 0.335", {3, 0}, {335, 3}, {1, 0}, 2, true, 101},
	{"its credit", {3, 0}, {-335, 3}, {1, 0}, 2, true, -101},
	{"example 41: 0.333 x 10.00", {333, 3}, {10, 0}, {1, 0}, 2, true, 333},
	{"example 42: 0 x 9.99", {0, 0}, {999, 2}, {1, 0}, 2, true, 0},
	{"example 42: 5 x 0.00", {5, 0}, {0, 0}, {1, 0}, 2, true, 0},
	{"example 43: 2 x 12.345, 3 decimals", {2, 0}, {12345, 3}, {1, 0}, 3, true, 24690},
	{"no decimals", {3, 0}, {1115, 1}, {1, 0}, 0, true, 335},
	{"a third", {1, 0}, {10, 0}, {3, 0}, 2, true, 333},
	{"two thirds", {2, 0}, {10, 0}, {3, 0}, 2, true, 667},
	{"per a fraction", {1, 0}, {10, 0}, {25, 2}, 2, true, 4000},
	{"rounded once, not twice", {1, 0}, {10049, 4}, {1, 0}, 2, true, 100},
	{"two negatives", {-3, 0}, {-1999, 2}, {1, 0}, 2, true, 5997},
	{"the smallest", {1, 18}, {1, 18}, {1, 0}, 2, true, 0},
	{"18 decimals", {1, 18}, {1, 0}, {1, 18}, 18, true, E18},
	{"the largest", {INT128_MAX, 0}, {1, 0}, {1, 0}, 0, true, INT128_MAX},
	{"product too large", {100 * E18, 0}, {100 * E18, 0}, {1, 0}, 0, false},
	{"product just too large", {INT128_MIN, 0}, {-1, 0}, {1, 0}, 0, false},
	{"result too large", {100 * E36, 0}, {1, 0}, {1, 0}, 2, false},
	{"result too small", {-100 * E36, 0}, {1, 0}, {1, 0}, 2, false},
	{"divisor too large", {1, 18}, {1, 18}, {1000 * E18, 0}, 2, false}
};

static const struct
{
	long long	a;
	long long	b;
	int			shift;
	bool		fits;
	long long	product;
}			small_cases[] = {
	{3, 19990000, 2, true, 599700},
	{3, 335, 1, true, 101},
	{3, -335, 1, true, -101},
	{-3, -334, 1, true, 100},
	{3, 20, -2, true, 6000},
	{0, 20, -2, true, 0},
	{7, 1, 0, true, 7},
	{1, 5, 18, true, 0},
	{1, 500000000000000000, 18, true, 1},
	{-1, 500000000000000000, 18, true, -1},
	{1, -499999999999999999, 18, true, 0},
	{1, 1, -18, true, 1000000000000000000},
	{10, 1, -18, false},
	{-10, 1, -18, false},
	{LLONG_MAX, 1, 0, true, LLONG_MAX},
	{LLONG_MIN, 1, 0, true, LLONG_MIN},
	{LLONG_MAX, 2, 0, false},
	{LLONG_MIN, -1, 0, false},
	{3037000499, 3037000499, 0, true, 9223372030926249001},
	{3037000500, 3037000500, 0, false},
	{LLONG_MAX - 5, 1, 1, true, 922337203685477580},
	{LLONG_MAX - 4, 1, 1, false},	/* what rounds it is too much */
	{LLONG_MIN + 5, 1, 1, true, -922337203685477580},
	{LLONG_MIN + 4, 1, 1, false}
};

static const struct
{
	EcDecimal	d;
	EcDecimal	normal;
}			normalize_cases[] = {
	{{0, 5}, {0, 0}},
	{{100, 2}, {1, 0}},
	{{100, 1}, {10, 0}},
	{{100, 0}, {100, 0}},
	{{-150, 2}, {-15, 1}},
	{{1050, 3}, {105, 2}},
	{{105, 3}, {105, 3}}
};

/* Parse a text that nothing follows, so that reading on would be noticed. */
static EcParseResult
parse(const char *text, size_t length, EcDecimal *result)
{
	char	   *copy = malloc(length);
	EcParseResult status;

	memcpy(copy, text, length);
	status = ec_decimal_parse(copy, length, result);
	free(copy);
	return status;
}

static const char *
division(void)
{
	/* Even denominators of few digits are what makes ties. */
	ec_int128	d = 1 + random_digits(18);
	ec_int128	n = random_digits(18) - random_digits(18);
	ec_int128	wide = (ec_int128) LLONG_MAX + 1;
	ec_int128	q = ec_divide_round(n, d);

	if (!is_rounded(q, n, d))
		return "not rounded half away from zero";
	if (ec_divide_round(-n, d) != -q)
		return "no mirror";
	if (ec_divide_round(n * wide, d * wide) != q)
		return "64 and 128 bits differ";
	return NULL;
}

static const char *
product(void)
{
	EcDecimal	a = {random_digits(9) - random_digits(9), (int) random_below(7)};
	EcDecimal	b = {random_digits(9) - random_digits(9), (int) random_below(7)};
	EcDecimal	per = {1 + random_digits(3), (int) random_below(3)};
	EcDecimal	minus_a = {-a.value, a.scale};
	int			scale = (int) random_below(5);
	ec_int128	q;
	ec_int128	other;

	if (!ec_product_round(a, b, per, scale, &q))
		return "overflow";
	if (!is_rounded(q, a.value * b.value * ec_power_of_ten(scale + per.scale),
					per.value * ec_power_of_ten(a.scale + b.scale)))
		return "not rounded half away from zero";
	if (!ec_product_round(b, a, per, scale, &other) || other != q)
		return "not commutative";
	if (!ec_product_round(minus_a, b, per, scale, &other) || other != -q)
		return "no mirror";
	return NULL;
}

/* In 64 bits it is the same number, or none. */
static const char *
small_product(void)
{
	long long	a = (long long) (random_digits(18) - random_digits(18));
	long long	b = (long long) (random_digits(18) - random_digits(18));
	int			shift = (int) random_below(37) - 18;
	EcDecimal	wide_a = {a, shift > 0 ? shift : 0};
	EcDecimal	wide_b = {b, 0};
	long long	small;
	ec_int128	wide;

	if (!ec_small_product_round(a, b, shift, &small))
		return NULL;
	if (!ec_product_round(wide_a, wide_b, ec_decimal_of(1), shift > 0 ? 0 : -shift, &wide))
		return "128 bits overflow";
	if (wide != small)
		return "64 and 128 bits differ";
	if (!ec_small_product_round(-a, b, shift, &small) || small != -wide)
		return "no mirror";
	return NULL;
}

/* Formatting and parsing give back the same number. */
static const char *
round_trip(void)
{
	ec_int128	large = (ec_int128) random_digits(18) * random_digits(18);
	EcDecimal	d = {random_below(2) ? large : -large, (int) random_below(19)};
	EcDecimal	parsed;
	char		buffer[EC_DECIMAL_TEXT];
	size_t		length = ec_decimal_format(d, buffer);

	if (length != strlen(buffer))
		return "wrong length";
	if (parse(buffer, length, &parsed) != EC_PARSED)
		return "not parsed";
	return ec_decimal_equal(parsed, ec_decimal_normalize(d)) ? NULL : "another number";
}

int
main(void)
{
	static const EcDecimal equal[] = {{24, 0}, {24, 1}, {-24, 0}};
	EcDecimal	d;
	ec_int128	n;
	char		buffer[EC_DECIMAL_TEXT];

	is_int128(ec_power_of_ten(0), 1, "10^0");
	is_int128(ec_power_of_ten(18), E18, "10^18");
	is_int128(ec_power_of_ten(19), 10 * E18, "10^19");
	is_int128(ec_power_of_ten(36), E36, "10^36");

	ok(ec_add(INT128_MAX - 1, 1, &n) && n == INT128_MAX, "largest sum");
	ok(!ec_add(INT128_MAX, 1, &n), "sum too large");
	ok(!ec_add(INT128_MIN, -1, &n), "sum too small");
	ok(ec_multiply(-E18, E18, &n) && n == -E36, "large product");
	ok(!ec_multiply(100 * E18, 100 * E18, &n), "product too large");
	ok(!ec_multiply(INT128_MIN, -1, &n), "product just too large");

	ok(ec_in_range(1000000 * E18 - 1), "largest amount");
	ok(ec_in_range(1 - 1000000 * E18), "smallest amount");
	ok(!ec_in_range(1000000 * E18), "amount too large");
	ok(!ec_in_range(-1000000 * E18), "amount too small");

	for (size_t i = 0; i < sizeof(normalize_cases) / sizeof(normalize_cases[0]); i++)
	{
		EcDecimal	normal = normalize_cases[i].normal;

		d = ec_decimal_normalize(normalize_cases[i].d);
		ok(d.value == normal.value && d.scale == normal.scale, "normalize to %s",
		   text_of(normal.value, normal.scale));
	}
	ok(ec_decimal_equal(equal[0], equal[0]), "equal");
	ok(!ec_decimal_equal(equal[0], equal[1]), "another scale");
	ok(!ec_decimal_equal(equal[0], equal[2]), "another value");

	for (size_t i = 0; i < sizeof(format_cases) / sizeof(format_cases[0]); i++)
	{
		d.value = format_cases[i].value;
		d.scale = format_cases[i].scale;
		memset(buffer, 'x', sizeof(buffer));
		is_int128((ec_int128) ec_decimal_format(d, buffer),
				  (ec_int128) strlen(format_cases[i].text), "length of %s",
				  format_cases[i].text);
		is_text(buffer, format_cases[i].text, "format %s", format_cases[i].text);
	}

	for (size_t i = 0; i < sizeof(divide_cases) / sizeof(divide_cases[0]); i++)
	{
		n = divide_cases[i].numerator;
		is_int128(ec_divide_round(n, divide_cases[i].denominator),
				  divide_cases[i].quotient, "%s / %s", text_of(n, 0),
				  text_of(divide_cases[i].denominator, 0));
	}
	holds(division, 200000, "division");

	for (size_t i = 0; i < sizeof(round_cases) / sizeof(round_cases[0]); i++)
	{
		bool		fits = ec_decimal_round(round_cases[i].d, round_cases[i].scale, &n);

		d = round_cases[i].d;
		if (fits && round_cases[i].fits)
			is_int128(n, round_cases[i].rounded, "%s to %d decimals",
					  text_of(d.value, d.scale), round_cases[i].scale);
		else
			ok(fits == round_cases[i].fits, "%s to %d decimals: %s",
			   text_of(d.value, d.scale), round_cases[i].scale,
			   round_cases[i].fits ? "fits" : "refused");
	}

	for (size_t i = 0; i < sizeof(product_cases) / sizeof(product_cases[0]); i++)
	{
		bool		fits = ec_product_round(product_cases[i].a, product_cases[i].b,
											product_cases[i].per,
											product_cases[i].scale, &n);

		if (fits && product_cases[i].fits)
			is_int128(n, product_cases[i].product, "%s", product_cases[i].name);
		else
			ok(fits == product_cases[i].fits, "%s", product_cases[i].name);
	}
	holds(product, 200000, "product");
	for (size_t i = 0; i < sizeof(small_cases) / sizeof(small_cases[0]); i++)
	{
		long long	a = small_cases[i].a;
		long long	b = small_cases[i].b;
		long long	small;
		bool		fits = ec_small_product_round(a, b, small_cases[i].shift, &small);

		if (fits && small_cases[i].fits)
			is_int128(small, small_cases[i].product, "%lld x %lld / 10^%d",
					  a, b, small_cases[i].shift);
		else
			ok(fits == small_cases[i].fits, "%lld x %lld / 10^%d: %s",
			   a, b, small_cases[i].shift, small_cases[i].fits ? "fits" : "refused");
	}
	holds(small_product, 200000, "product in 64 bits");

	holds(round_trip, 100000, "format and parse");
	ok(parse("12x", 2, &d) == EC_PARSED && d.value == 12,
	   "parse no further than the length");
	ok(parse("1\0", 2, &d) == EC_MALFORMED, "parse a zero byte");
	for (size_t i = 0; i < sizeof(parse_cases) / sizeof(parse_cases[0]); i++)
	{
		EcParseResult result = parse(parse_cases[i].text,
									 strlen(parse_cases[i].text), &d);

		ok(result == parse_cases[i].result &&
		   (result != EC_PARSED || (d.value == parse_cases[i].value &&
									d.scale == parse_cases[i].scale)),
		   "parse [%.60s]", parse_cases[i].text);
	}

	return done();
}
