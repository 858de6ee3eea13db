/*
 * characters.h
 *	  Texts by their characters, in databases of any encoding.
 */
#ifndef EC_CHARACTERS_H
#define EC_CHARACTERS_H

#include "fmgr.h"

/* Longest email address, in characters (RFC 5321) */
#define EC_MAX_EMAIL 254

extern text *ec_case_folded(const text *t, bool capitals);
extern uint32 *ec_plain_characters(const text *t);
extern text *ec_trimmed(const text *t);
extern text *ec_without_blanks(const text *t, bool dashes_too);
extern char *ec_hidden_in(const text *t);
extern bool ec_email_valid(const text *t);

#endif							/* EC_CHARACTERS_H */
