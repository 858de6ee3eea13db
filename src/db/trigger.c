/*
 * trigger.c
 *	  Triggers and rules that are not ours.
 *
 * What these do to rows that the shop writes, or write themselves, has to be noticed.
 * Where there are none, the looking can be spared.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "pg_compat.h"

#include "db/table.h"
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
