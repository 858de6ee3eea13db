/*
 * order.c
 *	  Orders: placing and cancelling them.
 *
 * place_order() looks up settings, rates and products, locks the stock, and
 * then runs two statements, whatever the number of lines: one takes the stock,
 * one writes the order, its lines and its event.
 *
 * Triggers of users may call back into it, so nothing that one call needs is
 * kept in a static variable.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/proc.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datum.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "call.h"
#include "catalog_items.h"
#include "core/vat_id.h"
#include "db/plan.h"
#include "db/scan.h"
#include "db/table.h"
#include "ecommerce.h"
#include "errors.h"
#include "stock.h"
#include "tenant_settings.h"
#include "totals_document.h"
#include "value/arguments.h"
#include "value/json.h"
#include "value/numeric_codec.h"
#include "value/result.h"
#include "value/uuid.h"
#include "vat_treatment.h"

/* Arguments of place_order */
enum
{
	ARG_ITEMS,
	ARG_CART,
	ARG_RESERVATION,
	ARG_USER,
	ARG_EMAIL,
	ARG_PHONE,
	ARG_BILLING_ADDRESS,
	ARG_SHIPPING_ADDRESS,
	ARG_BUYER_VAT_ID,
	ARG_BUYER_VAT_ID_VALID,
	ARG_CURRENCY,
	ARG_EXPECTED_TOTAL,
	ARG_ALLOWANCES,
	ARG_CHARGES,
	ARG_COUPON_CODES,
	ARG_NOTES,
	ARG_METADATA,
	ARG_PLACED_AT,
	ARG_IDEMPOTENCY_KEY,
	ARG_TENANT
};

#define MAX_EMAIL 254
#define MAX_PHONE 30
#define MAX_NOTES 10000
#define MAX_KEY 255
#define MAX_REASON 10000
#define MAX_VAT_ID 50
#define MAX_METADATA 1000000

/* A key of a caller whom nobody vouches for must be hard to guess. */
#define MIN_UNTRUSTED_KEY 16

/* Digits before the decimal point that a total may have */
#define MAX_TOTAL_DIGITS 18

/* Types of the columns of placed_order */
#define ORDER_TYPES \
	UUIDOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, NUMERICOID, NUMERICOID, NUMERICOID


/* What goes through placing an order */
typedef struct Placement
{
	int32		tenant_id;
	pg_uuid_t	id;
	TimestampTz created_at;
	bool		history;		/* placed_at was given */
	bool		trusted;		/* the caller may write orders itself */
	const EcSettings *settings;
	char	   *currency;
	int			minor_units;
	bool		has_user;
	pg_uuid_t	user_id;
	Datum		email;
	bool		has_email;
	EcItem	   *items;
	int			nitems;
	EcSale		sale;
	EcTaken    *taken;			/* from stock, in the order of products */
	int			ntaken;
	EcDocument	document;
	text	   *order_number;
} Placement;

static EcRowType new_items = {
	.name = "new_items",
	.ncolumns = 14,
	.columns = {
		{"line_number", INT4OID}, {"kind", TEXTOID}, {"product_id", UUIDOID},
		{"sku", TEXTOID}, {"name", TEXTOID}, {"quantity", INT4OID},
		{"unit_price", NUMERICOID}, {"discount", NUMERICOID},
		{"vat_category", TEXTOID}, {"vat_rate", NUMERICOID},
		{"net", NUMERICOID}, {"vat", NUMERICOID}, {"from_stock", BOOLOID},
		{"allocation", JSONBOID}
	}
};

static EcRowType untracked = {
	.name = "untracked",
	.ncolumns = 1,
	.columns = {{"product_id", UUIDOID}}
};

static EcPlan keep_products_plan = {
	.sql = "SELECT FROM untracked u JOIN ecommerce.products p ON p.tenant_id = $1 AND p.id = u.product_id"
	" ORDER BY p.id FOR KEY SHARE OF p",
	.nargs = 1,
	.types = {INT4OID}
};

