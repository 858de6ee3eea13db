/*
 * call.h
 *	  What is the same in every call of a function that writes.
 */
#ifndef EC_CALL_H
#define EC_CALL_H

#include "fmgr.h"

extern int32 ec_call_begin(FunctionCallInfo fcinfo, int tenant_argument);
extern bool ec_call_trusted(void);

#endif							/* EC_CALL_H */
