/*
 * customer.c
 *	  Who is buying, for the length of a transaction.
 *
 * use_customer() sets ecommerce.chosen_customer as use_tenant() does its setting
 * (tenant.c): it ends with the transaction, and nothing else sets it.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "call.h"
#include "customer.h"
#include "db/plan.h"
#include "db/scan.h"
#include "errors.h"
#include "value/arguments.h"
#include "value/uuid.h"

/* The setting; empty while nobody is chosen */
static char *customer_setting = NULL;

/* Is use_customer() setting it? */
static bool choosing = false;

/* Columns of users that are read, after its keys */
enum
{
	USERS_EMAIL = 2,
	USERS_STATUS,
	USERS_DELETED_AT,
	USERS_GROUP,
	USERS_COLUMNS
};

static const EcTable users = {
	.name = "users",
	.nkeys = 2,
	.nullable = 1 << USERS_DELETED_AT | 1 << USERS_GROUP,
	.ncolumns = USERS_COLUMNS,
	.columns = {
		{"tenant_id", INT4OID}, {"id", UUIDOID}, {"email", TEXTOID},
		{"status", TEXTOID}, {"deleted_at", TIMESTAMPTZOID},
		{"group_id", UUIDOID}
	}
};
static EcPlan customer_plan = {
	.sql = "SELECT FROM {users}"
	" WHERE tenant_id = $1 AND id = $2 AND status = 'active' AND deleted_at IS NULL",
	.nargs = 2,
	.types = {INT4OID, UUIDOID}
};

/* Refuse to set what use_customer() sets. */
static bool
check_customer(char **value, void **extra, GucSource source)
{
	return choosing || **value == '\0' || InitializingParallelWorker;
}

/* Define the setting. */
void
ec_customer_init(void)
{
	DefineCustomStringVariable("ecommerce.chosen_customer",
							   "The customer that this transaction has chosen.",
							   "It is set by ecommerce.use_customer().",
							   &customer_setting, "", PGC_SUSET,
							   GUC_NO_SHOW_ALL | GUC_NO_RESET_ALL | GUC_NOT_IN_SAMPLE |
							   GUC_DISALLOW_IN_FILE,
							   check_customer, NULL, NULL);
}

/* The customer that was chosen; false if nobody was. */
static bool
chosen_customer(pg_uuid_t *user_id)
{
	return customer_setting != NULL &&
		ec_uuid_parse(customer_setting, strlen(customer_setting), user_id);
}

/* Is this user the customer of this transaction? */
bool
ec_customer_is(const pg_uuid_t *user_id)
{
	pg_uuid_t	chosen;

	return chosen_customer(&chosen) && ec_uuid_compare(&chosen, user_id) == 0;
}

/*
 * May the caller act for this user?  For the customer of the transaction; if none was
 * chosen, whoever is trusted may for anybody.
 */
bool
ec_customer_allowed(const pg_uuid_t *user_id, bool trusted)
{
	pg_uuid_t	chosen;

	return chosen_customer(&chosen) ? ec_uuid_compare(&chosen, user_id) == 0 : trusted;
}

/*
 * Keep the row of a user as the foreign key of an order keeps it, but before it is
 * read: who is being erased is waited for.  The scan has the newest version then; false
 * if there is none.
 */
static bool
keep_user(EcScan *scan)
{
	TupleTableSlot *slot = table_slot_create(scan->rel, NULL);
	bool		follow = !IsolationUsesXactSnapshot();
	TM_FailureData failure;
	TM_Result	result;

	result = table_tuple_lock(scan->rel, &scan->tuple->t_self, GetActiveSnapshot(), slot,
							  GetCurrentCommandId(false), LockTupleKeyShare, LockWaitBlock,
							  follow ? TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS |
							  TUPLE_LOCK_FLAG_FIND_LAST_VERSION : 0,
							  &failure);
	if (result == TM_Ok)
	{
		scan->tuple = ExecCopySlotHeapTuple(slot);
		scan->deformed = false;
	}
	ExecDropSingleTupleTableSlot(slot);
	if (result != TM_Ok && !follow)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update")));
	return result == TM_Ok;
}

