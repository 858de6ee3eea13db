/*
 * json.c
 *	  Reading the JSON that callers send, with errors that say where it is
 *	  wrong, and writing the JSON that they get.
 *
 * JSON null counts as absent.  Numbers may be written as strings, because
 * many languages have no other way to keep a decimal exact.
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "pg_compat.h"

#include "value/json.h"
#include "value/member.h"
#include "value/numeric_codec.h"
#include "value/uuid.h"

/* Longest number that is worth reading */
#define MAX_NUMBER_TEXT 100

/* Bytes of a key or value that an error shows */
#define MAX_SHOWN 100

/* Append a path: lines[2].allowances[1] */
static void
append_path(StringInfo text, const EcJsonPath *path)
{
	if (path == NULL)
		return;
	if (path->parent != NULL)
	{
		append_path(text, path->parent);
		appendStringInfoChar(text, '.');
	}
	appendStringInfoString(text, path->list);
	if (path->index >= 0)
		appendStringInfo(text, "[%d]", path->index);
}

/* The text of a path, or of that of a key there */
static char *
path_text(const EcJsonPath *path, const char *key)
{
	StringInfoData text;

	initStringInfo(&text);
	append_path(&text, path);
	if (key != NULL)
	{
		if (text.len > 0)
			appendStringInfoChar(&text, '.');
		appendStringInfoString(&text, key);
	}
	return text.data;
}

/* A value as JSON, cut off where it is long. */
static char *
value_text(const JsonbValue *value)
{
	JsonbValue	copy = *value;
	Jsonb	   *jsonb;
	char	   *text;
	int			length;

	if (value->type == jbvString)
		copy.val.string.len = pg_mbcliplen(value->val.string.val, value->val.string.len,
										   MAX_SHOWN);
	jsonb = JsonbValueToJsonb(&copy);
	text = JsonbToCString(NULL, &jsonb->root, (int) VARSIZE(jsonb));

	length = (int) strlen(text);
	if (length <= MAX_SHOWN)
		return text;

	return psprintf("%.*s...", pg_mbcliplen(text, length, MAX_SHOWN), text);
}

/* Refuse a number that is too large, or has too many digits. */
void
ec_json_out_of_range(const EcJsonPath *path, const char *key)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s is out of range", path_text(path, key))));
}

/*
 * Refuse a value; "must" completes the sentence "... must be".  Its path is in the
 * message, of which logs keep the first line.
 */
void
ec_json_wrong(const JsonbValue *value, const EcJsonPath *path, const char *key,
			  const char *must)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be %s", path_text(path, key), must),
			 errdetail("It is %s.", value_text(value))));
}

/* Is it a string that holds JSON, as a driver sends what was JSON already? */
bool
ec_json_encoded_twice(const JsonbValue *value)
{
	JsonbValue	scalar;
	int			i = 0;

	if (value->type == jbvBinary && JsonContainerIsScalar(value->val.binary.data) &&
		JsonbExtractScalar(value->val.binary.data, &scalar))
		value = &scalar;
	if (value->type != jbvString)
		return false;
	while (i < value->val.string.len && isspace((unsigned char) value->val.string.val[i]))
		i++;
	return i < value->val.string.len && strchr("[{\"", value->val.string.val[i]) != NULL;
}

/* Refuse a value that is no array or object, as it "must" be. */
void
ec_json_wrong_kind(const JsonbValue *value, const EcJsonPath *path, const char *key,
				   const char *must)
{
	if (ec_json_encoded_twice(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be %s", path_text(path, key), must),
				 errdetail("It is a string that holds JSON."),
				 errhint(EC_ENCODED_TWICE)));
	ec_json_wrong(value, path, key, must);
}

/* A jsonb argument as a value to read; an absent one is null. */
void
ec_json_argument(FunctionCallInfo fcinfo, int n, JsonbValue *value)
{
	value->type = jbvNull;
	if (!PG_ARGISNULL(n))
		JsonbToJsonbValue(PG_GETARG_JSONB_P(n), value);
}

/*
 * The elements of an array.  An absent one has none.  value may be a whole
 * document or a field of one; list is its name.
 */
