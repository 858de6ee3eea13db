/*
 * writer.c
 *	  Updating locked rows without a statement.
 *
 * This is how logical replication applies an update: constraints, indexes,
 * generated columns and row triggers are all served, and only the planning of
 * a statement is spared.  Triggers of statements are not served, so a table
 * that has them takes a statement instead.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "parser/parse_relation.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "writer.h"

/* Can the rows of a table be updated without a statement? */
bool
ec_writer_suits(Relation rel)
{
	TriggerDesc *triggers = rel->trigdesc;

	return rel->rd_rules == NULL &&
		(triggers == NULL ||
		 !(triggers->trig_update_before_statement ||
		   triggers->trig_update_after_statement ||
		   triggers->trig_update_old_table ||
		   triggers->trig_update_new_table));
}

/* Begin to update rows of a table, which is locked RowExclusive. */
void
ec_writer_begin(EcWriter *writer, Relation rel)
{
	RangeTblEntry *rte = makeNode(RangeTblEntry);

	rte->rtekind = RTE_RELATION;
	rte->relid = RelationGetRelid(rel);
	rte->relkind = rel->rd_rel->relkind;
	rte->rellockmode = RowExclusiveLock;
	writer->estate = CreateExecutorState();
	EcInitRangeTable(writer->estate, rte);
	writer->estate->es_snapshot = GetActiveSnapshot();
	writer->estate->es_output_cid = GetCurrentCommandId(true);
	writer->target = makeNode(ResultRelInfo);
	InitResultRelInfo(writer->target, rel, 1, NULL, 0);
	/* Where triggers that waited look for their table */
	writer->estate->es_opened_result_relations = list_make1(writer->target);
	EcEvalPlanQualInit(&writer->epq, writer->estate);
	writer->old_row = ExecInitExtraTupleSlot(writer->estate,
											 RelationGetDescr(rel),
											 &TTSOpsHeapTuple);
	writer->new_row = ExecInitExtraTupleSlot(writer->estate,
											 RelationGetDescr(rel),
											 &TTSOpsHeapTuple);
	AfterTriggerBeginQuery();
	ExecOpenIndices(writer->target, false);
}

/* Set one column of a row, which this transaction has locked. */
void
ec_writer_update(EcWriter *writer, HeapTuple tuple, int column, Datum value)
{
	bool		isnull = false;
	HeapTuple	changed =
	heap_modify_tuple_by_cols(tuple,
							  RelationGetDescr(writer->target->ri_RelationDesc),
							  1, &column, &value, &isnull);

	ExecStoreHeapTuple(tuple, writer->old_row, false);
	writer->old_row->tts_tid = tuple->t_self;
	ExecStoreHeapTuple(changed, writer->new_row, false);
	ExecSimpleRelationUpdate(writer->target, writer->estate, &writer->epq,
							 writer->old_row, writer->new_row);
	ResetPerTupleExprContext(writer->estate);
}

/* Fire the triggers that waited, and let what follows see the new rows. */
void
ec_writer_end(EcWriter *writer)
{
	EvalPlanQualEnd(&writer->epq);
	ExecCloseIndices(writer->target);
	AfterTriggerEndQuery(writer->estate);
	ExecResetTupleTable(writer->estate->es_tupleTable, false);
	FreeExecutorState(writer->estate);
	CommandCounterIncrement();
}
