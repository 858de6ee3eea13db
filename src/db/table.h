/*
 * table.h
 *	  Tables that the code reads and writes without statements.
 */
#ifndef EC_TABLE_H
#define EC_TABLE_H

#include "access/attnum.h"
#include "storage/lockdefs.h"
#include "utils/relcache.h"

#define EC_TABLE_MAX_COLUMNS 40

/* For tables whose rows are no tenant's */
#define EC_NO_TENANT 0

/*
 * A table of the shop.  Declare it static const with its name and its columns,
 * of which the first ones are those by which rows are found.  Values are read
 * and written by their number in columns.
 */
typedef struct EcTable
{
	const char *name;
	int			nkeys;
	int			live;			/* column that is NULL in the whole index, or
								 * 0 */
	uint64		nullable;		/* bits of the columns that may be NULL */
	int			ncolumns;
	struct
	{
		const char *name;
		Oid			type;
	}			columns[EC_TABLE_MAX_COLUMNS];
} EcTable;

/*
 * Where rows of a table are, and what the catalog says about it.  On plain
 * PostgreSQL all tenants' are in one place.
 */
typedef struct EcPlace
{
	const EcTable *table;
	Oid			relid;
	bool		known;			/* are these? */
	Oid			index_id;		/* of the index by the table's keys, or none */
	AttrNumber	attnums[EC_TABLE_MAX_COLUMNS];
	struct EcWriter *writer;	/* cached while nobody writes, or NULL */
	struct EcPlace *next;		/* of the same relation, declared otherwise */
} EcPlace;

extern void ec_table_init(void);
extern EcPlace *ec_table_open(const EcTable *table, int32 tenant_id,
							  LOCKMODE lockmode, Relation *rel);
extern char *ec_table_place(const char *name);
extern uint64 ec_table_invalidations(void);
extern uint64 ec_code_invalidations(void);
extern Oid	ec_relation_oid(const char *name);

#endif							/* EC_TABLE_H */
