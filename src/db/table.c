/*
 * table.c
 *	  Tables that the code reads and writes without statements.
 *
 * Where a table and its columns are is looked up once per backend, and again
 * after it was invalidated, as PostgreSQL tells every backend.  Rows of tables
 * that hardly ever change are cached per backend, too.  Triggers on these tables
 * send what a change of the table itself would send: it reaches every backend
 * when the change commits, and this one at once, also when it is rolled back.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "pg_compat.h"

#include "db/table.h"
#include "errors.h"

/* The places that are known in a relation */
typedef struct RelationPlaces
{
	Oid			relid;			/* key of the hash */
	EcPlace    *places;
} RelationPlaces;

static HTAB *relations = NULL;

/* How often this backend was told that a table, or any, may have changed */
static uint64 table_invalidations = 0;

/* The same of functions and constraints, which expressions depend on */
static uint64 code_invalidations = 0;

/* Forget what is known of a relation, or (InvalidOid) of all. */
static void
invalidate_table(Datum argument, Oid relid)
{
	HASH_SEQ_STATUS status;
	RelationPlaces *relation;

	if (relations == NULL)
		return;
	if (OidIsValid(relid))
	{
		relation = hash_search(relations, &relid, HASH_FIND, NULL);
		if (relation == NULL)
			return;
		for (EcPlace *place = relation->places; place != NULL; place = place->next)
			place->known = false;
	}
	else
	{
		hash_seq_init(&status, relations);
		while ((relation = hash_seq_search(&status)) != NULL)
			for (EcPlace *place = relation->places; place != NULL; place = place->next)
				place->known = false;
	}
	table_invalidations++;
}

/* A schema has changed. */
static void
invalidate_schema(Datum argument, int cache, uint32 hash)
{
	invalidate_table(argument, InvalidOid);
}

/* A function or a constraint has changed. */
static void
invalidate_code(Datum argument, int cache, uint32 hash)
{
	code_invalidations++;
}

/* Ask to be told of changes. */
void
ec_table_init(void)
{
	CacheRegisterRelcacheCallback(invalidate_table, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, invalidate_schema, (Datum) 0);
	CacheRegisterSyscacheCallback(PROCOID, invalidate_code, (Datum) 0);
	CacheRegisterSyscacheCallback(CONSTROID, invalidate_code, (Datum) 0);
}

/*
 * How often what is cached of rows had to be forgotten.  What was read since it
 * was last asked for is good as long as it stays the same.
 */
uint64
ec_table_invalidations(void)
{
	return table_invalidations;
}

/* The same of functions and constraints */
uint64
ec_code_invalidations(void)
{
	return code_invalidations;
}

/* The oid of one of the shop's relations, which must exist. */
Oid
ec_relation_oid(const char *name)
{
	Oid			schema = get_namespace_oid("ecommerce", true);
	Oid			relation = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;

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
check_kind(const EcTable *table, Relation rel)
{
	char	   *hint = "Make it an ordinary table again: neither partitioned, nor inherited from,"
	" with access method heap.";

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
		if ((table->nullable & UINT64CONST(1) << i) == 0 && !EcIsNotNull(desc, column))
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
index_is_live(const EcPlace *place, Relation index)
{
	const EcTable *table = place->table;
	List	   *predicate = RelationGetIndexPredicate(index);
	NullTest   *test;

	if (predicate == NIL)
		return true;
	test = linitial(predicate);
	return table->live > 0 && list_length(predicate) == 1 &&
		IsA(test, NullTest) && test->nulltesttype == IS_NULL &&
		IsA(test->arg, Var) &&
		((Var *) test->arg)->varattno == place->attnums[table->live];
}

/* Does an index find all rows by the first columns, and in their order? */
static bool
index_suits(const EcPlace *place, TupleDesc desc, Relation index)
{
	const EcTable *table = place->table;
	Form_pg_index form = index->rd_index;

	if (!form->indisvalid || !form->indisready || !form->indislive ||
		index->rd_rel->relam != BTREE_AM_OID || form->indnkeyatts < table->nkeys)
		return false;
	for (int i = 0; i < table->nkeys; i++)
	{
		AttrNumber	attnum = place->attnums[i];
		Oid			opclass = GetDefaultOpClass(table->columns[i].type, BTREE_AM_OID);

		if (form->indkey.values[i] != attnum || index->rd_indoption[i] != 0 ||
			index->rd_opfamily[i] != get_opclass_family(opclass) ||
			index->rd_indcollation[i] != TupleDescAttr(desc, attnum - 1)->attcollation)
			return false;
	}
	return index_is_live(place, index);
}

/*
 * Find the index by the first columns of a table, or none.  Names tell nothing:
 * an index may have been left to another table.  False if it cannot be used
 * yet, as long as this transaction may see rows that it lacks.
 */
static bool
find_index(EcPlace *place, Relation rel)
{
	List	   *indexes = place->table->nkeys > 0 ? RelationGetIndexList(rel) : NIL;
	bool		final = true;
	ListCell   *cell;

	place->index_id = InvalidOid;
	foreach(cell, indexes)
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);

		if (index_suits(place, RelationGetDescr(rel), index))
		{
			if (index->rd_index->indcheckxmin &&
				!TransactionIdPrecedes(HeapTupleHeaderGetXmin(index->rd_indextuple->t_data),
									   TransactionXmin))
				final = false;
			else if (!OidIsValid(place->index_id) || index->rd_index->indisunique)
				place->index_id = RelationGetRelid(index);
		}
		index_close(index, NoLock);
	}
	list_free(indexes);
	return final;
}

