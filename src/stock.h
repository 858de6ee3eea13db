/*
 * stock.h
 *	  Taking and giving back stock.
 */
#ifndef EC_STOCK_H
#define EC_STOCK_H

#include "catalog_items.h"

/* The warehouse that each tenant has */
#define EC_DEFAULT_WAREHOUSE 1

/* Units that were taken */
typedef struct EcTaken
{
	pg_uuid_t	product_id;
	int32		warehouse_id;
	int32		quantity;
} EcTaken;

/* stock_change.c */
extern EcTaken *ec_stock_change(int32 tenant_id, const EcDemand *demands, int n,
								int *ntaken);

/* stock.c */
extern EcTaken *ec_stock_read_taken(int n);
extern int64 ec_stock_give_back(int32 tenant_id, int n);
extern void ec_stock_return_order(int32 tenant_id, const pg_uuid_t *order_id,
								  TimestampTz order_created_at);

/* stock_warehouse.c */
extern int32 *ec_warehouses(int32 tenant_id, int *n);
extern void ec_warehouse_check(int32 tenant_id, int32 warehouse_id);

/* stock_hold.c */
extern void ec_stock_hold(int32 tenant_id, const pg_uuid_t *id, text *owner,
						  TimestampTz expires_at, const EcTaken *taken, int n);

/* stock_reservation.c */
extern EcTaken *ec_reservation_take(int32 tenant_id,
									const pg_uuid_t *reservation_id,
									const pg_uuid_t *order_id, int *n);
extern void ec_reservation_release_order(int32 tenant_id,
										 const pg_uuid_t *order_id);

#endif							/* EC_STOCK_H */
