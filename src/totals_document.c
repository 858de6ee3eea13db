/*
 * totals_document.c
 *	  Lines, discounts and charges of an order as callers write them, and
 *	  their totals.
 *
 * calculate_totals() and place_order() share this, so that what a cart showed
 * is what the order says.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "pg_compat.h"

#include "ecommerce.h"
#include "totals_document.h"
#include "value/arguments.h"
#include "value/numeric_codec.h"

const char *const ec_kind_names[] = {"product", "shipping", "fee", "allowance"};

static const char *const default_names[] = {"Product", "Shipping", "Fee", "Discount"};
static const char *const prices_names[] = {"net", "gross"};
static const char *const charge_vat_names[] = {"proportional", "highest", "fixed"};

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

/* How many keys an adjustment may have, by where it stands */
#define LINE_KEYS 5
#define ALLOWANCE_KEYS 7
#define CHARGE_KEYS 10

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

/* An amount in JSON, with no more decimals than its currency has. */
static ec_int128
read_amount(const JsonbValue *field, int minor_units,
			const EcJsonPath *place, const char *key)
{
	EcDecimal	d = ec_json_decimal(field, place, key);
	ec_int128	amount;

	if (d.scale > minor_units)
		ec_json_wrong(place, key,
					  psprintf("an amount of at most %d decimals", minor_units));
	if (!ec_decimal_round(d, minor_units, &amount) || !ec_in_range(amount))
		ec_totals_error(EC_TOTALS_OVERFLOW);
	return amount;
}

/* A VAT category and rate in JSON, which must belong together. */
static void
read_vat(const JsonbValue *category_field, const JsonbValue *rate_field,
		 const EcJsonPath *place, EcCategory *category, EcDecimal *rate)
{
	bool		given = ec_json_given(category_field);

	if (given &&
		(category_field->type != jbvString ||
		 !ec_category_parse(category_field->val.string.val,
							(size_t) category_field->val.string.len, category)))
		ec_json_wrong(place, "vat_category", "one of S, Z, E, AE, K, G, O");

	/* What is outside the scope of VAT has no rate, not even zero. */
	*rate = ec_decimal_of(0);
	if (!given || *category != EC_OUTSIDE || ec_json_given(rate_field))
		*rate = ec_json_decimal(rate_field, place, "vat_rate");
	if (!ec_rate_valid(*rate))
		ec_json_wrong(place, "vat_rate", "a percentage from 0 to 100 with at most 6 decimals");
	if (!given)
		*category = rate->value > 0 ? EC_STANDARD : EC_ZERO;
	if ((*category == EC_STANDARD) != (rate->value > 0))
		ec_json_wrong(place, "vat_rate", *category == EC_STANDARD
					  ? "above zero in category S" : "zero in this category");
}

/*
 * Read an allowance or a charge: {"amount"} or {"percent"}, of "base" or of
 * the amount given here.  An amount beside a percentage is what counts.
 */
