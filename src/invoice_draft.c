/*
 * invoice_draft.c
 *	  Drafts of invoices: as they would be issued, without a number.
 *
 * A draft is what get_invoice() answers, but for number and day, and says of itself whether
 * its arithmetic is_exact, and whether it is_complete by the rules that nearly all have to
 * obey.  It follows from documents alone, so nothing is read here but codes and time zones.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "invoice_draft.h"
#include "tenant_settings.h"
#include "value/arguments.h"
#include "value/json.h"
#include "value/numeric_codec.h"

/* Arguments of draft_invoice */
enum
{
	DRAFT_ORDER,
	DRAFT_SELLER,
	DRAFT_SHIPMENT,
	DRAFT_OPTIONS,
	DRAFT_VAT_CURRENCY,
	DRAFT_TENANT
};

/* Of electronic addresses, both schemes must be known to Peppol. */
static EcPlan schemes_plan = {
	.sql = "SELECT ecommerce_internal.document_code_known('peppol eas', $1)"
	" AND ecommerce_internal.document_code_known('peppol eas', $2)",
	.nargs = 2,
	.types = {TEXTOID, TEXTOID}
};

/* Can both be reached by Peppol? */
static bool
reached_by_peppol(const EcDraft *draft)
{
	text	   *scheme = ec_member_text(draft->seller, "endpoint_scheme");
	Datum		values[2];
	Datum		known;
	bool		isnull;

	if (scheme == NULL || ec_member(draft->seller, "endpoint_id") == NULL ||
		draft->buyer_scheme == NULL || draft->buyer_endpoint == NULL)
		return false;
	values[0] = PointerGetDatum(scheme);
	values[1] = PointerGetDatum(ec_value_text(draft->buyer_scheme));
	(void) ec_execute(&schemes_plan, values, NULL);
	known = ec_value_or_null(0, 1, BOOLOID, &isnull);
	return !isnull && DatumGetBool(known);
}

/* Write by whose rules it is. */
static void
push_profile(JsonbParseState **state, EcDraft *draft)
{
	text	   *profile = ec_member_text(draft->options, "profile");

	if (profile == NULL && reached_by_peppol(draft))
		profile = cstring_to_text(ec_member_is(draft->seller, "country", "GR")
								  ? "peppol_gr" : "peppol");
	else if (profile == NULL)
		profile = cstring_to_text("en16931");
	draft->peppol = strncmp(text_to_cstring(profile), "peppol", strlen("peppol")) == 0;
	ec_json_push_word(state, "profile", profile);
}

