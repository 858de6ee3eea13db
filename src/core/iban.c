/*
 * iban.c
 *	  Formal check of international bank account numbers, ISO 13616: length and
 *	  structure of the country, and check digits.
 *
 * A well-formed IBAN need not be that of an account.  The table is generated
 * by scripts/make_reference.py.
 */
#include "core/iban.h"

#include <stdlib.h>
#include <string.h>

#include "core/iban_data.h"
#include "core/identifier.h"

/* Characters before those whose structure the table has */
#define HEAD 4

/* Compare an IBAN with a row of the table. */
static int
compare_country(const void *iban, const void *row)
{
	return memcmp(iban, ((const EcIbanCountry *) row)->country, 2);
}

/* Is a character of this kind: n for digits, a for letters, c for both? */
static bool
is_kind(char c, char kind)
{
	return (kind != 'a' && ec_is_digit(c)) || (kind != 'n' && ec_is_letter(c));
}

/* Does a text have this structure, such as "8n12c", and nothing after it? */
static bool
has_structure(const char *s, const char *structure)
{
	while (*structure != '\0')
	{
		char	   *kind;
		long		count = strtol(structure, &kind, 10);

		for (; count > 0; count--, s++)
			if (!is_kind(*s, *kind))
				return false;
		structure = kind + 1;
	}
	return *s == '\0';
}

/*
 * The remainder modulo 97 when the first four characters are moved to the end
 * and letters stand for 10 to 35 (ISO/IEC 7064, MOD 97-10)
 */
static int
remainder_97(const char *iban, size_t n)
{
	int			remainder = 0;

	for (size_t i = 0; i < n; i++)
	{
		char		c = iban[(i + HEAD) % n];

		if (ec_is_digit(c))
			remainder = (remainder * 10 + c - '0') % 97;
		else
			remainder = (remainder * 100 + c - 'A' + 10) % 97;
	}
	return remainder;
}

/*
 * The canonical form of an IBAN, if it is well-formed: in capitals and without
 * spaces; iban has room for EC_IBAN_TEXT bytes.  Check digits are 02 to 98, so
 * that each account has one IBAN only.
 */
bool
ec_iban_normalize(const char *text, size_t length, char *iban)
{
	size_t		n = ec_identifier_strip(text, length, " ", iban, EC_IBAN_TEXT);
	const EcIbanCountry *country;

	if (n < HEAD || !ec_is_digit(iban[2]) || !ec_is_digit(iban[3]) ||
		memcmp(iban + 2, "02", 2) < 0 || memcmp(iban + 2, "98", 2) > 0)
		return false;
	country = bsearch(iban, iban_countries,
					  sizeof(iban_countries) / sizeof(iban_countries[0]),
					  sizeof(EcIbanCountry), compare_country);
	return country != NULL && has_structure(iban + HEAD, country->structure) &&
		remainder_97(iban, n) == 1;
}

/*
 * Is this a well-formed IBAN?  Neither function reads further than length, and
 * both take any bytes.
 */
bool
ec_iban_valid(const char *text, size_t length)
{
	char		iban[EC_IBAN_TEXT];

	return ec_iban_normalize(text, length, iban);
}
