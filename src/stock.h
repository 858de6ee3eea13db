/*
 * stock.h
 *	  Taking and giving back stock.
 */
#ifndef EC_STOCK_H
#define EC_STOCK_H

#include "items.h"

extern void ec_stock_change(int32 tenant_id, const EcDemand *demands, int n);
extern void ec_stock_return_order(int32 tenant_id, const pg_uuid_t *order_id,
								  TimestampTz order_created_at);

extern EcDemand *ec_reservation_read(int32 tenant_id,
									 const pg_uuid_t *reservation_id, int *n);
extern void ec_reservation_commit(int32 tenant_id,
								  const pg_uuid_t *reservation_id, int n,
								  const pg_uuid_t *order_id);
extern void ec_reservation_release_order(int32 tenant_id,
										 const pg_uuid_t *order_id);

#endif							/* EC_STOCK_H */