static void
read_adjustment(const JsonbValue *element, const EcJsonPath *place, int nkeys,
				ec_int128 base, int minor_units, Adjustment *adjustment)
{
	static const char *const keys[] = {
		"amount", "percent", "base", "reason", "reason_code", "vat_category",
		"vat_rate", "vat", "kind", "name"
	};
	static const char *const kinds[] = {"shipping", "fee"};
	JsonbValue	fields[CHARGE_KEYS];

	memset(adjustment, 0, sizeof(Adjustment));
	for (int i = nkeys; i < CHARGE_KEYS; i++)
		fields[i].type = jbvNull;
	ec_json_object(element, place, keys, fields, nkeys);
	if (!ec_json_given(&fields[0]) && !ec_json_given(&fields[1]))
		ec_json_wrong(place, NULL, "given an amount or a percentage");
	if (ec_json_given(&fields[0]))
		adjustment->amount = read_amount(&fields[0], minor_units, place, "amount");
	else
	{
		EcDecimal	percent = ec_json_decimal(&fields[1], place, "percent");

		if (!ec_rate_valid(percent))
			ec_json_wrong(place, "percent", "from 0 to 100 with at most 6 decimals");
		if (ec_json_given(&fields[2]))
			base = read_amount(&fields[2], minor_units, place, "base");
		if (!ec_vat_of(base, percent, EC_NET, &adjustment->amount))
			ec_totals_error(EC_TOTALS_OVERFLOW);
	}

	adjustment->vat = (EcChargeVat) ec_json_choice(&fields[7], charge_vat_names, 3,
												   place, "vat");
	adjustment->has_vat = ec_json_given(&fields[5]) ||
		ec_json_given(&fields[6]) || adjustment->vat == EC_FIXED;
	if (adjustment->has_vat)
		read_vat(&fields[5], &fields[6], place, &adjustment->category,
				 &adjustment->rate);

	/* What lowers a returned line is as negative as the line. */
	if (adjustment->amount < 0 && base >= 0 && !adjustment->has_vat)
		ec_json_wrong(place, "amount", "zero or more");
	if (nkeys == CHARGE_KEYS)
		adjustment->kind = ec_json_choice(&fields[8], kinds, 2, place, "kind") == 0
			? EC_SHIPPING : EC_FEE;
	else
		adjustment->kind = EC_ALLOWANCE;
	adjustment->name = ec_json_given(&fields[9])
		? ec_json_text(&fields[9], 255, place, "name")
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
static void
adjust_line(EcLine *line, const JsonbValue *allowances,
			const JsonbValue *charges, const EcJsonPath *line_place,
			int minor_units)
{
	ec_int128	base = line->amount;
	Adjustment	adjustment;
	JsonbContainer *array;
	int			n;

	array = ec_json_array(allowances, line_place, "allowances", &n);
	for (int i = 0; i < n; i++)
	{
		EcJsonPath	place = {"allowances", i, line_place};

		read_adjustment(getIthJsonbValueFromContainer(array, (uint32) i),
						&place, LINE_KEYS, line->amount, minor_units, &adjustment);

		/* A discount does not turn a sale into a payment to the customer. */
		if (base >= 0 && adjustment.amount > line->amount)
			adjustment.amount = line->amount;
		line->amount -= adjustment.amount;
		if (!ec_in_range(line->amount))
			ec_totals_error(EC_TOTALS_OVERFLOW);
	}
	array = ec_json_array(charges, line_place, "charges", &n);
	for (int i = 0; i < n; i++)
	{
		EcJsonPath	place = {"charges", i, line_place};

		read_adjustment(getIthJsonbValueFromContainer(array, (uint32) i),
						&place, LINE_KEYS, base, minor_units, &adjustment);
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
	size_t		capacity;

	document->prices = prices;
	document->minor_units = minor_units;
	document->nproducts = nproducts;
	document->nlines = nproducts;
	document->free_shipping = false;
	document->allowances = ec_json_array(allowances, NULL, "allowances",
										 &document->nallowances);
	document->charges = ec_json_array(charges, NULL, "charges",
									  &document->ncharges);
	capacity = nproducts + (size_t) document->nallowances +
		(size_t) document->ncharges * Min(Max(nproducts, 1), EC_MAX_GROUPS);
	document->lines = palloc0_array(EcLine, capacity);
	document->names = palloc0_array(char *, capacity);
	document->scratch.weights = palloc_array(ec_int128, capacity);
	document->scratch.shares = palloc_array(ec_int128, capacity);
	document->scratch.order = palloc_array(EcShare, capacity);
}

/* Take the document's allowances off its products, in their order. */
static void
apply_allowances(EcDocument *document, ec_int128 products)
{
	for (int i = 0; i < document->nallowances; i++)
	{
		EcJsonPath	place = {"allowances", i, NULL};
		Adjustment	allowance;
		ec_int128	applied;

		CHECK_FOR_INTERRUPTS();
		read_adjustment(getIthJsonbValueFromContainer(document->allowances, (uint32) i),
						&place, ALLOWANCE_KEYS, Max(products, 0),
						document->minor_units, &allowance);
		if (allowance.has_vat)
		{
			document->names[document->nlines] = allowance.name;
			CheckTotals(ec_add_charge(document->lines, &document->nlines,
									  EC_ALLOWANCE, -allowance.amount, EC_FIXED,
									  allowance.category, allowance.rate));
			continue;
		}
		CheckTotals(ec_discount_lines(document->lines, document->nproducts,
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
		EcJsonPath	place = {"charges", i, NULL};
		size_t		first = document->nlines;
		Adjustment	charge;

		CHECK_FOR_INTERRUPTS();
		read_adjustment(getIthJsonbValueFromContainer(document->charges, (uint32) i),
						&place, CHARGE_KEYS, Max(products, 0),
						document->minor_units, &charge);
		if (document->free_shipping && charge.kind == EC_SHIPPING)
			continue;
		if (document->nproducts == 0 && !charge.has_vat)
			ec_json_wrong(&place, "vat_rate", "given, because there are no products");
		CheckTotals(ec_add_charge(document->lines, &document->nlines,
								  charge.kind, charge.amount,
								  charge.has_vat ? EC_FIXED : charge.vat,
								  charge.category, charge.rate));
		for (size_t line = first; line < document->nlines; line++)
			document->names[line] = charge.name;
	}
}

/* Total a document whose products are set. */
void
ec_document_total(EcDocument *document)
{
	ec_int128	products = 0;

	for (size_t i = 0; i < document->nproducts; i++)
		products += document->lines[i].amount;
	apply_allowances(document, products);
	apply_charges(document, products);
	CheckTotals(ec_total_lines(document->lines, document->nlines,
							   document->prices, &document->scratch,
							   &document->totals));
}

/* Sort groups by category, then highest rate first. */
static int
compare_groups(const void *a, const void *b)
{
	const EcGroup *x = a;
	const EcGroup *y = b;
	ec_int128	p = x->rate.value * ec_power_of_ten(EC_MAX_SCALE - x->rate.scale);
	ec_int128	q = y->rate.value * ec_power_of_ten(EC_MAX_SCALE - y->rate.scale);

	if (x->category != y->category)
		return x->category < y->category ? -1 : 1;
	return p > q ? -1 : p < q;
}

/* Write the totals of a document. */
static Jsonb *
totals_to_jsonb(EcDocument *document, const int32 *line_numbers,
				ec_int128 prepaid, ec_int128 rounding)
{
	JsonbParseState *state = NULL;
	int			scale = document->minor_units;
	EcTotals   *totals = &document->totals;

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	ec_json_push_key(&state, "lines");
	(void) pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (size_t i = 0; i < document->nlines; i++)
	{
		EcLine	   *line = &document->lines[i];

		(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		if (i < document->nproducts)
			ec_json_push_amount(&state, "line", line_numbers[i], 0);
		ec_json_push_text(&state, "kind", ec_kind_names[line->kind]);
		ec_json_push_amount(&state, "net", line->net, scale);
		ec_json_push_amount(&state, "vat", line->vat, scale);
		ec_json_push_amount(&state, "gross", line->net + line->vat, scale);
		ec_json_push_amount(&state, "discount", line->discount, scale);
		(void) pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	(void) pushJsonbValue(&state, WJB_END_ARRAY, NULL);

	qsort(totals->groups, (size_t) totals->ngroups, sizeof(EcGroup),
		  compare_groups);
	ec_json_push_key(&state, "vat");
	(void) pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < totals->ngroups; i++)
	{
		EcGroup    *group = &totals->groups[i];

		(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		ec_json_push_text(&state, "category", ec_category_code(group->category));
		ec_json_push_amount(&state, "rate", group->rate.value, group->rate.scale);
		ec_json_push_amount(&state, "taxable", group->net, scale);
		ec_json_push_amount(&state, "tax", group->vat, scale);
		(void) pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	(void) pushJsonbValue(&state, WJB_END_ARRAY, NULL);

	ec_json_push_key(&state, "totals");
	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	ec_json_push_amount(&state, "lines", totals->lines, scale);
	ec_json_push_amount(&state, "allowances", totals->discount, scale);
	ec_json_push_amount(&state, "charges", totals->charges, scale);
	ec_json_push_amount(&state, "net", totals->net, scale);
	ec_json_push_amount(&state, "vat", totals->vat, scale);
	ec_json_push_amount(&state, "gross", totals->gross, scale);
	ec_json_push_amount(&state, "prepaid", prepaid, scale);
	ec_json_push_amount(&state, "rounding", rounding, scale);
	ec_json_push_amount(&state, "payable", totals->gross - prepaid + rounding, scale);
	(void) pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

PG_FUNCTION_INFO_V1(ec_calculate_totals);

/* calculate_totals(document jsonb) -> jsonb */
Datum
ec_calculate_totals(PG_FUNCTION_ARGS)
{
	static const char *const keys[] = {
		"currency", "prices", "lines", "allowances", "charges", "prepaid",
		"rounding", "cash_rounding"
	};
	static const char *const line_keys[] = {
		"line", "quantity", "unit_price", "base_quantity", "vat_category",
		"vat_rate", "allowances", "charges"
	};
	EcJsonPath	root = {"document", -1, NULL};
	JsonbValue	value;
	JsonbValue	fields[8];
	JsonbContainer *array;
	EcDocument	document;
	EcPrices	prices;
	int			minor_units;
	int			n;
	int32	   *line_numbers;
	ec_int128	prepaid = 0;
	ec_int128	rounding = 0;

	EC_STRICT(fcinfo);
	JsonbToJsonbValue(PG_GETARG_JSONB_P(0), &value);
	ec_json_object(&value, &root, keys, fields, 8);
	ec_json_require(&fields[0], NULL, "currency");
	if (fields[0].type != jbvString)
		ec_json_wrong(NULL, "currency", "an ISO 4217 code");
	minor_units = ec_currency_check(fields[0].val.string.val,
									(size_t) fields[0].val.string.len);
	prices = (EcPrices) ec_json_choice(&fields[1], prices_names, 2, NULL, "prices");
	ec_json_require(&fields[2], NULL, "lines");
	array = ec_json_array(&fields[2], NULL, "lines", &n);
	ec_document_begin(&document, prices, minor_units, (size_t) n, &fields[3],
					  &fields[4]);

	line_numbers = palloc_array(int32, (size_t) n);
	for (int i = 0; i < n; i++)
	{
		EcLine	   *line = &document.lines[i];
		EcJsonPath	place = {"lines", i, NULL};
		JsonbValue	line_fields[8];
		EcDecimal	base_quantity = ec_decimal_of(1);

		CHECK_FOR_INTERRUPTS();
		ec_json_object(getIthJsonbValueFromContainer(array, (uint32) i), &place,
					   line_keys, line_fields, 8);
		line_numbers[i] = ec_json_given(&line_fields[0])
			? ec_json_int(&line_fields[0], 1, PG_INT32_MAX, &place, "line") : i + 1;
		if (ec_json_given(&line_fields[3]))
			base_quantity = ec_json_decimal(&line_fields[3], &place, "base_quantity");
		if (base_quantity.value <= 0)
			ec_json_wrong(&place, "base_quantity", "above zero");
		line->kind = EC_PRODUCT;
		read_vat(&line_fields[4], &line_fields[5], &place, &line->category,
				 &line->rate);
		ec_line_amount(line,
					   ec_json_decimal(&line_fields[1], &place, "quantity"),
					   ec_json_decimal(&line_fields[2], &place, "unit_price"),
					   base_quantity, minor_units);
		adjust_line(line, &line_fields[6], &line_fields[7], &place, minor_units);
	}
	ec_document_total(&document);
	if (ec_json_given(&fields[5]))
		prepaid = read_amount(&fields[5], minor_units, NULL, "prepaid");
	if (ec_json_given(&fields[6]))
		rounding = read_amount(&fields[6], minor_units, NULL, "rounding");
	if (ec_json_given(&fields[7]))
	{
		ec_int128	step = read_amount(&fields[7], minor_units, NULL, "cash_rounding");
		ec_int128	payable = document.totals.gross - prepaid;

		if (ec_json_given(&fields[6]) || step <= 0)
			ec_json_wrong(NULL, "cash_rounding", "above zero, and not beside rounding");
		rounding = ec_divide_round(payable, step) * step - payable;
	}
	PG_RETURN_JSONB_P(totals_to_jsonb(&document, line_numbers, prepaid, rounding));
}
