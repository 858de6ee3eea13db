/*
 * order_stock.c
 *	  Taking the stock that an order needs, and telling from where it came.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/fmgrprotos.h"

#include "pg_compat.h"

#include "db/plan.h"
#include "errors.h"
#include "order.h"
#include "value/json.h"
#include "value/uuid.h"

static EcRowType untracked = {
	.name = "untracked",
	.ncolumns = 1,
	.columns = {{"product_id", UUIDOID}}
};

static EcPlan lock_products_plan = {
	.sql = "SELECT FROM untracked u"
	" JOIN {products} p ON p.tenant_id = $1 AND p.id = u.product_id"
	" ORDER BY p.id FOR KEY SHARE OF p",
	.nargs = 1,
	.types = {INT4OID}
};
static EcPlan reopen_books_plan = {
	.sql = "SELECT ecommerce_internal.reopen_stock_books($1, $2, $3)",
	.nargs = 3,
	.types = {INT4OID, UUIDARRAYOID, TIMESTAMPTZOID}
};

/*
 * Join what a reservation held with what was taken besides, each product and
 * warehouse once.  Both are in the order of products.
 */
static void
join_taken(EcPlacement *order, const EcTaken *held, int nheld,
		   const EcTaken *more, int nmore)
{
	EcTaken    *all = palloc_array(EcTaken, (Size) (nheld + nmore));
	int			n = 0;
	int			h = 0;

	for (int m = 0; h < nheld || m < nmore;)
	{
		const pg_uuid_t *product_id = m == nmore ||
		(h < nheld && ec_uuid_compare(&held[h].product_id, &more[m].product_id) <= 0)
		? &held[h].product_id : &more[m].product_id;
		int			first = n;

		for (; h < nheld && ec_uuid_compare(&held[h].product_id, product_id) == 0; h++)
			all[n++] = held[h];
		for (; m < nmore && ec_uuid_compare(&more[m].product_id, product_id) == 0; m++)
		{
			int			k = first;

			while (k < n && all[k].warehouse_id != more[m].warehouse_id)
				k++;
			if (k < n)
				all[k].quantity += more[m].quantity;
			else
				all[n++] = more[m];
		}
	}
	order->taken = all;
	order->ntaken = n;
}

/* Forget balances of stock that an order of the past makes wrong. */
static void
reopen_books(const EcPlacement *order)
{
	Datum	   *ids = palloc_array(Datum, (Size) order->nitems);
	Datum		arguments[3];

	for (int i = 0; i < order->nitems; i++)
		ids[i] = UUIDPGetDatum(&order->items[i].product_id);
	arguments[0] = Int32GetDatum(order->tenant_id);
	arguments[1] = PointerGetDatum(construct_array(ids, order->nitems, UUIDOID, UUID_LEN,
												   false, TYPALIGN_CHAR));
	arguments[2] = TimestampTzGetDatum(order->created_at);
	(void) ec_execute(&reopen_books_plan, arguments, NULL);
}

/*
 * What an order takes from stock: its demands, less what a reservation holds of them
 * already, which is changed to what is used.  What it holds too much goes back.
 */
EcDemand *
ec_order_changes(const EcPlacement *order, EcTaken *reserved, int nreserved, int *n)
{
	int			ndemands;
	EcDemand   *demands = ec_items_demand(order->items, order->nitems, &ndemands);
	EcDemand   *changes;
	int			count = 0;
	int			d = 0;
	int			r = 0;

	*n = ndemands;
	if (nreserved == 0)
		return demands;

	/* Both are sorted by product. */
	changes = palloc0_array(EcDemand, (Size) (ndemands + nreserved));
	while (d < ndemands || r < nreserved)
	{
		int			c = d == ndemands ? 1 : r == nreserved ? -1
		: ec_uuid_compare(&demands[d].product_id, &reserved[r].product_id);
		const pg_uuid_t *product_id = c <= 0 ? &demands[d].product_id
		: &reserved[r].product_id;
		int32		left = c <= 0 ? demands[d].quantity : 0;

		for (; r < nreserved &&
			 ec_uuid_compare(&reserved[r].product_id, product_id) == 0; r++)
		{
			int32		used = Min(left, reserved[r].quantity);

			left -= used;
			if (used < reserved[r].quantity)
			{
				changes[count].product_id = *product_id;
				changes[count].warehouse_id = reserved[r].warehouse_id;
				changes[count++].quantity = used - reserved[r].quantity;
				reserved[r].quantity = used;
			}
		}
		if (left > 0)
		{
			changes[count] = demands[d];
			changes[count++].quantity = left;
		}
		d += c <= 0;
	}
	*n = count;
	return changes;
}

