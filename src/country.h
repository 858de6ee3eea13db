/*
 * country.h
 *	  How addresses tell where they are.
 */
#ifndef EC_COUNTRY_H
#define EC_COUNTRY_H

#include "fmgr.h"

#include "core/postal_code.h"

extern EcPostalCode ec_country_postal_code(const char *country, text *given,
										   char code[EC_POSTAL_CODE_TEXT]);
extern void ec_country_check_postal_code(const char *country, const char *field,
										 const char *given);
extern text *ec_country_place_key(text *name);

#endif							/* EC_COUNTRY_H */
