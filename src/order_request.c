/*
 * order_request.c
 *	  What place_order() is asked for: its arguments, checked and read before
 *	  any table.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg_compat.h"

#include "call.h"
#include "core/vat_id.h"
#include "country.h"
#include "customer.h"
#include "ecommerce.h"
#include "order.h"
#include "value/arguments.h"
#include "value/characters.h"
#include "value/json.h"
#include "value/uuid.h"

#define MAX_PHONE 30
#define MAX_NOTES 10000
#define MAX_KEY 255
#define MAX_VAT_ID 50
#define MAX_METADATA 1000000
#define MAX_CODES 20
#define MAX_CODE 255
#define MAX_RATE 255

/* Characters, and bytes, that a string of an address may have */
#define MAX_ADDRESS_TEXT 255
#define MAX_ADDRESS_BYTES (4 * MAX_ADDRESS_TEXT)

/* A key of a caller whom nobody vouches for must be hard to guess. */
#define MIN_UNTRUSTED_KEY 16

/* A clock of the caller's may be ahead of the server's by this. */
#define MAX_AHEAD_MS 60000

/* Keys of an address, in the order of their names below */
enum
{
	ADDRESS_FIRST_NAME,
	ADDRESS_LAST_NAME,
	ADDRESS_COMPANY,
	ADDRESS_LINE_1,
	ADDRESS_LINE_2,
	ADDRESS_CITY,
	ADDRESS_STATE,
	ADDRESS_POSTAL_CODE,
	ADDRESS_COUNTRY,
	ADDRESS_PHONE,
	ADDRESS_VAT_ID,
	ADDRESS_KEYS
};

static const char *const address_keys[ADDRESS_KEYS] = {
	"first_name", "last_name", "company", "address_line_1", "address_line_2",
	"city", "state", "postal_code", "country", "phone", "vat_id"
};

/* A string of an address, or NULL. */
static const char *
address_text(const JsonbValue *field)
{
	return ec_json_given(field)
		? pnstrdup(field->val.string.val, (Size) field->val.string.len) : NULL;
}

/* Read an address, which has known keys and strings only. */
static void
read_address(FunctionCallInfo fcinfo, int n, const char *name, EcAddress *address)
{
	EcJsonPath	path = {name, -1, NULL};
	JsonbValue	value;
	JsonbValue	fields[ADDRESS_KEYS];
	const JsonbValue *country = &fields[ADDRESS_COUNTRY];

	ec_json_argument(fcinfo, n, &value);
	if (!ec_json_given(&value))
		return;
	ec_json_object(&value, &path, address_keys, fields, ADDRESS_KEYS);
	for (int i = 0; i < ADDRESS_KEYS; i++)
		if (ec_json_given(&fields[i]) &&
			(fields[i].type != jbvString || fields[i].val.string.len > MAX_ADDRESS_BYTES))
			ec_json_wrong(&fields[i], &path, address_keys[i],
						  psprintf("a string of at most %d characters", MAX_ADDRESS_TEXT));
	if (ec_json_given(country) &&
		(country->val.string.len != 2 ||
		 strspn(pnstrdup(country->val.string.val, 2), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2))
		ec_json_wrong(country, &path, "country",
					  "the two letters of ISO 3166-1, such as GR for Greece");
	address->city = address_text(&fields[ADDRESS_CITY]);
	address->state = address_text(&fields[ADDRESS_STATE]);
	address->postal_code = address_text(&fields[ADDRESS_POSTAL_CODE]);
	address->country = address_text(country);
	if (address->country != NULL && address->postal_code != NULL)
		ec_country_check_postal_code(address->country, psprintf("%s.postal_code", name),
									 address->postal_code);
}

/* Read the buyer's VAT id, in its one form if it has that. */
static void
read_vat_id(FunctionCallInfo fcinfo, EcPlacement *order)
{
	char		normal[EC_VAT_ID_TEXT];
	bool		well_formed = false;
	text	   *id;

	ec_argument_length(fcinfo, ARG_BUYER_VAT_ID, "buyer_vat_id", MAX_VAT_ID);
	if (!PG_ARGISNULL(ARG_BUYER_VAT_ID))
	{
		order->sale.buyer_vat_id = PG_GETARG_TEXT_PP(ARG_BUYER_VAT_ID);
		id = ec_without_blanks(order->sale.buyer_vat_id, false);
		well_formed = ec_vat_id_normalize(VARDATA_ANY(id), VARSIZE_ANY_EXHDR(id), normal);
		if (well_formed)
			order->sale.buyer_vat_id = cstring_to_text(normal);
	}
	order->sale.identified = !PG_ARGISNULL(ARG_BUYER_VAT_ID_VALID) &&
		PG_GETARG_BOOL(ARG_BUYER_VAT_ID_VALID);
	if (order->sale.identified && !well_formed)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("buyer_vat_id is not well-formed"),
				 errdetail("So it cannot be valid.")));
}

