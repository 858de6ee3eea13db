/*
 * totals_calculate.c
 *	  calculate_totals(): the totals of a document in JSON, whose lines need no
 *	  products.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "pg_compat.h"

#include "ecommerce.h"
#include "totals_document.h"
#include "value/arguments.h"

/* Keys of a document, in the order of their names below */
enum
{
	DOCUMENT_CURRENCY,
	DOCUMENT_PRICES,
	DOCUMENT_LINES,
	DOCUMENT_ALLOWANCES,
	DOCUMENT_CHARGES,
	DOCUMENT_PREPAID,
	DOCUMENT_ROUNDING,
	DOCUMENT_CASH_ROUNDING,
	DOCUMENT_KEYS
};

static const char *const document_keys[DOCUMENT_KEYS] = {
	"currency", "prices", "lines", "allowances", "charges", "prepaid",
	"rounding", "cash_rounding"
};

/* Keys of a line, in the order of their names below */
enum
{
	LINE_NUMBER,
	LINE_QUANTITY,
	LINE_UNIT_PRICE,
	LINE_BASE_QUANTITY,
	LINE_VAT_CATEGORY,
	LINE_VAT_RATE,
	LINE_ALLOWANCES,
	LINE_CHARGES,
	LINE_KEYS
};

static const char *const line_keys[LINE_KEYS] = {
	"line", "quantity", "unit_price", "base_quantity", "vat_category",
	"vat_rate", "allowances", "charges"
};

static const char *const prices_names[] = {"net", "gross"};

/* Read a line and its number, which is its place if it has none. */
static void
read_line(const JsonbValue *element, int index, int minor_units, EcLimit limit,
		  EcLine *line, int32 *number)
{
	EcJsonPath	path = {"lines", index, NULL};
	JsonbValue	fields[LINE_KEYS];
	EcDecimal	base_quantity = ec_decimal_of(1);

	ec_json_object(element, &path, line_keys, fields, LINE_KEYS);
	*number = ec_json_given(&fields[LINE_NUMBER])
		? ec_json_int(&fields[LINE_NUMBER], 1, PG_INT32_MAX, &path, "line")
		: index + 1;
	if (ec_json_given(&fields[LINE_BASE_QUANTITY]))
		base_quantity = ec_json_decimal(&fields[LINE_BASE_QUANTITY], &path,
										"base_quantity");
	if (base_quantity.value <= 0)
		ec_json_wrong(&fields[LINE_BASE_QUANTITY], &path, "base_quantity", "above zero");
	line->kind = EC_PRODUCT;
	ec_document_vat(&fields[LINE_VAT_CATEGORY], &fields[LINE_VAT_RATE], &path,
					&line->category, &line->rate);
	ec_line_amount(line,
				   ec_json_decimal(&fields[LINE_QUANTITY], &path, "quantity"),
				   ec_json_decimal(&fields[LINE_UNIT_PRICE], &path, "unit_price"),
				   base_quantity, minor_units);
	ec_line_adjust(line, &fields[LINE_ALLOWANCES], &fields[LINE_CHARGES], &path,
				   minor_units, limit);
}

/* Read a document; returns the numbers of its lines. */
static int32 *
read_document(const JsonbValue *fields, EcLimit limit, EcDocument *document)
{
	const JsonbValue *currency = &fields[DOCUMENT_CURRENCY];
	EcPrices	prices;
	int			minor_units;
	JsonbContainer *array;
	int			n;
	int32	   *line_numbers;

	ec_json_require(currency, NULL, "currency");
	if (currency->type != jbvString)
		ec_json_wrong(currency, NULL, "currency", "an ISO 4217 code");
	minor_units = ec_currency_check(currency->val.string.val,
									(size_t) currency->val.string.len);
	prices = (EcPrices) ec_json_choice(&fields[DOCUMENT_PRICES], prices_names,
									   lengthof(prices_names), NULL, "prices");
	ec_json_require(&fields[DOCUMENT_LINES], NULL, "lines");
	array = ec_json_array(&fields[DOCUMENT_LINES], NULL, "lines", &n);
	ec_document_begin(document, prices, minor_units, (size_t) n,
					  &fields[DOCUMENT_ALLOWANCES], &fields[DOCUMENT_CHARGES]);

	line_numbers = palloc_array(int32, (size_t) n);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		read_line(getIthJsonbValueFromContainer(array, (uint32) i), i, minor_units,
				  limit, &document->lines[i], &line_numbers[i]);
	}
	return line_numbers;
}

