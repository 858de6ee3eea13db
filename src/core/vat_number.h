/*
 * vat_number.h
 *	  What VAT ids have to be in each country.
 */
#ifndef EC_CORE_VAT_NUMBER_H
#define EC_CORE_VAT_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

extern bool ec_vat_number_valid(const char *prefix, const char *number,
								size_t length);

#endif							/* EC_CORE_VAT_NUMBER_H */
