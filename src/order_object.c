/*
 * order_object.c
 *	  Requests for orders as objects, whose keys are the arguments of
 *	  place_order(), and placing many of them.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "pg_compat.h"

#include "call.h"
#include "db/plan.h"
#include "db/table.h"
#include "order.h"
#include "value/arguments.h"
#include "value/json.h"
#include "value/numeric_codec.h"
#include "value/result.h"

/* Bytes of null, and of an empty array, with all headers */
#define MAX_SMALL_JSONB 16

/* Names of the arguments before tenant_id, and the keys of a request */
const char *const ec_order_keys[ARG_TENANT] = {
	"items", "cart_id", "reservation_id", "user_id", "email", "phone",
	"billing_address", "shipping_address", "buyer_vat_id", "buyer_vat_id_valid",
	"currency", "expected_total", "allowances", "charges", "shipping_rate",
	"coupon_codes", "notes", "metadata", "placed_at", "idempotency_key"
};

static const Oid types[ARG_TENANT] = {
	JSONBOID, UUIDOID, UUIDOID, UUIDOID, TEXTOID, TEXTOID, JSONBOID, JSONBOID,
	TEXTOID, BOOLOID, TEXTOID, NUMERICOID, JSONBOID, JSONBOID, TEXTOID,
	TEXTARRAYOID, TEXTOID, JSONBOID, TIMESTAMPTZOID, TEXTOID
};

static EcPlan lock_plan = {
	.sql = "SELECT ecommerce_internal.lock_for_orders($2, $1)",
	.nargs = 2,
	.types = {INT4OID, JSONBARRAYOID}
};

/* A string, or a number as a string. */
static char *
read_text(const JsonbValue *field, const char *key)
{
	if (field->type == jbvNumeric)
		return DatumGetCString(DirectFunctionCall1(numeric_out,
												   NumericGetDatum(field->val.numeric)));
	if (field->type != jbvString)
		ec_json_wrong(field, NULL, key, "a string");
	return pnstrdup(field->val.string.val, (Size) field->val.string.len);
}

/* A boolean, or a string that says one. */
static bool
read_bool(const JsonbValue *field, const char *key)
{
	bool		result;

	if (field->type == jbvBool)
		return field->val.boolean;
	if (field->type != jbvString ||
		!parse_bool_with_len(field->val.string.val, (Size) field->val.string.len, &result))
		ec_json_wrong(field, NULL, key, "true or false");
	return result;
}

