/*
 * member.c
 *	  Reading JSON of our own, which has no faults to be told of.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "pg_compat.h"

#include "value/characters.h"
#include "value/member.h"

/* What an object has by a key; NULL if it has nothing. */
JsonbValue *
ec_member(JsonbContainer *object, const char *key)
{
	JsonbValue *value;

	if (object == NULL || !JsonContainerIsObject(object))
		return NULL;
	value = getKeyJsonValueFromContainer(object, key, (int) strlen(key), NULL);
	return value == NULL || value->type == jbvNull ? NULL : value;
}

/* The object or array that it has by a key; NULL if it has none. */
JsonbContainer *
ec_member_part(JsonbContainer *object, const char *key)
{
	JsonbValue *value = ec_member(object, key);

	return value == NULL || value->type != jbvBinary ? NULL : value->val.binary.data;
}

/* A value as text: of a string what it says. */
text *
ec_value_text(const JsonbValue *value)
{
	char	   *written;
	Jsonb	   *jsonb;

	if (value == NULL || value->type == jbvNull)
		return NULL;
	if (value->type == jbvString)
		return cstring_to_text_with_len(value->val.string.val, value->val.string.len);
	if (value->type == jbvNumeric)
		written = DatumGetCString(DirectFunctionCall1(numeric_out,
													  NumericGetDatum(value->val.numeric)));
	else
	{
		JsonbValue	copy = *value;

		jsonb = JsonbValueToJsonb(&copy);
		written = JsonbToCString(NULL, &jsonb->root, (int) VARSIZE(jsonb));
	}
	return cstring_to_text(written);
}

/* What an object has by a key, as text; NULL if it has nothing. */
text *
ec_member_text(JsonbContainer *object, const char *key)
{
	return ec_value_text(ec_member(object, key));
}

/* Does an object have that string by a key? */
bool
ec_member_is(JsonbContainer *object, const char *key, const char *word)
{
	JsonbValue *value = ec_member(object, key);

	return value != NULL && value->type == jbvString &&
		(size_t) value->val.string.len == strlen(word) &&
		memcmp(value->val.string.val, word, strlen(word)) == 0;
}

/* The number that an object has by a key, be it written as a string; 0 if it has none. */
Datum
ec_member_numeric(JsonbContainer *object, const char *key)
{
	JsonbValue *value = ec_member(object, key);

	if (value == NULL)
		return NumericGetDatum(int64_to_numeric(0));
	if (value->type == jbvNumeric)
		return NumericGetDatum(value->val.numeric);
	return DirectFunctionCall3(numeric_in, CStringGetDatum(text_to_cstring(ec_value_text(value))),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

/* The same as a whole number */
int64
ec_member_int(JsonbContainer *object, const char *key)
{
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, ec_member_numeric(object, key)));
}

/* Is a value nothing that could be read? */
bool
ec_value_blank(const JsonbValue *value)
{
	return value == NULL || value->type == jbvNull ||
		(value->type == jbvString &&
		 VARSIZE_ANY_EXHDR(ec_trimmed(ec_value_text(value))) == 0);
}

/* A string as a value; NULL if there is none */
JsonbValue *
ec_string(text *string)
{
	JsonbValue *value;

	if (string == NULL)
		return NULL;
	value = palloc(sizeof(JsonbValue));
	value->type = jbvString;
	value->val.string.val = VARDATA_ANY(string);
	value->val.string.len = (int) VARSIZE_ANY_EXHDR(string);
	return value;
}

/* What an object has by a key, as a string; NULL if it has nothing */
JsonbValue *
ec_member_string(JsonbContainer *object, const char *key)
{
	return ec_string(ec_member_text(object, key));
}

/* The first of two values that there is */
JsonbValue *
ec_first(JsonbValue *first, JsonbValue *second)
{
	return first != NULL ? first : second;
}