static EcPlan cart_plan = {
	.sql = "SELECT user_id FROM ecommerce.carts"
	" WHERE tenant_id = $1 AND id = $2 AND status = 'open' FOR UPDATE",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan cart_items_plan = {
	.sql = "SELECT product_id, quantity, unit_price FROM ecommerce.cart_items"
	" WHERE tenant_id = $1 AND cart_id = $2 ORDER BY created_at, product_id",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan cart_ordered_plan = {
	.sql = "UPDATE ecommerce.carts SET status = 'ordered', order_id = $3 WHERE tenant_id = $1 AND id = $2",
	.nargs = 3,
	.types = {INT4OID, UUIDOID, UUIDOID}
};
static EcPlan redeem_plan = {
	.sql = "SELECT allowances, free_shipping FROM ecommerce.redeem_coupons($1, $2, $3, $4, $5, $6, $7, $8)",
	.nargs = 8,
	.types = {
		INT4OID, TEXTARRAYOID, UUIDOID, TEXTOID, NUMERICOID, TEXTOID, UUIDOID,
		TIMESTAMPTZOID
	}
};
static EcPlan release_coupons_plan = {
	.sql = "SELECT ecommerce.release_coupons($1, $2)",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};
static EcPlan repay_gift_cards_plan = {
	.sql = "SELECT ecommerce.return_to_gift_cards($1, $2, $3, NULL)",
	.nargs = 3,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID}
};
static EcPlan reopen_books_plan = {
	.sql = "SELECT ecommerce.reopen_stock_books($1, $2, $3)",
	.nargs = 3,
	.types = {INT4OID, UUIDARRAYOID, TIMESTAMPTZOID}
};
static EcPlan insert_plan = {
	.sql = "WITH placed AS (INSERT INTO ecommerce.orders (tenant_id, id, created_at, order_number, user_id,"
	" email, phone, currency, prices, net, vat, gross, country, region, billing_address, shipping_address,"
	" notes, metadata, vat_scheme, vatex, vat_reason, mydata_exemption, buyer_vat_id)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
	" $20, $21, $22, $23, $24) RETURNING id, net, vat, gross, currency),"
	" event AS (INSERT INTO ecommerce.events (tenant_id, id, created_at, kind, entity_id)"
	" SELECT $1, $19, $3, 'order.placed', p.id FROM placed p"
	" WHERE (p.net, p.vat, p.gross, p.currency) = ($10, $11, $12, $8) RETURNING entity_id)"
	" INSERT INTO ecommerce.order_items (tenant_id, order_id, order_created_at, line_number, kind, product_id,"
	" sku, name, quantity, unit_price, discount, vat_category, vat_rate, net, vat, from_stock, allocation)"
	" SELECT $1, e.entity_id, $3, n.line_number, n.kind, n.product_id, n.sku, n.name, n.quantity, n.unit_price, n.discount,"
	" n.vat_category, n.vat_rate, n.net, n.vat, n.from_stock, n.allocation FROM event e, new_items n"
	" RETURNING line_number, quantity, net, vat",
	.nargs = 24,
	.types = {
		INT4OID, UUIDOID, TIMESTAMPTZOID, TEXTOID, UUIDOID, TEXTOID, TEXTOID,
		TEXTOID, TEXTOID, NUMERICOID, NUMERICOID, NUMERICOID, TEXTOID, TEXTOID,
		JSONBOID, JSONBOID, TEXTOID, JSONBOID, UUIDOID, TEXTOID, TEXTOID,
		TEXTOID, INT4OID, TEXTOID
	}
};
static EcPlan key_insert_plan = {
	.sql = "INSERT INTO ecommerce.idempotency_keys (tenant_id, key, request_hash, order_id, order_created_at)"
	" VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
	.nargs = 5,
	.types = {INT4OID, TEXTOID, BYTEAOID, UUIDOID, TIMESTAMPTZOID}
};
static EcPlan key_find_plan = {
	.sql = "SELECT k.request_hash = $3, o.id, o.order_number, o.created_at, o.currency, o.net, o.vat, o.gross"
	" FROM ecommerce.idempotency_keys k"
	" JOIN ecommerce.orders o ON o.tenant_id = k.tenant_id AND o.id = k.order_id AND o.created_at = k.order_created_at"
	" WHERE k.tenant_id = $1 AND k.key = $2",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 3,
	.types = {INT4OID, TEXTOID, BYTEAOID}
};
static EcPlan lock_order_plan = {
	.sql = "SELECT status, created_at, order_number FROM ecommerce.orders"
	" WHERE tenant_id = $1 AND id = $2 AND created_at BETWEEN $3 AND $4 FOR NO KEY UPDATE",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 4,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID}
};
static EcPlan cancel_plan = {
	.sql = "WITH event AS (INSERT INTO ecommerce.events (tenant_id, id, kind, entity_id, data)"
	" VALUES ($1, $4, 'order.cancelled', $2, jsonb_strip_nulls(jsonb_build_object('reason', $5, 'from', $6)))"
	" RETURNING entity_id)"
	" UPDATE ecommerce.orders o SET status = 'cancelled' FROM event e"
	" WHERE o.tenant_id = $1 AND o.id = e.entity_id AND o.created_at = $3"
	" RETURNING o.status = 'cancelled'",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 6,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID, UUIDOID, TEXTOID, TEXTOID}
};

/* The order that a transaction has placed last, while it lasts */
static pg_uuid_t placed_order_id;
static LocalTransactionId placed_order_lxid = InvalidLocalTransactionId;

/* A jsonb argument as a value to read; an absent one is null. */
static void
json_argument(FunctionCallInfo fcinfo, int n, JsonbValue *value)
{
	value->type = jbvNull;
	if (!PG_ARGISNULL(n))
		JsonbToJsonbValue(PG_GETARG_JSONB_P(n), value);
}

/* A string of an address, or NULL. */
static const char *
address_text(const JsonbValue *field)
{
	return ec_json_given(field)
		? pnstrdup(field->val.string.val, (Size) field->val.string.len) : NULL;
}

/* Read an address, which has known keys and strings only. */
static void
read_address(FunctionCallInfo fcinfo, int n, const char *name, EcAddress *address)
{
	static const char *const keys[] = {
		"first_name", "last_name", "company", "address_line_1",
		"address_line_2", "city", "state", "postal_code", "country", "phone",
		"vat_id"
	};
	EcPlace		place = {name, -1, NULL};
	JsonbValue	value;
	JsonbValue	fields[lengthof(keys)];

	json_argument(fcinfo, n, &value);
	if (!ec_json_given(&value))
		return;
	ec_json_object(&value, &place, keys, fields, lengthof(keys));
	for (int i = 0; i < (int) lengthof(keys); i++)
		if (ec_json_given(&fields[i]) &&
			(fields[i].type != jbvString || fields[i].val.string.len > 4 * 255))
			ec_json_wrong(&place, keys[i], "a string of at most 255 characters");
	if (ec_json_given(&fields[8]) && fields[8].val.string.len != 2)
		ec_json_wrong(&place, "country", "an ISO 3166-1 alpha-2 code");
	address->city = address_text(&fields[5]);
	address->state = address_text(&fields[6]);
	address->postal_code = address_text(&fields[7]);
	address->country = address_text(&fields[8]);
}

/* Read the buyer's VAT id, in its one form if it has that. */
static void
read_vat_id(FunctionCallInfo fcinfo, Placement *order)
{
	char		normal[EC_VAT_ID_TEXT];
	bool		well_formed = false;

	ec_argument_length(fcinfo, ARG_BUYER_VAT_ID, "buyer_vat_id", MAX_VAT_ID);
	if (!PG_ARGISNULL(ARG_BUYER_VAT_ID))
	{
		order->sale.buyer_vat_id = PG_GETARG_TEXT_PP(ARG_BUYER_VAT_ID);
		well_formed = ec_vat_id_normalize(VARDATA_ANY(order->sale.buyer_vat_id),
										  VARSIZE_ANY_EXHDR(order->sale.buyer_vat_id),
										  normal);
		if (well_formed)
			order->sale.buyer_vat_id = cstring_to_text(normal);
	}
	order->sale.identified = !PG_ARGISNULL(ARG_BUYER_VAT_ID_VALID) &&
		PG_GETARG_BOOL(ARG_BUYER_VAT_ID_VALID);
	if (order->sale.identified && !well_formed)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("buyer_vat_id is not well-formed"),
				 errdetail("So it cannot be valid.")));
}