/* Find a user, who must be an active one; to be kept: nobody erases them before the end. */
void
ec_customer_find(int32 tenant_id, const pg_uuid_t *user_id, bool keep, EcCustomer *customer)
{
	Datum		keys[2] = {Int32GetDatum(tenant_id), UUIDPGetDatum(user_id)};
	EcScan		scan;
	bool		active = false;

	ec_scan_open(&scan, &users, tenant_id, keep ? RowShareLock : AccessShareLock);
	ec_scan_begin(&scan, GetActiveSnapshot(), 2, keys);
	if (ec_scan_next(&scan) && (!keep || keep_user(&scan)))
	{
		bool		isnull;
		Datum		group;

		(void) ec_scan_value(&scan, USERS_DELETED_AT, &isnull);
		active = isnull &&
			strcmp(TextDatumGetCString(ec_scan_value(&scan, USERS_STATUS, &isnull)),
				   "active") == 0;
		customer->email = PointerGetDatum(DatumGetTextPCopy(ec_scan_value(&scan, USERS_EMAIL,
																		  &isnull)));
		group = ec_scan_value(&scan, USERS_GROUP, &isnull);
		customer->has_group = !isnull;
		if (!isnull)
			customer->group_id = *DatumGetUUIDP(group);
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	if (!active)
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_USER),
				 errmsg("unknown user %s", ec_uuid_text(user_id)),
				 errdetail("There is none of that id, or it is not active.")));
}

PG_FUNCTION_INFO_V1(ec_current_customer);

/* current_customer() -> uuid */
Datum
ec_current_customer(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *chosen = palloc(sizeof(pg_uuid_t));

	if (!chosen_customer(chosen))
		PG_RETURN_NULL();
	PG_RETURN_UUID_P(chosen);
}

/* Choose a customer until the transaction ends. */
static void
choose(const pg_uuid_t *user_id)
{
	choosing = true;
	PG_TRY();
	{
		(void) set_config_option("ecommerce.chosen_customer", ec_uuid_text(user_id), PGC_SUSET,
								 PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	}
	PG_FINALLY();
	{
		choosing = false;
	}
	PG_END_TRY();
}

PG_FUNCTION_INFO_V1(ec_use_customer);

/* use_customer(user_id uuid, tenant_id integer) -> uuid */
Datum
ec_use_customer(PG_FUNCTION_ARGS)
{
	int32		tenant_id = ec_begin_quoting(fcinfo, 1);
	pg_uuid_t	chosen;
	pg_uuid_t  *user_id;
	Datum		values[2];

	ec_argument_given(fcinfo, 0, "user_id");
	user_id = PG_GETARG_UUID_P(0);
	if (chosen_customer(&chosen) && !ec_customer_is(user_id))
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_USER),
				 errmsg("customer %s cannot be chosen, because another one is",
						ec_uuid_text(user_id)),
				 errhint("One transaction works for one customer.")));
	values[0] = Int32GetDatum(tenant_id);
	values[1] = UUIDPGetDatum(user_id);
	if (ec_execute(&customer_plan, values, NULL) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_EC_UNKNOWN_USER),
				 errmsg("unknown user %s", ec_uuid_text(user_id)),
				 errdetail("There is none of that id, or it is not active.")));
	ec_end();
	if (ec_call_alone(fcinfo))
		WarnNoTransactionBlock(true, "use_customer()");
	choose(user_id);
	PG_RETURN_UUID_P(user_id);
}

PG_FUNCTION_INFO_V1(ec_caller_trusted);

/* caller_trusted() -> boolean */
Datum
ec_caller_trusted(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(ec_call_trusted());
}
