/*
 * error_context.c
 *	  Keeping the inside of our functions out of the errors of their callers.
 *
 * PostgreSQL tells in the CONTEXT of an error which functions and statements it
 * came through.  Where a caller is wrong, those of ours tell them nothing, and
 * every client shows them.  So the outermost of our functions puts a mark among
 * the callbacks that write the context: what is written before the mark is ours.
 * An error that passes it loses that part and keeps what callers have written.
 *
 * All of our functions in SQL and plpgsql have a SET clause, so that the function
 * manager calls its hook for them.
 */
#include "postgres.h"

#include "access/xact.h"
#include "fmgr.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "ecommerce.h"
#include "errors.h"

static fmgr_hook_type next_hook = NULL;

/* How many of our functions are running, one inside the other */
static int	depth = 0;

/* Among the callbacks while depth > 0 */
static ErrorContextCallback mark;

/* Context that was written before the mark, in bytes, by the latest error */
static size_t inner_length = 0;

/* Functions that were called, and whether they are ours; never asked after an error */
typedef struct Known
{
	Oid			function;		/* the key */
	bool		is_ours;
} Known;

static HTAB *known_functions = NULL;

/* Is this what an error in arguments, rows or order of calls looks like? */
static bool
is_callers(int sqlstate)
{
	switch (sqlstate)
	{
		case ERRCODE_INVALID_PARAMETER_VALUE:
		case ERRCODE_NULL_VALUE_NOT_ALLOWED:
		case ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE:
		case ERRCODE_INVALID_TEXT_REPRESENTATION:
		case ERRCODE_INSUFFICIENT_PRIVILEGE:
		case ERRCODE_FEATURE_NOT_SUPPORTED:
		case ERRCODE_DUPLICATE_TABLE:
			return true;
	}
	return ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION ||
		ERRCODE_TO_CATEGORY(sqlstate) == ERRCODE_TO_CATEGORY(ERRCODE_EC_NO_TENANT);
}

/* The error that is being reported or was caught. */
static ErrorData *
copy_error(MemoryContext context)
{
	MemoryContext old_context = MemoryContextSwitchTo(context);
	ErrorData  *error = CopyErrorData();

	MemoryContextSwitchTo(old_context);
	return error;
}

/* Called when the context of our functions was written. */
static void
measure_context(void *arg)
{
	ErrorData  *error;

	if (!is_callers(geterrcode()))
		return;
	error = copy_error(TopMemoryContext);
	inner_length = error->context == NULL ? 0 : strlen(error->context);
	FreeErrorData(error);
}

/* Throw the error that was caught again, without the context of our functions. */
static void
rethrow_outer_context(void)
{
	ErrorData  *error;

	if (inner_length == 0 || !is_callers(geterrcode()))
		return;
	error = copy_error(CurTransactionContext);
	/* An error that was caught and raised again was not measured again. */
	if (error->context == NULL || strlen(error->context) < inner_length)
		return;
	error->context += inner_length;
	if (*error->context == '\n')
		error->context++;
	else if (*error->context == '\0')
		error->context = NULL;
	FlushErrorState();
	ReThrowError(error);
}

/* Is a function that begins one of ours? */
static bool
is_ours(Oid function)
{
	bool		found;
	Known	   *known = hash_search(known_functions, &function, HASH_FIND, NULL);
	char	   *schema;
	bool		result;

	if (known != NULL)
		return known->is_ours;
	schema = get_namespace_name(get_func_namespace(function));
	result = schema != NULL &&
		(strcmp(schema, "ecommerce") == 0 || strcmp(schema, "ecommerce_internal") == 0);
	known = hash_search(known_functions, &function, HASH_ENTER, &found);
	known->is_ours = result;
	return result;
}

/* Did a function that ends begin as one of ours? */
static bool
was_ours(Oid function)
{
	const Known *known = hash_search(known_functions, &function, HASH_FIND, NULL);

	return known != NULL && known->is_ours;
}

static void
enter(void)
{
	if (depth++ > 0)
		return;
	inner_length = 0;
	mark.callback = measure_context;
	mark.previous = error_context_stack;
	error_context_stack = &mark;
}

/* Take the mark away when the outermost of our functions ends; was it this one? */
static bool
leave(void)
{
	if (depth == 0 || --depth > 0)
		return false;
	error_context_stack = mark.previous;
	return true;
}

/* Called around each function with a SET clause or SECURITY DEFINER. */
static void
watch_function(FmgrHookEventType event, FmgrInfo *function, Datum *private)
{
	if (next_hook != NULL)
		next_hook(event, function, private);
	switch (event)
	{
		case FHET_START:
			if (is_ours(function->fn_oid))
				enter();
			break;
		case FHET_END:
			if (was_ours(function->fn_oid))
				(void) leave();
			break;
		case FHET_ABORT:
			if (was_ours(function->fn_oid) && leave())
				rethrow_outer_context();
			break;
	}
}

/* No function of ours is running between transactions, whatever was thrown. */
static void
forget_functions(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT)
		depth = 0;
}

/* Watch the functions of this backend. */
void
ec_error_context_init(void)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(Oid);
	control.entrysize = sizeof(Known);
	known_functions = hash_create("ecommerce functions", 128, &control, HASH_ELEM | HASH_BLOBS);
	next_hook = fmgr_hook;
	fmgr_hook = watch_function;
	RegisterXactCallback(forget_functions, NULL);
}