/* Refuse a jsonb argument that is no object, or too large. */
static void
CheckObject(FunctionCallInfo fcinfo, int n, const char *name, int max_size)
{
	EcPlace		place = {name, -1, NULL};

	if (PG_ARGISNULL(n))
		return;
	if (toast_raw_datum_size(PG_GETARG_DATUM(n)) > (Size) max_size)
		ereport(ERROR,
				(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
				 errmsg("%s is too long", name),
				 errdetail("It may have %d bytes.", max_size)));
	if (!JB_ROOT_IS_OBJECT(PG_GETARG_JSONB_P(n)))
		ec_json_wrong(&place, NULL, "an object");
}

/* Characters of a text */
static int
text_length(text *value)
{
	return pg_mbstrlen_with_len(VARDATA_ANY(value), (int) VARSIZE_ANY_EXHDR(value));
}

/* Refuse what cannot be an email address. */
static void
CheckEmail(FunctionCallInfo fcinfo)
{
	char	   *email;
	char	   *at;

	if (PG_ARGISNULL(ARG_EMAIL))
		return;
	email = text_to_cstring(PG_GETARG_TEXT_PP(ARG_EMAIL));
	at = strchr(email, '@');
	if (at == NULL || at == email || at[1] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("wrong email address")));
}

/*
 * Refuse what decides what is paid, or by whom, from those who may not write
 * orders themselves.
 */
static void
CheckTrusted(FunctionCallInfo fcinfo, Placement *order)
{
	bool		asks = !PG_ARGISNULL(ARG_PLACED_AT) || !PG_ARGISNULL(ARG_ALLOWANCES) ||
	!PG_ARGISNULL(ARG_CHARGES) || !PG_ARGISNULL(ARG_USER) || order->sale.identified;

	if (!asks && PG_ARGISNULL(ARG_IDEMPOTENCY_KEY) && PG_ARGISNULL(ARG_CART))
		return;
	order->trusted = ec_call_trusted();
	if (order->trusted)
		return;
	if (asks)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for user_id, placed_at, allowances, charges and buyer_vat_id_valid"),
				 errdetail("They need the privilege to INSERT into ecommerce.orders.")));
	if (!PG_ARGISNULL(ARG_IDEMPOTENCY_KEY) &&
		text_length(PG_GETARG_TEXT_PP(ARG_IDEMPOTENCY_KEY)) < MIN_UNTRUSTED_KEY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("idempotency_key is easy to guess"),
				 errdetail("It must have at least %d characters, unless the role may INSERT into ecommerce.orders.",
						   MIN_UNTRUSTED_KEY),
				 errhint("Use a random UUID.")));
}

/* Refuse arguments that are wrong in themselves, before reading any table. */
static void
CheckArguments(FunctionCallInfo fcinfo, Placement *order)
{
	int			sources = !PG_ARGISNULL(ARG_ITEMS) + !PG_ARGISNULL(ARG_CART);

	if (sources > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an order takes either items or a cart, not both")));
	if (sources == 0 && PG_ARGISNULL(ARG_RESERVATION))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an order needs items, a cart or a reservation")));
	ec_argument_length(fcinfo, ARG_EMAIL, "email", MAX_EMAIL);
	ec_argument_length(fcinfo, ARG_PHONE, "phone", MAX_PHONE);
	ec_argument_length(fcinfo, ARG_NOTES, "notes", MAX_NOTES);
	CheckObject(fcinfo, ARG_METADATA, "metadata", MAX_METADATA);
	ec_argument_length(fcinfo, ARG_IDEMPOTENCY_KEY, "idempotency_key", MAX_KEY);
	if (!PG_ARGISNULL(ARG_IDEMPOTENCY_KEY) &&
		VARSIZE_ANY_EXHDR(PG_GETARG_TEXT_PP(ARG_IDEMPOTENCY_KEY)) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("idempotency_key must not be empty")));
	CheckEmail(fcinfo);
	read_address(fcinfo, ARG_BILLING_ADDRESS, "billing_address", &order->sale.billing);
	read_address(fcinfo, ARG_SHIPPING_ADDRESS, "shipping_address", &order->sale.shipping);
	read_vat_id(fcinfo, order);

	CheckTrusted(fcinfo, order);
}

/* Choose the id and the time of the order, which are one. */
static void
choose_id(FunctionCallInfo fcinfo, Placement *order)
{
	order->history = !PG_ARGISNULL(ARG_PLACED_AT);
	if (order->history)
	{
		TimestampTz at = PG_GETARG_TIMESTAMPTZ(ARG_PLACED_AT);

		if (at > TimestampTzPlusMilliseconds(GetCurrentTimestamp(), 60000))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("placed_at lies in the future")));
		ec_uuid_v7_at(at, &order->id);
	}
	else
		ec_uuid_v7_generate(&order->id);
	order->created_at = ec_uuid_v7_timestamp(&order->id);
	order->order_number =
		DatumGetTextPP(DirectFunctionCall1(ec_order_number,
										   UUIDPGetDatum(&order->id)));
}

/* Settle the currency: the prices', unless history tells its own. */
static void
settle_currency(FunctionCallInfo fcinfo, Placement *order)
{
	order->currency = text_to_cstring(order->settings->currency);
	if (!PG_ARGISNULL(ARG_CURRENCY))
	{
		char	   *currency;

		ec_argument_length(fcinfo, ARG_CURRENCY, "currency", 3);
		currency = text_to_cstring(PG_GETARG_TEXT_PP(ARG_CURRENCY));
		if (!order->history && strcmp(currency, order->currency) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("wrong currency"),
					 errdetail("Prices are in %s.", order->currency)));
		order->currency = currency;
	}
	order->minor_units = ec_currency_check(order->currency,
										   strlen(order->currency));
}

