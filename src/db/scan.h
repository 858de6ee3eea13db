/*
 * scan.h
 *	  Looking rows up by index, without a statement.
 */
#ifndef EC_SCAN_H
#define EC_SCAN_H

#include "access/genam.h"
#include "utils/snapshot.h"

#include "db/table.h"

#define EC_SCAN_MAX_KEYS 4

/* A table in which rows are looked up */
typedef struct EcScan
{
	EcPlace    *place;
	Relation	rel;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		deformed;		/* is the tuple in values and isnull? */
	Datum	   *values;
	bool	   *isnull;
} EcScan;

extern void ec_scan_open(EcScan *scan, const EcTable *table, int32 tenant_id,
						 LOCKMODE lockmode);
extern void ec_scan_begin(EcScan *scan, Snapshot snapshot, int nkeys,
						  const Datum *keys);
extern bool ec_scan_next(EcScan *scan);
extern Datum ec_scan_value(EcScan *scan, int column, bool *isnull);
extern void ec_scan_end(EcScan *scan);
extern void ec_scan_close(EcScan *scan);

#endif							/* EC_SCAN_H */
