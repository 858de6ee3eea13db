/*
 * plan.h
 *	  Prepared statements, kept once per backend, and the rows given to them.
 */
#ifndef EC_PLAN_H
#define EC_PLAN_H

#include "datatype/timestamp.h"
#include "executor/spi.h"
#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

#define EC_PLAN_MAX_ARGS 28
#define EC_PLAN_MAX_MARKED 4
#define EC_ROWS_MAX_COLUMNS 24

/*
 * A statement.  Declare it static with its text and the types of its
 * arguments; ec_execute prepares it on first use.  Its text has {orders} for the
 * place of a table, and {@orders} for its partition that has the rows of a moment,
 * if ec_execute_at is told that.  If it names a tenant's table, $1 is the tenant,
 * which each reference to one compares by itself, so that the place follows from
 * $1.  One that looks into partitioned tables takes CURSOR_OPT_CUSTOM_PLAN as
 * options, because a plan for any arguments locks all partitions.
 */
typedef struct EcPlan
{
	const char *sql;
	int			options;
	int			nargs;
	Oid			types[EC_PLAN_MAX_ARGS];
	SPIPlanPtr	plan;			/* for the one place that there is */
	struct EcLeafPlan *leaves;	/* for partitions, by ec_execute_at and so on */
	int			nmarked;		/* tables of which it names partitions */
	char	   *marked[EC_PLAN_MAX_MARKED];
} EcPlan;

/*
 * What a set of rows looks like that statements read like a table, by its
 * name.  Declare it static with its name and columns.
 */
typedef struct EcRowType
{
	char	   *name;
	int			ncolumns;
	struct
	{
		const char *name;
		Oid			type;
	}			columns[EC_ROWS_MAX_COLUMNS];
	TupleDesc	desc;
} EcRowType;

/*
 * A set of such rows.  It belongs to one call, because a trigger that a
 * statement fires may call the same function again.
 */
typedef struct EcRows
{
	EcRowType  *type;
	Tuplestorestate *store;
} EcRows;

extern void ec_connect(void);
extern void ec_finish(void);
extern uint64 ec_execute(EcPlan *plan, Datum *values, const char *nulls);
extern uint64 ec_execute_unchecked(EcPlan *plan, Datum *values,
								   const char *nulls);
extern uint64 ec_execute_at(EcPlan *plan, TimestampTz at, Datum *values,
							const char *nulls);
extern uint64 ec_execute_unchecked_at(EcPlan *plan, TimestampTz at,
									  Datum *values, const char *nulls);
extern uint64 ec_query(EcPlan *plan, Datum *values, const char *nulls);
extern Datum ec_value(uint64 row, int column, Oid type);
extern Datum ec_value_or_null(uint64 row, int column, Oid type, bool *isnull);
extern void ec_written(uint64 written, uint64 expected, const char *table);

extern void ec_unchecked(void (*write) (void *), void *arg, bool by_statement);

extern void ec_rows_begin(EcRows *rows, EcRowType *type);
extern void ec_rows_add(EcRows *rows, Datum *values, bool *nulls);
extern void ec_rows_register(EcRows *rows);
extern void ec_rows_end(EcRows *rows);

#endif							/* EC_PLAN_H */
