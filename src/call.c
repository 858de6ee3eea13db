/*
 * call.c
 *	  The door of every function that reaches rows.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/execdesc.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "nodes/primnodes.h"
#include "tcop/pquery.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "db/table.h"
#include "ecommerce.h"

/* Where a statement that is running calls a function whose result has columns */
typedef struct CallSite
{
	FmgrInfo   *function;
	FuncExpr   *expr;
	CommandId	command;		/* at its last call */
	MemoryContext row;			/* of which it was called then */
	MemoryContextCallback callback;
	struct CallSite *next;
} CallSite;

static CallSite *sites = NULL;

/* Forget a place of a statement that has ended. */
static void
forget_site(void *arg)
{
	CallSite  **site = &sites;

	while (*site != arg)
		site = &(*site)->next;
	*site = (*site)->next;
}

/* Note from where a function is called. */
static CallSite *
note_site(FmgrInfo *function, FuncExpr *expr)
{
	CallSite   *site = MemoryContextAlloc(function->fn_mcxt, sizeof(CallSite));
	MemoryContext old = MemoryContextSwitchTo(function->fn_mcxt);

	site->function = function;
	site->expr = copyObject(expr);
	MemoryContextSwitchTo(old);
	site->callback.func = forget_site;
	site->callback.arg = site;
	site->next = sites;
	sites = site;
	MemoryContextRegisterResetCallback(function->fn_mcxt, &site->callback);
	return site;
}

/*
 * Refuse SELECT (f(...)).*, for which PostgreSQL calls f once for each column.
 * Each copy of the call has a place of its own in the statement that runs, but
 * all stand at one place of its text, and are called for the same row of the same
 * part of its plan, before anything else is done.
 */
static void
check_called_once(FunctionCallInfo fcinfo)
{
	FmgrInfo   *function = fcinfo->flinfo;
	FuncExpr   *expr = (FuncExpr *) function->fn_expr;
	CommandId	command = GetActiveSnapshot()->curcid;
	CallSite   *own = NULL;

	if (expr == NULL || !IsA(expr, FuncExpr) || !type_is_rowtype(expr->funcresulttype))
		return;
	for (CallSite *site = sites; site != NULL; site = site->next)
	{
		if (site->function == function)
			own = site;
		else if (site->function->fn_mcxt == function->fn_mcxt &&
				 site->command == command && site->row == CurrentMemoryContext &&
				 site->expr->location == expr->location &&
				 equal(site->expr, expr))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("%s() would be called once for each column of its result",
							get_func_name(expr->funcid)),
					 errhint("Use SELECT * FROM %s(...) instead of SELECT (%s(...)).*.",
							 get_func_name(expr->funcid),
							 get_func_name(expr->funcid))));
	}
	if (own == NULL)
		own = note_site(function, expr);
	own->command = command;
	own->row = CurrentMemoryContext;
}

/*
 * Begin a call of a function that writes, and return the tenant for which it
 * works.  Changes that others have committed, and those that the calling statement
 * has made already, are known from here on, and can be seen, whatever the caller's
 * snapshot shows: stock is read like that, and prices must not be older.
 */
int32
ec_begin(FunctionCallInfo fcinfo, int tenant_argument)
{
	int32		tenant_id;

	if (XactReadOnly || IsInParallelMode())
	{
		const char *name = psprintf("%s()", get_func_name(fcinfo->flinfo->fn_oid));

		PreventCommandIfReadOnly(name);
		PreventCommandIfParallelMode(name);
	}
	check_called_once(fcinfo);

	/* The next statement is another command, whether or not this one writes. */
	(void) GetCurrentCommandId(true);
	CommandCounterIncrement();
	AcceptInvalidationMessages();
	tenant_id = ec_argument_tenant(fcinfo, tenant_argument);
	PushActiveSnapshot(GetTransactionSnapshot());
	ec_connect();
	return tenant_id;
}

/*
 * Begin a call of a function that only reads: as its caller, whom policies
 * restrict, and what the statement that calls it sees.
 */
int32
ec_begin_reading(FunctionCallInfo fcinfo, int tenant_argument)
{
	PushActiveSnapshot(GetActiveSnapshot());
	ec_connect();
	return PG_GETARG_INT32(tenant_argument);
}

/*
 * Begin a call of a function that only reads, but what one that writes would read: as
 * the owner, and what is committed now.  Return its tenant.
 */
int32
ec_begin_quoting(FunctionCallInfo fcinfo, int tenant_argument)
{
	int32		tenant_id;

	AcceptInvalidationMessages();
	tenant_id = ec_argument_tenant(fcinfo, tenant_argument);
	PushActiveSnapshot(GetTransactionSnapshot());
	ec_connect();
	return tenant_id;
}

/* See what others have committed meanwhile: for who has waited for them, in a call that writes. */
void
ec_refresh(void)
{
	PopActiveSnapshot();
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
}

/* End it.  Rows that a statement returned may not be used afterwards. */
void
ec_end(void)
{
	ec_finish();
	PopActiveSnapshot();
}

/*
 * May the caller do what decides what is paid, or by whom: does it have the
 * right to write orders itself?
 */
bool
ec_call_trusted(void)
{
	return !InSecurityRestrictedOperation() &&
		pg_class_aclcheck(ec_relation_oid("orders"), GetOuterUserId(),
						  ACL_INSERT) == ACLCHECK_OK;
}

/* Is a node of a plan, or of an expression, a call of this function? */
static bool
is_call(const Node *node, Oid function)
{
	return node != NULL && IsA(node, FuncExpr) && ((const FuncExpr *) node)->funcid == function;
}

/*
 * Is the function all that the client's statement does?  Outside of a transaction
 * block it does nothing then; in SELECT f(..., use_tenant(2)) it does.
 */
bool
ec_call_alone(FunctionCallInfo fcinfo)
{
	Oid			function = fcinfo->flinfo->fn_oid;
	const Plan *plan;

	if (ActivePortal == NULL || ActivePortal->queryDesc == NULL ||
		ActivePortal->queryDesc->plannedstmt->commandType != CMD_SELECT)
		return false;
	plan = ActivePortal->queryDesc->plannedstmt->planTree;
	if (list_length(plan->targetlist) != 1)
		return false;
	if (IsA(plan, FunctionScan))
	{
		const List *functions = ((const FunctionScan *) plan)->functions;

		return list_length(functions) == 1 &&
			is_call(linitial_node(RangeTblFunction, functions)->funcexpr, function);
	}
	return IsA(plan, Result) && plan->lefttree == NULL &&
		is_call((const Node *) linitial_node(TargetEntry, plan->targetlist)->expr, function);
}