JsonbContainer *
ec_json_array(const JsonbValue *value, const EcJsonPath *parent,
			  const char *list, int *n)
{
	EcJsonPath	path = {list, -1, parent};
	JsonbContainer *container;

	*n = 0;
	if (!ec_json_given(value))
		return NULL;
	container = value->type == jbvBinary ? value->val.binary.data : NULL;
	if (container == NULL || !JsonContainerIsArray(container) ||
		JsonContainerIsScalar(container))
		ec_json_wrong_kind(value, &path, NULL, "an array of objects");
	if (JsonContainerSize(container) > EC_MAX_ELEMENTS)
		ec_json_wrong(value, &path, NULL, "at most 100000 elements long");
	*n = (int) JsonContainerSize(container);
	return container;
}

/* Is it an array without elements? */
bool
ec_json_empty_array(const JsonbValue *value)
{
	return value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data) &&
		!JsonContainerIsScalar(value->val.binary.data) &&
		JsonContainerSize(value->val.binary.data) == 0;
}

/* The keys of an object, for a hint. */
static char *
list_keys(const char *const *keys, int n)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < n; i++)
		appendStringInfo(&text, "%s%s", i > 0 ? ", " : "", keys[i]);
	return text.data;
}

/* Refuse a key that is none of those that an object may have. */
pg_noreturn static void
refuse_key(const JsonbValue *key, const EcJsonPath *path,
		   const char *const *keys, int n)
{
	int			length = pg_mbcliplen(key->val.string.val, key->val.string.len,
									  MAX_SHOWN);

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown key \"%s\"",
					path_text(path, pnstrdup(key->val.string.val, (Size) length))),
			 errhint("Known keys are %s.", list_keys(keys, n))));
}

/*
 * Read an object into fields, in the order of keys; those that it lacks are
 * absent.  Any other key is an error, because it would be a misspelt one.  An empty
 * array is an empty object: PHP writes both alike.
 */
void
ec_json_object(const JsonbValue *value, const EcJsonPath *path,
			   const char *const *keys, JsonbValue *fields, int n)
{
	JsonbIterator *iterator;
	JsonbValue	key;

	for (int i = 0; i < n; i++)
		fields[i].type = jbvNull;
	if (ec_json_empty_array(value))
		return;
	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		ec_json_wrong_kind(value, path, NULL, "an object");

	iterator = JsonbIteratorInit(value->val.binary.data);
	(void) JsonbIteratorNext(&iterator, &key, true);
	while (JsonbIteratorNext(&iterator, &key, true) == WJB_KEY)
	{
		int			i;

		for (i = 0; i < n; i++)
			if (strlen(keys[i]) == (size_t) key.val.string.len &&
				memcmp(keys[i], key.val.string.val, strlen(keys[i])) == 0)
				break;
		if (i == n)
			refuse_key(&key, path, keys, n);
		(void) JsonbIteratorNext(&iterator, &fields[i], true);
	}
}

/* Was a field given, and not null? */
bool
ec_json_given(const JsonbValue *field)
{
	return field->type != jbvNull;
}

/* Refuse an object that lacks a field. */
void
ec_json_require(const JsonbValue *field, const EcJsonPath *path, const char *key)
{
	if (!ec_json_given(field))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s is missing or null", path_text(path, key))));
}

/* A number, or a string that holds one. */
EcDecimal
ec_json_decimal(const JsonbValue *field, const EcJsonPath *path, const char *key)
{
	EcDecimal	result = {0, 0};

	ec_json_require(field, path, key);
	if (field->type == jbvNumeric)
	{
		Datum		number = NumericGetDatum(field->val.numeric);

		/* A number of few digits is in range, and needs no path. */
		result = ec_numeric_decode(number, ec_numeric_decode_small(number).scale < 0
								   ? path_text(path, key) : key);
	}
	else if (field->type != jbvString ||
			 field->val.string.len > MAX_NUMBER_TEXT)
		ec_json_wrong(field, path, key, "a number");
	else
		switch (ec_decimal_parse(field->val.string.val,
								 (size_t) field->val.string.len, &result))
		{
			case EC_PARSED:
				result = ec_decimal_normalize(result);
				break;
			case EC_MALFORMED:
				ec_json_wrong(field, path, key, "a number");
				break;
			case EC_OUT_OF_RANGE:
				ec_json_out_of_range(path, key);
		}
	return result;
}

/* An amount in minor units, with no more decimals than its currency has */
ec_int128
ec_json_amount(const JsonbValue *field, int minor_units,
			   const EcJsonPath *path, const char *key)
{
	EcDecimal	d = ec_json_decimal(field, path, key);
	ec_int128	amount;

	if (d.scale > minor_units)
		ec_json_wrong(field, path, key,
					  psprintf("an amount of at most %d decimals", minor_units));
	if (!ec_decimal_round(d, minor_units, &amount) || !ec_in_range(amount))
		ec_json_out_of_range(path, key);
	return amount;
}

