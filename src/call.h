/*
 * call.h
 *	  The door of every function that reaches rows.
 */
#ifndef EC_CALL_H
#define EC_CALL_H

#include "fmgr.h"

extern int32 ec_begin(FunctionCallInfo fcinfo, int tenant_argument);
extern int32 ec_begin_reading(FunctionCallInfo fcinfo, int tenant_argument);
extern int32 ec_begin_quoting(FunctionCallInfo fcinfo, int tenant_argument);
extern void ec_refresh(void);
extern void ec_end(void);
extern bool ec_call_trusted(void);
extern bool ec_call_alone(FunctionCallInfo fcinfo);

#endif							/* EC_CALL_H */
