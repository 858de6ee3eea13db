/*
 * tenant.c
 *	  Whose shop this is, for the length of a transaction.
 *
 * There are two settings, so that parallel workers see them.  An administrator
 * pins a role, or a session, by ecommerce.tenant; roles cannot set it themselves,
 * it is SUSET.  use_tenant() sets ecommerce.chosen_tenant the way SET LOCAL
 * does, so it ends with the transaction (or with the rollback of a
 * subtransaction), and a pooler cannot hand it to the next client.  Nothing else
 * sets it, RESET ALL included.
 *
 * Before this library is loaded PostgreSQL does not know that a client may not
 * set ecommerce.tenant, and what the client sends when it connects replaces the
 * pin of its role.  So where a session comes with a value that it had no right
 * to, the pin is read from the catalog.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_db_role_setting.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "db/scan.h"
#include "ecommerce.h"
#include "errors.h"
#include "tenant_settings.h"
#include "value/arguments.h"

/* What the pin of a session is as long as the catalog was not asked */
#define PIN_UNKNOWN (-1)

/* The settings; 0 means that there is none. */
static int	tenant_setting = 0;
static int	chosen_setting = 0;

/* Is use_tenant() setting it? */
static bool choosing = false;

/* The pin that the catalog has of a role */
static Oid	pinned_role = InvalidOid;
static int32 pinned_tenant;

static const EcTable tenants = {
	.name = "tenants",
	.nkeys = 1,
	.ncolumns = 1,
	.columns = {
		{"id", INT4OID}
	}
};

/* The only tenant there is, as long as this transaction has that id. */
static int32 single_tenant;
static LocalTransactionId single_tenant_lxid = InvalidLocalTransactionId;

/* May the next one go on with it, until the next invalidation? */
static bool single_tenant_cached = false;
static uint64 single_tenant_invalidations;

static EcPlan tenant_exists_plan = {
	.sql = "SELECT FROM {tenants} WHERE id = $1",
	.nargs = 1,
	.types = {INT4OID}
};

/* Refuse what only this module sets. */
static bool
check_tenant_setting(int *value, void **extra, GucSource source)
{
	return *value != PIN_UNKNOWN || source == PGC_S_OVERRIDE || InitializingParallelWorker;
}

/* Refuse to set what use_tenant() sets. */
static bool
check_chosen(int *value, void **extra, GucSource source)
{
	return choosing || *value == 0 || InitializingParallelWorker;
}

/* Is ecommerce.tenant what the client sent when it connected? */
static bool
sent_by_client(void)
{
	const struct config_generic *option = EcFindOption("ecommerce.tenant");

	return option != NULL && option->reset_source == PGC_S_CLIENT;
}

/* Define the settings. */
void
ec_tenant_init(void)
{
	bool		sent = sent_by_client();

	DefineCustomIntVariable("ecommerce.tenant",
							"The tenant of this session.",
							"0 means that none is chosen. An administrator pins a role to a"
							" tenant with ALTER ROLE ... SET.",
							&tenant_setting, 0, PIN_UNKNOWN, PG_INT32_MAX,
							PGC_SUSET, 0, check_tenant_setting, NULL, NULL);
	DefineCustomIntVariable("ecommerce.chosen_tenant",
							"The tenant that this transaction has chosen.",
							"It is set by ecommerce.use_tenant().",
							&chosen_setting, 0, 0, PG_INT32_MAX,
							PGC_SUSET,
							GUC_NO_SHOW_ALL | GUC_NO_RESET_ALL | GUC_NOT_IN_SAMPLE |
							GUC_DISALLOW_IN_FILE,
							check_chosen, NULL, NULL);
	MarkGUCPrefixReserved("ecommerce");
	if (sent && !sent_by_client())
		SetConfigOption("ecommerce.tenant", "-1", PGC_SUSET, PGC_S_OVERRIDE);
}