/* Refuse a jsonb argument that is no object, or too large. */
static void
check_object(FunctionCallInfo fcinfo, int n, const char *name, int max_size)
{
	JsonbValue	value;

	if (PG_ARGISNULL(n))
		return;
	if (toast_raw_datum_size(PG_GETARG_DATUM(n)) > (Size) max_size)
		ereport(ERROR,
				(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
				 errmsg("%s is too long", name),
				 errdetail("It may have %d bytes.", max_size)));
	ec_json_argument(fcinfo, n, &value);
	if (!JB_ROOT_IS_OBJECT(PG_GETARG_JSONB_P(n)))
		ec_json_wrong_kind(&value, NULL, name, "an object");
}

/* Characters of a text */
static int
text_length(text *value)
{
	return pg_mbstrlen_with_len(VARDATA_ANY(value), (int) VARSIZE_ANY_EXHDR(value));
}

/* Refuse too many codes of coupons, and what is too long to be one, before any is folded. */
static void
check_codes(FunctionCallInfo fcinfo)
{
	Datum	   *codes;
	bool	   *nulls;
	int			n;

	if (PG_ARGISNULL(ARG_COUPON_CODES))
		return;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(ARG_COUPON_CODES), TEXTOID, -1, false,
					  TYPALIGN_INT, &codes, &nulls, &n);
	if (n > MAX_CODES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an order may have %d coupons, not %d", MAX_CODES, n)));
	for (int i = 0; i < n; i++)
		if (!nulls[i] && text_length(DatumGetTextPP(codes[i])) > MAX_CODE)
			ereport(ERROR,
					(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
					 errmsg("a coupon code is too long"),
					 errdetail("It may have %d characters.", MAX_CODE)));
}

/* Read the email address, and refuse what cannot be one. */
static void
read_email(FunctionCallInfo fcinfo, EcPlacement *order)
{
	text	   *email;

	order->has_email = !PG_ARGISNULL(ARG_EMAIL);
	if (!order->has_email)
		return;
	email = ec_trimmed(PG_GETARG_TEXT_PP(ARG_EMAIL));
	if (!ec_email_valid(email))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("email is not an address"),
				 errdetail("It must have one @ with something before and after it, no blanks,"
						   " brackets, commas or characters that cannot be seen, single dots"
						   " only, and at most %d characters.",
						   EC_MAX_EMAIL)));
	order->email = PointerGetDatum(email);
}

/*
 * Refuse what decides what is paid, or by whom, from those who may not write
 * orders themselves.
 */
