/*
 * writer.h
 *	  Writing rows without a statement.
 */
#ifndef EC_WRITER_H
#define EC_WRITER_H

#include "access/htup.h"

#include "db/table.h"

typedef struct EcWriter EcWriter;

extern bool ec_writer_suits(EcPlace *place, Relation rel);
extern EcWriter *ec_writer_begin(EcPlace *place, Relation rel, int column);
extern void ec_writer_update(EcWriter *writer, HeapTuple tuple, Datum value);
extern void ec_writer_insert(EcWriter *writer, const Datum *values,
							 const bool *isnull);
extern void ec_writer_end(EcWriter *writer);

#endif							/* EC_WRITER_H */
