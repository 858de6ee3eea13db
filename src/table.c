/*
 * table.c
 *	  Tables that the code reads and writes without statements.
 *
 * Where a table and its columns are is looked up once per backend, and again
 * after it has changed, as PostgreSQL tells every backend.  Rows of tables that
 * hardly ever change are kept per backend, too.  Triggers on these tables send
 * what a change of the table itself would send: it reaches every backend when
 * the change commits, and this one at once, also when it is rolled back.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "errors.h"
#include "table.h"

/* All that were opened in this backend */
static EcTable *tables = NULL;

/* Changes of functions and constraints, which expressions depend on */
static uint64 code_changes = 0;

/* A table has changed, or any may have. */
static void
table_changed(Datum argument, Oid relid)
{
	for (EcTable *table = tables; table != NULL; table = table->next)
		if (relid == InvalidOid || relid == table->relid)
		{
			table->known = false;
			table->changes++;
		}
}

/* A schema has changed. */
static void
schema_changed(Datum argument, int cache, uint32 hash)
{
	table_changed(argument, InvalidOid);
}

/* A function or a constraint has changed. */
static void
code_changed(Datum argument, int cache, uint32 hash)
{
	code_changes++;
}

/* Ask to be told of changes. */
void
ec_table_init(void)
{
	CacheRegisterRelcacheCallback(table_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, schema_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(PROCOID, code_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(CONSTROID, code_changed, (Datum) 0);
}

/* How often functions or constraints have changed */
uint64
ec_code_changes(void)
{
	return code_changes;
}

/* The oid of one of the shop's relations, which must exist. */
Oid
ec_relation_oid(const char *name)
{
	Oid			schema = get_namespace_oid("ecommerce", true);
	Oid			relation = OidIsValid(schema) ? get_relname_relid(name, schema)
	: InvalidOid;

	if (!OidIsValid(relation))
		ereport(ERROR,
				(errcode(ERRCODE_EC_NOT_CONFIGURED),
				 errmsg("the shop is not installed"),
				 errdetail("Table ecommerce.%s does not exist.", name),
				 errhint("Run SELECT ecommerce.install().")));
	return relation;
}

/*
 * Find the columns and the index of a table that is open.  Changes before may
 * have been missed, so this counts as one.
 */
static void
learn(EcTable *table, Relation rel)
{
	TupleDesc	desc = RelationGetDescr(rel);
	uint64		before = ++table->changes;

	/* Without its index a table is read whole. */
	table->index_id = get_relname_relid(table->index, RelationGetNamespace(rel));
	if (OidIsValid(table->index_id) && !get_index_isvalid(table->index_id))
		table->index_id = InvalidOid;
	for (int i = 0; i < table->ncolumns; i++)
	{
		Oid			type = table->columns[i].type;
		int			column;

		for (column = 0; column < desc->natts; column++)
			if (!TupleDescAttr(desc, column)->attisdropped &&
				strcmp(NameStr(TupleDescAttr(desc, column)->attname),
					   table->columns[i].name) == 0)
				break;
		if (column == desc->natts ||
			!IsBinaryCoercible(TupleDescAttr(desc, column)->atttypid, type))
			ereport(ERROR,
					(errcode(ERRCODE_EC_NOT_CONFIGURED),
					 errmsg("table \"%s\" has no column \"%s\" of type %s",
							table->name, table->columns[i].name,
							format_type_be(type)),
					 column == desc->natts
					 ? errhint("Run SELECT ecommerce.install().")
					 : errhint("Give the column its type again.")));
		table->attnums[i] = (AttrNumber) (column + 1);
	}
	table->known = before == table->changes;
}

/* Open a table of the shop. */
Relation
ec_table_open(EcTable *table, LOCKMODE lockmode)
{
	if (!table->listed)
	{
		table->next = tables;
		tables = table;
		table->listed = true;
	}
	for (;;)
	{
		Relation	rel;

		if (!table->known)
			table->relid = ec_relation_oid(table->name);
		rel = try_table_open(table->relid, lockmode);
		if (rel == NULL)
		{
			table->known = false;
			continue;
		}
		if (table->known)
			return rel;

		/* It may have been replaced while this waited for its lock. */
		if (ec_relation_oid(table->name) == table->relid)
		{
			learn(table, rel);
			return rel;
		}
		table_close(rel, lockmode);
	}
}

PG_FUNCTION_INFO_V1(ec_announce_change);

/*
 * announce_change() -> trigger, AFTER any change, so that it is told when it
 * can be seen; and BEFORE it FOR EACH STATEMENT, so that what other triggers
 * read of it is forgotten also if they make the statement fail.
 */
Datum
ec_announce_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!(TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		  TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("announce_change must be a trigger AFTER a change, or FOR EACH STATEMENT")));
	CacheInvalidateRelcache(trigger->tg_relation);
	return PointerGetDatum(NULL);
}
