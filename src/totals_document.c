/*
 * totals_document.c
 *	  Discounts and charges of an order as callers write them, and the totals
 *	  that they make.
 *
 * calculate_totals() and place_order() share this, so that what a cart showed
 * is what the order says.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "pg_compat.h"

#include "totals_document.h"

const char *const ec_kind_names[] = {"product", "shipping", "fee", "allowance"};

static const char *const default_names[] = {"Product", "Shipping", "Fee", "Discount"};
static const char *const charge_vat_names[] = {"proportional", "highest", "fixed"};

/* Bytes that the name of a charge may have */
#define MAX_NAME 255

/* An allowance or a charge, of a line or of the document */
typedef struct Adjustment
{
	ec_int128	amount;
	bool		has_vat;		/* is it of one VAT rate, given here? */
	EcCategory	category;
	EcDecimal	rate;
	EcChargeVat vat;
	EcKind		kind;
	char	   *name;
} Adjustment;

/* Keys of an adjustment; how many it may have depends on where it stands. */
enum
{
	ADJUSTMENT_AMOUNT,
	ADJUSTMENT_PERCENT,
	ADJUSTMENT_BASE,
	ADJUSTMENT_REASON,
	ADJUSTMENT_REASON_CODE,
	LINE_ADJUSTMENT_KEYS,
	ADJUSTMENT_VAT_CATEGORY = LINE_ADJUSTMENT_KEYS,
	ADJUSTMENT_VAT_RATE,
	ALLOWANCE_KEYS,
	ADJUSTMENT_VAT = ALLOWANCE_KEYS,
	ADJUSTMENT_KIND,
	ADJUSTMENT_NAME,
	CHARGE_KEYS
};

static const char *const adjustment_keys[CHARGE_KEYS] = {
	"amount", "percent", "base", "reason", "reason_code", "vat_category",
	"vat_rate", "vat", "kind", "name"
};

/* Raise the error of what the arithmetic refused. */
void
ec_totals_error(EcTotalsResult result)
{
	if (result == EC_TOTALS_TOO_MANY_RATES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many VAT rates"),
				 errdetail("There may be %d.", EC_MAX_GROUPS)));
	if (result == EC_TOTALS_MIXED_OUTSIDE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("VAT category O cannot stand beside another"),
				 errdetail("EN 16931 rules BR-O-11 to BR-O-14 forbid it.")));
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("amount is out of range")));
}

/* Refuse what the arithmetic refused. */
static void
check_totals(EcTotalsResult result)
{
	if (result != EC_TOTALS_OK)
		ec_totals_error(result);
}

/* Read a VAT category and rate, which must belong together. */
void
ec_document_vat(const JsonbValue *category_field,
				const JsonbValue *rate_field, const EcJsonPath *path,
				EcCategory *category, EcDecimal *rate)
{
	bool		given = ec_json_given(category_field);

	if (given &&
		(category_field->type != jbvString ||
		 !ec_category_parse(category_field->val.string.val,
							(size_t) category_field->val.string.len, category)))
		ec_json_wrong(category_field, path, "vat_category", "one of S, Z, E, AE, K, G, O");

	/* What is outside the scope of VAT has no rate, not even zero. */
	*rate = ec_decimal_of(0);
	if (!given || *category != EC_OUTSIDE || ec_json_given(rate_field))
		*rate = ec_json_decimal(rate_field, path, "vat_rate");
	if (!ec_rate_valid(*rate))
		ec_json_wrong(rate_field, path, "vat_rate",
					  "a percentage from 0 to 100 with at most 6 decimals");
	if (!given)
		*category = rate->value > 0 ? EC_STANDARD : EC_ZERO;
	if ((*category == EC_STANDARD) != (rate->value > 0))
		ec_json_wrong(rate_field, path, "vat_rate", *category == EC_STANDARD
					  ? "above zero in category S" : "zero in this category");
}

/*
 * The amount of an adjustment: {"amount"} or {"percent"}, of "base", which
 * replaces the one given here.  An amount beside a percentage is what counts.
 */
static ec_int128
read_adjustment_amount(const JsonbValue *fields, const EcJsonPath *path,
					   int minor_units, ec_int128 base)
{
	EcDecimal	percent;
	ec_int128	amount;

	if (ec_json_given(&fields[ADJUSTMENT_AMOUNT]))
		return ec_json_amount(&fields[ADJUSTMENT_AMOUNT], minor_units, path, "amount");
	if (!ec_json_given(&fields[ADJUSTMENT_PERCENT]))
		ec_json_wrong(&fields[ADJUSTMENT_AMOUNT], path, "amount", "given, unless percent is");
	percent = ec_json_decimal(&fields[ADJUSTMENT_PERCENT], path, "percent");
	if (!ec_rate_valid(percent))
		ec_json_wrong(&fields[ADJUSTMENT_PERCENT], path, "percent",
					  "from 0 to 100 with at most 6 decimals");
	if (ec_json_given(&fields[ADJUSTMENT_BASE]))
		base = ec_json_amount(&fields[ADJUSTMENT_BASE], minor_units, path, "base");
	if (!ec_vat_of(base, percent, EC_NET, &amount))
		ec_totals_error(EC_TOTALS_OVERFLOW);
	return amount;
}

