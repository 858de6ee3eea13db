/*
 * stock_change.c
 *	  Taking stock from the rows that hold it, and giving it back.
 *
 * Stock of a product is one row for each warehouse, or several (slots) where
 * many buy it at once, so that they lock different ones.  Whoever changes stock
 * goes through products in the order of their ids, decides on what locked rows
 * say, and then writes.
 *
 * Rows of reservations are locked before those of stock, but for expired ones,
 * which are skipped when somebody else holds them.
 *
 * The life of one call of ec_stock_change():
 *
 * 1. Of one product after the other, its rows are read.  What is given to a
 *	  warehouse that has none makes one.
 * 2. As many rows are locked as the demands need (stock_rows.c): one that suits,
 *	  if nobody else holds it; or else in their order.
 * 3. What is given back is put into locked rows (stock_give.c).
 * 4. What is taken is taken from them.  If they are short, all rows are locked;
 *	  then holds that have expired are taken back; then it goes on backorder.
 *	  What is short still is noted for the error, which lists all products.
 *	  Where many buy at once, half of a row's units go into a new one.
 * 5. What is decided is noted: rows and their deltas, products whose stock has
 *	  become low.
 * 6. When all products are decided, rows are written (stock_write.c), then alerts
 *	  (stock_alert.c).
 *
 * Statements that run meanwhile have triggers, which may change stock, too: those
 * that insert rows and take back expired holds.  After them rows are read again
 * before they are written.  None of them waits for a row of an earlier product.
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "errors.h"
#include "stock_change.h"
#include "value/uuid.h"

/* Short products that an error lists */
#define MAX_LISTED 100

/* Rows over which a product's stock in a warehouse spreads of itself */
#define MAX_SPREAD 32

/* Units that a row must have for that: fewer would make buyers gather them. */
#define MIN_SPREAD 64

/* Is all stock of the product in one warehouse? */
static bool
one_warehouse(const EcStockChange *change)
{
	for (int i = 1; i < change->nrows; i++)
		if (change->rows[i].warehouse_id != change->rows[0].warehouse_id)
			return false;
	return true;
}

/*
 * The warehouse whose turn it is to sell, or 0 if the units must come from
 * several.
 */
static int32
selling_warehouse(EcStockChange *change, int32 quantity)
{
	int32	   *warehouses;
	int			n;

	if (one_warehouse(change))
		return change->rows[0].warehouse_id;
	warehouses = ec_warehouses(change->tenant_id, &n);
	for (int w = 0; w < n; w++)
	{
		int64		units = 0;

		for (int i = 0; i < change->nrows; i++)
			if (change->rows[i].warehouse_id == warehouses[w])
				units += Max(change->rows[i].available, 0);
		if (units > 0)
			return units >= quantity ? warehouses[w] : 0;
	}
	return 0;
}

/* Can a row, as it was read, serve a demand alone? */
static bool
row_suits(const EcStockChange *change, const EcStockRow *row, int32 warehouse_id,
		  int32 quantity)
{
	if (row->warehouse_id != warehouse_id)
		return false;
	if (quantity > 0)
		return row->available >= quantity;

	/* What comes in fills backorders first. */
	for (int i = 0; row->available >= 0 && i < change->nrows; i++)
		if (change->rows[i].warehouse_id == warehouse_id &&
			change->rows[i].available < 0)
			return false;
	return true;
}

/*
 * Lock one of several rows that can serve a demand alone, without waiting.
 * Each backend begins with another row, so that they seldom meet.
 */
static bool
lock_one_row(EcStockChange *change, const EcDemand *demand)
{
	int			n = change->nrows;
	int			start = (int) (EcBackendNumber() % (uint32) n);
	int32		warehouse_id = demand->warehouse_id;

	if (warehouse_id == 0)
		warehouse_id = demand->quantity > 0
			? selling_warehouse(change, demand->quantity) : EC_DEFAULT_WAREHOUSE;
	for (int i = 0; i < n; i++)
	{
		EcStockRow *row = &change->rows[(start + i) % n];
		EcRowLock	lock;

		if (!row_suits(change, row, warehouse_id, demand->quantity))
			continue;
		lock = ec_stock_lock_row(change, row, false);
		if (lock == ROW_LOCKED)
			return true;
		change->waited |= lock == ROW_BUSY;
	}
	return false;
}

