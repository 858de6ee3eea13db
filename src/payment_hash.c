/*
 * payment_hash.c
 *	  The hash of a report, by which two of one event are known to say the same.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "pg_compat.h"

#include "value/hash.h"

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

/* Append argument n as bytes; what is not given is another thing than what is empty. */
static void
append_argument(StringInfo out, FunctionCallInfo fcinfo, int n)
{
	if (PG_ARGISNULL(n))
		appendStringInfoChar(out, '-');
	else if (n == HASH_PAYMENT || n == HASH_REFUND)
		ec_hash_bytes(out, 'u', (char *) PG_GETARG_UUID_P(n)->data, UUID_LEN);
	else if (n == HASH_AMOUNT)
		ec_hash_numeric(out, PG_GETARG_DATUM(n));
	else if (n == HASH_DATA)
	{
		Jsonb	   *data = PG_GETARG_JSONB_P(n);
		char	   *text = JsonbToCString(NULL, &data->root, (int) VARSIZE(data));

		ec_hash_bytes(out, 'j', text, strlen(text));
	}
	else
	{
		text	   *given = PG_GETARG_TEXT_PP(n);

		ec_hash_bytes(out, '"', VARDATA_ANY(given), VARSIZE_ANY_EXHDR(given));
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
	bytea	   *hash = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	initStringInfo(&said);
	for (int i = HASH_PAYMENT; i <= HASH_DATA; i++)
		append_argument(&said, fcinfo, i);
	SET_VARSIZE(hash, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	ec_hash_sha256(&said, (uint8 *) VARDATA(hash));
	PG_RETURN_BYTEA_P(hash);
}
