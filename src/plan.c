/*
 * plan.c
 *	  Prepared statements, kept once per backend, and the rows given to them.
 *
 * All SQL that the C code runs goes through here.  Plans outlive transactions;
 * when a table changes, PostgreSQL plans them again from their text.  Sets of
 * rows are passed as ephemeral named relations, the way transition tables are,
 * which spares building an array for every column and taking it apart again.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "plan.h"

bool		ec_unchecked = false;

/*
 * Begin to run statements.  Memory goes on to be allocated where it was, so
 * that what a function computes survives ec_finish.
 */
void
ec_connect(void)
{
	MemoryContext caller = CurrentMemoryContext;
	int			code = SPI_connect();

	MemoryContextSwitchTo(caller);
	if (code != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed: %s", SPI_result_code_string(code));
}

/* End it.  Rows that a statement returned may not be used afterwards. */
void
ec_finish(void)
{
	int			code = SPI_finish();

	if (code != SPI_OK_FINISH)
		elog(ERROR, "SPI_finish failed: %s", SPI_result_code_string(code));
}

/* Run a statement, preparing it if need be, and return its count of rows. */
static uint64
run_plan(EcPlan *plan, Datum *values, const char *nulls, bool read_only)
{
	MemoryContext caller = CurrentMemoryContext;
	int			code;

	if (plan->plan == NULL)
	{
		SPIPlanPtr	prepared = SPI_prepare_cursor(plan->sql, plan->nargs,
												  plan->types, plan->options);

		if (prepared == NULL)
			elog(ERROR, "SPI_prepare failed: %s",
				 SPI_result_code_string(SPI_result));
		code = SPI_keepplan(prepared);
		if (code != 0)
			elog(ERROR, "SPI_keepplan failed: %s", SPI_result_code_string(code));
		plan->plan = prepared;
	}
	code = SPI_execute_plan(plan->plan, values, nulls,
							read_only, 0);
	if (code < 0)
		elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(code));
	MemoryContextSwitchTo(caller);
	return SPI_processed;
}

/* Run a statement that writes or locks; it sees what came before it. */
uint64
ec_execute(EcPlan *plan, Datum *values, const char *nulls)
{
	return run_plan(plan, values, nulls, false);
}

/* Run a statement that writes what was checked before, as plain_sql() says. */
uint64
ec_execute_unchecked(EcPlan *plan, Datum *values, const char *nulls)
{
	volatile uint64 processed = 0;

	ec_unchecked = true;
	PG_TRY();
	{
		processed = ec_execute(plan, values, nulls);
	}
	PG_FINALLY();
	{
		ec_unchecked = false;
	}
	PG_END_TRY();
	return processed;
}

PG_FUNCTION_INFO_V1(ec_plain_sql);

/* plain_sql() -> boolean */
Datum
ec_plain_sql(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!ec_unchecked);
}

/* Run a query under the snapshot of the calling query. */
uint64
ec_query(EcPlan *plan, Datum *values, const char *nulls)
{
	return run_plan(plan, values, nulls, true);
}

/* A value of the last result; columns count from one. */
Datum
ec_value(uint64 row, int column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
						 column, isnull);
}

/* Start an empty set of rows. */
void
ec_rows_begin(EcRows *rows)
{
	if (rows->desc == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
		TupleDesc	desc = CreateTemplateTupleDesc(rows->ncolumns);

		for (int i = 0; i < rows->ncolumns; i++)
			TupleDescInitEntry(desc, (AttrNumber) (i + 1), rows->columns[i].name,
							   rows->columns[i].type, -1, 0);
		rows->desc = desc;
		MemoryContextSwitchTo(old);
	}
	rows->store = tuplestore_begin_heap(false, false, work_mem);
}

/* Append a row. */
void
ec_rows_add(EcRows *rows, Datum *values, bool *nulls)
{
	tuplestore_putvalues(rows->store, rows->desc, values,
						 nulls);
}

/* Let the statements of this connection read it. */
void
ec_rows_register(EcRows *rows)
{
	EphemeralNamedRelation enr = palloc0(sizeof(EphemeralNamedRelationData));
	int			code;

	enr->md.name = rows->name;
	enr->md.reliddesc = InvalidOid;
	enr->md.tupdesc = rows->desc;
	enr->md.enrtype = ENR_NAMED_TUPLESTORE;
	enr->md.enrtuples = (double) tuplestore_tuple_count(rows->store);
	enr->reldata = rows->store;
	code = SPI_register_relation(enr);
	if (code != SPI_OK_REL_REGISTER)
		elog(ERROR, "SPI_register_relation failed: %s",
			 SPI_result_code_string(code));
}

/* Free its rows, and make its name free for the next. */
void
ec_rows_end(EcRows *rows)
{
	(void) SPI_unregister_relation(rows->name);
	tuplestore_end(rows->store);
	rows->store = NULL;
}
