/*
 * blank.h
 *	  What cannot be seen in a text, and UTF-8, in which texts come.
 */
#ifndef EC_CORE_BLANK_H
#define EC_CORE_BLANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returned for bytes that are not UTF-8 */
#define EC_NO_CHARACTER UINT32_MAX

extern bool ec_is_blank(uint32_t c);
extern bool ec_is_dash(uint32_t c);
extern size_t ec_utf8_decode(const char *text, size_t length, uint32_t *c);
extern size_t ec_utf8_encode(uint32_t c, char *text);

#endif							/* EC_CORE_BLANK_H */
