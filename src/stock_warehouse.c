/*
 * stock_warehouse.c
 *	  Warehouses of a tenant.
 *
 * They hardly ever change, so each backend caches those of the tenant that it
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

/* Columns of warehouses that are read, after its key */
enum
{
	WAREHOUSES_ID = 1,
	WAREHOUSES_PRIORITY,
	WAREHOUSES_COLUMNS
};

static const EcTable warehouses = {
	.name = "warehouses",
	.nkeys = 1,
	.ncolumns = WAREHOUSES_COLUMNS,
	.columns = {
		{"tenant_id", INT4OID}, {"id", INT4OID}, {"priority", INT4OID}
	}
};

/* Those of the tenant that was asked for last, good until the next invalidation */
static int32 cached_tenant_id = 0;
static uint64 cached_invalidations;
static int	ncached;
static int32 *cached_ids = NULL;

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

/* Read them, and cache their ids. */
static void
read_warehouses(int32 tenant_id)
{
	Datum		keys[1] = {Int32GetDatum(tenant_id)};
	int			capacity = 4;
	Warehouse  *list = palloc_array(Warehouse, (Size) capacity);
	int			n = 0;
	EcScan		scan;

	/* Not what the call sees: what has been announced since would be missing. */
	PushActiveSnapshot(GetTransactionSnapshot());
	ec_scan_open(&scan, &warehouses, tenant_id, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 1, keys);
	for (; ec_scan_next(&scan); n++)
	{
		bool		isnull;

		if (n == capacity)
		{
			capacity *= 2;
			list = repalloc(list, sizeof(Warehouse) * (Size) capacity);
		}
		list[n].id = DatumGetInt32(ec_scan_value(&scan, WAREHOUSES_ID, &isnull));
		list[n].priority = DatumGetInt32(ec_scan_value(&scan, WAREHOUSES_PRIORITY,
													   &isnull));
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	PopActiveSnapshot();
	qsort(list, (size_t) n, sizeof(Warehouse), compare_warehouses);

	ncached = 0;
	if (cached_ids == NULL)
		cached_ids = MemoryContextAlloc(TopMemoryContext, sizeof(int32) * (Size) (n + 1));
	else
		cached_ids = repalloc(cached_ids, sizeof(int32) * (Size) (n + 1));
	for (int i = 0; i < n; i++)
		cached_ids[i] = list[i].id;
	ncached = n;
	pfree(list);
}

/* Ids of a tenant's warehouses, in the order in which they sell. */
int32 *
ec_warehouses(int32 tenant_id, int *n)
{
	uint64		before = ec_table_invalidations();
	int32	   *ids;

	if (cached_tenant_id != tenant_id || cached_invalidations != before ||
		IsolationUsesXactSnapshot())
	{
		cached_tenant_id = 0;
		read_warehouses(tenant_id);
		cached_invalidations = before;
		if (!IsolationUsesXactSnapshot())
			cached_tenant_id = tenant_id;
	}
	*n = ncached;
	ids = palloc_array(int32, (Size) ncached);
	Assert(ncached == 0 || cached_ids != NULL);
	if (ncached > 0)
		memcpy(ids, cached_ids, sizeof(int32) * (Size) ncached);
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
			 errmsg("unknown warehouse %d", warehouse_id)));
}
