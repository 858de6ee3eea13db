/*
 * place_name.h
 *	  Names of places, to compare.
 */
#ifndef EC_CORE_PLACE_NAME_H
#define EC_CORE_PLACE_NAME_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that one character may have in a key, at most */
#define EC_PLACE_KEY_CHARACTER 8

extern size_t ec_place_key(const uint32_t *text, size_t n, char *key);

#endif							/* EC_CORE_PLACE_NAME_H */
