/*
 * leaf.c
 *	  The partition that has the rows of a moment.
 *
 * A statement that knows the moment of its rows may name their partition instead of the
 * table.  Its plan can be kept then: one of the table for any moment locks all partitions,
 * and one for this moment is made anew each time, which takes longer than updating a row.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "db/leaf.h"
#include "db/table.h"

/* Does updating a table do more than updating its partition? */
static bool
does_more(Relation rel)
{
	const TriggerDesc *triggers = rel->trigdesc;

	return rel->rd_rules != NULL ||
		(triggers != NULL &&
		 (triggers->trig_update_before_statement || triggers->trig_update_after_statement ||
		  triggers->trig_update_old_table || triggers->trig_update_new_table));
}

/* The partition of a table by one column with times, or none */
static Oid
find_leaf(Relation rel, TimestampTz at)
{
	PartitionKey key = RelationGetPartitionKey(rel);
	PartitionDesc desc = RelationGetPartitionDesc(rel, true);
	Datum		value = TimestampTzGetDatum(at);
	bool		is_equal;
	int			bound;
	int			leaf;

	if (key->strategy != PARTITION_STRATEGY_RANGE || key->partnatts != 1 ||
		key->parttypid[0] != TIMESTAMPTZOID || desc->nparts == 0)
		return InvalidOid;
	bound = partition_range_datum_bsearch(key->partsupfunc, key->partcollation, desc->boundinfo,
										  1, &value, &is_equal);
	leaf = desc->boundinfo->indexes[bound + 1];
	return leaf >= 0 && desc->is_leaf[leaf] ? desc->oids[leaf] : InvalidOid;
}

/*
 * The partition of a table in which a statement reads or updates rows of a moment; none if
 * it has to go by the table.  The table stays locked, so that it keeps the partition.
 */
Oid
ec_leaf(const char *name, TimestampTz at)
{
	Relation	rel = table_open(ec_relation_oid(name), RowExclusiveLock);
	Oid			leaf = InvalidOid;

	if (rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE && !does_more(rel))
		leaf = find_leaf(rel, at);
	table_close(rel, NoLock);
	return leaf;
}

/* The name by which it finds that; NULL if there is none. */
char *
ec_leaf_place(const char *name, TimestampTz at)
{
	Oid			leaf = ec_leaf(name, at);

	return OidIsValid(leaf)
		? quote_qualified_identifier(get_namespace_name(get_rel_namespace(leaf)),
									 get_rel_name(leaf)) : NULL;
}
