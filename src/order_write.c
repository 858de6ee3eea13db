/*
 * order_write.c
 *	  Writing an order, its lines and its event, and its idempotency key.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/jsonb.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "core/vat.h"
#include "db/plan.h"
#include "ecommerce.h"
#include "errors.h"
#include "order.h"
#include "price.h"
#include "value/numeric_codec.h"

/* Columns of the lines that are written */
enum
{
	ITEM_LINE_NUMBER,
	ITEM_KIND,
	ITEM_PRODUCT,
	ITEM_SKU,
	ITEM_NAME,
	ITEM_QUANTITY,
	ITEM_UNIT_PRICE,
	ITEM_DISCOUNT,
	ITEM_VAT_CATEGORY,
	ITEM_VAT_RATE,
	ITEM_NET,
	ITEM_VAT,
	ITEM_FROM_STOCK,
	ITEM_ALLOCATION,
	ITEM_BASE_QUANTITY,
	ITEM_UNIT_CODE,
	ITEM_COLUMNS
};

static EcRowType new_items = {
	.name = "new_items",
	.ncolumns = ITEM_COLUMNS,
	.columns = {
		{"line_number", INT4OID}, {"kind", TEXTOID}, {"product_id", UUIDOID},
		{"sku", TEXTOID}, {"name", TEXTOID}, {"quantity", INT4OID},
		{"unit_price", NUMERICOID}, {"discount", NUMERICOID},
		{"vat_category", TEXTOID}, {"vat_rate", NUMERICOID},
		{"net", NUMERICOID}, {"vat", NUMERICOID}, {"from_stock", BOOLOID},
		{"allocation", JSONBOID}, {"base_quantity", INT4OID}, {"unit_code", TEXTOID}
	}
};

/* Arguments of insert_plan */
enum
{
	ORDER_TENANT,
	ORDER_ID,
	ORDER_CREATED_AT,
	ORDER_NUMBER,
	ORDER_USER,
	ORDER_EMAIL,
	ORDER_PHONE,
	ORDER_CURRENCY,
	ORDER_PRICES,
	ORDER_NET,
	ORDER_VAT,
	ORDER_GROSS,
	ORDER_COUNTRY,
	ORDER_REGION,
	ORDER_BILLING_ADDRESS,
	ORDER_SHIPPING_ADDRESS,
	ORDER_NOTES,
	ORDER_METADATA,
	ORDER_VAT_SCHEME,
	ORDER_VATEX,
	ORDER_VAT_REASON,
	ORDER_MYDATA_EXEMPTION,
	ORDER_BUYER_VAT_ID,
	ORDER_EVENT_ID,
	ORDER_NO_AMOUNT,
	ORDER_PAYMENT_STATUS,
	ORDER_UPDATED_AT,
	ORDER_ARGUMENTS
};

/* Columns that it returns of each line */
enum
{
	WRITTEN_LINE = 1,
	WRITTEN_QUANTITY,
	WRITTEN_NET,
	WRITTEN_VAT
};