/* An array of strings. */
static Datum
read_texts(const JsonbValue *field, const char *key)
{
	JsonbContainer *array = field->type == jbvBinary ? field->val.binary.data : NULL;
	Datum	   *texts;
	int			n;

	if (array == NULL || !JsonContainerIsArray(array))
		ec_json_wrong_kind(field, NULL, key, "an array of strings");
	n = (int) JsonContainerSize(array);
	texts = palloc_array(Datum, (Size) n);
	for (int i = 0; i < n; i++)
	{
		const JsonbValue *element = getIthJsonbValueFromContainer(array, (uint32) i);

		if (element->type != jbvString)
			ec_json_wrong(field, NULL, key, "an array of strings");
		texts[i] = PointerGetDatum(cstring_to_text_with_len(element->val.string.val,
															element->val.string.len));
	}
	return PointerGetDatum(construct_array(texts, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* A field as an argument of place_order(). */
static Datum
read_argument(JsonbValue *field, int n)
{
	const char *key = ec_order_keys[n];
	pg_uuid_t  *uuid;
	EcDecimal	number;

	switch (types[n])
	{
		case JSONBOID:
			return JsonbPGetDatum(JsonbValueToJsonb(field));
		case UUIDOID:
			uuid = palloc(sizeof(pg_uuid_t));
			ec_json_uuid(field, uuid, NULL, key);
			return UUIDPGetDatum(uuid);
		case BOOLOID:
			return BoolGetDatum(read_bool(field, key));
		case NUMERICOID:
			number = ec_json_decimal(field, NULL, key);
			return EcAmountGetDatum(number.value, number.scale);
		case TEXTARRAYOID:
			return read_texts(field, key);
		case TIMESTAMPTZOID:
			return DirectFunctionCall3(timestamptz_in, CStringGetDatum(read_text(field, key)),
									   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
		default:
			return CStringGetTextDatum(read_text(field, key));
	}
}

/*
 * A jsonb argument as it is meant: null is absent, and an empty array in the place
 * of an object is one.
 */
static void
mean_jsonb(NullableDatum *argument, bool is_object)
{
	Jsonb	   *jsonb;
	JsonbValue	value;
	JsonbParseState *state = NULL;

	if (argument->isnull || toast_raw_datum_size(argument->value) > MAX_SMALL_JSONB)
		return;
	jsonb = DatumGetJsonbP(argument->value);
	JsonbToJsonbValue(jsonb, &value);
	if (JB_ROOT_IS_SCALAR(jsonb))
		argument->isnull = JsonbExtractScalar(&jsonb->root, &value) && value.type == jbvNull;
	else if (is_object && ec_json_empty_array(&value))
	{
		(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		argument->value =
			JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
	}
}

/* Read the arguments of a request as they are meant. */
void
ec_order_mean_arguments(EcRequest *request)
{
	for (int i = 0; i < ARG_TENANT; i++)
		if (types[i] == JSONBOID)
			mean_jsonb(&request->arguments[i],
					   i == ARG_BILLING_ADDRESS || i == ARG_SHIPPING_ADDRESS ||
					   i == ARG_METADATA);
}

/* Is place_order() called with a request, instead of items? */
static bool
is_object(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(ARG_ITEMS) || !JB_ROOT_IS_OBJECT(PG_GETARG_JSONB_P(ARG_ITEMS)))
		return false;
	for (int i = ARG_ITEMS + 1; i < ARG_TENANT; i++)
		if (!PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s is given beside a request object", ec_order_keys[i]),
					 errhint("Make it a key of the object.")));
	return true;
}

/* Read a request. */
static EcRequest *
read_object(Jsonb *object)
{
	EcRequest  *request = palloc(sizeof(EcRequest));
	NullableDatum *arguments = request->arguments;
	JsonbValue	value;
	JsonbValue	fields[ARG_TENANT];

	JsonbToJsonbValue(object, &value);
	ec_json_object(&value, NULL, ec_order_keys, fields, ARG_TENANT);
	for (int i = 0; i < ARG_TENANT; i++)
	{
		arguments[i].isnull = !ec_json_given(&fields[i]);
		arguments[i].value = arguments[i].isnull ? (Datum) 0 : read_argument(&fields[i], i);
	}
	ec_order_mean_arguments(request);
	return request;
}

/* Read a request that is an object, or items. */
EcRequest *
ec_order_read_jsonb(Jsonb *jsonb)
{
	EcRequest  *request;

	if (JB_ROOT_IS_OBJECT(jsonb))
		return read_object(jsonb);
	request = palloc(sizeof(EcRequest));
	for (int i = 0; i < ARG_TENANT; i++)
		request->arguments[i].isnull = i != ARG_ITEMS;
	request->arguments[ARG_ITEMS].value = JsonbPGetDatum(jsonb);
	ec_order_mean_arguments(request);
	return request;
}

/* Read what place_order() is called with: one object, or arguments. */
EcRequest *
ec_order_read_call(FunctionCallInfo fcinfo)
{
	EcRequest  *request;

	if (is_object(fcinfo))
		return read_object(PG_GETARG_JSONB_P(ARG_ITEMS));
	/* A copy, because a constant of the statement may be evaluated only once. */
	request = palloc(sizeof(EcRequest));
	memcpy(request->arguments, fcinfo->args, sizeof(request->arguments));
	ec_order_mean_arguments(request);
	return request;
}

/* Raise the error that was caught again, with the order in its message. */
pg_noreturn static void
rethrow_for(int n, MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	error->message = psprintf("orders[%d]: %s", n, error->message);
	ReThrowError(error);
}

/* Refuse what is no order of a batch. */
pg_noreturn static void
refuse_order(const JsonbValue *value, int n)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("orders[%d] must be an object", n),
			 ec_json_encoded_twice(value) ? errhint(EC_ENCODED_TWICE) : 0));
}

/* Read all requests of a batch, before anything is locked. */
static EcRequest **
read_batch(const Datum *orders, const bool *nulls, int n)
{
	EcRequest **requests = palloc_array(EcRequest *, (Size) n);
	MemoryContext context = CurrentMemoryContext;

	for (volatile int i = 0; i < n; i++)
	{
		JsonbValue	value;

		CHECK_FOR_INTERRUPTS();
		value.type = jbvNull;
		if (!nulls[i])
			JsonbToJsonbValue(DatumGetJsonbP(orders[i]), &value);
		if (nulls[i] ||
			(!JB_ROOT_IS_OBJECT(DatumGetJsonbP(orders[i])) && !ec_json_empty_array(&value)))
			refuse_order(&value, i);
		PG_TRY();
		{
			requests[i] = read_object(DatumGetJsonbP(orders[i]));
		}
		PG_CATCH();
		{
			rethrow_for(i, context);
		}
		PG_END_TRY();
	}
	return requests;
}

