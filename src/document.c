/*
 * document.c
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

#include "document.h"
#include "ecommerce.h"
#include "numeric_codec.h"

const char *const ec_kind_names[] = {"product", "shipping", "fee"};

static const char *const charge_names[] = {"", "Shipping", "Fee"};
static const char *const prices_names[] = {"net", "gross"};
static const char *const charge_vat_names[] = {"proportional", "highest", "fixed"};

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
			const EcPlace *place, const char *key)
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
		 const EcPlace *place, EcCategory *category, EcDecimal *rate)
{
	*rate = ec_json_decimal(rate_field, place, "vat_rate");
	if (!ec_rate_valid(*rate))
		ec_json_wrong(place, "vat_rate", "a percentage from 0 to 100 with at most 6 decimals");
	*category = rate->value > 0 ? EC_STANDARD : EC_ZERO;
	if (ec_json_given(category_field) &&
		(category_field->type != jbvString ||
		 !ec_category_parse(category_field->val.string.val,
							(size_t) category_field->val.string.len, category)))
		ec_json_wrong(place, "vat_category", "one of S, Z, E, AE, K, G, O");
	if ((*category == EC_STANDARD) != (rate->value > 0))
		ec_json_wrong(place, "vat_rate", *category == EC_STANDARD
					  ? "above zero in category S" : "zero in this category");
}

/*
 * What one allowance or charge {"amount"} or {"percent"} is, given the amount
 * that a percentage refers to.
 */
static ec_int128
read_adjustment(const JsonbValue *element, const EcPlace *place,
				ec_int128 base, int minor_units)
{
	static const char *const keys[] = {"amount", "percent"};
	JsonbValue	fields[2];
	EcDecimal	percent;
	ec_int128	amount;

	ec_json_object(element, place, keys, fields, 2);
	if (ec_json_given(&fields[0]) == ec_json_given(&fields[1]))
		ec_json_wrong(place, NULL, "either an amount or a percentage");
	if (ec_json_given(&fields[0]))
	{
		amount = read_amount(&fields[0], minor_units, place, "amount");
		if (amount < 0)
			ec_json_wrong(place, "amount", "zero or more");
		return amount;
	}
	percent = ec_json_decimal(&fields[1], place, "percent");
	if (!ec_rate_valid(percent))
		ec_json_wrong(place, "percent", "from 0 to 100 with at most 6 decimals");
	if (!ec_vat_of(base, percent, EC_NET, &amount))
		ec_totals_error(EC_TOTALS_OVERFLOW);
	return amount;
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
			const JsonbValue *charges, const EcPlace *line_place,
			int minor_units)
{
	ec_int128	base = line->amount;
	JsonbContainer *array;
	int			n;

	array = ec_json_array(allowances, line_place, "allowances", &n);
	for (int i = 0; i < n; i++)
	{
		EcPlace		place = {"allowances", i, line_place};
		ec_int128	amount;

		amount = read_adjustment(getIthJsonbValueFromContainer(array, (uint32) i),
								 &place, line->amount, minor_units);

		/* A discount does not turn a sale into a payment to the customer. */
		if (base >= 0 && amount > line->amount)
			amount = line->amount;
		line->amount -= amount;
		if (!ec_in_range(line->amount))
			ec_totals_error(EC_TOTALS_OVERFLOW);
	}
	array = ec_json_array(charges, line_place, "charges", &n);
	for (int i = 0; i < n; i++)
	{
		EcPlace		place = {"charges", i, line_place};

		line->amount +=
			read_adjustment(getIthJsonbValueFromContainer(array, (uint32) i),
							&place, base, minor_units);
		if (!ec_in_range(line->amount))
			ec_totals_error(EC_TOTALS_OVERFLOW);
	}
}

/* Read one charge; without goods it needs a VAT rate of its own. */
static void
read_charge(const JsonbValue *element, const EcPlace *place, int minor_units,
			bool goods, EcCharge *charge)
{
	static const char *const keys[] = {
		"kind", "name", "amount", "vat", "vat_category", "vat_rate"
	};
	static const char *const kinds[] = {"shipping", "fee"};
	JsonbValue	fields[6];

	ec_json_object(element, place, keys, fields, 6);
	charge->kind = ec_json_choice(&fields[0], kinds, 2, place, "kind") == 0
		? EC_SHIPPING : EC_FEE;
	charge->name = ec_json_given(&fields[1])
		? ec_json_text(&fields[1], 255, place, "name")
		: pstrdup(charge_names[charge->kind]);
	charge->amount = read_amount(&fields[2], minor_units, place, "amount");
	if (charge->amount < 0)
		ec_json_wrong(place, "amount", "zero or more");
	charge->vat = (EcChargeVat) ec_json_choice(&fields[3], charge_vat_names, 3,
											   place, "vat");
	charge->category = EC_ZERO;
	charge->rate = ec_decimal_of(0);
	if (charge->vat == EC_FIXED || !goods || ec_json_given(&fields[5]))
		read_vat(&fields[4], &fields[5], place, &charge->category,
				 &charge->rate);
}

