/*
 * hash.c
 *	  What is hashed of requests and reports, by which a second one is known to say the same.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "pg_compat.h"

#include "value/hash.h"

/* Append bytes so that nothing after them can be taken for a part of them. */
void
ec_hash_bytes(StringInfo out, char type, const char *bytes, size_t n)
{
	appendStringInfo(out, "%c%zu:", type, n);
	appendBinaryStringInfo(out, bytes, (int) n);
}

/* Append a number as it is worth. */
void
ec_hash_numeric(StringInfo out, Datum number)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out,
														   DirectFunctionCall1(numeric_trim_scale,
																			   number)));

	ec_hash_bytes(out, '#', text, strlen(text));
}

/* The SHA-256 of all that was appended */
void
ec_hash_sha256(const StringInfoData *said, uint8 *sha256)
{
	pg_cryptohash_ctx *ctx = pg_cryptohash_create(PG_SHA256);

	if (ctx == NULL || pg_cryptohash_init(ctx) < 0 ||
		pg_cryptohash_update(ctx, (const uint8 *) said->data, (size_t) said->len) < 0 ||
		pg_cryptohash_final(ctx, sha256, PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute a SHA-256 hash");
	pg_cryptohash_free(ctx);
}
