/*
 * trigger.h
 *	  What triggers and rules on a table do, ours and those of others.
 */
#ifndef EC_TRIGGER_H
#define EC_TRIGGER_H

#include "utils/relcache.h"

extern bool ec_writes_as_told(Oid relid);
extern bool ec_writes_alone(Oid relid);
extern bool ec_changes_announced(Relation rel);

#endif							/* EC_TRIGGER_H */
