/*
 * vat_id.c
 *	  Fuzz target: VAT ids.
 *
 * The canonical form is short, valid and its own canonical form, and that of
 * the same text in small letters and with separators.
 */
#include "fuzz.h"

#include "core/identifier.h"
#include "core/vat_id.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *) data;
	char		id[EC_VAT_ID_TEXT];
	char		again[EC_VAT_ID_TEXT];
	char		spelled[2 * EC_VAT_ID_TEXT];
	size_t		length;

	if (!ec_vat_id_normalize(text, size, id))
	{
		CLAIM(!ec_vat_id_valid(text, size));
		return 0;
	}
	CLAIM(ec_vat_id_valid(text, size));
	CLAIM(size <= EC_IDENTIFIER_INPUT);
	length = strnlen(id, sizeof(id));
	CLAIM(length > 3 && length < sizeof(id));
	CLAIM(strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+*") == length);
	CLAIM(strpbrk(id, "0123456789") != NULL && memcmp(id, "GR", 2) != 0);
	CLAIM(ec_vat_id_normalize(id, length, again) && strcmp(id, again) == 0);

	for (size_t i = 0; i < length; i++)
	{
		spelled[2 * i] = (char) (ec_is_letter(id[i]) ? id[i] - 'A' + 'a' : id[i]);
		spelled[2 * i + 1] = " .-/"[i % 4];
	}
	CLAIM(ec_vat_id_normalize(spelled, 2 * length, again) && strcmp(id, again) == 0);
	return 0;
}
