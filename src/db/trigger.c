/*
 * trigger.c
 *	  What triggers and rules on a table do, ours and those of others.
 *
 * What others do to rows that the shop writes, or write themselves, has to be noticed.
 * Where there are none, the looking can be spared.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "pg_compat.h"

#include "db/trigger.h"

/* Does somebody else's trigger, or rule, do anything when rows of a table are written? */
static bool
is_touched(Oid relid, bool also_after)
{
	Relation	rel = table_open(relid, RowExclusiveLock);
	Oid			ours = get_namespace_oid("ecommerce_internal", false);
	const TriggerDesc *triggers = rel->trigdesc;
	bool		touched = rel->rd_rules != NULL;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if ((also_after ? !trigger->tgisinternal : TRIGGER_FOR_BEFORE(trigger->tgtype)) &&
			get_func_namespace(trigger->tgfoid) != ours)
			touched = true;
	}
	table_close(rel, NoLock);
	return touched;
}

/* Are rows of a table written as a statement says? */
bool
ec_writes_as_told(Oid relid)
{
	return !is_touched(relid, false);
}

/* Is, besides, nothing written because of them? */
bool
ec_writes_alone(Oid relid)
{
	return !is_touched(relid, true);
}

/* Is every change of a row of a table announced to whoever remembers some of it? */
bool
ec_changes_announced(Relation rel)
{
	Oid			ours = get_namespace_oid("ecommerce_internal", false);
	const TriggerDesc *triggers = rel->trigdesc;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (TRIGGER_FOR_AFTER(trigger->tgtype) && TRIGGER_FOR_ROW(trigger->tgtype) &&
			TRIGGER_FOR_UPDATE(trigger->tgtype) && trigger->tgenabled != TRIGGER_DISABLED &&
			get_func_namespace(trigger->tgfoid) == ours &&
			strcmp(get_func_name(trigger->tgfoid), "announce_change") == 0)
			return true;
	}
	return false;
}
