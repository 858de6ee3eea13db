/*
 * arguments.c
 *	  Checks of what SQL functions are called with.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"

#include "pg_compat.h"

#include "value/arguments.h"

/* Is any argument NULL? */
bool
ec_any_argument_null(FunctionCallInfo fcinfo)
{
	for (int i = 0; i < PG_NARGS(); i++)
		if (PG_ARGISNULL(i))
			return true;
	return false;
}

/* Refuse a missing argument. */
void
ec_argument_given(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be NULL", name)));
}

/*
 * Refuse a text that has too many characters, before reading it if that can
 * be seen from its size.
 */
void
ec_argument_length(FunctionCallInfo fcinfo, int n, const char *name,
				   int max_length)
{
	Size		size;

	if (PG_ARGISNULL(n))
		return;
	size = toast_raw_datum_size(PG_GETARG_DATUM(n)) - VARHDRSZ;
	if (size <= (Size) max_length)
		return;
	if (size <= (Size) max_length * MAX_MULTIBYTE_CHAR_LEN)
	{
		text	   *value = PG_GETARG_TEXT_PP(n);

		if (pg_mbstrlen_with_len(VARDATA_ANY(value),
								 (int) VARSIZE_ANY_EXHDR(value)) <= max_length)
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
			 errmsg("%s is too long", name),
			 errdetail("It may have %d characters.", max_length)));
}