/* A whole number within bounds. */
int32
ec_json_int(const JsonbValue *field, int32 min, int32 max,
			const EcJsonPath *path, const char *key)
{
	EcDecimal	d = ec_json_decimal(field, path, key);

	if (d.scale > 0 || d.value < min || d.value > max)
		ec_json_wrong(field, path, key,
					  psprintf("a whole number from %d to %d", min, max));
	return (int32) d.value;
}

/* A string that is not empty. */
char *
ec_json_text(const JsonbValue *field, int max_length,
			 const EcJsonPath *path, const char *key)
{
	ec_json_require(field, path, key);
	if (field->type != jbvString || field->val.string.len == 0 ||
		field->val.string.len > max_length)
		ec_json_wrong(field, path, key,
					  psprintf("a string of 1 to %d bytes", max_length));
	return pnstrdup(field->val.string.val, (Size) field->val.string.len);
}

/* One of several strings: its index, or the first if absent. */
int
ec_json_choice(const JsonbValue *field, const char *const *choices, int n,
			   const EcJsonPath *path, const char *key)
{
	StringInfoData must;

	if (!ec_json_given(field))
		return 0;
	for (int i = 0; i < n && field->type == jbvString; i++)
		if (strlen(choices[i]) == (size_t) field->val.string.len &&
			memcmp(choices[i], field->val.string.val, strlen(choices[i])) == 0)
			return i;
	initStringInfo(&must);
	appendStringInfoString(&must, "one of");
	for (int i = 0; i < n; i++)
		appendStringInfo(&must, "%s \"%s\"", i > 0 ? "," : "", choices[i]);
	ec_json_wrong(field, path, key, must.data);
}

/* A string that holds a UUID. */
void
ec_json_uuid(const JsonbValue *field, pg_uuid_t *uuid,
			 const EcJsonPath *path, const char *key)
{
	ec_json_require(field, path, key);
	if (field->type != jbvString ||
		!ec_uuid_parse(field->val.string.val, (size_t) field->val.string.len, uuid))
		ec_json_wrong(field, path, key, "a UUID");
}

/* Write the key of an object. */
void
ec_json_push_key(JsonbParseState **state, char *key)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = key;
	value.val.string.len = (int) strlen(key);
	(void) pushJsonbValue(state, WJB_KEY, &value);
}

/* Write a key and an amount. */
void
ec_json_push_amount(JsonbParseState **state, char *key,
					ec_int128 amount, int scale)
{
	JsonbValue	value;

	ec_json_push_key(state, key);
	value.type = jbvNumeric;
	value.val.numeric = ec_numeric_encode(amount, scale);
	(void) pushJsonbValue(state, WJB_VALUE, &value);
}

/* Write a key and a string. */
void
ec_json_push_text(JsonbParseState **state, char *key, const char *text)
{
	JsonbValue	value;

	ec_json_push_key(state, key);
	value.type = jbvString;
	value.val.string.val = pstrdup(text);
	value.val.string.len = (int) strlen(text);
	(void) pushJsonbValue(state, WJB_VALUE, &value);
}

/* Write a key and a value, null for none. */
void
ec_json_push(JsonbParseState **state, char *key, const JsonbValue *value)
{
	JsonbValue	copy = {.type = jbvNull};

	ec_json_push_key(state, key);
	if (value != NULL)
		copy = *value;
	(void) pushJsonbValue(state, WJB_VALUE, &copy);
}

/* Write a key and a value, if there is one. */
void
ec_json_push_given(JsonbParseState **state, char *key, const JsonbValue *value)
{
	if (value != NULL)
		ec_json_push(state, key, value);
}

/* Write a key and a whole number. */
void
ec_json_push_int(JsonbParseState **state, char *key, int64 number)
{
	JsonbValue	value;

	value.type = jbvNumeric;
	value.val.numeric = int64_to_numeric(number);
	ec_json_push(state, key, &value);
}

/* Write a key and true or false. */
void
ec_json_push_bool(JsonbParseState **state, char *key, bool is_true)
{
	JsonbValue	value;

	value.type = jbvBool;
	value.val.boolean = is_true;
	ec_json_push(state, key, &value);
}

/* Write a key and a string, null for none. */
void
ec_json_push_word(JsonbParseState **state, char *key, text *word)
{
	ec_json_push(state, key, ec_string(word));
}