/* Check that the customer is one, and settle where to write to. */
static void
read_user(FunctionCallInfo fcinfo, Placement *order)
{
	static EcTable users = {
		.name = "users",
		.nkeys = 2,
		.nullable = 1 << 4,
		.ncolumns = 5,
		.columns = {
			{"tenant_id", INT4OID}, {"id", UUIDOID}, {"email", TEXTOID},
			{"status", TEXTOID}, {"deleted_at", TIMESTAMPTZOID}
		}
	};
	Datum		keys[2] = {
		Int32GetDatum(order->tenant_id), UUIDPGetDatum(&order->user_id)
	};
	EcScan		scan;
	bool		active = false;

	order->has_email = !PG_ARGISNULL(ARG_EMAIL);
	if (order->has_email)
		order->email = PG_GETARG_DATUM(ARG_EMAIL);
	if (!order->has_user)
		return;
	ec_scan_open(&scan, &users, AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 2, keys);
	if (ec_scan_next(&scan))
	{
		bool		isnull;

		(void) ec_scan_value(&scan, 4, &isnull);
		active = isnull &&
			strcmp(TextDatumGetCString(ec_scan_value(&scan, 3, &isnull)), "active") == 0;
		if (!order->has_email)
			order->email = PointerGetDatum(DatumGetTextPCopy(ec_scan_value(&scan, 2, &isnull)));
		order->has_email = true;
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	if (!active)
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_USER),
				 errmsg("unknown user"),
				 errdetail("User %s does not exist, or is not active.",
						   ec_uuid_text(&order->user_id))));
}

/*
 * At REPEATABLE READ the lines of a cart may be newer than the snapshot, and an
 * order without them would lose them.
 */
static void
CheckCartSnapshot(const Placement *order, const pg_uuid_t *cart_id)
{
	static EcTable cart_items = {
		.name = "cart_items",
		.nkeys = 2,
		.ncolumns = 2,
		.columns = {
			{"tenant_id", INT4OID}, {"cart_id", UUIDOID}
		}
	};
	Datum		keys[2] = {
		Int32GetDatum(order->tenant_id), UUIDPGetDatum(cart_id)
	};
	EcScan		scan;
	int			known = 0;
	int			n = 0;

	if (!IsolationUsesXactSnapshot())
		return;
	PushActiveSnapshot(GetLatestSnapshot());
	ec_scan_open(&scan, &cart_items, AccessShareLock);
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

/* Lock a cart and read its items. */
static void
read_cart(Placement *order, const pg_uuid_t *cart_id)
{
	Datum		arguments[2] = {
		Int32GetDatum(order->tenant_id), UUIDPGetDatum(cart_id)
	};
	bool		found = ec_execute(&cart_plan, arguments, NULL) == 1;
	bool		isnull = true;
	Datum		user = found ? ec_value_or_null(0, 1, UUIDOID, &isnull) : (Datum) 0;

	/* To order the cart of a user is to order in the name of that user. */
	if (!found || (!isnull && !order->trusted) ||
		(!isnull && order->has_user &&
		 ec_uuid_compare(DatumGetUUIDP(user), &order->user_id) != 0))
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_CART),
				 errmsg("no such open cart"),
				 errdetail("It is %s.", ec_uuid_text(cart_id))));
	if (!isnull)
	{
		order->has_user = true;
		order->user_id = *DatumGetUUIDP(user);
	}
	order->nitems = (int) ec_execute(&cart_items_plan, arguments, NULL);
	CheckCartSnapshot(order, cart_id);
	order->items = palloc0_array(EcItem, (Size) order->nitems);
	for (int i = 0; i < order->nitems; i++)
	{
		EcItem	   *item = &order->items[i];
		Datum		price;

		item->product_id = *DatumGetUUIDP(ec_value((uint64) i, 1, UUIDOID));
		item->quantity = DatumGetInt32(ec_value((uint64) i, 2, INT4OID));
		price = ec_value_or_null((uint64) i, 3, NUMERICOID, &isnull);
		item->has_price = !isnull;
		if (item->has_price)
			item->unit_price = ec_numeric_decode(price, "unit price");
	}
}

/* Order what a reservation holds. */
static void
read_reserved(Placement *order, const EcTaken *reserved, int n)
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

/* Settle the unit prices: the products', unless history tells its own. */
static void
settle_prices(Placement *order)
{
	StringInfoData changed;
	char		buffer[EC_DECIMAL_TEXT];

	initStringInfo(&changed);
	for (int i = 0; i < order->nitems; i++)
	{
		EcItem	   *item = &order->items[i];

		if (!item->has_price)
			item->unit_price = item->price;
		else if (!order->history &&
				 !ec_decimal_equal(item->unit_price, item->price) &&
				 changed.len < 10000)
		{
			appendStringInfoString(&changed, changed.len == 0 ? "[" : ", ");
			appendStringInfoString(&changed, "{\"sku\": ");
			escape_json(&changed, item->found_sku);
			(void) ec_decimal_format(item->unit_price, buffer);
			appendStringInfo(&changed, ", \"expected\": %s", buffer);
			(void) ec_decimal_format(item->price, buffer);
			appendStringInfo(&changed, ", \"price\": %s}", buffer);
		}
	}
	if (changed.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_PRICE_CHANGED),
				 errmsg("price has changed"),
				 errdetail("%s]", changed.data)));
}

