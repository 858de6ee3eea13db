/*
 * order_source.c
 *	  Who orders, and what a cart or a reservation says is ordered.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "customer.h"
#include "db/plan.h"
#include "db/scan.h"
#include "errors.h"
#include "order.h"
#include "value/numeric_codec.h"
#include "value/uuid.h"

static const EcTable cart_items = {
	.name = "cart_items",
	.nkeys = 2,
	.ncolumns = 2,
	.columns = {
		{"tenant_id", INT4OID}, {"cart_id", UUIDOID}
	}
};

/* Columns of cart_plan */
enum
{
	CART_USER = 1,
	CART_ORDER,
	CART_OPEN,
	CART_COUPONS
};

/* Columns of cart_items_plan */
enum
{
	CART_PRODUCT = 1,
	CART_QUANTITY,
	CART_PRICE
};

static EcPlan cart_plan = {
	.sql = "SELECT user_id, order_id, status = 'open', coupon_codes FROM {carts}"
	" WHERE tenant_id = $1 AND id = $2 FOR UPDATE",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan quoted_cart_plan = {
	.sql = "SELECT user_id, order_id, status = 'open', coupon_codes FROM {carts}"
	" WHERE tenant_id = $1 AND id = $2",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan cart_items_plan = {
	.sql = "SELECT product_id, quantity, unit_price FROM {cart_items}"
	" WHERE tenant_id = $1 AND cart_id = $2 ORDER BY created_at, product_id",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan cart_ordered_plan = {
	.sql = "UPDATE {carts} SET status = 'ordered', order_id = $3"
	" WHERE tenant_id = $1 AND id = $2",
	.nargs = 3,
	.types = {INT4OID, UUIDOID, UUIDOID}
};

/* Check that the customer is one, and find out where to write to and what prices are theirs. */
void
ec_order_find_user(EcPlacement *order)
{
	EcCustomer	customer;

	if (!order->has_user)
		return;
	ec_customer_find(order->tenant_id, &order->user_id, !order->quote, &customer);
	order->has_group = customer.has_group;
	order->group_id = customer.group_id;
	if (!order->has_email)
		order->email = customer.email;
	order->has_email = true;
}

/*
 * At REPEATABLE READ the lines of a cart may be newer than the snapshot, and an
 * order without them would lose them.
 */
static void
check_cart_snapshot(const EcPlacement *order, const pg_uuid_t *cart_id)
{
	Datum		keys[2] = {
		Int32GetDatum(order->tenant_id), UUIDPGetDatum(cart_id)
	};
	EcScan		scan;
	int			known = 0;
	int			n = 0;

	if (!IsolationUsesXactSnapshot() || order->quote)
		return;
	PushActiveSnapshot(GetLatestSnapshot());
	ec_scan_open(&scan, &cart_items, order->tenant_id, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 2, keys);
	for (; ec_scan_next(&scan); n++)
	{
		TransactionId xmin = HeapTupleHeaderGetXmin(scan.tuple->t_data);

		known += TransactionIdIsCurrentTransactionId(xmin) ||
			!XidInMVCCSnapshot(xmin, GetTransactionSnapshot());
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	PopActiveSnapshot();
	if (n != order->nitems || n != known)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update")));
}

/*
 * Lock a cart that is open (but for a quote), and find out whose it is.  A retry whose first answer
 * was lost is told the order that the cart became.
 */
static void
lock_cart(EcPlacement *order, const pg_uuid_t *cart_id, Datum *arguments)
{
	bool		known = ec_execute(order->quote ? &quoted_cart_plan : &cart_plan,
								   arguments, NULL) == 1;
	bool		guest = true;
	bool		no_order = true;
	bool		no_coupons;
	Datum		coupons;
	Datum		user = (Datum) 0;
	Datum		became = (Datum) 0;

	if (known)
		user = ec_value_or_null(0, CART_USER, UUIDOID, &guest);

	/* To order the cart of a user is to order in the name of that user. */
	known = known && (guest || ec_customer_allowed(DatumGetUUIDP(user), order->trusted)) &&
		(guest || !order->has_user ||
		 ec_uuid_compare(DatumGetUUIDP(user), &order->user_id) == 0);
	if (known)
		became = ec_value_or_null(0, CART_ORDER, UUIDOID, &no_order);
	if (!known || !DatumGetBool(ec_value(0, CART_OPEN, BOOLOID)))
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_CART),
				 errmsg("no open cart %s", ec_uuid_text(cart_id)),
				 no_order ? 0
				 : errdetail("It became order %s.", ec_uuid_text(DatumGetUUIDP(became)))));
	if (!guest)
	{
		order->has_user = true;
		order->user_id = *DatumGetUUIDP(user);
	}
	coupons = ec_value_or_null(0, CART_COUPONS, TEXTARRAYOID, &no_coupons);
	if (!no_coupons)
		order->cart_coupons = PointerGetDatum(PG_DETOAST_DATUM_COPY(coupons));
}

/* Lock a cart and read its items. */
void
ec_order_read_cart(EcPlacement *order, const pg_uuid_t *cart_id)
{
	Datum		arguments[2] = {
		Int32GetDatum(order->tenant_id), UUIDPGetDatum(cart_id)
	};

	lock_cart(order, cart_id, arguments);
	order->nitems = (int) ec_execute(&cart_items_plan, arguments, NULL);
	check_cart_snapshot(order, cart_id);
	order->items = palloc0_array(EcItem, (Size) order->nitems);
	for (int i = 0; i < order->nitems; i++)
	{
		EcItem	   *item = &order->items[i];
		Datum		price;
		bool		isnull;

		item->product_id = *DatumGetUUIDP(ec_value((uint64) i, CART_PRODUCT, UUIDOID));
		item->quantity = DatumGetInt32(ec_value((uint64) i, CART_QUANTITY, INT4OID));
		price = ec_value_or_null((uint64) i, CART_PRICE, NUMERICOID, &isnull);
		item->has_price = !isnull;
		if (item->has_price)
			item->unit_price = ec_numeric_decode(price, "unit price");
	}
}

/* Note of a cart that it is ordered. */
void
ec_order_close_cart(const EcPlacement *order, const pg_uuid_t *cart_id)
{
	Datum		arguments[3] = {
		Int32GetDatum(order->tenant_id), UUIDPGetDatum(cart_id),
		UUIDPGetDatum(&order->id)
	};

	ec_written(ec_execute(&cart_ordered_plan, arguments, NULL), 1, "carts");
}

/* Order what a reservation holds. */
void
ec_order_read_reserved(EcPlacement *order, const EcTaken *reserved, int n)
{
	order->items = palloc0_array(EcItem, (Size) n);
	for (int i = 0; i < n; i++)
	{
		EcItem	   *item = order->nitems == 0 ? NULL : &order->items[order->nitems - 1];

		if (item == NULL ||
			ec_uuid_compare(&item->product_id, &reserved[i].product_id) != 0)
		{
			item = &order->items[order->nitems++];
			item->product_id = reserved[i].product_id;
		}
		item->quantity += reserved[i].quantity;
	}
}
