/*
 * uuid.h
 *	  Ids as values: their order and their text.
 */
#ifndef EC_UUID_H
#define EC_UUID_H

#include "utils/uuid.h"

extern int	ec_uuid_compare(const pg_uuid_t *a, const pg_uuid_t *b);
extern char *ec_uuid_text(const pg_uuid_t *uuid);
extern bool ec_uuid_parse(const char *string, size_t length, pg_uuid_t *uuid);

#endif							/* EC_UUID_H */