static EcPlan insert_plan = {
	.sql = "WITH placed AS (INSERT INTO {orders} (tenant_id, id, created_at, order_number,"
	" user_id, email, phone, currency, prices, net, vat, gross, country, region,"
	" billing_address, shipping_address, notes, metadata, vat_scheme, vatex, vat_reason,"
	" mydata_exemption, buyer_vat_id, amount_paid, amount_refunded, amount_charged_back,"
	" payment_status, updated_at)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
	" $19, $20, $21, $22, $23, $25, $25, $25, $26, $27) RETURNING id, net, vat, gross, currency),"
	" event AS (INSERT INTO {events} (tenant_id, id, created_at, kind, entity_id)"
	" SELECT $1, $24, $3, 'order.placed', p.id FROM placed p"
	" WHERE (p.net, p.vat, p.gross, p.currency) = ($10, $11, $12, $8) RETURNING entity_id)"
	" INSERT INTO {order_items} (tenant_id, order_id, order_created_at, line_number, kind,"
	" product_id, sku, name, quantity, unit_price, discount, vat_category, vat_rate, net, vat,"
	" from_stock, allocation, base_quantity, unit_code)"
	" SELECT $1, e.entity_id, $3, n.line_number, n.kind,"
	" n.product_id, n.sku, n.name, n.quantity, n.unit_price, n.discount, n.vat_category,"
	" n.vat_rate, n.net, n.vat, n.from_stock, n.allocation, n.base_quantity, n.unit_code"
	" FROM event e, new_items n"
	" RETURNING line_number, quantity, net, vat",
	.nargs = ORDER_ARGUMENTS,
	.types = {
		INT4OID, UUIDOID, TIMESTAMPTZOID, TEXTOID, UUIDOID, TEXTOID, TEXTOID,
		TEXTOID, TEXTOID, NUMERICOID, NUMERICOID, NUMERICOID, TEXTOID, TEXTOID,
		JSONBOID, JSONBOID, TEXTOID, JSONBOID, TEXTOID, TEXTOID, TEXTOID, INT4OID,
		TEXTOID, UUIDOID, NUMERICOID, TEXTOID, TIMESTAMPTZOID
	}
};
static EcPlan key_insert_plan = {
	.sql = "INSERT INTO {idempotency_keys}"
	" (tenant_id, key, request_hash, order_id, order_created_at)"
	" VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
	.nargs = 5,
	.types = {INT4OID, TEXTOID, BYTEAOID, UUIDOID, TIMESTAMPTZOID}
};
static EcPlan key_find_plan = {
	.sql = "SELECT k.request_hash,"
	" o.id, o.order_number, o.created_at, o.currency, o.net, o.vat, o.gross"
	" FROM {idempotency_keys} k"
	" LEFT JOIN {orders} o ON o.tenant_id = $1 AND o.id = k.order_id"
	" AND o.created_at = k.order_created_at"
	" WHERE k.tenant_id = $1 AND k.key = $2",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 2,
	.types = {INT4OID, TEXTOID}
};

/* Columns of key_find_plan */
enum
{
	KEY_HASH = 1,
	KEY_PLACED					/* and after it the others of placed_order */
};

static EcPlan archived_plan = {
	.sql = "SELECT ecommerce_internal.check_archived(o.id)::text"
	" FROM (SELECT k.order_id FROM {idempotency_keys} k"
	" WHERE k.tenant_id = $1 AND k.key = $2) o (id)",
	.nargs = 2,
	.types = {INT4OID, TEXTOID}
};

/* Fill the rows of the order's lines. */
static void
fill_items(EcPlacement *order, EcRows *rows)
{
	EcDocument *document = &order->document;
	int			scale = document->minor_units;
	bool		elsewhere = ec_order_taken_elsewhere(order);

	ec_rows_begin(rows, &new_items);
	for (size_t i = 0; i < document->nlines; i++)
	{
		EcLine	   *line = &document->lines[i];
		Jsonb	   *allocation = NULL;
		Datum		values[ITEM_COLUMNS];
		bool		nulls[ITEM_COLUMNS] = {false};

		CHECK_FOR_INTERRUPTS();
		values[ITEM_LINE_NUMBER] = Int32GetDatum((int32) i + 1);
		values[ITEM_KIND] = CStringGetTextDatum(ec_kind_names[line->kind]);
		if (line->kind == EC_PRODUCT)
		{
			EcItem	   *item = &order->items[i];

			values[ITEM_PRODUCT] = UUIDPGetDatum(&item->product_id);
			values[ITEM_SKU] = CStringGetTextDatum(item->found_sku);
			values[ITEM_NAME] = CStringGetTextDatum(item->name);
			values[ITEM_QUANTITY] = Int32GetDatum(item->quantity);
			values[ITEM_UNIT_PRICE] = ec_price_datum(item->unit_price, scale);
			values[ITEM_BASE_QUANTITY] = Int32GetDatum(item->base_quantity);
			values[ITEM_UNIT_CODE] = CStringGetTextDatum(item->unit_code);
			values[ITEM_FROM_STOCK] = BoolGetDatum(item->track_stock);
			if (elsewhere && item->track_stock)
				allocation = ec_order_allocate_line(order, item);
		}
		else
		{
			char	   *rate = ec_document_rate(document, i);

			nulls[ITEM_PRODUCT] = true;
			nulls[ITEM_SKU] = rate == NULL;
			if (rate != NULL)
				values[ITEM_SKU] = CStringGetTextDatum(rate);
			values[ITEM_NAME] = CStringGetTextDatum(document->names[i]);
			values[ITEM_QUANTITY] = Int32GetDatum(1);
			values[ITEM_UNIT_PRICE] = EcAmountGetDatum(line->amount, scale);
			values[ITEM_BASE_QUANTITY] = Int32GetDatum(1);
			values[ITEM_UNIT_CODE] = CStringGetTextDatum(EC_UNIT_ONE);
			values[ITEM_FROM_STOCK] = BoolGetDatum(false);
		}
		values[ITEM_DISCOUNT] = EcAmountGetDatum(line->discount, scale);
		values[ITEM_VAT_CATEGORY] = CStringGetTextDatum(ec_category_code(line->category));
		values[ITEM_VAT_RATE] = EcAmountGetDatum(line->rate.value, line->rate.scale);
		values[ITEM_NET] = EcAmountGetDatum(line->net, scale);
		values[ITEM_VAT] = EcAmountGetDatum(line->vat, scale);
		values[ITEM_ALLOCATION] = JsonbPGetDatum(allocation);
		nulls[ITEM_ALLOCATION] = allocation == NULL;
		ec_rows_add(rows, values, nulls);
	}
	ec_rows_register(rows);
}