/* Set the VAT category and rate of a product's line. */
static void
set_vat(const Placement *order, const EcItem *item, EcLine *line)
{
	const EcSettings *settings = order->settings;

	if (order->sale.ntreatments > 0)
	{
		const EcTreatment *t = ec_treatment_find(&order->sale, item);

		line->category = t->category;
		line->rate = t->rate;
		return;
	}
	if (strcmp(item->vat_class, "exempt") == 0)
	{
		line->category = EC_EXEMPT;
		return;
	}
	for (int i = 0; i < settings->nrates; i++)
		if (strcmp(settings->rates[i].vat_class, item->vat_class) == 0)
		{
			line->rate = settings->rates[i].rate;
			line->category = line->rate.value > 0 ? EC_STANDARD : EC_ZERO;
			return;
		}
	ereport(ERROR,
			(errcode(ERRCODE_EC_NO_VAT_RATE),
			 errmsg("no VAT rate is known"),
			 errdetail("Country \"%s\", region \"%s\", class \"%s\", on %s.",
					   text_to_cstring(settings->country),
					   text_to_cstring(settings->region), item->vat_class,
					   DatumGetCString(DirectFunctionCall1(date_out,
														   DateADTGetDatum(settings->day)))),
			 errhint("Add it to ecommerce.vat_rates.")));
}

/* Refuse what orders do not have: a discount that is a line of its own. */
static void
CheckLines(const EcDocument *document)
{
	for (size_t i = document->nproducts; i < document->nlines; i++)
		if (document->lines[i].kind == EC_ALLOWANCE)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("allowances of an order cannot have a VAT rate of their own"),
					 errdetail("They are spread over its lines.")));
}

/*
 * Redeem the coupons.  What they take off comes before the other allowances,
 * and is spread over the lines like these.
 */
static void
redeem_coupons(FunctionCallInfo fcinfo, Placement *order)
{
	EcDocument *document = &order->document;
	ec_int128	goods = 0;
	Datum		arguments[8];
	char		nulls[8];
	Datum		coupons;
	JsonbValue	allowances;

	if (PG_ARGISNULL(ARG_COUPON_CODES))
		return;
	for (size_t i = 0; i < document->nproducts; i++)
		goods += document->lines[i].amount;
	if (!ec_in_range(goods))
		ec_totals_error(EC_TOTALS_OVERFLOW);

	memset(nulls, ' ', sizeof(nulls));
	arguments[0] = Int32GetDatum(order->tenant_id);
	arguments[1] = PG_GETARG_DATUM(ARG_COUPON_CODES);
	arguments[2] = UUIDPGetDatum(&order->user_id);
	nulls[2] = order->has_user ? ' ' : 'n';
	arguments[3] = order->email;
	nulls[3] = order->has_email ? ' ' : 'n';
	arguments[4] = EcAmountGetDatum(goods, order->minor_units);
	arguments[5] = CStringGetTextDatum(order->currency);
	arguments[6] = UUIDPGetDatum(&order->id);
	arguments[7] = TimestampTzGetDatum(order->created_at);
	if (ec_execute(&redeem_plan, arguments, nulls) != 1)
		elog(ERROR, "coupons were not redeemed");

	coupons = ec_value(0, 1, JSONBOID);
	if (!PG_ARGISNULL(ARG_ALLOWANCES))
		coupons = DirectFunctionCall2(jsonb_concat, coupons,
									  PG_GETARG_DATUM(ARG_ALLOWANCES));
	JsonbToJsonbValue(DatumGetJsonbPCopy(coupons), &allowances);
	document->allowances = ec_json_array(&allowances, NULL, "allowances",
										 &document->nallowances);
	document->free_shipping = DatumGetBool(ec_value(0, 2, BOOLOID));
}

/* Compute the lines, their VAT, and the totals. */
static void
total_order(FunctionCallInfo fcinfo, Placement *order)
{
	EcDocument *document = &order->document;
	JsonbValue	allowances;
	JsonbValue	charges;

	json_argument(fcinfo, ARG_ALLOWANCES, &allowances);
	json_argument(fcinfo, ARG_CHARGES, &charges);
	ec_document_begin(document, order->settings->prices, order->minor_units,
					  (size_t) order->nitems, &allowances, &charges);
	for (int i = 0; i < order->nitems; i++)
	{
		EcItem	   *item = &order->items[i];
		EcLine	   *line = &document->lines[i];

		line->kind = EC_PRODUCT;
		set_vat(order, item, line);
		ec_line_amount(line, ec_decimal_of(item->quantity), item->unit_price,
					   ec_decimal_of(1), order->minor_units);
	}
	redeem_coupons(fcinfo, order);
	ec_document_total(document);
	CheckLines(document);
	if (document->totals.gross >= ec_power_of_ten(MAX_TOTAL_DIGITS + order->minor_units))
		ec_totals_error(EC_TOTALS_OVERFLOW);

	if (!PG_ARGISNULL(ARG_EXPECTED_TOTAL))
	{
		EcDecimal	expected =
		ec_numeric_decode(PG_GETARG_DATUM(ARG_EXPECTED_TOTAL), "expected_total");
		EcDecimal	gross = {document->totals.gross, order->minor_units};
		char		buffer[2][EC_DECIMAL_TEXT];

		if (!ec_decimal_equal(expected, ec_decimal_normalize(gross)))
		{
			(void) ec_decimal_format(expected, buffer[0]);
			(void) ec_decimal_format(gross, buffer[1]);
			ereport(ERROR,
					(errcode(ERRCODE_EC_TOTALS_DIFFER),
					 errmsg("the total is not the expected one"),
					 errdetail("Expected %s, but it is %s %s.", buffer[0],
							   buffer[1], order->currency)));
		}
	}
}

/*
 * Join what a reservation held with what was taken besides, each product and
 * warehouse once.  Both are in the order of products.
 */
