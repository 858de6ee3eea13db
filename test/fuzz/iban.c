/*
 * iban.c
 *	  Fuzz target: IBANs.
 *
 * The canonical form is short, valid and its own canonical form, and that of
 * the same text in small letters and with spaces; with another check digit it
 * is none.
 */
#include "fuzz.h"

#include "core/iban.h"
#include "core/identifier.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *) data;
	char		iban[EC_IBAN_TEXT];
	char		again[EC_IBAN_TEXT];
	char		spelled[2 * EC_IBAN_TEXT];
	size_t		length;
	size_t		n = 0;

	if (!ec_iban_normalize(text, size, iban))
	{
		CLAIM(!ec_iban_valid(text, size));
		return 0;
	}
	CLAIM(ec_iban_valid(text, size));
	CLAIM(size <= EC_IDENTIFIER_INPUT);
	length = strnlen(iban, sizeof(iban));
	CLAIM(length >= 15 && length < sizeof(iban));
	CLAIM(strspn(iban, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == length);
	CLAIM(ec_iban_normalize(iban, length, again) && strcmp(iban, again) == 0);

	for (size_t i = 0; i < length; i++)
	{
		spelled[n++] = (char) (ec_is_letter(iban[i]) ? iban[i] - 'A' + 'a' : iban[i]);
		if (i % 4 == 3)
			spelled[n++] = ' ';
	}
	CLAIM(ec_iban_normalize(spelled, n, again) && strcmp(iban, again) == 0);

	iban[3] = iban[3] == '9' ? '0' : (char) (iban[3] + 1);
	CLAIM(!ec_iban_valid(iban, length));
	return 0;
}
