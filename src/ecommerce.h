/*
 * ecommerce.h
 *	  What the topics of the extension share.
 */
#ifndef EC_ECOMMERCE_H
#define EC_ECOMMERCE_H

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "utils/uuid.h"

#include "pg_compat.h"

/* Length of a product's SKU, as its table checks it */
#define EC_MAX_SKU 100

/* amount.c */
extern int	ec_currency_check(const char *code, size_t length);
pg_noreturn extern void ec_amount_out_of_range(void);

/* error_context.c */
extern void ec_error_context_init(void);

/* tenant.c */
extern void ec_tenant_init(void);
extern int32 ec_argument_tenant(FunctionCallInfo fcinfo, int n);

/* uuid_v7.c */
extern void ec_uuid_v7_generate(pg_uuid_t *uuid);
extern void ec_uuid_v7_at(TimestampTz at, pg_uuid_t *uuid);
extern TimestampTz ec_uuid_v7_timestamp(const pg_uuid_t *uuid);
extern bool ec_uuid_v7_is(const pg_uuid_t *uuid);
extern void ec_uuid_v7_check(const pg_uuid_t *uuid);

#endif							/* EC_ECOMMERCE_H */
