/*
 * scan.c
 *	  Looking rows up by index, without a statement.
 *
 * Every order reads the seller's settings and rates, its products and their
 * stock.  As statements these cost more than writing the order does: starting
 * the executor takes some ten times as long as finding a row in an index.
 *
 * No policy applies here, so the first key is always the tenant's.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "ecommerce.h"
#include "errors.h"
#include "scan.h"

/* Open a table of the shop, to be looked up by an index of it. */
void
ec_scan_open(EcScan *scan, const char *table, const char *index,
			 LOCKMODE lockmode, const char *const *columns, int ncolumns)
{
	scan->rel = table_open(ec_relation_oid(table), lockmode);
	scan->index = get_relname_relid(index, RelationGetNamespace(scan->rel));
	scan->ncolumns = ncolumns;
	for (int i = 0; i < ncolumns; i++)
	{
		TupleDesc	desc = RelationGetDescr(scan->rel);
		int			column;

		for (column = 0; column < desc->natts; column++)
			if (!TupleDescAttr(desc, column)->attisdropped &&
				strcmp(NameStr(TupleDescAttr(desc, column)->attname),
					   columns[i]) == 0)
				break;
		if (column == desc->natts)
			ereport(ERROR,
					(errcode(ERRCODE_EC_NOT_CONFIGURED),
					 errmsg("table \"%s\" has no column \"%s\"", table, columns[i]),
					 errhint("Run SELECT ecommerce.install().")));
		scan->attnums[i] = (AttrNumber) (column + 1);
	}
	scan->values = palloc_array(Datum, (Size) RelationGetDescr(scan->rel)->natts);
	scan->isnull = palloc_array(bool, (Size) RelationGetDescr(scan->rel)->natts);
}

/* Find the rows whose first columns equal keys. */
void
ec_scan_begin(EcScan *scan, Snapshot snapshot, int nkeys, const Datum *keys)
{
	ScanKeyData key[EC_SCAN_MAX_KEYS];

	for (int i = 0; i < nkeys; i++)
	{
		Form_pg_attribute column = TupleDescAttr(RelationGetDescr(scan->rel),
												 scan->attnums[i] - 1);
		RegProcedure equal = column->atttypid == INT4OID ? F_INT4EQ
		: column->atttypid == UUIDOID ? F_UUID_EQ : F_TEXTEQ;

		ScanKeyEntryInitialize(&key[i], 0, scan->attnums[i],
							   BTEqualStrategyNumber, InvalidOid,
							   column->attcollation, equal, keys[i]);
	}

	/* Without its index the table is read whole: slow, but right. */
	scan->scan = systable_beginscan(scan->rel, scan->index,
									OidIsValid(scan->index), snapshot, nkeys, key);
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
	int			i = scan->attnums[column] - 1;

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
