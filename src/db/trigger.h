/*
 * trigger.h
 *	  Triggers and rules that are not ours.
 */
#ifndef EC_TRIGGER_H
#define EC_TRIGGER_H

extern bool ec_writes_as_told(Oid relid);
extern bool ec_writes_alone(Oid relid);

#endif							/* EC_TRIGGER_H */