/* Units of locked rows that a demand may take. */
static int64
takeable(const EcStockChange *change, int32 warehouse_id, bool backorder)
{
	int64		units = 0;

	for (int i = 0; i < change->nrows; i++)
	{
		const EcStockRow *row = &change->rows[i];

		if (row->locked &&
			(warehouse_id == 0 || row->warehouse_id == warehouse_id))
			units += Max((int64) row->available + row->delta +
						 (backorder ? row->backorder_limit : 0), 0);
	}
	return units;
}

/* Note what was taken of a product from a warehouse. */
static void
note_taken(EcStockChange *change, const pg_uuid_t *product_id, int32 warehouse_id,
		   int32 quantity)
{
	EcTaken    *taken;

	for (int i = change->ntaken; i-- > 0;)
	{
		taken = &change->taken[i];
		if (ec_uuid_compare(&taken->product_id, product_id) != 0)
			break;
		if (taken->warehouse_id == warehouse_id)
		{
			taken->quantity += quantity;
			return;
		}
	}
	change->taken = ec_stock_room(change->taken, change->ntaken, &change->taken_capacity,
								  sizeof(EcTaken));
	taken = &change->taken[change->ntaken++];
	taken->product_id = *product_id;
	taken->warehouse_id = warehouse_id;
	taken->quantity = quantity;
}

/* Take units from the locked rows of a warehouse, or of any; return what is left. */
static int32
take_from(EcStockChange *change, const pg_uuid_t *product_id, int32 warehouse_id,
		  bool backorder, int32 quantity)
{
	for (int i = 0; i < change->nrows && quantity > 0; i++)
	{
		EcStockRow *row = &change->rows[i];
		int64		units = (int64) row->available + row->delta +
		(backorder ? row->backorder_limit : 0);
		int32		take = (int32) Min(units, quantity);

		if (!row->locked || take <= 0 ||
			(warehouse_id != 0 && row->warehouse_id != warehouse_id))
			continue;
		row->delta -= take;
		quantity -= take;
		note_taken(change, product_id, row->warehouse_id, take);
	}
	return quantity;
}

/* Add a product to those that are short. */
static void
list_short(EcStockChange *change, const EcDemand *demand, int64 available)
{
	if (change->listed++ >= MAX_LISTED)
		return;
	if (change->missing.len == 0)
		change->first_missing = demand->sku;
	appendStringInfoString(&change->missing, change->missing.len == 0 ? "[" : ", ");
	appendStringInfoString(&change->missing, "{\"sku\": ");
	escape_json(&change->missing, demand->sku);
	appendStringInfo(&change->missing,
					 ", \"requested\": %d, \"available\": " INT64_FORMAT "}",
					 demand->quantity, available);
}

/*
 * Take a demand from what the locked rows have, warehouses by their priority.
 * When they are short, the others are locked, then holds that have expired are
 * taken back, so that selling never waits for a sweeper, and then it goes on
 * backorder.
 */
static void
take(EcStockChange *change, const EcDemand *demand)
{
	const pg_uuid_t *product_id = &demand->product_id;
	int32		warehouse_id = demand->warehouse_id;
	int32		left = demand->quantity;

	if (takeable(change, warehouse_id, false) < left)
	{
		ec_stock_lock_all_rows(change, product_id);
		if (takeable(change, warehouse_id, false) < left && change->nrows > 0)
			ec_stock_reclaim(change, product_id);
		if (takeable(change, warehouse_id, demand->may_backorder) < left)
		{
			list_short(change, demand,
					   takeable(change, warehouse_id, demand->may_backorder));
			return;
		}
	}
	for (int backorder = 0; backorder <= 1 && left > 0; backorder++)
	{
		if (warehouse_id != 0 || one_warehouse(change))
			left = take_from(change, product_id, warehouse_id, backorder == 1, left);
		else
		{
			int			n;
			int32	   *warehouses = ec_warehouses(change->tenant_id, &n);

			for (int w = 0; w < n && left > 0; w++)
				left = take_from(change, product_id, warehouses[w],
								 backorder == 1, left);
			/* Of a new one this session may not have heard yet. */
			left = take_from(change, product_id, 0, backorder == 1, left);
		}
	}
}

/*
 * Somebody else held what this one wanted: many want it, so put half of a
 * row's units into a new one.  It comes to be when this transaction commits.
 */