/* Read an allowance or a charge, with the keys of where it stands. */
static void
read_adjustment(const JsonbValue *element, const EcJsonPath *path, int nkeys,
				ec_int128 base, int minor_units, Adjustment *adjustment)
{
	static const char *const kinds[] = {"shipping", "fee"};
	JsonbValue	fields[CHARGE_KEYS];
	const JsonbValue *category = &fields[ADJUSTMENT_VAT_CATEGORY];
	const JsonbValue *rate = &fields[ADJUSTMENT_VAT_RATE];

	Assert(nkeys == LINE_ADJUSTMENT_KEYS || nkeys == ALLOWANCE_KEYS || nkeys == CHARGE_KEYS);
	memset(adjustment, 0, sizeof(Adjustment));
	for (int i = nkeys; i < CHARGE_KEYS; i++)
		fields[i].type = jbvNull;
	ec_json_object(element, path, adjustment_keys, fields, nkeys);
	adjustment->amount = read_adjustment_amount(fields, path, minor_units, base);

	adjustment->vat = (EcChargeVat) ec_json_choice(&fields[ADJUSTMENT_VAT],
												   charge_vat_names,
												   lengthof(charge_vat_names),
												   path, "vat");
	adjustment->has_vat = ec_json_given(category) || ec_json_given(rate) ||
		adjustment->vat == EC_FIXED;
	if (adjustment->has_vat)
		ec_document_vat(category, rate, path, &adjustment->category,
						&adjustment->rate);

	/* What lowers a returned line is as negative as the line. */
	if (adjustment->amount < 0 && base >= 0 && !adjustment->has_vat)
	{
		int			wrong = ec_json_given(&fields[ADJUSTMENT_AMOUNT])
		? ADJUSTMENT_AMOUNT : ADJUSTMENT_BASE;

		ec_json_wrong(&fields[wrong], path, adjustment_keys[wrong], "zero or more");
	}
	if (nkeys < CHARGE_KEYS)
		adjustment->kind = EC_ALLOWANCE;
	else if (ec_json_choice(&fields[ADJUSTMENT_KIND], kinds, lengthof(kinds),
							path, "kind") == 0)
		adjustment->kind = EC_SHIPPING;
	else
		adjustment->kind = EC_FEE;
	adjustment->name = ec_json_given(&fields[ADJUSTMENT_NAME])
		? ec_json_text(&fields[ADJUSTMENT_NAME], MAX_NAME, path, "name")
		: pstrdup(default_names[adjustment->kind]);
}

/* A line's amount: quantity * unit_price / base_quantity, rounded once. */
void
ec_line_amount(EcLine *line, EcDecimal quantity, EcDecimal unit_price,
			   EcDecimal base_quantity, int minor_units)
{
	if (!ec_product_round(quantity, unit_price, base_quantity, minor_units,
						  &line->amount) ||
		!ec_in_range(line->amount))
		ec_totals_error(EC_TOTALS_OVERFLOW);
}

/* Apply a line's own allowances and charges, in their order. */
void
ec_line_adjust(EcLine *line, const JsonbValue *allowances,
			   const JsonbValue *charges, const EcJsonPath *line_path,
			   int minor_units, EcLimit limit)
{
	ec_int128	base = line->amount;
	Adjustment	adjustment;
	JsonbContainer *array;
	int			n;

	array = ec_json_array(allowances, line_path, "allowances", &n);
	for (int i = 0; i < n; i++)
	{
		EcJsonPath	path = {"allowances", i, line_path};

		read_adjustment(getIthJsonbValueFromContainer(array, (uint32) i),
						&path, LINE_ADJUSTMENT_KEYS, line->amount, minor_units,
						&adjustment);

		/* A discount does not turn a sale into a payment to the customer. */
		if (limit == EC_AT_MOST_LINE && base >= 0 && adjustment.amount > line->amount)
			adjustment.amount = line->amount;
		line->amount -= adjustment.amount;
		if (!ec_in_range(line->amount))
			ec_totals_error(EC_TOTALS_OVERFLOW);
	}
	array = ec_json_array(charges, line_path, "charges", &n);
	for (int i = 0; i < n; i++)
	{
		EcJsonPath	path = {"charges", i, line_path};

		read_adjustment(getIthJsonbValueFromContainer(array, (uint32) i),
						&path, LINE_ADJUSTMENT_KEYS, base, minor_units,
						&adjustment);
		line->amount += adjustment.amount;
		if (!ec_in_range(line->amount))
			ec_totals_error(EC_TOTALS_OVERFLOW);
	}
}

