/*
 * result.h
 *	  Rows that SQL functions answer.
 */
#ifndef EC_RESULT_H
#define EC_RESULT_H

#include "access/tupdesc.h"
#include "fmgr.h"

extern TupleDesc ec_result_desc(FunctionCallInfo fcinfo, const Oid *types, int n);
extern Datum ec_result_row(FunctionCallInfo fcinfo, const Oid *types, int n,
						   Datum *values);
extern Datum ec_out_row(FunctionCallInfo fcinfo, const Oid *types, int n,
						Datum *values);

#endif							/* EC_RESULT_H */
