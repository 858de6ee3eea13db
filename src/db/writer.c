/*
 * writer.c
 *	  Writing rows without a statement.
 *
 * This is how logical replication applies changes: defaults, constraints,
 * indexes, generated columns and triggers AFTER rows are all served, and only
 * the planning and starting of a statement is spared.  Other triggers are not
 * served, so a table that has them takes a statement instead, which tells how
 * many rows they let through.
 *
 * Most of what is left is to make expressions ready: constraints, conditions of
 * triggers, predicates of indexes.  So a writer is cached at its place.
 *
 * The life of a writer:
 *
 * 1. ec_writer_begin() takes the place's cached one, so that a trigger that
 *	  writes to the same table makes another.  If tables, functions or
 *	  constraints were invalidated since it was made, it is freed.
 * 2. Where there is none, it asks whether rows can be written without a
 *	  statement, and makes one: an executor's state with one target.  Else it
 *	  takes its memory to the caller's, and opens its indexes again.
 * 3. ec_writer_update() or ec_writer_insert() write rows, under the snapshot and
 *	  as the command that are current then.
 * 4. ec_writer_end() fires the triggers that waited, and closes what was opened.
 *	  It resets what belongs to one query, and puts the writer back to its place,
 *	  unless another one is there, or something in it cannot be reset.
 *
 * After an error there is no step 4: the writer goes with the caller's memory.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_relation.h"
#include "rewrite/rewriteHandler.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "db/plan.h"
#include "db/writer.h"

/* What is made once is in the memory of estate. */
struct EcWriter
{
	EcPlace    *place;
	int			column;			/* that is updated, or -1 */
	uint64		table_invalidations;	/* when it was made */
	uint64		code_invalidations;
	EState	   *estate;
	ResultRelInfo *target;
	Oid		   *indexes;
	EPQState	epq;
	ExprState **defaults;		/* of columns that are not given */
	TupleTableSlot *old_row;
	TupleTableSlot *new_row;
};

/*
 * Is a column not written by its table's type alone?  A statement knows how to
 * bring values into other types and lengths, and asks domains.
 */
static bool
is_special(const EcPlace *place, TupleDesc desc, int i, bool insert)
{
	const EcTable *table = place->table;
	Form_pg_attribute column = TupleDescAttr(desc, i);

	for (int j = 0; j < table->ncolumns; j++)
		if (place->attnums[j] == i + 1)
			return column->atttypid != table->columns[j].type ||
				column->atttypmod != -1;
	return insert && !column->attisdropped &&
		get_typtype(column->atttypid) == TYPTYPE_DOMAIN;
}

/* Is a trigger BEFORE rows fired by inserting them, or by setting a column? */
static bool
fires_before(const Trigger *trigger, AttrNumber attnum)
{
	if (!TRIGGER_FOR_ROW(trigger->tgtype) || !TRIGGER_FOR_BEFORE(trigger->tgtype))
		return false;
	if (attnum == InvalidAttrNumber)
		return TRIGGER_FOR_INSERT(trigger->tgtype);
	if (!TRIGGER_FOR_UPDATE(trigger->tgtype))
		return false;
	for (int i = 0; i < trigger->tgnattr; i++)
		if (trigger->tgattr[i] == attnum)
			return true;
	return trigger->tgnattr == 0;
}

/* Can rows of a table be inserted (-1), or a column be set, without a statement? */
static bool
suits(const EcPlace *place, Relation rel, int column)
{
	TriggerDesc *triggers = rel->trigdesc;
	bool		insert = column < 0;

	if (rel->rd_rules != NULL)
		return false;
	for (int i = 0; i < RelationGetNumberOfAttributes(rel); i++)
		if (is_special(place, RelationGetDescr(rel), i, insert))
			return false;
	if (triggers == NULL)
		return true;
	for (int i = 0; i < triggers->numtriggers; i++)
		if (fires_before(&triggers->triggers[i],
						 insert ? InvalidAttrNumber : place->attnums[column]))
			return false;
	return insert
		? !(triggers->trig_insert_before_statement ||
			triggers->trig_insert_after_statement ||
			triggers->trig_insert_new_table)
		: !(triggers->trig_update_before_statement ||
			triggers->trig_update_after_statement ||
			triggers->trig_update_old_table ||
			triggers->trig_update_new_table);
}

/* Make ready the defaults of columns that no value is given for. */
static void
prepare_defaults(EcWriter *writer, Relation rel)
{
	const EcPlace *place = writer->place;
	TupleDesc	desc = RelationGetDescr(rel);

	writer->defaults = palloc0_array(ExprState *, (Size) desc->natts);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);
		bool		given = column->attisdropped || column->attgenerated != '\0';
		Expr	   *expr;

		for (int j = 0; j < place->table->ncolumns; j++)
			given |= place->attnums[j] == i + 1;
		expr = given ? NULL : (Expr *) build_column_default(rel, i + 1);
		if (expr != NULL)
			writer->defaults[i] = ExecInitExpr(expression_planner(expr), NULL);
	}
}