/* Make room for a document's lines. */
void
ec_document_begin(EcDocument *document, EcPrices prices, int minor_units,
				  size_t nproducts, const JsonbValue *allowances,
				  const JsonbValue *charges)
{
	document->prices = prices;
	document->minor_units = minor_units;
	document->nproducts = nproducts;
	document->nlines = nproducts;
	document->free_shipping = false;
	memset(&document->shipping, 0, sizeof(EcShipping));
	document->allowances = ec_json_array(allowances, NULL, "allowances",
										 &document->nallowances);
	document->charges = ec_json_array(charges, NULL, "charges",
									  &document->ncharges);
	document->capacity = nproducts + (size_t) document->nallowances +
		(size_t) (document->ncharges + 1) * Min(Max(nproducts, 1), EC_MAX_GROUPS);
	document->lines = palloc0_array(EcLine, document->capacity);
	document->names = palloc0_array(char *, document->capacity);
	document->scratch.weights = palloc_array(ec_int128, document->capacity);
	document->scratch.shares = palloc_array(ec_int128, document->capacity);
	document->scratch.order = palloc_array(EcShare, document->capacity);
}

/* Take the document's allowances off its products, in their order. */
static void
apply_allowances(EcDocument *document, ec_int128 products)
{
	for (int i = 0; i < document->nallowances; i++)
	{
		EcJsonPath	path = {"allowances", i, NULL};
		Adjustment	allowance;
		ec_int128	applied;

		CHECK_FOR_INTERRUPTS();
		read_adjustment(getIthJsonbValueFromContainer(document->allowances, (uint32) i),
						&path, ALLOWANCE_KEYS, Max(products, 0),
						document->minor_units, &allowance);
		if (allowance.has_vat)
		{
			document->names[document->nlines] = allowance.name;
			check_totals(ec_add_charge(document->lines, &document->nlines,
									   EC_ALLOWANCE, -allowance.amount, EC_FIXED,
									   allowance.category, allowance.rate));
			continue;
		}
		check_totals(ec_discount_lines(document->lines, document->nproducts,
									   allowance.amount, &document->scratch,
									   &applied));
		products -= applied;
	}
}

/* Add the document's charges, which may follow the VAT of its products. */
static void
apply_charges(EcDocument *document, ec_int128 products)
{
	for (int i = 0; i < document->ncharges; i++)
	{
		EcJsonPath	path = {"charges", i, NULL};
		size_t		first = document->nlines;
		Adjustment	charge;

		CHECK_FOR_INTERRUPTS();
		read_adjustment(getIthJsonbValueFromContainer(document->charges, (uint32) i),
						&path, CHARGE_KEYS, Max(products, 0),
						document->minor_units, &charge);
		if (document->free_shipping && charge.kind == EC_SHIPPING)
			continue;
		if (document->nproducts == 0 && !charge.has_vat)
		{
			JsonbValue	absent = {.type = jbvNull};

			ec_json_wrong(&absent, &path, "vat_rate",
						  "given, because there are no products");
		}
		check_totals(ec_add_charge(document->lines, &document->nlines,
								   charge.kind, charge.amount,
								   charge.has_vat ? EC_FIXED : charge.vat,
								   charge.category, charge.rate));
		for (size_t line = first; line < document->nlines; line++)
			document->names[line] = charge.name;
	}
}

/* Add what the chosen rate charges.  One that is free has a line, too, which tells it. */
static void
apply_shipping(EcDocument *document)
{
	EcShipping *shipping = &document->shipping;

	shipping->line = document->nlines;
	if (shipping->rate == NULL)
		return;
	check_totals(ec_add_charge(document->lines, &document->nlines, EC_SHIPPING,
							   document->free_shipping ? 0 : shipping->amount,
							   shipping->vat, EC_ZERO, ec_decimal_of(0)));
	for (size_t line = shipping->line; line < document->nlines; line++)
		document->names[line] = shipping->name;
}

/* The code of the rate of delivery that a line is of, or NULL */
char *
ec_document_rate(const EcDocument *document, size_t line)
{
	return line >= document->shipping.line ? document->shipping.rate : NULL;
}

/* Does it charge shipping, for goods of this amount? */
bool
ec_document_ships(const EcDocument *document, ec_int128 goods)
{
	for (int i = 0; i < document->ncharges; i++)
	{
		EcJsonPath	path = {"charges", i, NULL};
		Adjustment	charge;

		CHECK_FOR_INTERRUPTS();
		read_adjustment(getIthJsonbValueFromContainer(document->charges, (uint32) i),
						&path, CHARGE_KEYS, goods, document->minor_units, &charge);
		if (charge.kind == EC_SHIPPING && charge.amount > 0)
			return true;
	}
	return false;
}

/* What its products come to, before discounts */
static ec_int128
products_amount(const EcDocument *document)
{
	ec_int128	products = 0;

	for (size_t i = 0; i < document->nproducts; i++)
		products += document->lines[i].amount;
	return products;
}

/* Take its allowances off a document whose products are set. */
void
ec_document_discount(EcDocument *document)
{
	apply_allowances(document, products_amount(document));
}

/* Total a document from which its allowances were taken. */
void
ec_document_total(EcDocument *document)
{
	apply_charges(document, products_amount(document));
	apply_shipping(document);
	Assert(document->nlines <= document->capacity);
	check_totals(ec_total_lines(document->lines, document->nlines,
								document->prices, &document->scratch,
								&document->totals));
}
