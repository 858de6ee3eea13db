/*
 * postal_code.h
 *	  Postal codes, as people write them.
 */
#ifndef EC_CORE_POSTAL_CODE_H
#define EC_CORE_POSTAL_CODE_H

#include <stdint.h>

/* Room for a code in its one form, its terminating zero byte included */
#define EC_POSTAL_CODE_TEXT 32

typedef enum EcPostalCode
{
	EC_POSTAL_BLANK,			/* nothing is said */
	EC_POSTAL_UNKNOWN,			/* not a code of that country */
	EC_POSTAL_CODE
} EcPostalCode;

extern EcPostalCode ec_postal_code(const char *country, const uint32_t *given,
								   char code[EC_POSTAL_CODE_TEXT]);
extern const char *ec_postal_code_example(const char *country);

#endif							/* EC_CORE_POSTAL_CODE_H */
