/*
 * result.c
 *	  Rows that SQL functions answer.
 *
 * They are of composite types, which somebody may have altered since.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "pg_compat.h"

#include "value/result.h"

/* Refuse a type whose columns are not the ones that are expected. */
static void
check_columns(TupleDesc desc, const Oid *types, int n)
{
	bool		same = desc->natts == n;

	for (int i = 0; same && i < n; i++)
		same = !TupleDescAttr(desc, i)->attisdropped &&
			TupleDescAttr(desc, i)->atttypid == types[i];
	if (!same)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("type %s has been altered", format_type_be(desc->tdtypeid)),
				 errhint("Give it its attributes again, or drop the extension and "
						 "create it again.")));
}

/* A copy of the row type that a function returns. */
TupleDesc
ec_result_desc(FunctionCallInfo fcinfo, const Oid *types, int n)
{
	TupleDesc	desc = lookup_rowtype_tupdesc_copy(get_func_rettype(fcinfo->flinfo->fn_oid), -1);

	check_columns(desc, types, n);
	return desc;
}

/* A row of the type that a function returns, without NULLs. */
Datum
ec_result_row(FunctionCallInfo fcinfo, const Oid *types, int n, Datum *values)
{
	TupleDesc	desc = lookup_rowtype_tupdesc(get_func_rettype(fcinfo->flinfo->fn_oid), -1);
	bool	   *nulls = palloc0_array(bool, (Size) n);
	Datum		row;

	check_columns(desc, types, n);
	row = HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
	ReleaseTupleDesc(desc);
	return row;
}

/* A row of the OUT arguments of a function, without NULLs. */
Datum
ec_out_row(FunctionCallInfo fcinfo, const Oid *types, int n, Datum *values)
{
	TupleDesc	desc;
	bool	   *nulls = palloc0_array(bool, (Size) n);

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	check_columns(desc, types, n);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}
