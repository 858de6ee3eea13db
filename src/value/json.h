/*
 * json.h
 *	  Reading the JSON that callers send, with errors that say where it is
 *	  wrong, and writing the JSON that they get.
 */
#ifndef EC_JSON_H
#define EC_JSON_H

#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "pg_compat.h"

#include "core/amount.h"

/* Elements that one list may have */
#define EC_MAX_ELEMENTS 100000

/* A hint about a string that holds JSON */
#define EC_ENCODED_TWICE "Was it encoded twice? Pass the JSON itself, not a string that holds it."

/* Where a value stands, for errors: list[index].key, or just key. */
typedef struct EcJsonPath
{
	const char *list;
	int			index;
	const struct EcJsonPath *parent;
} EcJsonPath;

extern void ec_json_argument(FunctionCallInfo fcinfo, int n, JsonbValue *value);
extern JsonbContainer *ec_json_array(const JsonbValue *value,
									 const EcJsonPath *parent, const char *list,
									 int *n);
extern void ec_json_object(const JsonbValue *value, const EcJsonPath *path,
						   const char *const *keys, JsonbValue *fields,
						   int n);
extern bool ec_json_encoded_twice(const JsonbValue *value);
extern bool ec_json_empty_array(const JsonbValue *value);
extern bool ec_json_given(const JsonbValue *field);
extern void ec_json_require(const JsonbValue *field, const EcJsonPath *path,
							const char *key);
extern EcDecimal ec_json_decimal(const JsonbValue *field, const EcJsonPath *path,
								 const char *key);
extern ec_int128 ec_json_amount(const JsonbValue *field, int minor_units,
								const EcJsonPath *path, const char *key);
extern int32 ec_json_int(const JsonbValue *field, int32 min, int32 max,
						 const EcJsonPath *path, const char *key);
extern char *ec_json_text(const JsonbValue *field, int max_length,
						  const EcJsonPath *path, const char *key);
extern int	ec_json_choice(const JsonbValue *field,
						   const char *const *choices, int n,
						   const EcJsonPath *path, const char *key);
extern void ec_json_uuid(const JsonbValue *field, pg_uuid_t *uuid,
						 const EcJsonPath *path, const char *key);
pg_noreturn extern void ec_json_wrong(const JsonbValue *value, const EcJsonPath *path,
									  const char *key, const char *must);
pg_noreturn extern void ec_json_out_of_range(const EcJsonPath *path, const char *key);
pg_noreturn extern void ec_json_wrong_kind(const JsonbValue *value, const EcJsonPath *path,
										   const char *key, const char *must);

extern void ec_json_push_key(JsonbParseState **state, char *key);
extern void ec_json_push_amount(JsonbParseState **state, char *key,
								ec_int128 amount, int scale);
extern void ec_json_push_text(JsonbParseState **state, char *key,
							  const char *text);
extern void ec_json_push(JsonbParseState **state, char *key, const JsonbValue *value);
extern void ec_json_push_given(JsonbParseState **state, char *key, const JsonbValue *value);
extern void ec_json_push_int(JsonbParseState **state, char *key, int64 number);
extern void ec_json_push_bool(JsonbParseState **state, char *key, bool is_true);
extern void ec_json_push_word(JsonbParseState **state, char *key, text *word);

#endif							/* EC_JSON_H */
