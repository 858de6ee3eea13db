/*
 * uuid.c
 *	  Ids as values: their order and their text.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "pg_compat.h"

#include "value/uuid.h"

/* Order of ids, which is that of PostgreSQL. */
int
ec_uuid_compare(const pg_uuid_t *a, const pg_uuid_t *b)
{
	return memcmp(a->data, b->data, UUID_LEN);
}

/* An id as people write it. */
char *
ec_uuid_text(const pg_uuid_t *uuid)
{
	return DatumGetCString(DirectFunctionCall1(uuid_out,
											   UUIDPGetDatum(uuid)));
}