/* Make a writer. */
static EcWriter *
make_writer(EcPlace *place, Relation rel, int column)
{
	EState	   *estate = CreateExecutorState();
	MemoryContext caller = MemoryContextSwitchTo(estate->es_query_cxt);
	EcWriter   *writer = palloc0(sizeof(EcWriter));
	RangeTblEntry *rte = makeNode(RangeTblEntry);
	Bitmapset  *updated = NULL;

	writer->place = place;
	writer->column = column;
	writer->table_invalidations = ec_table_invalidations();
	writer->code_invalidations = ec_code_invalidations();
	writer->estate = estate;
	rte->rtekind = RTE_RELATION;
	rte->relid = RelationGetRelid(rel);
	rte->relkind = rel->rd_rel->relkind;
	rte->rellockmode = RowExclusiveLock;
	if (column >= 0)
		updated = bms_make_singleton(place->attnums[column] -
									 FirstLowInvalidHeapAttributeNumber);
	EcInitRangeTable(estate, rte, updated);
	writer->target = makeNode(ResultRelInfo);
	InitResultRelInfo(writer->target, rel, 1, NULL, 0);
	/* Where triggers that waited look for their table */
	estate->es_opened_result_relations = list_make1(writer->target);
	EcEvalPlanQualInit(&writer->epq, estate);
	if (column < 0)
		prepare_defaults(writer, rel);
	ExecOpenIndices(writer->target, false);
	writer->indexes = palloc_array(Oid, (Size) writer->target->ri_NumIndices + 1);
	for (int i = 0; i < writer->target->ri_NumIndices; i++)
		writer->indexes[i] = RelationGetRelid(writer->target->ri_IndexRelationDescs[i]);
	MemoryContextSwitchTo(caller);
	MemoryContextSetIdentifier(estate->es_query_cxt, place->table->name);
	return writer;
}

/* Would a writer that inserts rows begin?  For who writes to several tables, or to none. */
bool
ec_writer_suits(EcPlace *place, Relation rel)
{
	return suits(place, rel, -1);
}

/*
 * Begin to write rows of a table, which is locked RowExclusive: to set one
 * column of rows, or (-1) to insert some.  NULL if it takes a statement.
 */
EcWriter *
ec_writer_begin(EcPlace *place, Relation rel, int column)
{
	EcWriter   *writer = place->writer;
	EState	   *estate;
	MemoryContext caller;

	Assert(column < place->table->ncolumns);
	Assert(CheckRelationLockedByMe(rel, RowExclusiveLock, true));
	PreventCommandIfReadOnly(column < 0 ? "INSERT" : "UPDATE");
	place->writer = NULL;
	if (writer != NULL &&
		(writer->column != column ||
		 writer->table_invalidations != ec_table_invalidations() ||
		 writer->code_invalidations != ec_code_invalidations()))
	{
		FreeExecutorState(writer->estate);
		writer = NULL;
	}
	if (writer == NULL)
	{
		if (!suits(place, rel, column))
			return NULL;
		writer = make_writer(place, rel, column);
	}
	else
	{
		MemoryContextSetParent(writer->estate->es_query_cxt, CurrentMemoryContext);
		writer->target->ri_RelationDesc = rel;
		for (int i = 0; i < writer->target->ri_NumIndices; i++)
			writer->target->ri_IndexRelationDescs[i] =
				index_open(writer->indexes[i], RowExclusiveLock);
	}
	estate = writer->estate;
	estate->es_snapshot = GetActiveSnapshot();
	estate->es_output_cid = GetCurrentCommandId(true);
	caller = MemoryContextSwitchTo(estate->es_query_cxt);
	if (column >= 0)
		writer->old_row = ExecInitExtraTupleSlot(estate, RelationGetDescr(rel),
												 &TTSOpsHeapTuple);
	writer->new_row = ExecInitExtraTupleSlot(estate, RelationGetDescr(rel),
											 column < 0 ? &TTSOpsVirtual : &TTSOpsHeapTuple);
	MemoryContextSwitchTo(caller);
	AfterTriggerBeginQuery();
	return writer;
}

