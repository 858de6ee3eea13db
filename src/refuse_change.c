/*
 * refuse_change.c
 *	  The triggers that keep records, or columns of them, as they are.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/partition.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "pg_compat.h"

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

/* Refuse what fires a trigger; hint may be NULL. */
pg_noreturn static void
refuse(TriggerData *call, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_EC_IMMUTABLE),
			 errmsg("%s on %s is refused",
					operation(call->tg_event), table_name(call->tg_relation)),
			 errdetail("%s", detail), hint != NULL ? errhint("%s", hint) : 0));
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
	refuse(call, detail, hint);
}

/* Are two values of a column distinct, as IS DISTINCT FROM says?  Mostly their bytes are equal. */
static bool
is_distinct(Form_pg_attribute column, Datum old_value, Datum new_value)
{
	TypeCacheEntry *type;

	if (datumIsEqual(old_value, new_value, column->attbyval, column->attlen))
		return false;
	type = lookup_type_cache(column->atttypid, TYPECACHE_EQ_OPR_FINFO);
	return !OidIsValid(type->eq_opr_finfo.fn_oid) ||
		!DatumGetBool(FunctionCall2Coll(&type->eq_opr_finfo, column->attcollation,
										old_value, new_value));
}

/*
 * Refuse an update that changes one of the columns that a trigger names behind its detail.
 * A condition of the trigger would say the same, but is parsed by every statement.
 */
static Datum
keep_columns(FunctionCallInfo fcinfo, bool once_set)
{
	TriggerData *call = (TriggerData *) fcinfo->context;
	char	  **arguments;
	TupleDesc	desc;
	Datum	   *values[2];
	bool	   *nulls[2];

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_BY_UPDATE(call->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(call->tg_event) ||
		call->tg_trigger->tgnargs < 2)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s must be a trigger ON UPDATE FOR EACH ROW, with a detail and columns",
						once_set ? "keep_columns_once_set" : "keep_columns")));
	arguments = call->tg_trigger->tgargs;
	desc = RelationGetDescr(call->tg_relation);
	for (int i = 0; i < 2; i++)
	{
		values[i] = palloc_array(Datum, (Size) desc->natts);
		nulls[i] = palloc_array(bool, (Size) desc->natts);
		heap_deform_tuple(i == 0 ? call->tg_trigtuple : call->tg_newtuple, desc, values[i],
						  nulls[i]);
	}
	for (int i = 1; i < call->tg_trigger->tgnargs; i++)
	{
		int			column = SPI_fnumber(desc, arguments[i]) - 1;

		if (column < 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("table \"%s\" has no column %s",
							RelationGetRelationName(call->tg_relation), arguments[i])));
		if (once_set && nulls[0][column])
			continue;
		if (nulls[0][column] != nulls[1][column] ||
			(!nulls[0][column] && is_distinct(TupleDescAttr(desc, column), values[0][column],
											  values[1][column])))
			refuse(call, arguments[0], NULL);
	}
	return PointerGetDatum(call->tg_newtuple);
}

PG_FUNCTION_INFO_V1(ec_keep_columns);

/* keep_columns(detail, 'column', ...) -> trigger, ON UPDATE FOR EACH ROW */
Datum
ec_keep_columns(PG_FUNCTION_ARGS)
{
	return keep_columns(fcinfo, false);
}

PG_FUNCTION_INFO_V1(ec_keep_columns_once_set);

/* keep_columns_once_set(detail, 'column', ...) -> trigger, ON UPDATE FOR EACH ROW */
Datum
ec_keep_columns_once_set(PG_FUNCTION_ARGS)
{
	return keep_columns(fcinfo, true);
}
