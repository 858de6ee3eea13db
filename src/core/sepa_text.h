/*
 * sepa_text.h
 *	  The characters of SEPA files.
 */
#ifndef EC_CORE_SEPA_TEXT_H
#define EC_CORE_SEPA_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const char *ec_sepa_letter(uint32_t c);
extern bool ec_sepa_character(uint32_t c);

#endif							/* EC_CORE_SEPA_TEXT_H */