/* Lines that the last statement wrote as they are, for all that triggers did. */
static uint64
lines_written(const EcPlacement *order, uint64 n)
{
	const EcDocument *document = &order->document;
	uint64		same = 0;

	for (uint64 i = 0; i < n; i++)
	{
		int32		number = DatumGetInt32(ec_value(i, WRITTEN_LINE, INT4OID));
		const EcLine *line;

		if (number < 1 || (size_t) number > document->nlines)
			continue;
		line = &document->lines[number - 1];
		same += DatumGetInt32(ec_value(i, WRITTEN_QUANTITY, INT4OID)) ==
			(line->kind == EC_PRODUCT ? order->items[number - 1].quantity : 1) &&
			ec_amount_decode(ec_value(i, WRITTEN_NET, NUMERICOID),
							 document->minor_units, "net") == line->net &&
			ec_amount_decode(ec_value(i, WRITTEN_VAT, NUMERICOID),
							 document->minor_units, "VAT") == line->vat;
	}
	return same;
}

/* Write the order, its lines and its event. */
void
ec_order_write(FunctionCallInfo fcinfo, EcPlacement *order)
{
	EcTotals   *totals = &order->document.totals;
	int			scale = order->minor_units;
	EcTreatment treatment;
	EcRows		rows;
	pg_uuid_t	event_id;
	Datum		values[ORDER_ARGUMENTS];
	char		nulls[ORDER_ARGUMENTS];

	memset(nulls, ' ', sizeof(nulls));
	ec_uuid_v7_generate(&event_id);
	values[ORDER_TENANT] = Int32GetDatum(order->tenant_id);
	values[ORDER_ID] = UUIDPGetDatum(&order->id);
	values[ORDER_CREATED_AT] = TimestampTzGetDatum(order->created_at);
	values[ORDER_NUMBER] = PointerGetDatum(order->order_number);
	values[ORDER_USER] = UUIDPGetDatum(&order->user_id);
	nulls[ORDER_USER] = order->has_user ? ' ' : 'n';
	values[ORDER_EMAIL] = order->email;
	nulls[ORDER_EMAIL] = order->has_email ? ' ' : 'n';
	values[ORDER_CURRENCY] = CStringGetTextDatum(order->currency);
	values[ORDER_PRICES] = CStringGetTextDatum(ec_prices_name(order->prices));
	values[ORDER_NET] = EcAmountGetDatum(totals->net, scale);
	values[ORDER_VAT] = EcAmountGetDatum(totals->vat, scale);
	values[ORDER_GROSS] = EcAmountGetDatum(totals->gross, scale);
	ec_treatment_freeze(&order->sale, &treatment);
	values[ORDER_COUNTRY] = PointerGetDatum(treatment.country);
	values[ORDER_REGION] = PointerGetDatum(treatment.region);
	values[ORDER_VAT_SCHEME] = PointerGetDatum(treatment.scheme);
	values[ORDER_VATEX] = PointerGetDatum(treatment.vatex);
	nulls[ORDER_VATEX] = treatment.vatex == NULL ? 'n' : ' ';
	values[ORDER_VAT_REASON] = PointerGetDatum(treatment.reason);
	nulls[ORDER_VAT_REASON] = treatment.reason == NULL ? 'n' : ' ';
	values[ORDER_MYDATA_EXEMPTION] = Int32GetDatum(treatment.mydata_exemption);
	nulls[ORDER_MYDATA_EXEMPTION] = treatment.mydata_exemption == 0 ? 'n' : ' ';
	values[ORDER_BUYER_VAT_ID] = PointerGetDatum(order->sale.buyer_vat_id);
	nulls[ORDER_BUYER_VAT_ID] = order->sale.buyer_vat_id == NULL ? 'n' : ' ';
	values[ORDER_EVENT_ID] = UUIDPGetDatum(&event_id);
	values[ORDER_NO_AMOUNT] = EcAmountGetDatum(0, scale);
	values[ORDER_PAYMENT_STATUS] = CStringGetTextDatum(totals->gross == 0 ? "paid" : "pending");
	values[ORDER_UPDATED_AT] =
		TimestampTzGetDatum(Max(GetCurrentTransactionStartTimestamp(), order->created_at));

#define PASS(n, argument) \
	(values[n] = PG_ARGISNULL(argument) ? (Datum) 0 : PG_GETARG_DATUM(argument), \
	 nulls[n] = PG_ARGISNULL(argument) ? 'n' : ' ')
	PASS(ORDER_PHONE, ARG_PHONE);
	PASS(ORDER_BILLING_ADDRESS, ARG_BILLING_ADDRESS);
	PASS(ORDER_SHIPPING_ADDRESS, ARG_SHIPPING_ADDRESS);
	PASS(ORDER_NOTES, ARG_NOTES);
	PASS(ORDER_METADATA, ARG_METADATA);
#undef PASS

	fill_items(order, &rows);
	ec_written(lines_written(order, ec_execute_unchecked(&insert_plan, values, nulls)),
			   order->document.nlines, "orders");
	ec_rows_end(&rows);
}

