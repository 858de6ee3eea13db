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

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "pg_compat.h"

#include "db/table.h"
#include "errors.h"

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

/* Refuse a table that is not what it was made as. */
pg_noreturn static void
unusable(const EcTable *table, char *detail, char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_EC_NOT_CONFIGURED),
			 errmsg("table \"ecommerce.%s\" cannot be used", table->name),
			 errdetail_internal("%s", detail),
			 errhint("%s", hint)));
}

/* Refuse what is no ordinary table, or not all of one. */
static void
CheckKind(const EcTable *table, Relation rel)
{
	char	   *hint = "Make it an ordinary table again: neither partitioned, nor inherited from, with access method heap.";

	if (rel->rd_rel->relkind != RELKIND_RELATION)
		unusable(table, "It is not an ordinary table.", hint);
	if (rel->rd_rel->relam != HEAP_TABLE_AM_OID)
		unusable(table, "Its access method is not heap.", hint);
	if (rel->rd_rel->relispartition)
		unusable(table, "It is a partition of another table.", hint);
	if (rel->rd_rel->relhassubclass &&
		find_inheritance_children(RelationGetRelid(rel), NoLock) != NIL)
		unusable(table, "Other tables inherit from it.", hint);
}

/* Find a column, which must be as declared. */
static AttrNumber
find_column(const EcTable *table, TupleDesc desc, int i)
{
	const char *name = table->columns[i].name;
	Oid			type = table->columns[i].type;

	for (int column = 0; column < desc->natts; column++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, column);

		if (attribute->attisdropped || strcmp(NameStr(attribute->attname), name) != 0)
			continue;
		if (attribute->atttypid != type &&
			!(type == TEXTOID && attribute->atttypid == VARCHAROID))
			unusable(table,
					 psprintf("Column \"%s\" is of type %s.", name,
							  format_type_be(attribute->atttypid)),
					 psprintf("ALTER TABLE ecommerce.%s ALTER COLUMN %s TYPE %s.",
							  table->name, name, format_type_be(type)));
		if (attribute->attgenerated != '\0')
			unusable(table, psprintf("Column \"%s\" is generated.", name),
					 psprintf("ALTER TABLE ecommerce.%s ALTER COLUMN %s DROP EXPRESSION.",
							  table->name, name));
		if ((table->nullable & 1 << i) == 0 && !EcIsNotNull(desc, column))
			unusable(table, psprintf("Column \"%s\" may be NULL.", name),
					 psprintf("ALTER TABLE ecommerce.%s ALTER COLUMN %s SET NOT NULL.",
							  table->name, name));
		return (AttrNumber) (column + 1);
	}
	unusable(table, psprintf("It has no column \"%s\".", name),
			 "Give it its columns again, or restore the table.");
}

/* Are the rows of an index all those in which the live column is NULL? */
static bool
index_is_live(const EcTable *table, Relation index)
{
	List	   *predicate = RelationGetIndexPredicate(index);
	NullTest   *test;

	if (predicate == NIL)
		return true;
	test = linitial(predicate);
	return table->live > 0 && list_length(predicate) == 1 &&
		IsA(test, NullTest) && test->nulltesttype == IS_NULL &&
		IsA(test->arg, Var) &&
		((Var *) test->arg)->varattno == table->attnums[table->live];
}

/* Does an index find all rows by the first columns, and in their order? */
static bool
index_suits(const EcTable *table, TupleDesc desc, Relation index)
{
	Form_pg_index form = index->rd_index;

	if (!form->indisvalid || !form->indisready || !form->indislive ||
		index->rd_rel->relam != BTREE_AM_OID || form->indnkeyatts < table->nkeys)
		return false;
	for (int i = 0; i < table->nkeys; i++)
	{
		AttrNumber	attnum = table->attnums[i];
		Oid			opclass = GetDefaultOpClass(table->columns[i].type, BTREE_AM_OID);

		if (form->indkey.values[i] != attnum || index->rd_indoption[i] != 0 ||
			index->rd_opfamily[i] != get_opclass_family(opclass) ||
			index->rd_indcollation[i] != TupleDescAttr(desc, attnum - 1)->attcollation)
			return false;
	}
	return index_is_live(table, index);
}

/*
 * Find the index by the first columns of a table, or none.  Names tell nothing:
 * an index may have been left to another table.  False if it cannot be used
 * yet, as long as this transaction may see rows that it lacks.
 */
static bool
find_index(EcTable *table, Relation rel)
{
	List	   *indexes = table->nkeys > 0 ? RelationGetIndexList(rel) : NIL;
	bool		settled = true;
	ListCell   *cell;

	table->index_id = InvalidOid;
	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		if (index_suits(table, RelationGetDescr(rel), index))
		{
			if (index->rd_index->indcheckxmin &&
				!TransactionIdPrecedes(HeapTupleHeaderGetXmin(index->rd_indextuple->t_data),
									   TransactionXmin))
				settled = false;
			else if (!OidIsValid(table->index_id) || index->rd_index->indisunique)
				table->index_id = RelationGetRelid(index);
		}
		index_close(index, NoLock);
	}
	list_free(indexes);
	return settled;
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
	bool		settled;

	CheckKind(table, rel);
	for (int i = 0; i < table->ncolumns; i++)
		table->attnums[i] = find_column(table, desc, i);
	settled = find_index(table, rel);
	table->known = settled && before == table->changes;
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
