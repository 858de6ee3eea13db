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

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "db/leaf.h"
#include "db/plan.h"
#include "db/table.h"
#include "errors.h"

/* How many partitions of a table a session writes to with plans that are kept */
#define MAX_LEAVES 16

/* A statement for the partitions of a moment */
typedef struct EcLeafPlan
{
	char	   *places;
	SPIPlanPtr	plan;
	struct EcLeafPlan *next;
} EcLeafPlan;

/* A write of ours that was checked before */
typedef struct Unchecked
{
	ErrorContextCallback frame;
	bool		by_statement;
	struct Unchecked *outer;
} Unchecked;

/* The innermost one that is under way, or NULL */
static Unchecked *unchecked = NULL;

/* A statement, to be run as one of those */
typedef struct UncheckedStatement
{
	SPIPlanPtr	plan;
	Datum	   *values;
	const char *nulls;
	uint64		processed;
} UncheckedStatement;

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

/* The next mark of a statement, {name} or {@name}; NULL if there is none. */
static const char *
next_mark(const char *sql, char **name, bool *of_moment, const char **end)
{
	const char *open = strchr(sql, '{');
	const char *start;

	if (open == NULL)
		return NULL;
	*end = strchr(open, '}');
	Assert(*end != NULL);
	*of_moment = open[1] == '@';
	start = open + (*of_moment ? 2 : 1);
	*name = pnstrdup(start, (Size) (*end - start));
	return open;
}

/* Note the tables of which a statement names partitions, once. */
static void
note_marked(EcPlan *plan)
{
	const char *sql = plan->sql;
	const char *end;
	char	   *name;
	bool		of_moment;

	for (; next_mark(sql, &name, &of_moment, &end) != NULL; sql = end)
		if (of_moment)
		{
			Assert(plan->nmarked < EC_PLAN_MAX_MARKED);
			plan->marked[plan->nmarked++] = MemoryContextStrdup(TopMemoryContext, name);
		}
}

/*
 * The partitions that a statement names for a moment, one behind the other; NULL if one
 * has to go by its table.
 */
static char *
leaf_places(EcPlan *plan, TimestampTz at)
{
	char	   *places = NULL;

	if (plan->nmarked == 0)
		note_marked(plan);
	for (int i = 0; i < plan->nmarked; i++)
	{
		char	   *place = ec_leaf_place(plan->marked[i], at);

		if (place == NULL)
			return NULL;
		places = i == 0 ? place : psprintf("%s %s", places, place);
	}
	return places;
}

/* The text of a statement, with the names of tables for its marks, or of their partitions */
static char *
expand(const char *sql, const TimestampTz *at)
{
	StringInfoData text;
	const char *open;
	const char *end;
	char	   *name;
	bool		of_moment;

	initStringInfo(&text);
	for (; (open = next_mark(sql, &name, &of_moment, &end)) != NULL; sql = end + 1)
	{
		appendBinaryStringInfo(&text, sql, (int) (open - sql));
		appendStringInfoString(&text, at != NULL && of_moment ? ec_leaf_place(name, *at)
							   : ec_table_place(name));
	}
	appendStringInfoString(&text, sql);
	return text.data;
}

