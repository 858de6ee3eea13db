/*
 * payment_hash.c
 *	  The hash of a report, by which two of one event are known to say the same.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "pg_compat.h"

/* Arguments of event_hash */
enum
{
	HASH_PAYMENT,
	HASH_KIND,
	HASH_AMOUNT,
	HASH_REFUND,
	HASH_REASON,
	HASH_DATA
};

/* Append bytes so that nothing after them can be taken for a part of them. */
static void
append_bytes(StringInfo out, const char *bytes, Size n)
{
	appendStringInfo(out, "%zu:", n);
	appendBinaryStringInfo(out, bytes, (int) n);
}

/* Append argument n as bytes; what is not given is another thing than what is empty. */
static void
append_argument(StringInfo out, FunctionCallInfo fcinfo, int n)
{
	if (PG_ARGISNULL(n))
		appendStringInfoChar(out, '-');
	else if (n == HASH_PAYMENT || n == HASH_REFUND)
		append_bytes(out, (char *) PG_GETARG_UUID_P(n)->data, UUID_LEN);
	else if (n == HASH_AMOUNT)
	{
		/* 10 is 10.00 */
		Datum		amount = DirectFunctionCall1(numeric_trim_scale, PG_GETARG_DATUM(n));
		char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out, amount));

		append_bytes(out, text, strlen(text));
	}
	else if (n == HASH_DATA)
	{
		Jsonb	   *data = PG_GETARG_JSONB_P(n);
		char	   *text = JsonbToCString(NULL, &data->root, (int) VARSIZE(data));

		append_bytes(out, text, strlen(text));
	}
	else
	{
		text	   *given = PG_GETARG_TEXT_PP(n);

		append_bytes(out, VARDATA_ANY(given), VARSIZE_ANY_EXHDR(given));
	}
}

PG_FUNCTION_INFO_V1(ec_event_hash);

/*
 * event_hash(payment_id uuid, kind text, amount numeric, refund_id uuid, reason text,
 * data jsonb) -> bytea
 */
Datum
ec_event_hash(PG_FUNCTION_ARGS)
{
	StringInfoData said;
	pg_cryptohash_ctx *ctx = pg_cryptohash_create(PG_SHA256);
	bytea	   *hash = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	initStringInfo(&said);
	for (int i = HASH_PAYMENT; i <= HASH_DATA; i++)
		append_argument(&said, fcinfo, i);
	SET_VARSIZE(hash, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	if (ctx == NULL || pg_cryptohash_init(ctx) < 0 ||
		pg_cryptohash_update(ctx, (const uint8 *) said.data, (size_t) said.len) < 0 ||
		pg_cryptohash_final(ctx, (uint8 *) VARDATA(hash), PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute a SHA-256 hash");
	pg_cryptohash_free(ctx);
	PG_RETURN_BYTEA_P(hash);
}
