/*
 * invoice_order.c
 *	  All that the invoice of an order is made of, read at once.
 *
 * That is what of it is not cancelled, what of it is invoiced, who bought it, and
 * how it is paid.  The statement names the partitions of the order and keeps its plan.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/datum.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "value/arguments.h"

/*
 * It is paid by what brought or will bring most; by a gift card only if there is nothing
 * else.
 */
static EcPlan order_plan = {
	.sql = "SELECT jsonb_build_object('id', o.id, 'created_at', o.created_at,"
	" 'order_number', o.order_number, 'user_id', o.user_id, 'email', o.email, 'phone', o.phone,"
	" 'currency', o.currency, 'prices', o.prices, 'amount_paid', o.amount_paid,"
	" 'amount_refunded', o.amount_refunded, 'amount_charged_back', o.amount_charged_back,"
	" 'country', o.country, 'region', o.region, 'vat_scheme', o.vat_scheme, 'vatex', o.vatex,"
	" 'vat_reason', o.vat_reason, 'mydata_exemption', o.mydata_exemption,"
	" 'buyer_vat_id', o.buyer_vat_id, 'billing_address', o.billing_address,"
	" 'shipping_address', o.shipping_address, 'shipped_at', o.shipped_at,"
	" 'payment', m.payment, 'lines', l.lines,"
	" 'documents', CASE WHEN EXISTS (SELECT FROM {invoices} v WHERE v.tenant_id = $1"
	" AND v.order_id = o.id) THEN ecommerce_internal.invoiced_document($1, o.id) END), o.user_id"
	" FROM {@orders} o"
	" LEFT JOIN LATERAL (SELECT to_jsonb(k) || CASE WHEN k.mandate_id IS NULL"
	" THEN jsonb_build_object() ELSE jsonb_build_object('mandate',"
	" ecommerce_internal.payment_mandate($1, k.mandate_id)) END AS payment"
	" FROM {payments} k WHERE k.tenant_id = $1 AND k.order_id = o.id"
	" AND k.status NOT IN ('voided', 'failed', 'returned')"
	" ORDER BY k.method = 'gift_card', k.amount_captured > 0 DESC,"
	" greatest(k.amount, k.amount_captured) DESC, k.id LIMIT 1) m ON true"
	" CROSS JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('line_number', i.line_number,"
	" 'kind', i.kind, 'sku', i.sku, 'name', i.name,"
	" 'base_quantity', i.base_quantity, 'unit_code', i.unit_code, 'unit_price', i.unit_price,"
	" 'discount', i.discount, 'vat_category', i.vat_category, 'vat_rate', i.vat_rate,"
	" 'ordered', i.quantity, 'quantity', i.quantity - coalesce(k.quantity, 0),"
	" 'net', i.net - coalesce(k.net, 0), 'vat', i.vat - coalesce(k.vat, 0),"
	" 'gtin', r.gtin, 'supply', r.supply)) AS lines"
	" FROM {@order_items} i"
	" LEFT JOIN LATERAL (SELECT sum(s.quantity)::bigint AS quantity, sum(s.net) AS net,"
	" sum(s.vat) AS vat FROM {@order_cancellations} s WHERE s.tenant_id = $1"
	" AND s.order_id = $2 AND s.order_created_at = $3 AND s.line_number = i.line_number) k"
	" ON i.kind = 'product'"
	" LEFT JOIN LATERAL (SELECT t.attributes ->> 'gtin' AS gtin, t.supply FROM {products} t"
	" WHERE t.tenant_id = $1 AND t.id = i.product_id) r ON true"
	" WHERE i.tenant_id = $1 AND i.order_id = $2 AND i.order_created_at = $3) l"
	" WHERE o.tenant_id = $1 AND o.id = $2 AND o.created_at = $3 AND o.status <> 'cancelled'",
	.options = CURSOR_OPT_CUSTOM_PLAN,
	.nargs = 3,
	.types = {INT4OID, UUIDOID, TIMESTAMPTZOID}
};

/* Of an order that has a user.  $3 is its document. */
static EcPlan user_plan = {
	.sql = "SELECT $3 || jsonb_build_object('user', to_jsonb(u), 'profile', to_jsonb(p),"
	" 'credit_days', c.payment_days)"
	" FROM {users} u"
	" LEFT JOIN {user_profiles} p ON p.tenant_id = $1 AND p.user_id = $2"
	" LEFT JOIN {credit_limits} c ON c.tenant_id = $1 AND c.user_id = $2"
	" AND c.currency = $3 ->> 'currency'"
	" WHERE u.tenant_id = $1 AND u.id = $2",
	.nargs = 3,
	.types = {INT4OID, UUIDOID, JSONBOID}
};

/* The document of the order that was found, with what is known of its user */
static Datum
order_document(Datum tenant_id)
{
	Datum		document = datumCopy(ec_value(0, 1, JSONBOID), false, -1);
	bool		guest;
	Datum		user_id = ec_value_or_null(0, 2, UUIDOID, &guest);
	Datum		values[] = {tenant_id, user_id, document};

	if (guest)
		return document;
	values[1] = datumCopy(user_id, false, UUID_LEN);
	if (ec_execute(&user_plan, values, NULL) == 1)
		document = datumCopy(ec_value(0, 1, JSONBOID), false, -1);
	return document;
}

PG_FUNCTION_INFO_V1(ec_order_to_invoice);

/* order_to_invoice(order_id uuid, order_created_at timestamptz, tenant_id integer) -> jsonb */
Datum
ec_order_to_invoice(PG_FUNCTION_ARGS)
{
	Datum		document = (Datum) 0;
	uint64		found;

	EC_STRICT(fcinfo);
	(void) ec_begin(fcinfo, 2);
	{
		Datum		values[] = {PG_GETARG_DATUM(2), PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};

		found = ec_execute_at(&order_plan, PG_GETARG_TIMESTAMPTZ(1), values, NULL);
	}
	if (found == 1)
		document = order_document(PG_GETARG_DATUM(2));
	ec_end();
	if (found != 1)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(document);
}