/* Place the orders of a batch, and add their rows to the result. */
static void
place_batch(FunctionCallInfo fcinfo, EcRequest *const *requests, int n)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext context = CurrentMemoryContext;
	MemoryContext row = AllocSetContextCreate(context, "an order of many",
											  ALLOCSET_DEFAULT_SIZES);
	bool		nulls[PLACED_COLUMNS] = {false};
	FmgrInfo	function = *fcinfo->flinfo;

	/* How the batch is called was checked; each order is another call. */
	function.fn_expr = NULL;
	for (volatile int i = 0; i < n; i++)
	{
		Datum		placed[PLACED_COLUMNS];

		MemoryContextReset(row);
		MemoryContextSwitchTo(row);
		PG_TRY();
		{
			ec_order_place_request(&function, requests[i], fcinfo->args[1], false, placed);
		}
		PG_CATCH();
		{
			rethrow_for(i, context);
		}
		PG_END_TRY();
		tuplestore_putvalues(result->setResult, result->setDesc, placed, nulls);
	}
	MemoryContextSwitchTo(context);
	MemoryContextDelete(row);
}

/* Place many orders. */
static Datum
place_orders(FunctionCallInfo fcinfo, ArrayType *array)
{
	Datum	   *orders;
	bool	   *nulls;
	int			n;
	EcRequest **requests;
	Datum		arguments[2];

	(void) ec_result_desc(fcinfo, ec_placed_types, PLACED_COLUMNS);
	arguments[0] = Int32GetDatum(ec_begin(fcinfo, 1));
	deconstruct_array(array, JSONBOID, -1, false, TYPALIGN_INT, &orders, &nulls, &n);
	requests = read_batch(orders, nulls, n);

	/* Tables in one order: who places an order locks orders first. */
	LockRelationOid(ec_relation_oid("orders"), RowExclusiveLock);
	arguments[1] = PointerGetDatum(array);
	if (n > 0)
		(void) ec_execute(&lock_plan, arguments, NULL);
	place_batch(fcinfo, requests, n);
	ec_end();
	return (Datum) 0;
}

/* The elements of a JSON array as an array */
static ArrayType *
array_of_json(Jsonb *jsonb)
{
	JsonbValue	value;
	JsonbContainer *container;
	Datum	   *elements;
	int			n;

	JsonbToJsonbValue(jsonb, &value);
	container = ec_json_array(&value, NULL, "orders", &n);
	elements = palloc_array(Datum, (Size) n);
	for (int i = 0; i < n; i++)
		elements[i] =
			JsonbPGetDatum(JsonbValueToJsonb(getIthJsonbValueFromContainer(container,
																		   (uint32) i)));
	return construct_array(elements, n, JSONBOID, -1, false, TYPALIGN_INT);
}

/*
 * Is it JSON, and not an array as PostgreSQL writes it?  Of what begins with {" only
 * JSON goes on with a colon after the string.
 */
static bool
is_json(const char *c)
{
	c += strspn(c, " \t\r\n");
	if (*c != '{')
		return true;
	c++;
	c += strspn(c, " \t\r\n");
	if (*c++ != '"')
		return false;
	while (*c != '\0' && *c != '"')
		c += *c == '\\' && c[1] != '\0' ? 2 : 1;
	if (*c == '\0')
		return false;
	c++;
	return c[strspn(c, " \t\r\n")] == ':';
}

PG_FUNCTION_INFO_V1(ec_place_orders);

/* place_orders(orders jsonb[], tenant_id) -> setof placed_order */
Datum
ec_place_orders(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	ec_argument_given(fcinfo, 0, "orders");
	return place_orders(fcinfo, PG_GETARG_ARRAYTYPE_P(0));
}

PG_FUNCTION_INFO_V1(ec_place_orders_of_json);

/* place_orders(orders jsonb, tenant_id) -> setof placed_order */
Datum
ec_place_orders_of_json(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	ec_argument_given(fcinfo, 0, "orders");
	return place_orders(fcinfo, array_of_json(PG_GETARG_JSONB_P(0)));
}

PG_FUNCTION_INFO_V1(ec_place_orders_of_text);

/*
 * place_orders(orders text, tenant_id) -> setof placed_order
 *
 * What has no type in a statement is text, if a function takes that: literals, and
 * what drivers send.
 */
Datum
ec_place_orders_of_text(PG_FUNCTION_ARGS)
{
	char	   *orders;
	Datum		jsonb;

	InitMaterializedSRF(fcinfo, 0);
	ec_argument_given(fcinfo, 0, "orders");
	orders = text_to_cstring(PG_GETARG_TEXT_PP(0));
	if (!is_json(orders))
		return place_orders(fcinfo, DatumGetArrayTypeP(OidInputFunctionCall(F_ARRAY_IN, orders,
																			JSONBOID, -1)));
	jsonb = DirectFunctionCall1(jsonb_in, CStringGetDatum(orders));
	return place_orders(fcinfo, array_of_json(DatumGetJsonbP(jsonb)));
}
