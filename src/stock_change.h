/*
 * stock_change.h
 *	  What the parts of changing stock share.
 */
#ifndef EC_STOCK_CHANGE_H
#define EC_STOCK_CHANGE_H

#include "access/htup.h"
#include "executor/tuptable.h"
#include "lib/stringinfo.h"

#include "db/scan.h"
#include "pg_compat.h"
#include "stock.h"

/* One row of stock, as read or locked, and what becomes of it */
typedef struct EcStockRow
{
	HeapTuple	tuple;
	int32		warehouse_id;
	int16		slot;
	int32		available;
	int32		backorder_limit;
	int32		delta;			/* what becomes of available */
	bool		locked;
} EcStockRow;

/* A product whose stock has become low */
typedef struct EcStockAlert
{
	pg_uuid_t	product_id;
	int64		available;
	int32		min_stock;
} EcStockAlert;

/* A change of stock that is under way; rows are those of one product. */
typedef struct EcStockChange
{
	int32		tenant_id;
	EcScan		scan;
	TupleTableSlot *buffer;
	bool		has_snapshot;
	bool		waited;			/* for a row of the product */
	bool		stale;			/* may triggers have changed rows? */
	EcStockRow *rows;
	int			nrows;
	int			rows_capacity;
	EcStockRow *written;		/* rows of all products that change */
	int			nwritten;
	int			written_capacity;
	EcTaken    *taken;
	int			ntaken;
	int			taken_capacity;
	EcStockAlert *alerts;
	int			nalerts;
	int			alerts_capacity;
	StringInfoData missing;
	const char *first_missing;	/* SKU of the first that is listed */
	int			listed;
} EcStockChange;

/* What became of an attempt to lock a row */
typedef enum EcRowLock
{
	ROW_LOCKED,
	ROW_BUSY,
	ROW_CHANGED,
	ROW_GONE
} EcRowLock;

/* Columns of stock that are read, its keys first */
enum
{
	STOCK_TENANT,
	STOCK_PRODUCT,
	STOCK_WAREHOUSE,
	STOCK_SLOT,
	STOCK_AVAILABLE,
	STOCK_BACKORDER_LIMIT,
	STOCK_COLUMNS
};

/* The warehouse to which a demand gives back */
static inline int32
ec_receiving_warehouse(const EcDemand *demand)
{
	return demand->warehouse_id == 0 ? EC_DEFAULT_WAREHOUSE : demand->warehouse_id;
}

/* stock_rows.c */
extern void ec_stock_open(EcStockChange *change);
extern void ec_stock_close(EcStockChange *change);
extern void ec_stock_snapshot(EcStockChange *change);
extern int	ec_stock_find_rows(EcStockChange *change, const pg_uuid_t *product_id);
extern EcRowLock ec_stock_lock_row(EcStockChange *change, EcStockRow *row, bool wait);
extern void ec_stock_lock_rows(EcStockChange *change, int64 enough);
extern void ec_stock_lock_all_rows(EcStockChange *change, const pg_uuid_t *product_id);
extern void ec_stock_refresh_row(EcStockChange *change, EcStockRow *row);
extern void *ec_stock_room(void *list, int used, int *capacity, Size size);

/* stock_give.c */
extern bool *ec_stock_read_rows(EcStockChange *change, const EcDemand *demands, int n);
extern void ec_stock_give(EcStockChange *change, const pg_uuid_t *product_id,
						  int32 warehouse_id, int64 quantity);
extern void ec_stock_reclaim(EcStockChange *change, const pg_uuid_t *product_id);

/* stock_write.c */
extern void ec_stock_write_rows(EcStockChange *change);
extern bool ec_stock_insert_row(EcStockChange *change, const pg_uuid_t *product_id,
								int32 warehouse_id, int16 slot, int32 available);

/* stock_alert.c */
extern void ec_stock_note_alert(EcStockChange *change, const EcDemand *demand);
extern void ec_stock_write_alerts(EcStockChange *change);
extern void ec_stock_end_alerts(EcStockChange *change, const EcDemand *demands, int n);

#endif							/* EC_STOCK_CHANGE_H */
