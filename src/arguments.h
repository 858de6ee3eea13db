/*
 * arguments.h
 *	  Checks of what SQL functions are called with.
 */
#ifndef EC_ARGUMENTS_H
#define EC_ARGUMENTS_H

#include "fmgr.h"

extern void ec_argument_given(FunctionCallInfo fcinfo, int n, const char *name);
extern int32 ec_argument_tenant(FunctionCallInfo fcinfo, int n);
extern void ec_argument_length(FunctionCallInfo fcinfo, int n,
							   const char *name, int max_length);

#endif							/* EC_ARGUMENTS_H */
