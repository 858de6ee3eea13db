/*
 * updated_at.c
 *	  The trigger that says when a row last changed.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(ec_set_updated_at);

/* set_updated_at() -> trigger, BEFORE UPDATE FOR EACH ROW */
Datum
ec_set_updated_at(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	int			column;
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	Datum		value;
	bool		isnull;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_BEFORE(trigger->tg_event) ||
		!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("set_updated_at must be a trigger BEFORE UPDATE FOR EACH ROW")));

	desc = RelationGetDescr(trigger->tg_relation);
	column = SPI_fnumber(desc, "updated_at");
	if (column <= 0 ||
		TupleDescAttr(desc, column - 1)->atttypid != TIMESTAMPTZOID)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("table \"%s\" has no column updated_at of type timestamptz",
						RelationGetRelationName(trigger->tg_relation))));

	/* It never goes back: a row may be newer than this transaction. */
	value = heap_getattr(trigger->tg_trigtuple, column, desc, &isnull);
	if (isnull || DatumGetTimestampTz(value) < now)
		value = TimestampTzGetDatum(now);
	isnull = false;
	return PointerGetDatum(heap_modify_tuple_by_cols(trigger->tg_newtuple, desc,
													 1, &column, &value, &isnull));
}