/*
 * Refuse a table that Citus has distributed: what is left of it here is a shell
 * without rows, and would be taken for an empty shop.
 */
static void
check_not_distributed(Oid relid)
{
	Oid			catalog = get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE);
	AttrNumber	attnum = OidIsValid(catalog) ? get_attnum(catalog, "logicalrelid")
	: InvalidAttrNumber;
	Relation	rel;
	ScanKeyData key;
	SysScanDesc scan;
	bool		found;

	if (attnum == InvalidAttrNumber)
		return;
	rel = table_open(catalog, AccessShareLock);
	ScanKeyInit(&key, attnum, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relid));
	scan = systable_beginscan(rel, InvalidOid, false, NULL, 1, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	if (found)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"ecommerce.%s\" is distributed", get_rel_name(relid)),
				 errdetail("Distributed tables are not supported yet."),
				 errhint("SELECT undistribute_table('ecommerce.%s').", get_rel_name(relid))));
}

/*
 * Learn the columns and the index of a place that is open.  It may have been
 * invalidated before without notice, so this counts as such.
 */
static void
learn(EcPlace *place, Relation rel)
{
	TupleDesc	desc = RelationGetDescr(rel);
	uint64		before = ++table_invalidations;
	bool		final;

	check_kind(place->table, rel);
	check_not_distributed(place->relid);
	for (int i = 0; i < place->table->ncolumns; i++)
		place->attnums[i] = find_column(place->table, desc, i);
	final = find_index(place, rel);
	place->known = final && before == table_invalidations;
}

/* The name by which statements find the rows of a table */
char *
ec_table_place(const char *name)
{
	check_not_distributed(ec_relation_oid(name));
	return quote_qualified_identifier("ecommerce", name);
}

/* The relation that has a tenant's rows of a table: here that of all tenants. */
static Oid
find_relation(const EcTable *table, int32 tenant_id)
{
	return ec_relation_oid(table->name);
}

/* The place of a table in a relation, which may have to be learned. */
static EcPlace *
find_place(const EcTable *table, Oid relid)
{
	RelationPlaces *relation;
	EcPlace    *place;
	bool		found;

	if (relations == NULL)
	{
		HASHCTL		control = {
			.keysize = sizeof(Oid),.entrysize = sizeof(RelationPlaces),.hcxt = TopMemoryContext
		};

		relations = hash_create("ecommerce places", 32, &control,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	relation = hash_search(relations, &relid, HASH_ENTER, &found);
	if (!found)
		relation->places = NULL;
	for (place = relation->places; place != NULL; place = place->next)
		if (place->table == table)
			return place;
	place = MemoryContextAllocZero(TopMemoryContext, sizeof(EcPlace));
	place->table = table;
	place->relid = relid;
	place->next = relation->places;
	relation->places = place;
	return place;
}

/* Open the place where a tenant's rows of a table are. */
EcPlace *
ec_table_open(const EcTable *table, int32 tenant_id, LOCKMODE lockmode, Relation *rel)
{
	for (;;)
	{
		EcPlace    *place = find_place(table, find_relation(table, tenant_id));

		*rel = try_table_open(place->relid, lockmode);
		if (*rel == NULL)
			continue;
		if (place->known)
			return place;

		/* It may have been replaced while this waited for its lock. */
		if (find_relation(table, tenant_id) == place->relid)
		{
			learn(place, *rel);
			return place;
		}
		table_close(*rel, lockmode);
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
				 errmsg("announce_change must be a trigger AFTER a change,"
						" or FOR EACH STATEMENT")));
	CacheInvalidateRelcache(trigger->tg_relation);
	return PointerGetDatum(NULL);
}
