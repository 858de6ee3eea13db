/*
 * uuid.c
 *	  Ids as values: their order and their text.
 */
#include "postgres.h"

#include <ctype.h>

#include "utils/builtins.h"

#include "pg_compat.h"

#include "value/uuid.h"

/* Characters of an id as text */
#define UUID_TEXT 36

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

/* Read an id as it is written everywhere, 8-4-4-4-12; false if it is none. */
bool
ec_uuid_parse(const char *string, size_t length, pg_uuid_t *uuid)
{
	char		digits[2 * UUID_LEN];
	int			n = 0;

	if (length != UUID_TEXT)
		return false;
	for (int i = 0; i < UUID_TEXT; i++)
	{
		if (i == 8 || i == 13 || i == 18 || i == 23)
		{
			if (string[i] != '-')
				return false;
		}
		else if (isxdigit((unsigned char) string[i]))
			digits[n++] = string[i];
		else
			return false;
	}
	(void) hex_decode(digits, 2 * UUID_LEN, (char *) uuid->data);
	return true;
}