static void
join_taken(Placement *order, const EcTaken *held, int nheld,
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
reopen_books(const Placement *order)
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
 * Take the stock of the order, less what a reservation holds of it already.
 * What the reservation holds too much goes back.
 */
static void
take_stock(Placement *order, EcTaken *reserved, int nreserved)
{
	int			n;
	EcDemand   *demands = ec_items_demand(order->items, order->nitems, &n);
	EcDemand   *changes;
	EcTaken    *more;
	int			count = 0;
	int			d = 0;
	int			r = 0;

	if (nreserved == 0)
	{
		order->taken = ec_stock_change(order->tenant_id, demands, n, &order->ntaken);
		return;
	}

	/* Both are sorted by product. */
	changes = palloc0_array(EcDemand, (Size) (n + nreserved));
	while (d < n || r < nreserved)
	{
		int			c = d == n ? 1 : r == nreserved ? -1
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
	more = ec_stock_change(order->tenant_id, changes, count, &n);
	join_taken(order, reserved, nreserved, more, n);
}

/*
 * Keep the products from being deleted while they are ordered.  Those that
 * have stock are kept by the lock on it.
 */
static void
keep_products(Placement *order)
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
	if (ec_execute(&keep_products_plan, arguments, NULL) != count)
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_PRODUCT),
				 errmsg("unknown product"),
				 errdetail("It was deleted just now.")));
	ec_rows_end(&rows);
}

/* A numeric as people write prices: with the currency's decimals at least. */
static Datum
price_datum(EcDecimal price, int minor_units)
{
	ec_int128	value = price.value;

	if (price.scale < minor_units)
	{
		(void) ec_decimal_round(price, minor_units, &value);
		return EcAmountGetDatum(value, minor_units);
	}
	return EcAmountGetDatum(value, price.scale);
}

/* Where what was taken of a product begins */
static int
find_taken(const Placement *order, const pg_uuid_t *product_id)
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
static Jsonb *
allocate_line(Placement *order, const EcItem *item)
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
static bool
taken_elsewhere(const Placement *order)
{
	for (int i = 0; i < order->ntaken; i++)
		if (order->taken[i].warehouse_id != EC_DEFAULT_WAREHOUSE)
			return true;
	return false;
}

/* Fill the rows of the order's lines. */
static void
fill_items(Placement *order, EcRows *rows)
{
	EcDocument *document = &order->document;
	int			scale = document->minor_units;
	bool		elsewhere = taken_elsewhere(order);

	ec_rows_begin(rows, &new_items);
	for (size_t i = 0; i < document->nlines; i++)
	{
		EcLine	   *line = &document->lines[i];
		Jsonb	   *allocation = NULL;
		Datum		values[14];
		bool		nulls[14] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = Int32GetDatum((int32) i + 1);
		values[1] = CStringGetTextDatum(ec_kind_names[line->kind]);
		if (line->kind == EC_PRODUCT)
		{
			EcItem	   *item = &order->items[i];

			values[2] = UUIDPGetDatum(&item->product_id);
			values[3] = CStringGetTextDatum(item->found_sku);
			values[4] = CStringGetTextDatum(item->name);
			values[5] = Int32GetDatum(item->quantity);
			values[6] = price_datum(item->unit_price, scale);
			values[12] = BoolGetDatum(item->track_stock);
			if (elsewhere && item->track_stock)
				allocation = allocate_line(order, item);
		}
		else
		{
			nulls[2] = nulls[3] = true;
			values[4] = CStringGetTextDatum(document->names[i]);
			values[5] = Int32GetDatum(1);
			values[6] = EcAmountGetDatum(line->amount, scale);
			values[12] = BoolGetDatum(false);
		}
		values[7] = EcAmountGetDatum(line->discount, scale);
		values[8] = CStringGetTextDatum(ec_category_code(line->category));
		values[9] = EcAmountGetDatum(line->rate.value, line->rate.scale);
		values[10] = EcAmountGetDatum(line->net, scale);
		values[11] = EcAmountGetDatum(line->vat, scale);
		values[13] = JsonbPGetDatum(allocation);
		nulls[13] = allocation == NULL;
		ec_rows_add(rows, values, nulls);
	}
	ec_rows_register(rows);
}

/* Lines that the last statement wrote as they are, for all that triggers did. */
static uint64
lines_written(const Placement *order, uint64 n)
{
	const EcDocument *document = &order->document;
	uint64		same = 0;

	for (uint64 i = 0; i < n; i++)
	{
		int32		number = DatumGetInt32(ec_value(i, 1, INT4OID));
		const EcLine *line;

		if (number < 1 || (size_t) number > document->nlines)
			continue;
		line = &document->lines[number - 1];
		same += DatumGetInt32(ec_value(i, 2, INT4OID)) ==
			(line->kind == EC_PRODUCT ? order->items[number - 1].quantity : 1) &&
			ec_amount_decode(ec_value(i, 3, NUMERICOID), document->minor_units, "net") == line->net &&
			ec_amount_decode(ec_value(i, 4, NUMERICOID), document->minor_units, "VAT") == line->vat;
	}
	return same;
}

