/*
 * writer.h
 *	  Updating locked rows without a statement.
 */
#ifndef EC_WRITER_H
#define EC_WRITER_H

#include "nodes/execnodes.h"

typedef struct EcWriter
{
	EState	   *estate;
	ResultRelInfo *target;
	EPQState	epq;
	TupleTableSlot *old_row;
	TupleTableSlot *new_row;
} EcWriter;

extern bool ec_writer_suits(Relation rel);
extern void ec_writer_begin(EcWriter *writer, Relation rel);
extern void ec_writer_update(EcWriter *writer, HeapTuple tuple, int column,
							 Datum value);
extern void ec_writer_end(EcWriter *writer);

#endif							/* EC_WRITER_H */
