/*
 * customer.h
 *	  Who is buying, for the length of a transaction.
 */
#ifndef EC_CUSTOMER_H
#define EC_CUSTOMER_H

#include "utils/uuid.h"

extern void ec_customer_init(void);
extern bool ec_customer_is(const pg_uuid_t *user_id);

#endif							/* EC_CUSTOMER_H */