static void
check_trusted(FunctionCallInfo fcinfo, EcPlacement *order)
{
	bool		asks = !PG_ARGISNULL(ARG_PLACED_AT) || !PG_ARGISNULL(ARG_ALLOWANCES) ||
	!PG_ARGISNULL(ARG_CHARGES) || order->sale.identified ||
	(!PG_ARGISNULL(ARG_USER) && !ec_customer_is(PG_GETARG_UUID_P(ARG_USER)));

	if (!asks && PG_ARGISNULL(ARG_IDEMPOTENCY_KEY) && PG_ARGISNULL(ARG_CART))
		return;
	order->trusted = order->quoted || ec_call_trusted();
	if (order->trusted)
	{
		if (!PG_ARGISNULL(ARG_USER) && !ec_customer_allowed(PG_GETARG_UUID_P(ARG_USER), true))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("permission denied for user_id %s",
							ec_uuid_text(PG_GETARG_UUID_P(ARG_USER))),
					 errdetail("It is not the customer of this transaction.")));
		return;
	}
	if (asks)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for user_id, placed_at, allowances, charges"
						" and buyer_vat_id_valid"),
				 errdetail("They need the privilege to INSERT into ecommerce.orders.")));
	if (!PG_ARGISNULL(ARG_IDEMPOTENCY_KEY) &&
		text_length(PG_GETARG_TEXT_PP(ARG_IDEMPOTENCY_KEY)) < MIN_UNTRUSTED_KEY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("idempotency_key is easy to guess"),
				 errdetail("It must have at least %d characters, unless the role may INSERT"
						   " into ecommerce.orders.",
						   MIN_UNTRUSTED_KEY),
				 errhint("Use a random UUID.")));
}

/* Refuse arguments that are wrong in themselves. */
static void
check_arguments(FunctionCallInfo fcinfo)
{
	int			sources = !PG_ARGISNULL(ARG_ITEMS) + !PG_ARGISNULL(ARG_CART);

	if (sources > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an order takes either items or a cart, not both")));
	if (sources == 0 && PG_ARGISNULL(ARG_RESERVATION))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an order needs items, a cart or a reservation")));
	ec_argument_length(fcinfo, ARG_EMAIL, "email", EC_MAX_EMAIL);
	ec_argument_length(fcinfo, ARG_PHONE, "phone", MAX_PHONE);
	ec_argument_length(fcinfo, ARG_NOTES, "notes", MAX_NOTES);
	check_object(fcinfo, ARG_METADATA, "metadata", MAX_METADATA);
	check_codes(fcinfo);
	ec_argument_length(fcinfo, ARG_SHIPPING_RATE, "shipping_rate", MAX_RATE);
	ec_argument_length(fcinfo, ARG_IDEMPOTENCY_KEY, "idempotency_key", MAX_KEY);
	if (!PG_ARGISNULL(ARG_IDEMPOTENCY_KEY) &&
		VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(ARG_IDEMPOTENCY_KEY)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("idempotency_key must not be empty")));
}

/* Choose the id and the time of the order, which are one. */
static void
choose_id(FunctionCallInfo fcinfo, EcPlacement *order)
{
	order->history = !PG_ARGISNULL(ARG_PLACED_AT);
	if (order->history)
	{
		TimestampTz at = PG_GETARG_TIMESTAMPTZ(ARG_PLACED_AT);

		if (at > TimestampTzPlusMilliseconds(GetCurrentTimestamp(), MAX_AHEAD_MS))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("placed_at lies in the future")));
		ec_uuid_v7_at(at, &order->id);
	}
	else
		ec_uuid_v7_generate(&order->id);
	order->created_at = ec_uuid_v7_timestamp(&order->id);
}

/* Read and check the arguments of place_order(), before reading any table. */
void
ec_order_read_request(FunctionCallInfo fcinfo, EcPlacement *order)
{
	check_arguments(fcinfo);
	read_address(fcinfo, ARG_BILLING_ADDRESS, "billing_address", &order->sale.billing);
	read_address(fcinfo, ARG_SHIPPING_ADDRESS, "shipping_address", &order->sale.shipping);
	read_vat_id(fcinfo, order);
	check_trusted(fcinfo, order);
	choose_id(fcinfo, order);
	order->has_user = !PG_ARGISNULL(ARG_USER);
	if (order->has_user)
		order->user_id = *PG_GETARG_UUID_P(ARG_USER);
	read_email(fcinfo, order);
	if (!PG_ARGISNULL(ARG_ITEMS))
		order->items = ec_items_read(PG_GETARG_JSONB_P(ARG_ITEMS), &order->nitems);
}
