/*
 * refuse_change.c
 *	  The trigger that keeps records as they are.
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "errors.h"

/* What was tried, in the words of SQL */
static const char *
operation(TriggerEvent event)
{
	if (TRIGGER_FIRED_BY_INSERT(event))
		return "INSERT";
	if (TRIGGER_FIRED_BY_UPDATE(event))
		return "UPDATE";
	if (TRIGGER_FIRED_BY_DELETE(event))
		return "DELETE";
	return "TRUNCATE";
}

/* The table, or that whose partition it is */
static const char *
table_name(Relation relation)
{
	const char *name = NULL;

	if (relation->rd_rel->relispartition)
		name = get_rel_name(llast_oid(get_partition_ancestors(RelationGetRelid(relation))));
	return name == NULL ? RelationGetRelationName(relation) : name;
}

PG_FUNCTION_INFO_V1(ec_refuse_change);

/* refuse_change([detail [, hint]]) -> trigger */
Datum
ec_refuse_change(PG_FUNCTION_ARGS)
{
	TriggerData *call = (TriggerData *) fcinfo->context;
	const char *detail = "Its rows are business records.";
	const char *hint = "Add a row that corrects it.";

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("refuse_change must be a trigger")));
	if (call->tg_trigger->tgnargs > 0)
		detail = call->tg_trigger->tgargs[0];
	if (call->tg_trigger->tgnargs > 1)
		hint = call->tg_trigger->tgargs[1];
	if (TRIGGER_FIRED_BY_TRUNCATE(call->tg_event))
		hint = "An empty shop is a new database with CREATE EXTENSION ecommerce.";
	ereport(ERROR,
			(errcode(ERRCODE_EC_IMMUTABLE),
			 errmsg("%s on %s is refused",
					operation(call->tg_event), table_name(call->tg_relation)),
			 errdetail("%s", detail), errhint("%s", hint)));
	PG_RETURN_NULL();
}
