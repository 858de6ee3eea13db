/*
 * case_fold.h
 *	  Texts that differ in case only, in every language and every database.
 */
#ifndef EC_CORE_CASE_FOLD_H
#define EC_CORE_CASE_FOLD_H

#include <stddef.h>
#include <stdint.h>

/* Most characters that one folds to */
#define EC_CASE_FOLD_MAX 3

extern size_t ec_case_fold(const uint32_t *text, size_t n, uint32_t *folded);
extern uint32_t ec_case_capital(uint32_t c);

#endif							/* EC_CORE_CASE_FOLD_H */
