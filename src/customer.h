/*
 * customer.h
 *	  Who is buying, for the length of a transaction.
 */
#ifndef EC_CUSTOMER_H
#define EC_CUSTOMER_H

#include "utils/uuid.h"

/* What is known of a customer */
typedef struct EcCustomer
{
	Datum		email;
	bool		has_group;
	pg_uuid_t	group_id;
} EcCustomer;

extern void ec_customer_init(void);
extern bool ec_customer_is(const pg_uuid_t *user_id);
extern bool ec_customer_allowed(const pg_uuid_t *user_id, bool trusted);
extern void ec_customer_find(int32 tenant_id, const pg_uuid_t *user_id, bool keep,
							 EcCustomer *customer);

#endif							/* EC_CUSTOMER_H */
