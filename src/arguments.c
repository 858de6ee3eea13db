/*
 * arguments.c
 *	  Checks of what SQL functions are called with.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "fmgr.h"

#include "pg_compat.h"

#include "arguments.h"
#include "ecommerce.h"

/* Refuse a missing argument. */
void
ec_argument_given(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be NULL", name)));
}

/* The tenant that a function works for. */
int32
ec_argument_tenant(FunctionCallInfo fcinfo, int n)
{
	ec_argument_given(fcinfo, n, "tenant_id");
	return ec_tenant_check(PG_GETARG_INT32(n));
}

/*
 * Refuse an argument that is too long before reading it.  The limit counts
 * bytes, four for each character; the table's checks count characters.
 */
void
ec_argument_length(FunctionCallInfo fcinfo, int n, const char *name,
				   int max_length)
{
	if (!PG_ARGISNULL(n) &&
		toast_raw_datum_size(PG_GETARG_DATUM(n)) >
		(Size) 4 * (Size) max_length + VARHDRSZ)
		ereport(ERROR,
				(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
				 errmsg("%s is too long", name),
				 errdetail("It may have %d characters.", max_length)));
}
