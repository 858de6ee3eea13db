/*
 * currency.h
 *	  Minor units of the currencies of ISO 4217.
 */
#ifndef EC_CORE_CURRENCY_H
#define EC_CORE_CURRENCY_H

#include <stddef.h>

extern int	ec_currency_minor_units(const char *code, size_t len);

#endif							/* EC_CORE_CURRENCY_H */