/* Write in which currency VAT is accounted for, where that is another one. */
static void
push_tax_currency(JsonbParseState **state, EcDraft *draft)
{
	text	   *currency = ec_member_text(draft->order, "currency");
	text	   *rate = ec_member_text(draft->options, "exchange_rate");
	bool		foreign = draft->vat_currency != NULL &&
	!ec_member_is(draft->order, "currency", text_to_cstring(draft->vat_currency));
	Datum		number;
	JsonbValue	value;

	if (rate == NULL)
		rate = ec_member_text(ec_member_part(draft->options, "exchange_rates"),
							  text_to_cstring(currency));
	draft->needs_rate = foreign && rate == NULL && draft->invoice.vat > 0;
	ec_json_push_bool(state, "needs_exchange_rate", draft->needs_rate);
	if (!foreign || rate == NULL)
	{
		ec_json_push(state, "tax_currency", NULL);
		ec_json_push(state, "exchange_rate", NULL);
		return;
	}
	number = DirectFunctionCall3(numeric_in, CStringGetDatum(text_to_cstring(rate)),
								 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	ec_json_push_word(state, "tax_currency", draft->vat_currency);
	value.type = jbvNumeric;
	value.val.numeric = DatumGetNumeric(number);
	ec_json_push(state, "exchange_rate", &value);
}

/* Write on which day it was delivered: that of the shipment, or of the order. */
static void
push_delivery_date(JsonbParseState **state, const EcDraft *draft)
{
	JsonbValue *day = ec_member_string(draft->options, "delivery_date");
	text	   *at = ec_member_text(draft->shipment == NULL ? draft->order : draft->shipment,
									"shipped_at");

	if (day == NULL && at != NULL)
	{
		Datum		moment = DirectFunctionCall3(timestamptz_in,
												 CStringGetDatum(text_to_cstring(at)),
												 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
		DateADT		date = ec_day_at(ec_settings_zone(draft->tenant_id),
									 DatumGetTimestampTz(moment));
		char		buffer[MAXDATELEN + 1];

		(void) JsonEncodeDateTime(buffer, DateADTGetDatum(date), DATEOID, NULL);
		day = ec_string(cstring_to_text(buffer));
	}
	ec_json_push(state, "delivery_date", day);
}

/* What of the money that was kept for an order no invoice of it names as prepaid yet */
static ec_int128
unused_payment(const EcDraft *draft)
{
	JsonbContainer *order = draft->order;
	JsonbContainer *documents = ec_member_part(order, "documents");
	int			minor_units = draft->invoice.minor_units;
	ec_int128	paid = ec_amount_decode(ec_member_numeric(order, "amount_paid"), minor_units,
										"amount paid");

	if (paid > 0)
	{
		paid -= ec_amount_decode(ec_member_numeric(order, "amount_charged_back"), minor_units,
								 "amount charged back");
		paid -= ec_amount_decode(ec_member_numeric(order, "amount_refunded"), minor_units,
								 "amount refunded");
		paid -= ec_amount_decode(ec_member_numeric(documents, "prepaid"), minor_units,
								 "amount prepaid");
	}
	return Max(paid, 0);
}

/* Write what it comes to, and what of it is paid. */
static void
push_sums(JsonbParseState **state, EcDraft *draft)
{
	const EcInvoice *invoice = &draft->invoice;
	int			minor_units = invoice->minor_units;
	ec_int128	gross = invoice->net + invoice->vat;
	ec_int128	prepaid = Min(gross + invoice->rounding, unused_payment(draft));

	draft->payable = gross - prepaid + invoice->rounding;
	ec_json_push_amount(state, "net", invoice->net, minor_units);
	ec_json_push_amount(state, "vat", invoice->vat, minor_units);
	ec_json_push_amount(state, "gross", gross, minor_units);
	ec_json_push_amount(state, "rounding", invoice->rounding, minor_units);
	ec_json_push_amount(state, "prepaid", prepaid, minor_units);
}

/* Has a sale with VAT, by who has told all that anybody asks for, all that it must have? */
static bool
is_complete(const EcDraft *draft)
{
	static const char *const needed[] = {"name", "country", "city", "address_line_1", "vat_id"};
	JsonbValue *vat_id = ec_member(draft->seller, "vat_id");
	const char *letters;

	for (size_t i = 0; i < lengthof(needed); i++)
		if (ec_member(draft->seller, needed[i]) == NULL)
			return false;
	for (int i = 0; i < draft->invoice.ngroups; i++)
		if (draft->invoice.groups[i].first->category != EC_STANDARD)
			return false;
	if (vat_id->type != jbvString || vat_id->val.string.len < 3)
		return false;
	letters = vat_id->val.string.val;
	if (letters[0] < 'A' || letters[0] > 'Z' || letters[1] < 'A' || letters[1] > 'Z' ||
		!((letters[2] >= 'A' && letters[2] <= 'Z') || (letters[2] >= '0' && letters[2] <= '9')))
		return false;
	return draft->named && draft->payable_here && !draft->peppol && !draft->needs_rate;
}

/* Write the draft. */
static Jsonb *
draft_document(EcDraft *draft)
{
	static char *const copied[] = {
		"order_number", "user_id", "currency", "vat_scheme", "country", "region"
	};
	JsonbParseState *state = NULL;
	JsonbValue	seller;

	seller.type = jbvBinary;
	seller.val.binary.data = draft->seller;
	seller.val.binary.len = (int) (VARSIZE(draft->seller_document) - VARHDRSZ);
	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	ec_json_push_text(&state, "kind", "invoice");
	ec_json_push_text(&state, "type_code", "380");
	ec_json_push(&state, "order_id", ec_member(draft->order, "id"));
	ec_json_push(&state, "order_created_at", ec_member(draft->order, "created_at"));
	for (size_t i = 0; i < lengthof(copied); i++)
		ec_json_push(&state, copied[i], ec_member(draft->order, copied[i]));
	ec_json_push(&state, "shipment_id", ec_member(draft->shipment, "id"));
	ec_json_push(&state, "note", ec_member(draft->options, "note"));
	push_sums(&state, draft);
	push_delivery_date(&state, draft);
	ec_json_push(&state, "seller", &seller);
	ec_draft_push_buyer(&state, draft);
	ec_draft_push_delivery(&state, draft);
	ec_draft_push_payment(&state, draft);
	ec_draft_push_terms(&state, draft);
	push_profile(&state, draft);
	push_tax_currency(&state, draft);
	ec_json_push_key(&state, "preceding");
	(void) pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	(void) pushJsonbValue(&state, WJB_END_ARRAY, NULL);
	ec_invoice_push_lines(&state, &draft->invoice);
	ec_invoice_push_breakdown(&state, &draft->invoice);
	ec_json_push_bool(&state, "is_exact", draft->invoice.exact);
	ec_json_push_bool(&state, "is_complete", is_complete(draft));
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

PG_FUNCTION_INFO_V1(ec_draft_invoice);

/*
 * draft_invoice(customer_order jsonb, seller jsonb, shipment jsonb, options jsonb,
 * vat_currency text, tenant_id integer) -> jsonb
 */
Datum
ec_draft_invoice(PG_FUNCTION_ARGS)
{
	EcDraft		draft = {0};
	Jsonb	   *document = NULL;

	if (PG_ARGISNULL(DRAFT_ORDER) || PG_ARGISNULL(DRAFT_SELLER) || PG_ARGISNULL(DRAFT_TENANT))
		PG_RETURN_NULL();
	draft.order = &PG_GETARG_JSONB_P(DRAFT_ORDER)->root;
	draft.seller_document = PG_GETARG_JSONB_P(DRAFT_SELLER);
	draft.seller = &draft.seller_document->root;
	if (!PG_ARGISNULL(DRAFT_SHIPMENT))
		draft.shipment = &PG_GETARG_JSONB_P(DRAFT_SHIPMENT)->root;
	if (!PG_ARGISNULL(DRAFT_OPTIONS))
		draft.options = &PG_GETARG_JSONB_P(DRAFT_OPTIONS)->root;
	if (!PG_ARGISNULL(DRAFT_VAT_CURRENCY))
		draft.vat_currency = PG_GETARG_TEXT_PP(DRAFT_VAT_CURRENCY);
	draft.tenant_id = ec_begin_quoting(fcinfo, DRAFT_TENANT);
	if (ec_invoice_compute(&draft.invoice, draft.order, draft.shipment))
		document = draft_document(&draft);
	ec_end();
	if (document == NULL)
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(document);
}

/* May a text be one of XML's?  It has no controls but tabs and ends of lines. */
static bool
is_xml_text(const char *text, int length)
{
	bool		utf8 = GetDatabaseEncoding() == PG_UTF8;

	for (int i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) text[i];

		if (c < ' ' && c != '\t' && c != '\n' && c != '\r')
			return false;
		/* U+FFFE and U+FFFF */
		if (utf8 && c == 0xEF && i + 2 < length && (unsigned char) text[i + 1] == 0xBF &&
			(unsigned char) text[i + 2] >= 0xBE)
			return false;
	}
	return true;
}

PG_FUNCTION_INFO_V1(ec_is_xml_document);

/* is_xml_document(document jsonb) -> boolean */
Datum
ec_is_xml_document(PG_FUNCTION_ARGS)
{
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue	value;

	EC_STRICT(fcinfo);
	iterator = JsonbIteratorInit(&PG_GETARG_JSONB_P(0)->root);
	while ((token = JsonbIteratorNext(&iterator, &value, false)) != WJB_DONE)
		if ((token == WJB_VALUE || token == WJB_ELEM) && value.type == jbvString &&
			!is_xml_text(value.val.string.val, value.val.string.len))
			PG_RETURN_BOOL(false);
	PG_RETURN_BOOL(true);
}