static void
spread(EcStockChange *change, const EcDemand *demand)
{
	for (int i = 0; i < change->nrows; i++)
	{
		EcStockRow *row = &change->rows[i];
		int32		units = row->available + row->delta;
		int			slots = 0;
		int16		slot = (int16) (1 + pg_prng_uint32(&pg_global_prng_state) % MAX_SPREAD);

		if (!row->locked || row->delta == 0)
			continue;
		for (int j = 0; j < change->nrows; j++)
			if (change->rows[j].warehouse_id == row->warehouse_id)
			{
				slots++;
				if (change->rows[j].slot == slot)
					slots = MAX_SPREAD;
			}
		if (slots < MAX_SPREAD && units >= MIN_SPREAD &&
			units / 8 >= demand->quantity &&
			ec_stock_insert_row(change, &demand->product_id, row->warehouse_id, slot,
								units / 2))
			row->delta -= units / 2;
		return;
	}
}

/* Note the rows of a product that change, to be written with the others. */
static void
note_written(EcStockChange *change)
{
	for (int i = 0; i < change->nrows; i++)
		if (change->rows[i].delta != 0)
		{
			change->written = ec_stock_room(change->written, change->nwritten,
											&change->written_capacity, sizeof(EcStockRow));
			change->written[change->nwritten++] = change->rows[i];
		}
}

/* Decide the demands of one product: first what is given, then what is taken. */
static void
change_product(EcStockChange *change, const EcDemand *demands, int n)
{
	const pg_uuid_t *product_id = &demands[0].product_id;
	int64		enough = PG_INT64_MAX;
	bool	   *served;

	if (change->waited)
		ec_stock_snapshot(change);
	change->waited = false;
	served = ec_stock_read_rows(change, demands, n);
	if (n == 1 && demands[0].quantity > 0 &&
		demands[0].warehouse_id == 0 && one_warehouse(change))
		enough = demands[0].quantity;
	if (change->nrows <= 1 || n > 1 || !lock_one_row(change, &demands[0]))
		ec_stock_lock_rows(change, enough);
	for (int i = 0; i < n; i++)
		if (demands[i].quantity < 0 && !served[i])
			ec_stock_give(change, product_id, ec_receiving_warehouse(&demands[i]),
						  -(int64) demands[i].quantity);
	for (int i = 0; i < n; i++)
		if (demands[i].quantity > 0)
		{
			int			listed = change->listed;

			take(change, &demands[i]);
			if (change->listed > listed)
				continue;
			/* Before units leave for a row that is not among these. */
			if (demands[i].min_stock >= 0)
				ec_stock_note_alert(change, &demands[i]);
			if (change->waited && demands[i].may_spread)
				spread(change, &demands[i]);
		}
	note_written(change);
}

/*
 * Change stock: take all demands, or (by an error that lists every product that
 * is short) nothing; negative ones give back.  Demands are sorted by product.
 * Return what was taken from which warehouse, in the order of products.
 */
EcTaken *
ec_stock_change(int32 tenant_id, const EcDemand *demands, int n, int *ntaken)
{
	EcStockChange change;

	*ntaken = 0;
	if (n == 0)
		return NULL;
	memset(&change, 0, sizeof(change));
	change.tenant_id = tenant_id;
	initStringInfo(&change.missing);

	/* See what this transaction did before, and what others did until now. */
	ec_stock_snapshot(&change);
	ec_stock_open(&change);
	for (int first = 0, end; first < n; first = end)
	{
		for (end = first + 1; end < n; end++)
			if (ec_uuid_compare(&demands[end].product_id,
								&demands[first].product_id) != 0)
				break;
		CHECK_FOR_INTERRUPTS();
		change_product(&change, &demands[first], end - first);
	}
	if (change.missing.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_INSUFFICIENT_STOCK),
				 errmsg("insufficient stock of \"%s\"", change.first_missing),
				 errdetail("%s%s]", change.missing.data,
						   change.listed > MAX_LISTED ? ", ..." : "")));
	ec_stock_write_rows(&change);
	ec_stock_close(&change);
	ec_stock_write_alerts(&change);
	ec_stock_end_alerts(&change, demands, n);
	PopActiveSnapshot();
	*ntaken = change.ntaken;
	return change.taken;
}