/* Take the stock of the order. */
static void
change_stock(EcPlacement *order, EcTaken *reserved, int nreserved)
{
	int			n;
	EcDemand   *changes = ec_order_changes(order, reserved, nreserved, &n);
	EcTaken    *taken = ec_stock_change(order->tenant_id, changes, n, &n);

	if (nreserved > 0)
		join_taken(order, reserved, nreserved, taken, n);
	else
	{
		order->taken = taken;
		order->ntaken = n;
	}
}

/*
 * Keep the products from being deleted while they are ordered.  Those that
 * have stock are kept by the lock on it.
 */
static void
lock_products(EcPlacement *order)
{
	Datum		arguments[1] = {Int32GetDatum(order->tenant_id)};
	EcRows		rows;
	uint64		count = 0;
	bool		nulls[1] = {false};

	for (int i = 0; i < order->nitems; i++)
		count += !order->items[i].track_stock;
	if (count == 0)
		return;
	ec_rows_begin(&rows, &untracked);
	for (int i = 0; i < order->nitems; i++)
	{
		Datum		values[1] = {UUIDPGetDatum(&order->items[i].product_id)};

		if (!order->items[i].track_stock)
			ec_rows_add(&rows, values, nulls);
	}
	ec_rows_register(&rows);
	if (ec_execute(&lock_products_plan, arguments, NULL) != count)
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_PRODUCT),
				 errmsg("unknown product"),
				 errdetail("One of the order was deleted just now.")));
	ec_rows_end(&rows);
}

/* Take the stock of an order, and lock the products that have none. */
void
ec_order_take_stock(EcPlacement *order, EcTaken *reserved, int nreserved)
{
	if (order->history)
		reopen_books(order);
	change_stock(order, reserved, nreserved);
	lock_products(order);
}

/* Where what was taken of a product begins */
static int
find_taken(const EcPlacement *order, const pg_uuid_t *product_id)
{
	int			low = 0;
	int			high = order->ntaken;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (ec_uuid_compare(&order->taken[middle].product_id, product_id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Which warehouses a line's units come from, {"warehouse": units}, or NULL if
 * all are from the default one.  What the line takes is taken off.
 */
Jsonb *
ec_order_allocate_line(EcPlacement *order, const EcItem *item)
{
	JsonbParseState *state = NULL;
	int32		left = item->quantity;
	bool		elsewhere = false;

	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = find_taken(order, &item->product_id); left > 0 && i < order->ntaken; i++)
	{
		EcTaken    *taken = &order->taken[i];
		int32		used = Min(left, taken->quantity);

		if (ec_uuid_compare(&taken->product_id, &item->product_id) != 0)
			break;
		if (used == 0)
			continue;
		taken->quantity -= used;
		left -= used;
		elsewhere |= taken->warehouse_id != EC_DEFAULT_WAREHOUSE;
		ec_json_push_amount(&state, psprintf("%d", taken->warehouse_id), used, 0);
	}
	return elsewhere ? JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL))
		: NULL;
}

/* Was anything taken from another warehouse than the default one? */
bool
ec_order_taken_elsewhere(const EcPlacement *order)
{
	for (int i = 0; i < order->ntaken; i++)
		if (order->taken[i].warehouse_id != EC_DEFAULT_WAREHOUSE)
			return true;
	return false;
}
