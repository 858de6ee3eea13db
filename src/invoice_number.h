/*
 * invoice_number.h
 *	  Numbers of documents.
 */
#ifndef EC_INVOICE_NUMBER_H
#define EC_INVOICE_NUMBER_H

#include "fmgr.h"
#include "utils/date.h"

/* A series in which documents are numbered */
typedef struct EcSeries
{
	text	   *name;
	text	   *format;
	bool		yearly;			/* does it begin at 1 again each year? */
} EcSeries;

/* Numbers that were taken, the last ones of their series until the transaction ends */
typedef struct EcNumbers
{
	int32		year;			/* in whose sequence they are; 0 of a series
								 * without years */
	int64		before;			/* the number before the first of them */
	DateADT		issue_date;
} EcNumbers;

extern text *ec_invoice_number(text *format, text *series, DateADT issued, int64 number);
extern void ec_invoice_series(int32 tenant_id, text *kind, text *name, EcSeries *series);
extern void ec_invoice_take_numbers(int32 tenant_id, const EcSeries *series, int64 count,
									EcNumbers *taken);

#endif							/* EC_INVOICE_NUMBER_H */