/* Prepare a statement for good. */
static SPIPlanPtr
prepare(EcPlan *plan, int options, const TimestampTz *at)
{
	MemoryContext caller = CurrentMemoryContext;
	SPIPlanPtr	prepared = SPI_prepare_cursor(expand(plan->sql, at), plan->nargs, plan->types,
											  options);
	int			code;

	if (prepared == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	code = SPI_keepplan(prepared);
	if (code != 0)
		elog(ERROR, "SPI_keepplan failed: %s", SPI_result_code_string(code));
	MemoryContextSwitchTo(caller);
	return prepared;
}

/* A statement for the one place that there is */
static SPIPlanPtr
whole_plan(EcPlan *plan)
{
	if (plan->plan == NULL)
		plan->plan = prepare(plan, plan->options, NULL);
	return plan->plan;
}

/*
 * A statement for the partitions that tables have for a moment, if they can be named.
 * Its plan is kept where plan_cache_mode is not force_custom_plan, which counts more.
 */
static SPIPlanPtr
leaf_plan(EcPlan *plan, TimestampTz at)
{
	char	   *places = leaf_places(plan, at);
	int			known = 0;
	SPIPlanPtr	prepared;
	EcLeafPlan *leaf;

	if (places == NULL)
		return whole_plan(plan);
	for (leaf = plan->leaves; leaf != NULL; leaf = leaf->next, known++)
		if (strcmp(leaf->places, places) == 0)
			return leaf->plan;
	if (known == MAX_LEAVES)
		return whole_plan(plan);
	prepared = prepare(plan, CURSOR_OPT_GENERIC_PLAN, &at);
	leaf = MemoryContextAlloc(TopMemoryContext, sizeof(EcLeafPlan));
	leaf->places = MemoryContextStrdup(TopMemoryContext, places);
	leaf->plan = prepared;
	leaf->next = plan->leaves;
	plan->leaves = leaf;
	return prepared;
}

/* Run a prepared statement and return its count of rows. */
static uint64
run_plan(SPIPlanPtr plan, Datum *values, const char *nulls, bool read_only)
{
	MemoryContext caller = CurrentMemoryContext;
	int			code = SPI_execute_plan(plan, values, nulls, read_only, 0);

	if (code < 0)
		elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(code));
	MemoryContextSwitchTo(caller);
	return SPI_processed;
}

/* Run a statement that writes or locks; it sees what came before it. */
uint64
ec_execute(EcPlan *plan, Datum *values, const char *nulls)
{
	return run_plan(whole_plan(plan), values, nulls, false);
}

/*
 * Its frame says where the write is.  To people it says why a trigger of theirs finds
 * nothing here that it finds elsewhere.
 */
static void
advise(void *arg)
{
	int			code = geterrcode();

	if (code == ERRCODE_UNDEFINED_TABLE || code == ERRCODE_UNDEFINED_FUNCTION ||
		code == ERRCODE_UNDEFINED_OBJECT)
		errhint("Functions of the shop pin search_path: name what a trigger uses with its"
				" schema, or give its function a search_path of its own.");
}

/* Write what was checked before, by a statement or without, as plain_sql() says. */
void
ec_unchecked(void (*write) (void *), void *arg, bool by_statement)
{
	Unchecked	own;

	own.frame.callback = advise;
	own.frame.arg = NULL;
	own.frame.previous = error_context_stack;
	own.by_statement = by_statement;
	own.outer = unchecked;
	PG_TRY();
	{
		error_context_stack = &own.frame;
		unchecked = &own;
		write(arg);
	}
	PG_FINALLY();
	{
		unchecked = own.outer;
	}
	PG_END_TRY();
}

/* Run a statement as ec_unchecked does. */
static void
execute_unchecked(void *arg)
{
	UncheckedStatement *statement = arg;

	statement->processed = run_plan(statement->plan, statement->values, statement->nulls, false);
}

/* Run a statement that writes what was checked before. */
uint64
ec_execute_unchecked(EcPlan *plan, Datum *values, const char *nulls)
{
	UncheckedStatement statement = {whole_plan(plan), values, nulls, 0};

	ec_unchecked(execute_unchecked, &statement, true);
	return statement.processed;
}

/*
 * Both, of statements about rows of a moment in partitioned tables, with which they
 * compare the columns that these are partitioned by.
 */
uint64
ec_execute_at(EcPlan *plan, TimestampTz at, Datum *values, const char *nulls)
{
	return run_plan(leaf_plan(plan, at), values, nulls, false);
}

uint64
ec_execute_unchecked_at(EcPlan *plan, TimestampTz at, Datum *values, const char *nulls)
{
	UncheckedStatement statement = {leaf_plan(plan, at), values, nulls, 0};

	ec_unchecked(execute_unchecked, &statement, true);
	return statement.processed;
}

PG_FUNCTION_INFO_V1(ec_plain_sql);