/* Set the column of a row, which this transaction has locked. */
void
ec_writer_update(EcWriter *writer, HeapTuple tuple, Datum value)
{
	int			column = writer->place->attnums[writer->column];
	TupleDesc	desc = RelationGetDescr(writer->target->ri_RelationDesc);
	bool		isnull = false;
	HeapTuple	changed = heap_modify_tuple_by_cols(tuple, desc, 1, &column, &value, &isnull);

	Assert(writer->column >= 0);
	ExecStoreHeapTuple(changed, writer->new_row, false);
	ExecStoreHeapTuple(tuple, writer->old_row, false);
	writer->old_row->tts_tid = tuple->t_self;

	/* Statements may have run since the writer began. */
	writer->estate->es_snapshot = GetActiveSnapshot();
	writer->estate->es_output_cid = GetCurrentCommandId(true);
	ExecSimpleRelationUpdate(writer->target, writer->estate, &writer->epq,
							 writer->old_row, writer->new_row);
	ResetPerTupleExprContext(writer->estate);
}

/* Insert the new row, as ec_unchecked does. */
static void
insert_row(void *arg)
{
	EcWriter   *writer = arg;

	ExecSimpleRelationInsert(writer->target, writer->estate, writer->new_row);
}

/*
 * Insert a row that was checked before, as plain_sql() says.  Values are those
 * of the table's columns; the others get their defaults.
 */
void
ec_writer_insert(EcWriter *writer, const Datum *values, const bool *isnull)
{
	TupleTableSlot *row = writer->new_row;
	ExprContext *context = GetPerTupleExprContext(writer->estate);
	const EcPlace *place = writer->place;

	Assert(writer->column < 0);
	ExecClearTuple(row);
	memset(row->tts_isnull, true,
		   sizeof(bool) * (Size) row->tts_tupleDescriptor->natts);
	for (int i = 0; i < row->tts_tupleDescriptor->natts; i++)
		if (writer->defaults[i] != NULL)
			row->tts_values[i] = ExecEvalExprSwitchContext(writer->defaults[i],
														   context,
														   &row->tts_isnull[i]);
	for (int i = 0; i < place->table->ncolumns; i++)
	{
		int			column = place->attnums[i] - 1;

		row->tts_values[column] = values[i];
		row->tts_isnull[column] = isnull[i];
	}
	ExecStoreVirtualTuple(row);
	row->tts_tableOid = RelationGetRelid(writer->target->ri_RelationDesc);
	ec_unchecked(insert_row, writer, false);
	ResetPerTupleExprContext(writer->estate);
}

/*
 * Close the tables of triggers that waited for their constraint, as the end of
 * a statement does.
 */
static void
close_trigger_targets(EState *estate)
{
	ListCell   *cell;

	foreach(cell, estate->es_trig_target_relations)
	{
		ResultRelInfo *target = lfirst(cell);

		table_close(target->ri_RelationDesc, NoLock);
	}
}

/* Can a writer that has ended be used again? */
static bool
reusable(const EcWriter *writer)
{
	/* Some kinds of index keep what ends with the query. */
	for (int i = 0; i < writer->target->ri_NumIndices; i++)
		if (writer->target->ri_IndexRelationInfo[i]->ii_AmCache != NULL)
			return false;
	return writer->place->writer == NULL &&
		writer->estate->es_trig_target_relations == NIL;
}

/*
 * Before another version is added: read there what ExecSimpleRelationInsert and
 * ExecSimpleRelationUpdate leave in EState and ResultRelInfo.
 */
StaticAssertDecl(PG_VERSION_NUM >= 150000 && PG_VERSION_NUM < 190000,
				 "it is not known what this version leaves in an executor's state");

/* Forget what belongs to the query that ended. */
static void
reset_writer(EcWriter *writer)
{
	EState	   *estate = writer->estate;
	ResultRelInfo *target = writer->target;

	estate->es_tupleTable = NIL;
	estate->es_snapshot = NULL;
	target->ri_TrigOldSlot = NULL;
	target->ri_TrigNewSlot = NULL;
	target->ri_ReturningSlot = NULL;
	/* What functions keep is in memory of this query. */
	if (target->ri_TrigDesc != NULL)
		memset(target->ri_TrigFunctions, 0,
			   sizeof(FmgrInfo) * (Size) target->ri_TrigDesc->numtriggers);
	ReScanExprContext(GetPerTupleExprContext(estate));
}

/* Fire the triggers that waited, and let what follows see the new rows. */
void
ec_writer_end(EcWriter *writer)
{
	EState	   *estate = writer->estate;

	EvalPlanQualEnd(&writer->epq);
	ExecCloseIndices(writer->target);
	AfterTriggerEndQuery(estate);
	ExecResetTupleTable(estate->es_tupleTable, true);
	close_trigger_targets(estate);
	if (!reusable(writer))
		FreeExecutorState(estate);
	else
	{
		reset_writer(writer);
		MemoryContextSetParent(estate->es_query_cxt, TopMemoryContext);
		writer->place->writer = writer;
	}
	CommandCounterIncrement();
}
