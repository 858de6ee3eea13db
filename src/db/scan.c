/*
 * scan.c
 *	  Looking rows up by index, without a statement.
 *
 * Every order reads the seller's settings and rates, its products and their
 * stock.  As statements these cost more than writing the order does: starting
 * the executor takes some ten times as long as finding a row in an index.
 *
 * No policy applies here, so the tenant is always among the keys.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "pg_compat.h"

#include "db/scan.h"

/* Open a table, to look a tenant's rows up by its index. */
void
ec_scan_open(EcScan *scan, const EcTable *table, int32 tenant_id, LOCKMODE lockmode)
{
	int			natts;

	scan->place = ec_table_open(table, tenant_id, lockmode, &scan->rel);
	natts = RelationGetNumberOfAttributes(scan->rel);
	scan->values = palloc_array(Datum, (Size) natts);
	scan->isnull = palloc_array(bool, (Size) natts);
}

/* Find the rows whose first columns equal keys. */
void
ec_scan_begin(EcScan *scan, Snapshot snapshot, int nkeys, const Datum *keys)
{
	const EcPlace *place = scan->place;
	const EcTable *table = place->table;
	ScanKeyData key[EC_SCAN_MAX_KEYS];

	Assert(nkeys <= table->nkeys && nkeys <= EC_SCAN_MAX_KEYS);
	for (int i = 0; i < nkeys; i++)
	{
		AttrNumber	attnum = place->attnums[i];
		Oid			type = table->columns[i].type;
		Form_pg_attribute column = TupleDescAttr(RelationGetDescr(scan->rel),
												 attnum - 1);

		ScanKeyEntryInitialize(&key[i], 0, attnum, BTEqualStrategyNumber, InvalidOid,
							   column->attcollation,
							   type == INT4OID ? F_INT4EQ : type == INT8OID ? F_INT8EQ :
							   type == UUIDOID ? F_UUID_EQ : F_TEXTEQ, keys[i]);
	}
	scan->scan = systable_beginscan(scan->rel, place->index_id,
									OidIsValid(place->index_id),
									snapshot, nkeys, key);
}

/* Go to the next row, if there is one. */
bool
ec_scan_next(EcScan *scan)
{
	scan->tuple = systable_getnext(scan->scan);
	scan->deformed = false;
	return HeapTupleIsValid(scan->tuple);
}

/*
 * A value of the row, valid until the next one.  The row is taken apart once:
 * finding each column behind those of variable length would start from the
 * first every time.
 */
Datum
ec_scan_value(EcScan *scan, int column, bool *isnull)
{
	int			i = scan->place->attnums[column] - 1;

	if (!scan->deformed)
		heap_deform_tuple(scan->tuple, RelationGetDescr(scan->rel),
						  scan->values, scan->isnull);
	scan->deformed = true;
	*isnull = scan->isnull[i];
	return scan->values[i];
}

/* End one look-up. */
void
ec_scan_end(EcScan *scan)
{
	systable_endscan(scan->scan);
}

/* Close the table; its lock stays until the transaction ends. */
void
ec_scan_close(EcScan *scan)
{
	table_close(scan->rel, NoLock);
}
