/*
 * mydata.c
 *	  SHA-1, by which myDATA names documents.
 *
 * SQL has the SHA-2 family and MD5 only, and pgcrypto need not be there.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha1.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "pg_compat.h"

#include "value/arguments.h"

PG_FUNCTION_INFO_V1(ec_sha1);

/* sha1(data bytea) -> bytea */
Datum
ec_sha1(PG_FUNCTION_ARGS)
{
	bytea	   *data;
	bytea	   *digest;
	pg_cryptohash_ctx *context;

	EC_STRICT(fcinfo);
	data = PG_GETARG_BYTEA_PP(0);
	digest = palloc(VARHDRSZ + SHA1_DIGEST_LENGTH);
	SET_VARSIZE(digest, VARHDRSZ + SHA1_DIGEST_LENGTH);
	context = pg_cryptohash_create(PG_SHA1);
	if (pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, (const uint8 *) VARDATA_ANY(data),
							 VARSIZE_ANY_EXHDR(data)) < 0 ||
		pg_cryptohash_final(context, (uint8 *) VARDATA(digest), SHA1_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute SHA-1: %s", pg_cryptohash_error(context));
	pg_cryptohash_free(context);
	PG_RETURN_BYTEA_P(digest);
}