/*
 * plain_sql() -> boolean
 *
 * Whoever runs a statement puts a frame of its own on the stack of error
 * contexts: SPI one, and functions in other languages theirs before it.  So
 * what asks is the statement of ours, and not one that a trigger, a default or
 * a check of it runs, if SPI's frame lies directly upon ours; or, where rows are
 * written without a statement, if ours is the last.
 */
Datum
ec_plain_sql(PG_FUNCTION_ARGS)
{
	ErrorContextCallback *frame = error_context_stack;

	if (unchecked == NULL || frame == NULL)
		PG_RETURN_BOOL(true);
	if (unchecked->by_statement)
		frame = frame->previous;
	PG_RETURN_BOOL(frame != &unchecked->frame);
}

/* Run a query under the snapshot of the calling query. */
uint64
ec_query(EcPlan *plan, Datum *values, const char *nulls)
{
	return run_plan(whole_plan(plan), values, nulls, true);
}

/*
 * A value of the last result, or NULL; columns count from one.  Its type is
 * that of a column of a table, which somebody may have altered.
 */
Datum
ec_value_or_null(uint64 row, int column, Oid type, bool *isnull)
{
	TupleDesc	desc = SPI_tuptable->tupdesc;
	Oid			actual = SPI_gettypeid(desc, column);

	if (actual != type && !(type == TEXTOID && actual == VARCHAROID))
		ereport(ERROR,
				(errcode(ERRCODE_EC_NOT_CONFIGURED),
				 errmsg("column \"%s\" is of type %s but must be of type %s",
						SPI_fname(desc, column), format_type_be(actual),
						format_type_be(type)),
				 errhint("Give the column its type again.")));
	return SPI_getbinval(SPI_tuptable->vals[row], desc, column, isnull);
}

/* A value of the last result that cannot be NULL. */
Datum
ec_value(uint64 row, int column, Oid type)
{
	bool		isnull;
	Datum		value = ec_value_or_null(row, column, type, &isnull);

	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_EC_NOT_CONFIGURED),
				 errmsg("column \"%s\" is NULL",
						SPI_fname(SPI_tuptable->tupdesc, column)),
				 errhint("Run SELECT ecommerce.install(), which makes it NOT NULL again.")));
	return value;
}

/* Refuse to go on if a trigger or a rule kept rows from being written. */
void
ec_written(uint64 written, uint64 expected, const char *table)
{
	if (written != expected)
		ereport(ERROR,
				(errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
				 errmsg("a trigger or rule of table \"%s\" changed what was to be written",
						table),
				 errdetail("Rows written as they are: " UINT64_FORMAT " of " UINT64_FORMAT ".",
						   written, expected),
				 errhint("It may raise an error, but neither leave rows out nor change amounts.")));
}

/* Start an empty set of rows. */
void
ec_rows_begin(EcRows *rows, EcRowType *type)
{
	if (type->desc == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
		TupleDesc	desc = CreateTemplateTupleDesc(type->ncolumns);

		for (int i = 0; i < type->ncolumns; i++)
			TupleDescInitEntry(desc, (AttrNumber) (i + 1), type->columns[i].name,
							   type->columns[i].type, -1, 0);
		type->desc = desc;
		MemoryContextSwitchTo(old);
	}
	rows->type = type;
	rows->store = tuplestore_begin_heap(false, false, work_mem);
}

/* Append a row. */
void
ec_rows_add(EcRows *rows, Datum *values, bool *nulls)
{
	tuplestore_putvalues(rows->store, rows->type->desc, values, nulls);
}

/* Let the statements of this connection read it. */
void
ec_rows_register(EcRows *rows)
{
	EphemeralNamedRelation enr = palloc0(sizeof(EphemeralNamedRelationData));
	int			code;

	enr->md.name = rows->type->name;
	enr->md.reliddesc = InvalidOid;
	enr->md.tupdesc = rows->type->desc;
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
	(void) SPI_unregister_relation(rows->type->name);
	tuplestore_end(rows->store);
	rows->store = NULL;
}
