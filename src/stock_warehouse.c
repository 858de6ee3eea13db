/*
 * stock_warehouse.c
 *	  Warehouses of a tenant.
 *
 * They hardly ever change, so each backend keeps those of the tenant that it
 * sold for last; see db/table.c.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "db/scan.h"
#include "errors.h"
#include "stock.h"

typedef struct Warehouse
{
	int32		id;
	int32		priority;
} Warehouse;

static EcTable warehouses = {
	.name = "warehouses",
	.nkeys = 1,
	.ncolumns = 3,
	.columns = {
		{"tenant_id", INT4OID}, {"id", INT4OID}, {"priority", INT4OID}
	}
};

static int32 kept_tenant_id = 0;
static uint64 kept_changes;		/* good if there were no others since */
static int	nkept;
static int32 *kept_ids = NULL;

/* Order in which warehouses sell */
static int
compare_warehouses(const void *a, const void *b)
{
	const Warehouse *left = a;
	const Warehouse *right = b;

	if (left->priority != right->priority)
		return left->priority < right->priority ? -1 : 1;
	return left->id < right->id ? -1 : left->id > right->id;
}

/* Read them, and keep their ids. */
static void
read_warehouses(int32 tenant_id)
{
	Datum		keys[1] = {Int32GetDatum(tenant_id)};
	int			capacity = 4;
	Warehouse  *list = palloc_array(Warehouse, (Size) capacity);
	int			n = 0;
	EcScan		scan;

	PushActiveSnapshot(GetTransactionSnapshot());
	ec_scan_open(&scan, &warehouses, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 1, keys);
	for (; ec_scan_next(&scan); n++)
	{
		bool		isnull;

		if (n == capacity)
		{
			capacity *= 2;
			list = repalloc(list, sizeof(Warehouse) * (Size) capacity);
		}
		list[n].id = DatumGetInt32(ec_scan_value(&scan, 1, &isnull));
		list[n].priority = DatumGetInt32(ec_scan_value(&scan, 2, &isnull));
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	PopActiveSnapshot();
	qsort(list, (size_t) n, sizeof(Warehouse), compare_warehouses);

	nkept = 0;
	if (kept_ids == NULL)
		kept_ids = MemoryContextAlloc(TopMemoryContext, sizeof(int32) * (Size) (n + 1));
	else
		kept_ids = repalloc(kept_ids, sizeof(int32) * (Size) (n + 1));
	for (int i = 0; i < n; i++)
		kept_ids[i] = list[i].id;
	nkept = n;
	pfree(list);
}

/* Ids of a tenant's warehouses, in the order in which they sell. */
int32 *
ec_warehouses(int32 tenant_id, int *n)
{
	uint64		before = warehouses.changes;
	int32	   *ids;

	if (kept_tenant_id != tenant_id || kept_changes != before ||
		IsolationUsesXactSnapshot())
	{
		kept_tenant_id = 0;
		read_warehouses(tenant_id);
		kept_changes = before;
		if (!IsolationUsesXactSnapshot())
			kept_tenant_id = tenant_id;
	}
	*n = nkept;
	ids = palloc_array(int32, (Size) nkept);
	if (nkept > 0)
		memcpy(ids, kept_ids, sizeof(int32) * (Size) nkept);
	return ids;
}

/* Refuse a warehouse that does not exist. */
void
ec_warehouse_check(int32 tenant_id, int32 warehouse_id)
{
	int			n;
	int32	   *ids = ec_warehouses(tenant_id, &n);

	for (int i = 0; i < n; i++)
		if (ids[i] == warehouse_id)
			return;
	ereport(ERROR,
			(errcode(ERRCODE_EC_UNKNOWN_WAREHOUSE),
			 errmsg("unknown warehouse"),
			 errdetail("It is %d.", warehouse_id)));
}
