/*
 * order_hash.c
 *	  The hash of a request for an order, by which a retry is known.
 *
 * A retry asks for the same, perhaps in other words: it is the meaning that is
 * hashed.  Numbers are what they are worth, whether written as numbers or as
 * strings; keys have no order; null, an empty object and an empty list are absent.
 *
 * A hash is the SHA-256 of all arguments, and after it two bytes of the CRC of
 * each, which tell those that differ from another request's.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "port/pg_crc32c.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/formatting.h"

#include "pg_compat.h"

#include "order.h"
#include "value/characters.h"
#include "value/hash.h"
#include "value/numeric_codec.h"
#include "value/uuid.h"

/* The arguments before the key, and who asks if nobody vouches for the caller */
#define HASH_CALLER ARG_IDEMPOTENCY_KEY
#define HASH_PARTS (ARG_IDEMPOTENCY_KEY + 1)
#define PART_BYTES 2
#define HASH_BYTES (PG_SHA256_DIGEST_LENGTH + HASH_PARTS * PART_BYTES)

/* How a string may be written in several ways */
typedef enum Writing
{
	TEXT,						/* it may not */
	LIST,						/* in a list, as its key says */
	NUMBER,						/* with more or fewer decimals */
	ID							/* in upper or lower case */
} Writing;

/* Keys of items, allowances and charges whose values are no texts */
static const struct
{
	const char *key;
	Writing		writing;
}			list_keys[] = {
	{"product_id", ID}, {"quantity", NUMBER}, {"unit_price", NUMBER},
	{"amount", NUMBER}, {"percent", NUMBER}, {"base", NUMBER}, {"vat_rate", NUMBER}
};

static void append_json(StringInfo out, const JsonbValue *value, Writing writing);

/* Append a string, which may be a number or an id in another writing. */
static void
append_string(StringInfo out, const char *string, size_t n, Writing writing)
{
	EcDecimal	number;

	if (writing == NUMBER && ec_decimal_parse(string, n, &number) == EC_PARSED)
		ec_hash_numeric(out, EcAmountGetDatum(number.value, number.scale));
	else
		ec_hash_bytes(out, '"', writing == ID ? asc_tolower(string, n) : string, n);
}

/* How the value of a key of a list is written. */
static Writing
writing_of(const JsonbValue *key)
{
	for (size_t i = 0; i < lengthof(list_keys); i++)
		if (strlen(list_keys[i].key) == (size_t) key->val.string.len &&
			memcmp(list_keys[i].key, key->val.string.val, strlen(list_keys[i].key)) == 0)
			return list_keys[i].writing;
	return TEXT;
}

/* Append an array, or an object without what is null in it. */
static void
append_container(StringInfo out, JsonbContainer *container, Writing writing)
{
	JsonbIterator *iterator = JsonbIteratorInit(container);
	JsonbIteratorToken token;
	JsonbValue	key;
	JsonbValue	value;

	check_stack_depth();
	appendStringInfoChar(out, JsonContainerIsObject(container) ? '{' : '[');
	(void) JsonbIteratorNext(&iterator, &key, true);
	while ((token = JsonbIteratorNext(&iterator, &key, true)) == WJB_KEY || token == WJB_ELEM)
	{
		CHECK_FOR_INTERRUPTS();
		if (token == WJB_ELEM)
		{
			append_json(out, &key, writing);
			continue;
		}
		(void) JsonbIteratorNext(&iterator, &value, true);
		if (value.type == jbvNull)
			continue;
		ec_hash_bytes(out, '.', key.val.string.val, (size_t) key.val.string.len);
		append_json(out, &value, writing == LIST ? writing_of(&key) : TEXT);
	}
	appendStringInfoChar(out, ']');
}

/* Append a JSON value. */
static void
append_json(StringInfo out, const JsonbValue *value, Writing writing)
{
	switch (value->type)
	{
		case jbvNull:
			appendStringInfoChar(out, 'n');
			break;
		case jbvBool:
			appendStringInfoChar(out, value->val.boolean ? 't' : 'f');
			break;
		case jbvNumeric:
			ec_hash_numeric(out, NumericGetDatum(value->val.numeric));
			break;
		case jbvString:
			append_string(out, value->val.string.val, (size_t) value->val.string.len, writing);
			break;
		default:
			append_container(out, value->val.binary.data, writing);
	}
}

/* Append a jsonb argument, unless it is empty. */
static void
append_jsonb(StringInfo out, Jsonb *jsonb, Writing writing)
{
	JsonbValue	value;

	JsonbToJsonbValue(jsonb, &value);
	if (value.type == jbvBinary && JB_ROOT_COUNT(jsonb) > 0)
		append_container(out, value.val.binary.data, writing);
}

