/*
 * member.h
 *	  Reading JSON of our own, which has no faults to be told of.
 *
 * A member that is JSON null counts as absent, as does any of what is no object.
 */
#ifndef EC_VALUE_MEMBER_H
#define EC_VALUE_MEMBER_H

#include "utils/jsonb.h"

extern JsonbValue *ec_member(JsonbContainer *object, const char *key);
extern JsonbContainer *ec_member_part(JsonbContainer *object, const char *key);
extern text *ec_member_text(JsonbContainer *object, const char *key);
extern bool ec_member_is(JsonbContainer *object, const char *key, const char *word);
extern Datum ec_member_numeric(JsonbContainer *object, const char *key);
extern int64 ec_member_int(JsonbContainer *object, const char *key);
extern text *ec_value_text(const JsonbValue *value);
extern bool ec_value_blank(const JsonbValue *value);
extern JsonbValue *ec_string(text *string);
extern JsonbValue *ec_member_string(JsonbContainer *object, const char *key);
extern JsonbValue *ec_first(JsonbValue *first, JsonbValue *second);

#endif							/* EC_VALUE_MEMBER_H */
