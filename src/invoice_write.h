/*
 * invoice_write.h
 *	  Documents that are written.
 */
#ifndef EC_INVOICE_WRITE_H
#define EC_INVOICE_WRITE_H

#include "utils/date.h"

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
} EcDocuments;

extern bool ec_invoice_write_documents(EcDocuments *documents);

#endif							/* EC_INVOICE_WRITE_H */
