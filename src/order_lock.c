/*
 * order_lock.c
 *	  Locking an order by its id.
 *
 * The id has the time at which it was placed, so the statement names the partition and
 * keeps its plan.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/datum.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "call.h"
#include "db/leaf.h"
#include "db/plan.h"
#include "db/trigger.h"
#include "ecommerce.h"
#include "value/arguments.h"
#include "value/result.h"

/*
 * An update, not only a lock: of two at REPEATABLE READ one must fail.  A version that this
 * transaction wrote keeps everybody else out already.  It is for partitions only: in a
 * partition no time is needed, by which an index of all orders of a day might be taken.
 */
static EcPlan lock_plan = {
	.sql = "UPDATE {@orders} t SET updated_at = t.updated_at WHERE t.tenant_id = $1"
	" AND t.id = $2"
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
	Oid			leaf;
	Datum		result[lengthof(lock_types)];
	uint64		found;

	EC_STRICT(fcinfo);
	id = PG_GETARG_UUID_P(1);
	at = ec_uuid_v7_timestamp(id);
	leaf = ec_leaf("orders", at);
	if (!ec_uuid_v7_is(id) || !may_write(leaf))
		PG_RETURN_NULL();
	(void) ec_begin(fcinfo, 0);
	{
		Datum		values[] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};

		/*
		 * What changes nothing needs no check, unless somebody's trigger
		 * changes it.
		 */
		found = ec_writes_as_told(leaf) ? ec_execute_unchecked_at(&lock_plan, at, values, NULL)
			: ec_execute_at(&lock_plan, at, values, NULL);
	}
	for (int i = 0; found == 1 && i < (int) lengthof(lock_types); i++)
		result[i] = datumCopy(ec_value(0, i + 1, lock_types[i]), i == 0, -1);
	ec_end();
	if (found != 1)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(ec_out_row(fcinfo, lock_types, lengthof(lock_types), result));
}