/* What is added to an amount to be paid: as given, or to round it for cash */
static ec_int128
read_rounding(const JsonbValue *fields, int minor_units, ec_int128 payable)
{
	const JsonbValue *rounding = &fields[DOCUMENT_ROUNDING];
	const JsonbValue *cash_rounding = &fields[DOCUMENT_CASH_ROUNDING];
	ec_int128	amount = 0;
	ec_int128	step;

	if (ec_json_given(rounding))
		amount = ec_json_amount(rounding, minor_units, NULL, "rounding");
	if (!ec_json_given(cash_rounding))
		return amount;
	step = ec_json_amount(cash_rounding, minor_units, NULL, "cash_rounding");
	if (ec_json_given(rounding) || step <= 0)
		ec_json_wrong(cash_rounding, NULL, "cash_rounding", "above zero, and not beside rounding");
	return ec_divide_round(payable, step) * step - payable;
}

/* Write what the lines come to. */
static void
push_lines(JsonbParseState **state, const EcDocument *document,
		   const int32 *line_numbers)
{
	int			scale = document->minor_units;

	ec_json_push_key(state, "lines");
	(void) pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (size_t i = 0; i < document->nlines; i++)
	{
		const EcLine *line = &document->lines[i];

		(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		if (i < document->nproducts)
			ec_json_push_amount(state, "line", line_numbers[i], 0);
		ec_json_push_text(state, "kind", ec_kind_names[line->kind]);
		ec_json_push_amount(state, "net", line->net, scale);
		ec_json_push_amount(state, "vat", line->vat, scale);
		ec_json_push_amount(state, "gross", line->net + line->vat, scale);
		ec_json_push_amount(state, "discount", line->discount, scale);
		(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	(void) pushJsonbValue(state, WJB_END_ARRAY, NULL);
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

/* Write what each VAT category and rate comes to. */
void
ec_totals_push_vat(JsonbParseState **state, EcTotals *totals, int scale)
{
	qsort(totals->groups, (size_t) totals->ngroups, sizeof(EcGroup),
		  compare_groups);
	ec_json_push_key(state, "vat");
	(void) pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < totals->ngroups; i++)
	{
		EcGroup    *group = &totals->groups[i];

		(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		ec_json_push_text(state, "category", ec_category_code(group->category));
		ec_json_push_amount(state, "rate", group->rate.value, group->rate.scale);
		ec_json_push_amount(state, "taxable", group->net, scale);
		ec_json_push_amount(state, "tax", group->vat, scale);
		(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	(void) pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/* Write the sums of the document. */
void
ec_totals_push_sums(JsonbParseState **state, const EcTotals *totals, int scale,
					ec_int128 prepaid, ec_int128 rounding)
{
	ec_json_push_key(state, "totals");
	(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	ec_json_push_amount(state, "lines", totals->lines, scale);
	ec_json_push_amount(state, "allowances", totals->discount, scale);
	ec_json_push_amount(state, "charges", totals->charges, scale);
	ec_json_push_amount(state, "net", totals->net, scale);
	ec_json_push_amount(state, "vat", totals->vat, scale);
	ec_json_push_amount(state, "gross", totals->gross, scale);
	ec_json_push_amount(state, "prepaid", prepaid, scale);
	ec_json_push_amount(state, "rounding", rounding, scale);
	ec_json_push_amount(state, "payable", totals->gross - prepaid + rounding, scale);
	(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/* The totals of a document */
static Jsonb *
calculate(Jsonb *argument, EcLimit limit)
{
	EcJsonPath	root = {"document", -1, NULL};
	JsonbValue	value;
	JsonbValue	fields[DOCUMENT_KEYS];
	EcDocument	document;
	int			scale;
	int32	   *line_numbers;
	ec_int128	prepaid = 0;
	ec_int128	rounding;
	JsonbParseState *state = NULL;

	JsonbToJsonbValue(argument, &value);
	ec_json_object(&value, &root, document_keys, fields, DOCUMENT_KEYS);
	line_numbers = read_document(fields, limit, &document);
	scale = document.minor_units;
	ec_document_discount(&document);
	ec_document_total(&document);
	if (ec_json_given(&fields[DOCUMENT_PREPAID]))
		prepaid = ec_json_amount(&fields[DOCUMENT_PREPAID], scale, NULL, "prepaid");
	rounding = read_rounding(fields, scale, document.totals.gross - prepaid);

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_lines(&state, &document, line_numbers);
	ec_totals_push_vat(&state, &document.totals, scale);
	ec_totals_push_sums(&state, &document.totals, scale, prepaid, rounding);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

PG_FUNCTION_INFO_V1(ec_calculate_totals);

/* calculate_totals(document jsonb) -> jsonb */
Datum
ec_calculate_totals(PG_FUNCTION_ARGS)
{
	EC_STRICT(fcinfo);
	PG_RETURN_JSONB_P(calculate(PG_GETARG_JSONB_P(0), EC_AT_MOST_LINE));
}

PG_FUNCTION_INFO_V1(ec_invoice_calculate);

/* invoice_calculate(document jsonb) -> jsonb */
Datum
ec_invoice_calculate(PG_FUNCTION_ARGS)
{
	EC_STRICT(fcinfo);
	PG_RETURN_JSONB_P(calculate(PG_GETARG_JSONB_P(0), EC_AS_STATED));
}