/* Write the order, its lines and its event. */
static void
insert_order(FunctionCallInfo fcinfo, Placement *order)
{
	EcTotals   *totals = &order->document.totals;
	int			scale = order->minor_units;
	EcTreatment treatment;
	EcRows		rows;
	pg_uuid_t	event_id;
	Datum		values[24];
	char		nulls[24];

	memset(nulls, ' ', sizeof(nulls));
	ec_uuid_v7_generate(&event_id);
	values[0] = Int32GetDatum(order->tenant_id);
	values[1] = UUIDPGetDatum(&order->id);
	values[2] = TimestampTzGetDatum(order->created_at);
	values[3] = PointerGetDatum(order->order_number);
	values[4] = UUIDPGetDatum(&order->user_id);
	nulls[4] = order->has_user ? ' ' : 'n';
	values[5] = order->email;
	nulls[5] = order->has_email ? ' ' : 'n';
	values[7] = CStringGetTextDatum(order->currency);
	values[8] = CStringGetTextDatum(order->settings->prices == EC_NET ? "net" : "gross");
	values[9] = EcAmountGetDatum(totals->net, scale);
	values[10] = EcAmountGetDatum(totals->vat, scale);
	values[11] = EcAmountGetDatum(totals->gross, scale);
	ec_treatment_freeze(&order->sale, &treatment);
	values[12] = PointerGetDatum(treatment.country);
	values[13] = PointerGetDatum(treatment.region);
	values[19] = PointerGetDatum(treatment.scheme);
	values[20] = PointerGetDatum(treatment.vatex);
	nulls[20] = treatment.vatex == NULL ? 'n' : ' ';
	values[21] = PointerGetDatum(treatment.reason);
	nulls[21] = treatment.reason == NULL ? 'n' : ' ';
	values[22] = Int32GetDatum(treatment.mydata_exemption);
	nulls[22] = treatment.mydata_exemption == 0 ? 'n' : ' ';
	values[23] = PointerGetDatum(order->sale.buyer_vat_id);
	nulls[23] = order->sale.buyer_vat_id == NULL ? 'n' : ' ';
	values[18] = UUIDPGetDatum(&event_id);

#define PASS(n, argument) \
	(values[n] = PG_ARGISNULL(argument) ? (Datum) 0 : PG_GETARG_DATUM(argument), \
	 nulls[n] = PG_ARGISNULL(argument) ? 'n' : ' ')
	PASS(6, ARG_PHONE);
	PASS(14, ARG_BILLING_ADDRESS);
	PASS(15, ARG_SHIPPING_ADDRESS);
	PASS(16, ARG_NOTES);
	PASS(17, ARG_METADATA);
#undef PASS

	fill_items(order, &rows);
	ec_written(lines_written(order, ec_execute_unchecked(&insert_plan, values, nulls)),
			   order->document.nlines, "orders");
	ec_rows_end(&rows);
}

/*
 * Hash everything that makes a request the same request; for a caller whom
 * nobody vouches for, who it is, too.
 */
static bytea *
hash_request(FunctionCallInfo fcinfo, bool trusted)
{
	static const Oid types[ARG_IDEMPOTENCY_KEY] = {
		JSONBOID, UUIDOID, UUIDOID, UUIDOID, TEXTOID, TEXTOID, JSONBOID,
		JSONBOID, TEXTOID, BOOLOID, TEXTOID, NUMERICOID, JSONBOID, JSONBOID,
		TEXTARRAYOID, TEXTOID, JSONBOID, TIMESTAMPTZOID
	};
	StringInfoData request;
	bytea	   *result = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);

	initStringInfo(&request);
	for (int i = 0; i < ARG_IDEMPOTENCY_KEY; i++)
	{
		Oid			output;
		bool		is_varlena;
		char	   *text;

		if (PG_ARGISNULL(i))
			continue;
		if (types[i] == TIMESTAMPTZOID)
			/* As text it would depend on the session's time zone. */
			text = psprintf(INT64_FORMAT, PG_GETARG_TIMESTAMPTZ(i));

		else
		{
			getTypeOutputInfo(types[i], &output, &is_varlena);
			text = OidOutputFunctionCall(output, PG_GETARG_DATUM(i));
		}

		appendStringInfo(&request, "%d:%zu:", i, strlen(text));
		appendStringInfoString(&request, text);
	}
	if (!trusted)
		appendStringInfo(&request, "by:%s", GetUserNameFromId(GetOuterUserId(), false));
	SET_VARSIZE(result, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	if (hash == NULL || pg_cryptohash_init(hash) < 0 ||
		pg_cryptohash_update(hash, (const uint8 *) request.data, (size_t) request.len) < 0 ||
		pg_cryptohash_final(hash, (uint8 *) VARDATA(result), PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute a SHA-256 hash");
	pg_cryptohash_free(hash);
	return result;
}

/*
 * Claim the idempotency key for this order.  If it was used before, by a
 * request that committed, put what that one answered into values and return
 * false.  Two requests at once wait for each other here.
 */
static bool
claim_key(FunctionCallInfo fcinfo, Placement *order, Datum *values)
{
	Datum		arguments[5] = {
		Int32GetDatum(order->tenant_id),
		PG_GETARG_DATUM(ARG_IDEMPOTENCY_KEY),
		PointerGetDatum(hash_request(fcinfo, order->trusted)),
		UUIDPGetDatum(&order->id),
		TimestampTzGetDatum(order->created_at)
	};
	static const Oid types[7] = {ORDER_TYPES};

	if (ec_execute(&key_insert_plan, arguments, NULL) == 1)
		return true;
	if (ec_execute(&key_find_plan, arguments, NULL) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_ORDER),
				 errmsg("the order of this idempotency key is not there any more"),
				 errhint("Use a new key for a new request.")));
	if (!DatumGetBool(ec_value(0, 1, BOOLOID)))
		ereport(ERROR,
				(errcode(ERRCODE_EC_KEY_REUSED),
				 errmsg("idempotency key was used for another request"),
				 errhint("Use a new key for a new request, and the same arguments for a retry.")));
	for (int i = 0; i < 7; i++)
		values[i] = datumCopy(ec_value(0, i + 2, types[i]),
							  i == 2, i == 0 ? UUID_LEN : -1);
	return false;
}

/* A value of type placed_order; this transaction may read its order. */
static Datum
placed_order(FunctionCallInfo fcinfo, Datum *values)
{
	static const Oid types[7] = {ORDER_TYPES};

	placed_order_id = *DatumGetUUIDP(values[0]);
	placed_order_lxid = EcLocalTransactionId();
	return ec_result_row(fcinfo, types, lengthof(types), values);
}

PG_FUNCTION_INFO_V1(ec_placed_order_id);

/* placed_order_id() -> uuid */
Datum
ec_placed_order_id(PG_FUNCTION_ARGS)
{
	if (placed_order_lxid != EcLocalTransactionId())
		PG_RETURN_NULL();
	PG_RETURN_UUID_P(&placed_order_id);
}

PG_FUNCTION_INFO_V1(ec_place_order);