/* The tenant in the settings of a database and a role, or 0. */
static int32
find_pin(Relation rel, Oid database, Oid role)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;
	int32		tenant_id = 0;

	ScanKeyInit(&keys[0], Anum_pg_db_role_setting_setdatabase, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(database));
	ScanKeyInit(&keys[1], Anum_pg_db_role_setting_setrole, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(role));
	scan = systable_beginscan(rel, DbRoleSettingDatidRolidIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		Datum		settings = heap_getattr(tuple, Anum_pg_db_role_setting_setconfig,
											RelationGetDescr(rel), &isnull);
		Datum	   *elements;
		int			n = 0;

		if (!isnull)
			deconstruct_array(DatumGetArrayTypeP(settings), TEXTOID, -1, false,
							  TYPALIGN_INT, &elements, NULL, &n);
		for (int i = 0; i < n; i++)
		{
			char	   *name;
			char	   *value;

			ParseLongOption(TextDatumGetCString(elements[i]), &name, &value);
			if (value != NULL && pg_strcasecmp(name, "ecommerce.tenant") == 0 &&
				!parse_int(value, &tenant_id, 0, NULL))
				tenant_id = 0;
		}
	}
	systable_endscan(scan);
	return tenant_id;
}

/*
 * The tenant to which the catalog pins the role that is logged in, for a
 * session whose client sent another one.  If it pins it to none, the server's
 * configuration may, which the client has overwritten.
 */
static int32
read_pin(void)
{
	Oid			role = GetSessionUserId();

	if (pinned_role != role)
	{
		Relation	rel = table_open(DbRoleSettingRelationId, AccessShareLock);
		const Oid	scopes[][2] = {
			{MyDatabaseId, role}, {InvalidOid, role}, {MyDatabaseId, InvalidOid},
			{InvalidOid, InvalidOid}
		};

		pinned_tenant = 0;
		for (int i = 0; pinned_tenant == 0 && i < (int) lengthof(scopes); i++)
			pinned_tenant = find_pin(rel, scopes[i][0], scopes[i][1]);
		table_close(rel, AccessShareLock);
		pinned_role = role;
	}
	if (pinned_tenant == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to set parameter \"ecommerce.tenant\""),
				 errdetail("The client sent it when it connected."),
				 errhint("Call ecommerce.use_tenant() in each transaction instead.")));
	return pinned_tenant;
}

/* The tenant to which the session is pinned, or that it chose, or 0. */
static int32
given_tenant(void)
{
	int32		pin = tenant_setting == PIN_UNKNOWN ? read_pin() : tenant_setting;

	return pin != 0 ? pin : chosen_setting;
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
	bool		cacheable = !IsolationUsesXactSnapshot() && !IsInParallelMode();
	uint64		before = ec_table_invalidations();
	Snapshot	snapshot;
	EcScan		scan;
	int32		tenant_id = 0;
	int			count = 0;

	if (single_tenant_lxid == EcLocalTransactionId())
		return single_tenant;
	if (single_tenant_cached && single_tenant_invalidations == before)
	{
		single_tenant_lxid = EcLocalTransactionId();
		return single_tenant;
	}

	/* An older snapshot may miss one that this backend was told of before. */
	snapshot = RegisterSnapshot(cacheable ? GetLatestSnapshot() : GetActiveSnapshot());
	ec_scan_open(&scan, &tenants, EC_NO_TENANT, AccessShareLock);
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
				 errhint("Call ecommerce.use_tenant() in the transaction, or pin the role"
						 " with ALTER ROLE ... SET ecommerce.tenant.")));
	single_tenant = tenant_id;
	single_tenant_lxid = EcLocalTransactionId();
	single_tenant_invalidations = before;
	single_tenant_cached = cacheable;
	return single_tenant;
}

/* The tenant of this transaction. */
static int32
current_tenant(void)
{
	int32		tenant_id = given_tenant();

	return tenant_id != 0 ? tenant_id : find_single_tenant();
}

/*
 * May the caller name any tenant?  No policy restricts superusers, nor owners of the
 * tables; but these keep to the tenant that they have chosen.
 */
static bool
unrestricted(void)
{
	Oid			role = GetOuterUserId();

	return !InSecurityRestrictedOperation() &&
		(has_bypassrls_privilege(role) ||
		 (given_tenant() == 0 && EcOwnsTable(ec_relation_oid("orders"), role)));
}

/*
 * Check the tenant in argument n of a writing function, and return it.  Only a
 * role that no policy restricts may name another one than its own.
 */
int32
ec_argument_tenant(FunctionCallInfo fcinfo, int n)
{
	int32		tenant_id;

	ec_argument_given(fcinfo, n, "tenant_id");
	tenant_id = PG_GETARG_INT32(n);
	if (tenant_id != given_tenant() && !unrestricted() &&
		tenant_id != current_tenant())
		ereport(ERROR,
				(errcode(ERRCODE_EC_TENANT_CONFLICT),
				 errmsg("this transaction works for tenant %d, not %d", current_tenant(),
						tenant_id),
				 errhint("Call ecommerce.use_tenant(%d) in a transaction of its own.", tenant_id)));
	return tenant_id;
}

