/*
 * invoice_party.c
 *	  Who an invoice is for, and where its goods went.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "pg_compat.h"

#include "invoice_draft.h"
#include "value/json.h"

/* Parts of addresses that documents have */
static char *const address_keys[] = {
	"company", "address_line_1", "address_line_2", "city", "state", "postal_code", "country"
};

/* The object that another has by a key; NULL for none, or an empty one */
static JsonbContainer *
given_part(JsonbContainer *object, const char *key)
{
	JsonbContainer *part = ec_member_part(object, key);

	return part == NULL || JsonContainerSize(part) == 0 ? NULL : part;
}

/* The name of the person in an address, or of an account; NULL without one */
static JsonbValue *
party_name(JsonbContainer *address)
{
	text	   *name = ec_member_text(address, "name");
	StringInfoData both;

	if (name == NULL)
	{
		text	   *first = ec_member_text(address, "first_name");
		text	   *last = ec_member_text(address, "last_name");

		initStringInfo(&both);
		if (first != NULL)
			appendBinaryStringInfo(&both, VARDATA_ANY(first), (int) VARSIZE_ANY_EXHDR(first));
		if (last != NULL && VARSIZE_ANY_EXHDR(last) > 0)
		{
			if (both.len > 0)
				appendStringInfoChar(&both, ' ');
			appendBinaryStringInfo(&both, VARDATA_ANY(last), (int) VARSIZE_ANY_EXHDR(last));
		}
		name = cstring_to_text_with_len(both.data, both.len);
	}
	name = DatumGetTextPP(DirectFunctionCall1(btrim1, PointerGetDatum(name)));
	return VARSIZE_ANY_EXHDR(name) == 0 ? NULL : ec_string(name);
}

/*
 * Write a key of the buyer, unless it is blank, and return it.  What the request says of it
 * counts most.
 */
static const JsonbValue *
push_buyer_key(JsonbParseState **state, const EcDraft *draft, char *key, JsonbValue *value)
{
	value = ec_first(ec_member(ec_member_part(draft->options, "buyer"), key), value);
	if (ec_value_blank(value))
		return NULL;
	ec_json_push(state, key, value);
	return value;
}

/* Write who the invoice is for. */
void
ec_draft_push_buyer(JsonbParseState **state, EcDraft *draft)
{
	JsonbContainer *order = draft->order;
	JsonbContainer *profile = ec_member_part(order, "profile");
	JsonbContainer *shipping = given_part(order, "shipping_address");
	JsonbContainer *address = given_part(order, "billing_address");
	JsonbValue *vat_id = ec_member_string(order, "buyer_vat_id");
	JsonbValue *company;
	JsonbValue *name;
	JsonbValue *country;

	if (address == NULL)
		address = shipping;
	company = ec_member_string(address, "company");
	if (company == NULL && vat_id != NULL)
		company = ec_member_string(profile, "company");
	name = ec_first(party_name(address), company);
	name = ec_first(name, party_name(shipping));
	name = ec_first(name, party_name(ec_member_part(order, "user")));

	country = ec_first(ec_member_string(address, "country"), ec_member_string(order, "country"));

	ec_json_push_key(state, "buyer");
	(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	draft->named = push_buyer_key(state, draft, "name", name) != NULL;
	(void) push_buyer_key(state, draft, "company", company);
	for (size_t i = 1; i < lengthof(address_keys) - 1; i++)
		(void) push_buyer_key(state, draft, address_keys[i], ec_member(address, address_keys[i]));
	draft->named &= push_buyer_key(state, draft, "country", country) != NULL;
	(void) push_buyer_key(state, draft, "vat_id", vat_id);
	(void) push_buyer_key(state, draft, "email", ec_member(order, "email"));
	(void) push_buyer_key(state, draft, "phone", ec_first(ec_member_string(address, "phone"),
														  ec_member_string(order, "phone")));
	(void) push_buyer_key(state, draft, "reference",
						  ec_first(ec_member_string(draft->options, "buyer_reference"),
								   ec_member_string(profile, "buyer_reference")));
	(void) push_buyer_key(state, draft, "purchase_order",
						  ec_member(draft->options, "purchase_order"));
	(void) push_buyer_key(state, draft, "registration_number",
						  ec_member(profile, "registration_number"));
	(void) push_buyer_key(state, draft, "registration_scheme",
						  ec_member(profile, "registration_scheme"));
	draft->buyer_scheme = push_buyer_key(state, draft, "endpoint_scheme",
										 ec_member(profile, "endpoint_scheme"));
	draft->buyer_endpoint = push_buyer_key(state, draft, "endpoint_id",
										   ec_member(profile, "endpoint_id"));
	(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/* Write where goods went; null if there are none. */
void
ec_draft_push_delivery(JsonbParseState **state, const EcDraft *draft)
{
	JsonbContainer *order = draft->order;
	JsonbContainer *address = given_part(order, "shipping_address");
	JsonbValue *name;

	if (!draft->invoice.has_goods)
	{
		ec_json_push(state, "delivery", NULL);
		return;
	}

	/*
	 * Where tax depends on the place, it is that of the buyer, if there is no
	 * other.
	 */
	if (address == NULL && ec_invoice_has_category(&draft->invoice, EC_INTRA))
		address = ec_member_part(order, "billing_address");
	name = ec_first(party_name(address), ec_member_string(address, "company"));
	ec_json_push_key(state, "delivery");
	(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	ec_json_push_given(state, "name", name);
	for (size_t i = 0; i < lengthof(address_keys); i++)
	{
		JsonbValue *value = ec_member(address, address_keys[i]);

		if (value == NULL && address != NULL && strcmp(address_keys[i], "country") == 0)
			value = ec_member(order, "country");
		ec_json_push_given(state, address_keys[i], value);
	}
	(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
}
