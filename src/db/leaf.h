/*
 * leaf.h
 *	  The partition that has the rows of a moment.
 */
#ifndef EC_LEAF_H
#define EC_LEAF_H

#include "datatype/timestamp.h"

extern Oid	ec_leaf(const char *name, TimestampTz at);
extern char *ec_leaf_place(const char *name, TimestampTz at);

#endif							/* EC_LEAF_H */
