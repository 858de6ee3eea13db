/*
 * invoice_write.h
 *	  Documents that are written.
 */
#ifndef EC_INVOICE_WRITE_H
#define EC_INVOICE_WRITE_H

#include "utils/date.h"
#include "utils/rel.h"

#include "db/writer.h"

#define EC_DOCUMENT_TABLES 3

/* The row of one, as far as it is known */
typedef struct EcDocumentHead
{
	Datum		values[EC_TABLE_MAX_COLUMNS];
	bool		isnull[EC_TABLE_MAX_COLUMNS];
} EcDocumentHead;

/* Documents to write */
typedef struct EcDocuments
{
	int32		tenant_id;
	int			count;
	Datum	   *ids;
	Datum	   *drafts;
	Datum	   *written_numbers;
	Datum		series;
	Datum		year;
	int64		first_number;
	DateADT		issue_date;
	Datum	   *due_dates;		/* that they get */
	bool	   *no_due_date;
	EcDocumentHead *heads;		/* those that ec_invoice_write_parts leaves */
	Relation	rels[EC_DOCUMENT_TABLES];
	EcWriter   *writers[EC_DOCUMENT_TABLES];
} EcDocuments;

extern bool ec_invoice_write_parts(EcDocuments *documents);
extern bool ec_invoice_write_heads(EcDocuments *documents);

#endif							/* EC_INVOICE_WRITE_H */