/* Make room for a document's lines, and read its charges. */
void
ec_document_begin(EcDocument *document, EcPrices prices, int minor_units,
				  size_t nproducts, const JsonbValue *charges)
{
	JsonbContainer *array = ec_json_array(charges, NULL, "charges",
										  &document->ncharges);
	size_t		capacity = nproducts;

	document->prices = prices;
	document->minor_units = minor_units;
	document->nproducts = nproducts;
	document->nlines = nproducts;
	document->discount = 0;
	document->charges = palloc_array(EcCharge, (size_t) document->ncharges);
	for (int i = 0; i < document->ncharges; i++)
	{
		EcPlace		place = {"charges", i, NULL};

		read_charge(getIthJsonbValueFromContainer(array, (uint32) i), &place,
					minor_units, nproducts > 0, &document->charges[i]);
		capacity += Min(Max(nproducts, 1), EC_MAX_GROUPS);
	}
	document->lines = palloc0_array(EcLine, capacity);
	document->sources = palloc_array(int, capacity);
	document->scratch.weights = palloc_array(ec_int128, capacity);
	document->scratch.shares = palloc_array(ec_int128, capacity);
	document->scratch.order = palloc_array(EcShare, capacity);
	for (size_t i = 0; i < nproducts; i++)
		document->sources[i] = (int) i;
}

/* Total a document whose product lines are set. */
void
ec_document_total(EcDocument *document, const JsonbValue *allowances)
{
	int			n;
	JsonbContainer *array = ec_json_array(allowances, NULL, "allowances", &n);
	ec_int128	left = 0;

	for (size_t i = 0; i < document->nproducts; i++)
		left += document->lines[i].amount;
	for (int i = 0; i < n; i++)
	{
		EcPlace		place = {"allowances", i, NULL};
		ec_int128	amount;
		ec_int128	applied;

		CHECK_FOR_INTERRUPTS();
		amount = read_adjustment(getIthJsonbValueFromContainer(array, (uint32) i),
								 &place, Max(left, 0), document->minor_units);
		CheckTotals(ec_discount_lines(document->lines, document->nproducts,
									  amount, &document->scratch,
									  &applied));
		document->discount += applied;
		left -= applied;
	}
	for (int i = 0; i < document->ncharges; i++)
	{
		EcCharge   *charge = &document->charges[i];
		size_t		first = document->nlines;

		CHECK_FOR_INTERRUPTS();
		CheckTotals(ec_add_charge(document->lines, &document->nlines,
								  charge->kind, charge->amount, charge->vat,
								  charge->category, charge->rate));
		for (size_t line = first; line < document->nlines; line++)
			document->sources[line] = i;
	}
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
		"rounding"
	};
	static const char *const line_keys[] = {
		"line", "quantity", "unit_price", "base_quantity", "vat_category",
		"vat_rate", "allowances", "charges"
	};
	Jsonb	   *jsonb = PG_GETARG_JSONB_P(0);
	EcPlace		root = {"document", -1, NULL};
	JsonbValue	value;
	JsonbValue	fields[7];
	JsonbContainer *array;
	EcDocument	document;
	EcPrices	prices;
	int			minor_units;
	int			n;
	int32	   *line_numbers;
	ec_int128	prepaid = 0;
	ec_int128	rounding = 0;

	JsonbToJsonbValue(jsonb, &value);
	ec_json_object(&value, &root, keys, fields, 7);
	ec_json_require(&fields[0], NULL, "currency");
	if (fields[0].type != jbvString)
		ec_json_wrong(NULL, "currency", "an ISO 4217 code");
	minor_units = ec_currency_check(fields[0].val.string.val,
									(size_t) fields[0].val.string.len);
	prices = (EcPrices) ec_json_choice(&fields[1], prices_names, 2, NULL, "prices");
	ec_json_require(&fields[2], NULL, "lines");
	array = ec_json_array(&fields[2], NULL, "lines", &n);
	ec_document_begin(&document, prices, minor_units, (size_t) n, &fields[4]);

	line_numbers = palloc_array(int32, (size_t) n);
	for (int i = 0; i < n; i++)
	{
		EcLine	   *line = &document.lines[i];
		EcPlace		place = {"lines", i, NULL};
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
	ec_document_total(&document, &fields[3]);
	if (ec_json_given(&fields[5]))
		prepaid = read_amount(&fields[5], minor_units, NULL, "prepaid");
	if (ec_json_given(&fields[6]))
		rounding = read_amount(&fields[6], minor_units, NULL, "rounding");
	PG_RETURN_JSONB_P(totals_to_jsonb(&document, line_numbers, prepaid, rounding));
}
