/*
 * event.c
 *	  In which order events are read.
 *
 * The number of an event's transaction is that of PostgreSQL, a full transaction
 * id, in 48 bits; 16 more count the clusters that the shop has lived in.  So what
 * a restored shop writes comes after all that it brought along, though the
 * transactions of a younger cluster have lower ids.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/snapmgr.h"
#include "utils/xid8.h"

#include "pg_compat.h"

#include "db/scan.h"

/* Bits of a transaction id, below those of the generation */
#define XACT_BITS 48
#define MAX_XACT ((UINT64CONST(1) << XACT_BITS) - 1)
#define MAX_GENERATION ((1 << (64 - XACT_BITS)) - 1)

enum
{
	GENERATION_NUMBER,
	GENERATION_SYSTEM_IDENTIFIER,
	GENERATION_COLUMNS
};

static const EcTable generations_table = {
	.name = "event_generations",
	.nkeys = 1,
	.ncolumns = GENERATION_COLUMNS,
	.columns = {
		{"generation", INT4OID}, {"system_identifier", INT8OID}
	}
};

/* The generation of this cluster, once it is written down; until the next invalidation */
static int32 cached_generation = -1;
static uint64 cached_invalidations;

/*
 * The generation of this cluster: the last one, if that is its own, else the one
 * after that.  A shop that went to another cluster and came back has a new one.
 */
static int32
find_generation(bool *known)
{
	uint64		before = ec_table_invalidations();
	Snapshot	snapshot;
	EcScan		scan;
	int32		last = 0;
	bool		isnull;

	*known = true;
	if (cached_generation >= 0 && cached_invalidations == before)
		return cached_generation;

	*known = false;
	/* Not the transaction's, which may be older than this generation. */
	snapshot = RegisterSnapshot(IsInParallelMode() ? GetActiveSnapshot() : GetLatestSnapshot());
	ec_scan_open(&scan, &generations_table, EC_NO_TENANT, AccessShareLock);
	ec_scan_begin(&scan, snapshot, 0, NULL);
	while (ec_scan_next(&scan))
	{
		int32		number = DatumGetInt32(ec_scan_value(&scan, GENERATION_NUMBER, &isnull));

		if (number < last)
			continue;
		last = number;
		*known = (uint64) DatumGetInt64(ec_scan_value(&scan, GENERATION_SYSTEM_IDENTIFIER,
													  &isnull)) == GetSystemIdentifier();
	}
	ec_scan_end(&scan);
	ec_scan_close(&scan);
	UnregisterSnapshot(snapshot);
	if (!*known)
		return last + 1;
	cached_generation = last;
	cached_invalidations = before;
	return last;
}

/* Write the generation of this cluster down, if nobody else has meanwhile. */
static void
begin_generation(int32 generation)
{
	List	   *name = list_make2(makeString("ecommerce_internal"),
								  makeString("begin_event_generation"));
	Oid			types[2] = {INT4OID, INT8OID};

	(void) OidFunctionCall2(LookupFuncName(name, 2, types, false), Int32GetDatum(generation),
							Int64GetDatum((int64) GetSystemIdentifier()));
}

/* A transaction's number among those of events */
static FullTransactionId
number_of(uint64 xact, int32 generation)
{
	if (xact > MAX_XACT || generation < 0 || generation > MAX_GENERATION)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("no event can have transaction " UINT64_FORMAT " of generation %d",
						xact, generation)));
	return FullTransactionIdFromU64((uint64) generation << XACT_BITS | xact);
}

PG_FUNCTION_INFO_V1(ec_event_number);

/*
 * event_number(xact xid8) -> xid8
 */
Datum
ec_event_number(PG_FUNCTION_ARGS)
{
	bool		known;

	PG_RETURN_FULLTRANSACTIONID(number_of(U64FromFullTransactionId(PG_GETARG_FULLTRANSACTIONID(0)),
										  find_generation(&known)));
}

PG_FUNCTION_INFO_V1(ec_event_xact);

/*
 * event_xact() -> xid8, the default of events.xact
 */
Datum
ec_event_xact(PG_FUNCTION_ARGS)
{
	uint64		xact = U64FromFullTransactionId(GetTopFullTransactionId());
	bool		known;
	int32		generation = find_generation(&known);

	if (!known)
		begin_generation(generation);
	PG_RETURN_FULLTRANSACTIONID(number_of(xact, generation));
}
