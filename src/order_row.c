/*
 * order_row.c
 *	  An order by its id: locking it, and reading all that its invoice is made of.
 *
 * Its id has the time at which it was placed, so the statements name the partition with
 * its rows and keep their plans.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/datum.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "call.h"
#include "db/leaf.h"
#include "db/plan.h"
#include "ecommerce.h"
#include "value/arguments.h"

/*
 * An update, not only a lock: of two at REPEATABLE READ one must fail.  A version that this
 * transaction wrote keeps everybody else out already.  It is for partitions only: in a
 * partition no time is needed, by which an index of all orders of a day might be taken.
 */
static EcPlan lock_plan = {
	.sql = "UPDATE {@orders} t SET status = t.status WHERE t.tenant_id = $1 AND t.id = $2"
	" AND t.xmin IS DISTINCT FROM pg_current_xact_id_if_assigned()::xid"
	" RETURNING t.created_at, t.order_number::text, t.status::text",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};

static const Oid lock_types[] = {TIMESTAMPTZOID, TEXTOID, TEXTOID};

/* May the caller write a partition itself?  Roles have rights on the table, which has to do. */
static bool
may_write(Oid leaf)
{
	return OidIsValid(leaf) &&
		pg_class_aclcheck(leaf, GetUserId(), ACL_SELECT | ACL_UPDATE) == ACLCHECK_OK;
}

PG_FUNCTION_INFO_V1(ec_lock_order_row);

/* lock_order_row(tenant_id integer, order_id uuid) -> (created_at, order_number, status) */
Datum
ec_lock_order_row(PG_FUNCTION_ARGS)
{
	const pg_uuid_t *id;
	TimestampTz at;
	Datum		result[lengthof(lock_types)];
	bool		nulls[lengthof(lock_types)] = {false};
	TupleDesc	desc;
	uint64		found;

	EC_STRICT(fcinfo);
	id = PG_GETARG_UUID_P(1);
	at = ec_uuid_v7_timestamp(id);
	if (!ec_uuid_v7_is(id) || !may_write(ec_leaf("orders", at)))
		PG_RETURN_NULL();
	(void) ec_begin(fcinfo, 0);
	{
		Datum		values[] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};

		found = ec_execute_at(&lock_plan, at, values, NULL);
	}
	for (int i = 0; found == 1 && i < (int) lengthof(lock_types); i++)
		result[i] = datumCopy(ec_value(0, i + 1, lock_types[i]), i == 0, -1);
	ec_end();
	if (found != 1)
		PG_RETURN_NULL();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), result, nulls)));
}

/*
 * What of it is not cancelled, whether anything is invoiced, who bought it, and how it is
 * paid: by what brought or will bring most, a gift card only if there is nothing else.
 */
static EcPlan source_plan = {
	.sql = "SELECT to_jsonb(o) || jsonb_build_object('user', to_jsonb(u), 'profile', to_jsonb(p),"
	" 'credit_days', c.payment_days, 'payment', m.payment, 'lines', l.lines,"
	" 'has_documents', EXISTS (SELECT FROM {invoices} v WHERE v.tenant_id = $1"
	" AND v.order_id = o.id))"
	" FROM {@orders} o"
	" LEFT JOIN {users} u ON u.tenant_id = $1 AND u.id = o.user_id"
	" LEFT JOIN {user_profiles} p ON p.tenant_id = $1 AND p.user_id = o.user_id"
	" LEFT JOIN {credit_limits} c ON c.tenant_id = $1 AND c.user_id = o.user_id"
	" AND c.currency = o.currency"
	" LEFT JOIN LATERAL (SELECT to_jsonb(k) || CASE WHEN k.mandate_id IS NULL"
	" THEN jsonb_build_object() ELSE jsonb_build_object('mandate',"
	" ecommerce_internal.payment_mandate($1, k.mandate_id)) END AS payment"
	" FROM {payments} k WHERE k.tenant_id = $1 AND k.order_id = o.id"
	" AND k.status NOT IN ('voided', 'failed', 'returned')"
	" ORDER BY k.method = 'gift_card', k.amount_captured > 0 DESC,"
	" greatest(k.amount, k.amount_captured) DESC, k.id LIMIT 1) m ON true"
	" CROSS JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('line_number', i.line_number,"
	" 'kind', i.kind, 'product_id', i.product_id, 'sku', i.sku, 'name', i.name,"
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

		found = ec_execute_at(&source_plan, PG_GETARG_TIMESTAMPTZ(1), values, NULL);
	}
	if (found == 1)
		document = datumCopy(ec_value(0, 1, JSONBOID), false, -1);
	ec_end();
	if (found != 1)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(document);
}
