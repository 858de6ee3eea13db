/*
 * tenant.c
 *	  Whose shop this is, for the length of a transaction.
 *
 * The tenant lives in the setting ecommerce.tenant.  use_tenant() sets it the
 * way SET LOCAL does, so it ends with the transaction (or with the rollback of
 * a subtransaction), a pooler cannot hand it to the next client, and parallel
 * workers see it.  Roles cannot set it themselves: it is SUSET.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "arguments.h"
#include "ecommerce.h"
#include "errors.h"
#include "plan.h"
#include "scan.h"

/* The setting; 0 means that none was chosen. */
static int	tenant_setting = 0;

static EcTable tenants = {
	.name = "tenants",
	.index = "tenants_pkey",
	.ncolumns = 1,
	.columns = {
		{"id", INT4OID}
	}
};

/* The only tenant there is, as long as this transaction has that id. */
static int32 single_tenant;
static LocalTransactionId single_tenant_lxid = InvalidLocalTransactionId;

/* May the next one go on with it, unless there were changes since? */
static bool single_tenant_kept = false;
static uint64 single_tenant_changes;

static EcPlan tenant_exists_plan = {
	.sql = "SELECT FROM ecommerce.tenants WHERE id = $1",
	.nargs = 1,
	.types = {INT4OID}
};

/* Define the setting. */
void
ec_tenant_init(void)
{
	DefineCustomIntVariable("ecommerce.tenant",
							"The tenant of this session.",
							"0 means that none is chosen. An administrator pins a role to a tenant with ALTER ROLE ... SET.",
							&tenant_setting, 0, 0, PG_INT32_MAX,
							PGC_SUSET, 0, NULL, NULL, NULL);
	MarkGUCPrefixReserved("ecommerce");
}

/*
 * The only tenant there is.
 *
 * This runs for every row that a policy looks at, also in the middle of other
 * statements.  It stays the same for a transaction; the next one asks again
 * only if tenants were added since, as this backend would have been told.
 */
static int32
find_single_tenant(void)
{
	bool		keep = !IsolationUsesXactSnapshot() && !IsInParallelMode();
	uint64		before = tenants.changes;
	Snapshot	snapshot;
	EcScan		scan;
	int32		tenant_id = 0;
	int			count = 0;

	if (single_tenant_lxid == EcLocalTransactionId())
		return single_tenant;
	if (single_tenant_kept && single_tenant_changes == before)
	{
		single_tenant_lxid = EcLocalTransactionId();
		return single_tenant;
	}

	/* An older snapshot may miss one that this backend was told of before. */
	snapshot = RegisterSnapshot(keep ? GetLatestSnapshot() : GetActiveSnapshot());
	ec_scan_open(&scan, &tenants, AccessShareLock);
	ec_scan_begin(&scan, snapshot, 0, NULL);
	for (; count < 2 && ec_scan_next(&scan); count++)
	{
		bool		isnull;

		tenant_id = DatumGetInt32(ec_scan_value(&scan, 0, &isnull));
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	UnregisterSnapshot(snapshot);
	if (count != 1)
		ereport(ERROR,
				(errcode(ERRCODE_EC_NO_TENANT),
				 errmsg("no tenant is chosen"),
				 errdetail("There are %s tenants in this database.",
						   count == 0 ? "no" : "several"),
				 errhint("Call ecommerce.use_tenant() in the transaction, or pin the role with ALTER ROLE ... SET ecommerce.tenant.")));
	single_tenant = tenant_id;
	single_tenant_lxid = EcLocalTransactionId();
	single_tenant_changes = before;
	single_tenant_kept = keep;
	return single_tenant;
}

/* The tenant of this transaction. */
static int32
current_tenant(void)
{
	return tenant_setting != 0 ? tenant_setting : find_single_tenant();
}

/*
 * Check the tenant that a writing function was given, and return it.  Only a
 * role that no policy restricts may name another one than its own.
 */
int32
ec_tenant_check(int32 tenant_id)
{
	if (tenant_id != tenant_setting &&
		(InSecurityRestrictedOperation() ||
		 !has_bypassrls_privilege(GetOuterUserId())) &&
		tenant_id != current_tenant())
		ereport(ERROR,
				(errcode(ERRCODE_EC_TENANT_CONFLICT),
				 errmsg("this transaction is not the tenant's"),
				 errdetail("It may work for tenant %d only.", current_tenant())));
	return tenant_id;
}

PG_FUNCTION_INFO_V1(ec_current_tenant);

/* current_tenant() -> integer */
Datum
ec_current_tenant(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(current_tenant());
}

PG_FUNCTION_INFO_V1(ec_check_tenant);

/* check_tenant(tenant_id integer) -> integer */
Datum
ec_check_tenant(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(ec_argument_tenant(fcinfo, 0));
}

PG_FUNCTION_INFO_V1(ec_use_tenant);

/* use_tenant(tenant_id integer) */
Datum
ec_use_tenant(PG_FUNCTION_ARGS)
{
	int32		tenant_id;
	Datum		values[1];
	char		number[12];
	bool		exists = false;

	ec_argument_given(fcinfo, 0, "tenant_id");
	tenant_id = PG_GETARG_INT32(0);
	if (tenant_setting != 0 && tenant_setting != tenant_id)
		ereport(ERROR,
				(errcode(ERRCODE_EC_TENANT_CONFLICT),
				 errmsg("another tenant is chosen already"),
				 errdetail("It is tenant %d.", tenant_setting),
				 errhint("One transaction works for one tenant.")));

	if (tenant_id > 0)
	{
		values[0] = Int32GetDatum(tenant_id);
		(void) ec_relation_oid("tenants");
		ec_connect();
		exists = ec_query(&tenant_exists_plan, values, NULL) == 1;
		ec_finish();
	}
	if (!exists)
		ereport(ERROR,
				(errcode(ERRCODE_EC_TENANT_CONFLICT),
				 errmsg("there is no such tenant"),
				 errdetail("It is tenant %d.", tenant_id)));
	pg_ltoa(tenant_id, number);
	(void) set_config_option("ecommerce.tenant", number, PGC_SUSET,
							 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	PG_RETURN_VOID();
}
