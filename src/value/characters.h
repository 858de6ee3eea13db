/*
 * characters.h
 *	  Texts by their characters, in databases of any encoding.
 */
#ifndef EC_CHARACTERS_H
#define EC_CHARACTERS_H

#include "fmgr.h"

extern text *ec_case_folded(const text *t, bool capitals);
extern text *ec_trimmed(const text *t);
extern text *ec_without_blanks(const text *t);
extern bool ec_has_blanks(const text *t);

#endif							/* EC_CHARACTERS_H */