/* Append a text. */
static void
append_text(StringInfo out, text *value)
{
	ec_hash_bytes(out, '"', VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

/* Append the code or the id of a rate, whose letters may be capitals. */
static void
append_rate(StringInfo out, text *rate)
{
	pg_uuid_t	id;

	if (ec_uuid_parse(VARDATA_ANY(rate), VARSIZE_ANY_EXHDR(rate), &id))
		appendBinaryStringInfo(out, (char *) id.data, UUID_LEN);
	else
		append_text(out, rate);
}

/* Append the codes of coupons, as they are found. */
static void
append_codes(StringInfo out, ArrayType *codes)
{
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	deconstruct_array(codes, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
		if (nulls[i])
			appendStringInfoChar(out, 'n');
		else
			append_text(out, ec_case_folded(ec_without_blanks(DatumGetTextPP(elements[i]), false),
											true));
}

/* Append what an argument means; nothing if it is absent. */
static void
append_argument(StringInfo out, FunctionCallInfo fcinfo, int n, const EcPlacement *order)
{
	if (PG_ARGISNULL(n))
		return;
	switch (n)
	{
		case ARG_ITEMS:
		case ARG_ALLOWANCES:
		case ARG_CHARGES:
			append_jsonb(out, PG_GETARG_JSONB_P(n), LIST);
			break;
		case ARG_BILLING_ADDRESS:
		case ARG_SHIPPING_ADDRESS:
		case ARG_METADATA:
			append_jsonb(out, PG_GETARG_JSONB_P(n), TEXT);
			break;
		case ARG_CART:
		case ARG_RESERVATION:
		case ARG_USER:
			appendBinaryStringInfo(out, (char *) PG_GETARG_UUID_P(n)->data, UUID_LEN);
			break;
		case ARG_EMAIL:
			append_text(out, DatumGetTextPP(order->email));
			break;
		case ARG_BUYER_VAT_ID:
			append_text(out, order->sale.buyer_vat_id);
			break;
		case ARG_BUYER_VAT_ID_VALID:
			if (order->sale.identified)
				appendStringInfoChar(out, 't');
			break;
		case ARG_EXPECTED_TOTAL:
			ec_hash_numeric(out, PG_GETARG_DATUM(n));
			break;
		case ARG_SHIPPING_RATE:
			append_rate(out, PG_GETARG_TEXT_PP(n));
			break;
		case ARG_COUPON_CODES:
			append_codes(out, PG_GETARG_ARRAYTYPE_P(n));
			break;
		case ARG_PLACED_AT:
			/* As text it would depend on the session's time zone. */
			appendStringInfo(out, INT64_FORMAT, PG_GETARG_TIMESTAMPTZ(n));
			break;
		default:
			append_text(out, PG_GETARG_TEXT_PP(n));
	}
}

/*
 * The hash of everything that makes a request the same request; for a caller
 * whom nobody vouches for, who it is, too.  The request was read into order.
 */
bytea *
ec_order_hash(FunctionCallInfo fcinfo, const EcPlacement *order)
{
	bytea	   *hash = palloc(VARHDRSZ + HASH_BYTES);
	uint8	   *bytes = (uint8 *) VARDATA(hash);
	StringInfoData request;
	StringInfoData part;

	SET_VARSIZE(hash, VARHDRSZ + HASH_BYTES);
	initStringInfo(&request);
	initStringInfo(&part);
	for (int i = 0; i < HASH_PARTS; i++)
	{
		uint8	   *place = bytes + PG_SHA256_DIGEST_LENGTH + i * PART_BYTES;
		pg_crc32c	crc;

		resetStringInfo(&part);
		if (i != HASH_CALLER)
			append_argument(&part, fcinfo, i, order);
		else if (!order->trusted)
			appendStringInfoString(&part, GetUserNameFromId(GetOuterUserId(), false));
		INIT_CRC32C(crc);
		COMP_CRC32C(crc, part.data, (size_t) part.len);
		FIN_CRC32C(crc);
		place[0] = (uint8) (crc & 0xFF);
		place[1] = (uint8) (crc >> 8 & 0xFF);
		ec_hash_bytes(&request, 'a', part.data, (size_t) part.len);
	}
	ec_hash_sha256(&request, bytes);
	return hash;
}

/* Are two hashes of the same request? */
bool
ec_order_hashes_equal(bytea *a, bytea *b)
{
	return VARSIZE_ANY_EXHDR(a) >= PG_SHA256_DIGEST_LENGTH &&
		VARSIZE_ANY_EXHDR(b) >= PG_SHA256_DIGEST_LENGTH &&
		memcmp(VARDATA_ANY(a), VARDATA_ANY(b), PG_SHA256_DIGEST_LENGTH) == 0;
}

/* The arguments in which two requests differ, "items, email"; NULL if unknown. */
char *
ec_order_hash_difference(bytea *a, bytea *b)
{
	StringInfoData names;

	if (VARSIZE_ANY_EXHDR(a) != HASH_BYTES || VARSIZE_ANY_EXHDR(b) != HASH_BYTES)
		return NULL;
	initStringInfo(&names);
	for (int i = 0; i < HASH_PARTS; i++)
	{
		size_t		at = PG_SHA256_DIGEST_LENGTH + (size_t) i * PART_BYTES;

		if (memcmp(VARDATA_ANY(a) + at, VARDATA_ANY(b) + at, PART_BYTES) != 0)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "",
							 i == HASH_CALLER ? "the role that asks" : ec_order_keys[i]);
	}
	return names.len > 0 ? names.data : NULL;
}