PG_FUNCTION_INFO_V1(ec_current_tenant);

/* current_tenant() -> integer */
Datum
ec_current_tenant(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(current_tenant());
}

PG_FUNCTION_INFO_V1(ec_shop_day);

/* shop_day() -> date */
Datum
ec_shop_day(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(ec_day_in(ec_settings_zone(current_tenant()),
								GetCurrentTransactionStartTimestamp()));
}

PG_FUNCTION_INFO_V1(ec_shop_day_of);

/* shop_day_of(tenant_id integer) -> date */
Datum
ec_shop_day_of(PG_FUNCTION_ARGS)
{
	EC_STRICT(fcinfo);
	PG_RETURN_DATEADT(ec_day_in(ec_settings_zone(PG_GETARG_INT32(0)),
								GetCurrentTransactionStartTimestamp()));
}

PG_FUNCTION_INFO_V1(ec_check_tenant);

/* check_tenant(tenant_id integer) -> integer */
Datum
ec_check_tenant(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(ec_argument_tenant(fcinfo, 0));
}

/*
 * Choose a tenant: until the transaction ends (GUC_ACTION_LOCAL), or the function with
 * settings of its own that is running (GUC_ACTION_SAVE).
 */
static void
choose(int32 tenant_id, GucAction until)
{
	char		number[12];

	pg_ltoa(tenant_id, number);
	choosing = true;
	PG_TRY();
	{
		(void) set_config_option("ecommerce.chosen_tenant", number, PGC_SUSET,
								 PGC_S_SESSION, until, true, 0, false);
	}
	PG_FINALLY();
	{
		choosing = false;
	}
	PG_END_TRY();
}

PG_FUNCTION_INFO_V1(ec_use_tenant);

/* use_tenant(tenant_id integer) -> integer */
Datum
ec_use_tenant(PG_FUNCTION_ARGS)
{
	int32		tenant_id;
	int32		given = given_tenant();
	Datum		values[1];
	bool		exists = false;

	ec_argument_given(fcinfo, 0, "tenant_id");
	tenant_id = PG_GETARG_INT32(0);
	if (given != 0 && given != tenant_id)
		ereport(ERROR,
				(errcode(ERRCODE_EC_TENANT_CONFLICT),
				 errmsg("tenant %d cannot be chosen, because tenant %d is", tenant_id, given),
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
				 errmsg("there is no tenant %d", tenant_id)));
	if (given == 0 && ec_call_alone(fcinfo))
		WarnNoTransactionBlock(true, "use_tenant()");
	choose(tenant_id, GUC_ACTION_LOCAL);
	PG_RETURN_INT32(tenant_id);
}

/* May the caller call use_tenant()? */
static bool
may_choose(void)
{
	Datum		oid = DirectFunctionCall1(regprocedurein,
										  CStringGetDatum("ecommerce.use_tenant(integer)"));

	return !InSecurityRestrictedOperation() &&
		EcFunctionAclCheck(DatumGetObjectId(oid), GetOuterUserId()) == ACLCHECK_OK;
}

PG_FUNCTION_INFO_V1(ec_check_all_tenants);

/* check_all_tenants() -> boolean */
Datum
ec_check_all_tenants(PG_FUNCTION_ARGS)
{
	int32		given = given_tenant();

	if (given != 0)
		ereport(ERROR,
				(errcode(ERRCODE_EC_TENANT_CONFLICT),
				 errmsg("this transaction works for tenant %d, not for all", given)));
	if (!unrestricted() && !may_choose())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for all tenants"),
				 errdetail("It needs the privilege to call ecommerce.use_tenant().")));
	PG_RETURN_BOOL(true);
}

PG_FUNCTION_INFO_V1(ec_work_for);

/* work_for(tenant_id integer) -> integer */
Datum
ec_work_for(PG_FUNCTION_ARGS)
{
	EC_STRICT(fcinfo);
	if (given_tenant() != PG_GETARG_INT32(0))
		choose(PG_GETARG_INT32(0), GUC_ACTION_SAVE);
	PG_RETURN_INT32(PG_GETARG_INT32(0));
}
