/*
 * table.h
 *	  Tables that the code reads and writes without statements.
 */
#ifndef EC_TABLE_H
#define EC_TABLE_H

#include "access/attnum.h"
#include "storage/lockdefs.h"
#include "utils/relcache.h"

#define EC_TABLE_MAX_COLUMNS 16

/*
 * A table of the shop.  Declare it static with its name and its columns, of
 * which the first ones are those by which rows are found.  Values are read and
 * written by their place in columns.
 */
typedef struct EcTable
{
	const char *name;
	int			nkeys;
	int			live;			/* column that is NULL in the whole index, or
								 * 0 */
	uint32		nullable;		/* bits of the columns that may be NULL */
	int			ncolumns;
	struct
	{
		const char *name;
		Oid			type;
	}			columns[EC_TABLE_MAX_COLUMNS];

	/* What the catalog says about it, while known */
	bool		known;
	Oid			relid;
	Oid			index_id;		/* of the index by those columns, or none */
	AttrNumber	attnums[EC_TABLE_MAX_COLUMNS];

	struct EcWriter *writer;	/* kept while nobody writes, or NULL */
	uint64		changes;		/* that this backend was told of */
	bool		listed;
	struct EcTable *next;
} EcTable;

extern void ec_table_init(void);
extern Relation ec_table_open(EcTable *table, LOCKMODE lockmode);
extern uint64 ec_code_changes(void);
extern Oid	ec_relation_oid(const char *name);

#endif							/* EC_TABLE_H */
