/*
 * identifier.c
 *	  What VAT ids and IBANs have in common.
 */
#include "core/identifier.h"

#include <string.h>

#include "core/blank.h"

/*
 * Copy an identifier in capitals, without blanks, separators, and what cannot
 * be seen, and with a zero byte after it; its length, or 0 when it has not
 * enough room, or a character that no identifier has.  Text is UTF-8, of which
 * all dashes are hyphens.  Does not depend on a locale.
 */
size_t
ec_identifier_strip(const char *text, size_t length, const char *separators,
					char *id, size_t room)
{
	size_t		n = 0;

	if (length > EC_IDENTIFIER_INPUT)
		return 0;
	for (size_t i = 0; i < length;)
	{
		uint32_t	character;
		char		c = text[i];

		i += ec_utf8_decode(&text[i], length - i, &character);
		if (ec_is_blank(character))
			continue;
		if (ec_is_dash(character))
			c = '-';
		if (c >= 'a' && c <= 'z')
			c = (char) (c - 'a' + 'A');
		/* + and * are in some VAT ids of Ireland. */
		if (ec_is_digit(c) || ec_is_letter(c) || c == '+' || c == '*')
		{
			if (n + 1 >= room)
				return 0;
			id[n++] = c;
		}
		else if (c == '\0' || strchr(separators, c) == NULL)
			return 0;
	}
	id[n] = '\0';
	return n;
}