/* place_order(items, ..., tenant_id) -> placed_order; see its SQL comment */
Datum
ec_place_order(PG_FUNCTION_ARGS)
{
	Placement	order;
	EcTaken    *reserved = NULL;
	int			nreserved = 0;
	Datum		values[7];

	memset(&order, 0, sizeof(order));
	order.tenant_id = ec_call_begin(fcinfo, ARG_TENANT);
	CheckArguments(fcinfo, &order);
	choose_id(fcinfo, &order);
	order.has_user = !PG_ARGISNULL(ARG_USER);
	if (order.has_user)
		order.user_id = *PG_GETARG_UUID_P(ARG_USER);
	if (!PG_ARGISNULL(ARG_ITEMS))
		order.items = ec_items_read(PG_GETARG_JSONB_P(ARG_ITEMS), &order.nitems);

	/* Tables in one order: plans that are kept lock them in another one. */
	LockRelationOid(ec_relation_oid("orders"), RowExclusiveLock);
	ec_connect();
	if (!PG_ARGISNULL(ARG_IDEMPOTENCY_KEY) && !claim_key(fcinfo, &order, values))
	{
		ec_finish();
		PG_RETURN_DATUM(placed_order(fcinfo, values));
	}
	if (!PG_ARGISNULL(ARG_CART))
		read_cart(&order, PG_GETARG_UUID_P(ARG_CART));
	if (!PG_ARGISNULL(ARG_RESERVATION))
	{
		reserved = ec_reservation_take(order.tenant_id,
									   PG_GETARG_UUID_P(ARG_RESERVATION),
									   &order.id, &nreserved);
		if (PG_ARGISNULL(ARG_ITEMS) && PG_ARGISNULL(ARG_CART))
			read_reserved(&order, reserved, nreserved);
	}
	if (order.nitems == 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_EMPTY_ORDER),
				 errmsg("nothing is ordered")));
	read_user(fcinfo, &order);
	order.settings = ec_settings(order.tenant_id, order.created_at);
	settle_currency(fcinfo, &order);
	ec_items_find(order.items, order.nitems, order.tenant_id, !order.history);
	settle_prices(&order);
	order.sale.seller = order.settings;
	order.sale.items = order.items;
	order.sale.nitems = order.nitems;
	ec_treatment_settle(&order.sale);
	total_order(fcinfo, &order);
	if (order.history)
		reopen_books(&order);
	take_stock(&order, reserved, nreserved);
	keep_products(&order);
	insert_order(fcinfo, &order);
	if (!PG_ARGISNULL(ARG_CART))
	{
		Datum		arguments[3] = {
			Int32GetDatum(order.tenant_id), PG_GETARG_DATUM(ARG_CART),
			UUIDPGetDatum(&order.id)
		};

		ec_written(ec_execute(&cart_ordered_plan, arguments, NULL), 1, "carts");
	}
	ec_finish();

	values[0] = UUIDPGetDatum(&order.id);
	values[1] = PointerGetDatum(order.order_number);
	values[2] = TimestampTzGetDatum(order.created_at);
	values[3] = CStringGetTextDatum(order.currency);
	values[4] = EcAmountGetDatum(order.document.totals.net, order.minor_units);
	values[5] = EcAmountGetDatum(order.document.totals.vat, order.minor_units);
	values[6] = EcAmountGetDatum(order.document.totals.gross, order.minor_units);
	PG_RETURN_DATUM(placed_order(fcinfo, values));
}

PG_FUNCTION_INFO_V1(ec_cancel_order);

/* cancel_order(order_id uuid, reason text, tenant_id integer) */
Datum
ec_cancel_order(PG_FUNCTION_ARGS)
{
	int32		tenant_id = ec_call_begin(fcinfo, 2);
	pg_uuid_t  *id;
	pg_uuid_t	event_id;
	TimestampTz id_time;
	TimestampTz created_at;
	char	   *status;
	Datum		arguments[6];
	char		nulls[6] = {' ', ' ', ' ', ' ', ' ', ' '};

	ec_argument_given(fcinfo, 0, "order_id");
	ec_argument_length(fcinfo, 1, "reason", MAX_REASON);
	id = PG_GETARG_UUID_P(0);
	id_time = ec_uuid_v7_timestamp(id);

	ec_connect();
	arguments[0] = Int32GetDatum(tenant_id);
	arguments[1] = UUIDPGetDatum(id);
	arguments[2] = TimestampTzGetDatum(id_time - USECS_PER_DAY);
	arguments[3] = TimestampTzGetDatum(id_time + USECS_PER_DAY);
	if (ec_execute(&lock_order_plan, arguments, NULL) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_ORDER),
				 errmsg("unknown order"),
				 errdetail("It is %s.", ec_uuid_text(id))));
	status = TextDatumGetCString(ec_value(0, 1, TEXTOID));
	created_at = DatumGetTimestampTz(ec_value(0, 2, TIMESTAMPTZOID));
	if (strcmp(status, "cancelled") != 0)
	{
		if (strcmp(status, "pending") != 0 && strcmp(status, "processing") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_EC_INVALID_TRANSITION),
					 errmsg("an order cannot go from %s to cancelled", status),
					 errdetail("Order %s.", TextDatumGetCString(ec_value(0, 3, TEXTOID)))));
		ec_reservation_release_order(tenant_id, id);
		(void) ec_execute(&release_coupons_plan, arguments, NULL);
		ec_stock_return_order(tenant_id, id, created_at);
		arguments[2] = TimestampTzGetDatum(created_at);
		(void) ec_execute(&repay_gift_cards_plan, arguments, NULL);
		ec_uuid_v7_generate(&event_id);
		arguments[3] = UUIDPGetDatum(&event_id);
		arguments[4] = PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1);
		nulls[4] = PG_ARGISNULL(1) ? 'n' : ' ';
		arguments[5] = CStringGetTextDatum(status);
		ec_written(ec_execute_unchecked(&cancel_plan, arguments, nulls) == 1 &&
				   DatumGetBool(ec_value(0, 1, BOOLOID)), 1, "orders");
	}
	ec_finish();
	PG_RETURN_VOID();
}
