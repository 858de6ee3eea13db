/*
 * iban.h
 *	  Formal check of international bank account numbers, ISO 13616.
 */
#ifndef EC_CORE_IBAN_H
#define EC_CORE_IBAN_H

#include <stdbool.h>
#include <stddef.h>

/* Room for a normalized IBAN, its terminating zero byte included */
#define EC_IBAN_TEXT 35

extern bool ec_iban_valid(const char *text, size_t length);
extern bool ec_iban_normalize(const char *text, size_t length, char *iban);

#endif							/* EC_CORE_IBAN_H */
