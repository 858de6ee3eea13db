/*
 * vat_id.h
 *	  Formal check of VAT identification numbers.
 */
#ifndef EC_CORE_VAT_ID_H
#define EC_CORE_VAT_ID_H

#include <stdbool.h>
#include <stddef.h>

/* Room for a normalized number, its terminating zero byte included */
#define EC_VAT_ID_TEXT 17

extern bool ec_vat_id_valid(const char *text, size_t length);
extern bool ec_vat_id_normalize(const char *text, size_t length, char *id);

#endif							/* EC_CORE_VAT_ID_H */
