/*
 * vat_id.c
 *	  Formal check of VAT identification numbers, and their canonical form.
 *
 * A well-formed number need not be a registered one: that is for VIES, or the
 * country's tax office, to say.
 */
#include "core/vat_id.h"

#include <string.h>

#include "core/identifier.h"
#include "core/vat_number.h"

/*
 * The canonical form of an id, if it is well-formed: prefix and number in
 * capitals, without spaces, dots, hyphens and slashes; id has room for
 * EC_VAT_ID_TEXT bytes.  The prefix has to be there.  Greece is EL, whether
 * written so or GR; Greek numbers have 9 digits and Belgian ones 10, the older
 * ones a zero in front.  Swiss and Norwegian numbers have to have the suffix
 * that tells them from those of companies without VAT; the Swiss one becomes
 * MWST, from whichever language it is in.
 */
bool
ec_vat_id_normalize(const char *text, size_t length, char *id)
{
	size_t		n = ec_identifier_strip(text, length, " .-/", id, EC_VAT_ID_TEXT);
	char	   *number = id + 2;

	if (n <= 2)
		return false;
	if (memcmp(id, "GR", 2) == 0)
		memcpy(id, "EL", 2);
	n -= 2;
	if ((n == 8 && memcmp(id, "EL", 2) == 0) ||
		(n == 9 && memcmp(id, "BE", 2) == 0))
	{
		memmove(number + 1, number, ++n);
		number[0] = '0';
	}
	if (n == 13 && memcmp(id, "CH", 2) == 0 &&
		(strcmp(number + 10, "TVA") == 0 || strcmp(number + 10, "IVA") == 0 ||
		 strcmp(number + 10, "TPV") == 0))
	{
		memcpy(number + 10, "MWST", 5);
		n = 14;
	}
	return ec_vat_number_valid(id, number, n);
}

/*
 * Is this a well-formed VAT id?  Neither function reads further than length,
 * and both take any bytes.
 */
bool
ec_vat_id_valid(const char *text, size_t length)
{
	char		id[EC_VAT_ID_TEXT];

	return ec_vat_id_normalize(text, length, id);
}
