/*
 * arguments.h
 *	  Checks of what SQL functions are called with.
 */
#ifndef EC_ARGUMENTS_H
#define EC_ARGUMENTS_H

#include "fmgr.h"

extern bool ec_any_argument_null(FunctionCallInfo fcinfo);
extern void ec_argument_given(FunctionCallInfo fcinfo, int n, const char *name);
extern void ec_argument_length(FunctionCallInfo fcinfo, int n,
							   const char *name, int max_length);

/*
 * A function that is STRICT answers NULL itself, too: its owner may alter what
 * PostgreSQL knows about it.
 */
#define EC_STRICT(fcinfo) \
	do { \
		if (ec_any_argument_null(fcinfo)) \
			PG_RETURN_NULL(); \
	} while (0)

#endif							/* EC_ARGUMENTS_H */
