/*
 * scan.h
 *	  Looking rows up by index, without a statement.
 */
#ifndef EC_SCAN_H
#define EC_SCAN_H

#include "access/genam.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#define EC_SCAN_MAX_KEYS 3
#define EC_SCAN_MAX_COLUMNS 16

/*
 * A table that is being looked up.  The columns of its keys come first in
 * columns; values are read by their place there.
 */
typedef struct EcScan
{
	Relation	rel;
	Oid			index;
	int			ncolumns;
	AttrNumber	attnums[EC_SCAN_MAX_COLUMNS];
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		deformed;		/* is the tuple in values and isnull? */
	Datum	   *values;
	bool	   *isnull;
} EcScan;

extern void ec_scan_open(EcScan *scan, const char *table, const char *index,
						 LOCKMODE lockmode, const char *const *columns,
						 int ncolumns);
extern void ec_scan_begin(EcScan *scan, Snapshot snapshot, int nkeys,
						  const Datum *keys);
extern bool ec_scan_next(EcScan *scan);
extern Datum ec_scan_value(EcScan *scan, int column, bool *isnull);
extern void ec_scan_end(EcScan *scan);
extern void ec_scan_close(EcScan *scan);

#endif							/* EC_SCAN_H */