/* Refuse a key that was used for another request. */
static void
check_same_request(bytea *found, bytea *hash)
{
	char	   *difference;

	if (ec_order_hashes_equal(found, hash))
		return;
	difference = ec_order_hash_difference(found, hash);
	ereport(ERROR,
			(errcode(ERRCODE_EC_KEY_REUSED),
			 errmsg("idempotency key was used for another request"),
			 difference == NULL ? 0 : errdetail("It differs in %s.", difference),
			 errhint("Use a new key for a new request, and the same arguments for a retry.")));
}

/*
 * Refuse a key whose order is archived, or not there any more.  A partition may
 * have been detached since the transaction's snapshot, so this looks with a new one.
 */
pg_noreturn static void
order_gone(Datum *arguments)
{
	PushActiveSnapshot(GetLatestSnapshot());
	(void) ec_query(&archived_plan, arguments, NULL);
	PopActiveSnapshot();
	ereport(ERROR,
			(errcode(ERRCODE_EC_UNKNOWN_ORDER),
			 errmsg("the order of this idempotency key is not there any more"),
			 errhint("Use a new key for a new request.")));
}

/*
 * Claim the idempotency key for this order.  If it was used before, by a
 * request that committed, put what that one answered into placed and return
 * false.  Two requests at once wait for each other here.
 */
bool
ec_order_claim_key(FunctionCallInfo fcinfo, EcPlacement *order, Datum *placed)
{
	bytea	   *hash = ec_order_hash(fcinfo, order);
	bool		gone;
	Datum		arguments[5] = {
		Int32GetDatum(order->tenant_id),
		PG_GETARG_DATUM(ARG_IDEMPOTENCY_KEY),
		PointerGetDatum(hash),
		UUIDPGetDatum(&order->id),
		TimestampTzGetDatum(order->created_at)
	};

	if (ec_execute(&key_insert_plan, arguments, NULL) == 1)
		return true;
	if (ec_execute(&key_find_plan, arguments, NULL) != 1)
		order_gone(arguments);
	check_same_request(DatumGetByteaPP(ec_value(0, KEY_HASH, BYTEAOID)), hash);
	(void) ec_value_or_null(0, KEY_PLACED, UUIDOID, &gone);
	if (gone)
		order_gone(arguments);
	for (int i = 0; i < PLACED_COLUMNS; i++)
		placed[i] = datumCopy(ec_value(0, KEY_PLACED + i, ec_placed_types[i]), i == PLACED_AT,
							  i == PLACED_ID ? UUID_LEN : -1);
	return false;
}
