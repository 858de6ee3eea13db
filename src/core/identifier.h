/*
 * identifier.h
 *	  What VAT ids and IBANs have in common.
 */
#ifndef EC_CORE_IDENTIFIER_H
#define EC_CORE_IDENTIFIER_H

#include <stdbool.h>
#include <stddef.h>

/* Longest text that is looked at, in bytes, its separators included */
#define EC_IDENTIFIER_INPUT 64

static inline bool
ec_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
ec_is_letter(char c)
{
	return c >= 'A' && c <= 'Z';
}

extern size_t ec_identifier_strip(const char *text, size_t length,
								  const char *separators, char *id,
								  size_t room);

#endif							/* EC_CORE_IDENTIFIER_H */
