/*
 * order.c
 *	  Placing an order.
 *
 * The life of one call of place_order():
 *
 * 1. Its arguments are read and checked, without a table (order_request.c).
 * 2. Its idempotency key is claimed; if it was used before, the call answers
 *	  what that order was (order_write.c).
 * 3. The cart or the reservation is locked and read, and the user looked up
 *	  (order_source.c).
 * 4. Settings, products, VAT and coupons give the totals (order_total.c).
 * 5. Stock is locked and taken, and products that have none are locked
 *	  (order_stock.c).
 * 6. One statement writes the order, its lines and its event, whatever the
 *	  number of lines (order_write.c), and the cart is closed.
 *
 * quote_order() does 1, 3 and 4 without locks, and reads stock (order_quote.c).
 *
 * Triggers of users may call back into it, so nothing that one call needs is
 * kept in a static variable.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "utils/builtins.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "db/table.h"
#include "errors.h"
#include "order.h"
#include "value/arguments.h"
#include "value/numeric_codec.h"
#include "value/result.h"

const Oid	ec_placed_types[PLACED_COLUMNS] = {
	UUIDOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, NUMERICOID, NUMERICOID, NUMERICOID
};

/* The order that a transaction has placed last, while it lasts */
static pg_uuid_t placed_order_id;
static LocalTransactionId placed_order_lxid = InvalidLocalTransactionId;

PG_FUNCTION_INFO_V1(ec_placed_order_id);

/* placed_order_id() -> uuid */
Datum
ec_placed_order_id(PG_FUNCTION_ARGS)
{
	if (placed_order_lxid != EcLocalTransactionId())
		PG_RETURN_NULL();
	PG_RETURN_UUID_P(&placed_order_id);
}

/* Read what is ordered, locked unless it is a quote; return what a reservation holds of it. */
static EcTaken *
read_source(FunctionCallInfo fcinfo, EcPlacement *order, int *nreserved)
{
	EcTaken    *reserved = NULL;

	*nreserved = 0;
	if (!PG_ARGISNULL(ARG_CART))
	{
		ec_order_read_cart(order, PG_GETARG_UUID_P(ARG_CART));
		if (PG_ARGISNULL(ARG_COUPON_CODES) && order->cart_coupons != (Datum) 0)
		{
			fcinfo->args[ARG_COUPON_CODES].value = order->cart_coupons;
			fcinfo->args[ARG_COUPON_CODES].isnull = false;
		}
	}
	if (!PG_ARGISNULL(ARG_RESERVATION))
	{
		reserved = ec_reservation_take(order->tenant_id,
									   PG_GETARG_UUID_P(ARG_RESERVATION),
									   order->quote ? NULL : &order->id, nreserved);
		if (PG_ARGISNULL(ARG_ITEMS) && PG_ARGISNULL(ARG_CART))
			ec_order_read_reserved(order, reserved, *nreserved);
	}
	if (order->nitems == 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_EMPTY_ORDER),
				 errmsg("nothing is ordered")));
	return reserved;
}

/*
 * Find out what is ordered, by whom, and what it comes to; return what a reservation
 * holds of it.  The request was read.
 */
EcTaken *
ec_order_compute(FunctionCallInfo fcinfo, EcPlacement *order, int *nreserved)
{
	EcTaken    *reserved = read_source(fcinfo, order, nreserved);

	/* Prices must not be older than those that a cart has. */
	if (!order->quote && !PG_ARGISNULL(ARG_CART))
		ec_refresh();
	ec_order_find_user(order);
	order->settings = ec_settings(order->tenant_id, order->created_at);
	ec_order_total(fcinfo, order);
	return reserved;
}

/* Place an order, or find the one that its key has placed. */
static void
place(FunctionCallInfo fcinfo, EcPlacement *order, Datum *placed)
{
	EcTotals   *totals = &order->document.totals;
	EcTaken    *reserved;
	int			nreserved;

	ec_order_read_request(fcinfo, order);

	/* Tables in one order: plans that are kept lock them in another one. */
	LockRelationOid(ec_relation_oid("orders"), RowExclusiveLock);
	if (!PG_ARGISNULL(ARG_IDEMPOTENCY_KEY) && !ec_order_claim_key(fcinfo, order, placed))
		return;
	reserved = ec_order_compute(fcinfo, order, &nreserved);
	order->order_number = ec_order_number_of(&order->id, order->settings->day);
	ec_order_take_stock(order, reserved, nreserved);
	ec_order_write(fcinfo, order);
	if (!PG_ARGISNULL(ARG_CART))
		ec_order_close_cart(order, PG_GETARG_UUID_P(ARG_CART));

	placed[PLACED_ID] = UUIDPGetDatum(&order->id);
	placed[PLACED_NUMBER] = PointerGetDatum(order->order_number);
	placed[PLACED_AT] = TimestampTzGetDatum(order->created_at);
	placed[PLACED_CURRENCY] = CStringGetTextDatum(order->currency);
	placed[PLACED_NET] = EcAmountGetDatum(totals->net, order->minor_units);
	placed[PLACED_VAT] = EcAmountGetDatum(totals->vat, order->minor_units);
	placed[PLACED_GROSS] = EcAmountGetDatum(totals->gross, order->minor_units);
}

/* Begin, place and end; this transaction may read the order. */
static void
place_order(FunctionCallInfo fcinfo, bool quoted, Datum *placed)
{
	EcPlacement *order = palloc0_object(EcPlacement);

	order->quoted = quoted;
	order->tenant_id = ec_begin(fcinfo, ARG_TENANT);
	place(fcinfo, order, placed);
	ec_end();
	placed_order_id = *DatumGetUUIDP(placed[PLACED_ID]);
	placed_order_lxid = EcLocalTransactionId();
}

/* Place what a request asks for, in a call of a function. */
void
ec_order_place_request(FmgrInfo *function, const EcRequest *request,
					   NullableDatum tenant, bool quoted, Datum *placed)
{
	LOCAL_FCINFO(call, ARG_TENANT + 1);

	InitFunctionCallInfoData(*call, function, ARG_TENANT + 1, DEFAULT_COLLATION_OID, NULL, NULL);
	memcpy(call->args, request->arguments, sizeof(request->arguments));
	call->args[ARG_TENANT] = tenant;
	place_order(call, quoted, placed);
}

PG_FUNCTION_INFO_V1(ec_place_order);

/* place_order(items, ..., tenant_id) -> placed_order; see its SQL comment */
Datum
ec_place_order(PG_FUNCTION_ARGS)
{
	Datum		placed[PLACED_COLUMNS];

	ec_order_place_request(fcinfo->flinfo, ec_order_read_call(fcinfo), fcinfo->args[ARG_TENANT],
						   false, placed);
	PG_RETURN_DATUM(ec_result_row(fcinfo, ec_placed_types, PLACED_COLUMNS, placed));
}

PG_FUNCTION_INFO_V1(ec_place_quoted_order);

/*
 * place_quoted_order(request jsonb, tenant_id integer) -> placed_order
 *
 * What it is given was checked when the quote was made: it may price and name a
 * customer whoever accepts.
 */
Datum
ec_place_quoted_order(PG_FUNCTION_ARGS)
{
	Datum		placed[PLACED_COLUMNS];

	ec_argument_given(fcinfo, 0, "request");
	ec_order_place_request(fcinfo->flinfo, ec_order_read_jsonb(PG_GETARG_JSONB_P(0)),
						   fcinfo->args[1], true, placed);
	PG_RETURN_DATUM(ec_result_row(fcinfo, ec_placed_types, PLACED_COLUMNS, placed));
}
