/*
 * sepa_text.c
 *	  The characters of SEPA files: letters of the Latin alphabet without marks,
 *	  digits, a few signs, and what stands for others by EPC217-08.
 */
#include "core/sepa_text.h"

#include <stdlib.h>
#include <string.h>

#include "core/sepa_text_data.h"

/* Compare a character with a row of the table. */
static int
compare_letter(const void *character, const void *row)
{
	uint32_t	a = *(const uint32_t *) character;
	uint32_t	b = ((const EcSepaLetter *) row)->character;

	return (a > b) - (a < b);
}

/* May a SEPA file have this character? */
bool
ec_sepa_character(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		(c >= '0' && c <= '9') ||
		(c != '\0' && c < 0x80 && strchr("/-?:().,'+ ", (int) c) != NULL);
}

/* What stands for a character that a SEPA file cannot have; NULL if nothing does */
const char *
ec_sepa_letter(uint32_t c)
{
	const EcSepaLetter *found;

	found = bsearch(&c, sepa_letters,
					sizeof(sepa_letters) / sizeof(sepa_letters[0]),
					sizeof(EcSepaLetter), compare_letter);
	return found == NULL ? NULL : found->letters;
}
