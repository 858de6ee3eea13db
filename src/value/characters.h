/*
 * characters.h
 *	  Texts by their characters, in databases of any encoding.
 */
#ifndef EC_CHARACTERS_H
#define EC_CHARACTERS_H

#include "fmgr.h"

/* Longest email address, in characters (RFC 5321) */
#define EC_MAX_EMAIL 254

extern bool ec_same_text(text *a, text *b);
extern text *ec_case_folded(text *t, bool capitals);
extern uint32 *ec_plain_characters(text *t);
extern uint32 *ec_composed_characters(text *t);
extern text *ec_trimmed(text *t);
extern text *ec_without_blanks(text *t, bool dashes_too);
extern char *ec_hidden_in(text *t);
extern bool ec_email_valid(text *t);

#endif							/* EC_CHARACTERS_H */
