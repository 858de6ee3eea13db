/*
 * postal_code.c
 *	  Fuzz target: postal codes and names of places.
 *
 * A code that is understood is short, in capital letters and digits, and its
 * own form; a key of a name has no more room than it says.
 */
#include "fuzz.h"

#include "core/place_name.h"
#include "core/postal_code.h"

#define MAX_CHARACTERS 400

static const char *const tried[] = {
	"AT", "CY", "DE", "DK", "ES", "FI", "FO", "FR", "GB", "GL", "GR", "IT", "NL", "PT", "XI"
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input		input = {data, size};
	uint32_t	given[MAX_CHARACTERS + 1];
	uint32_t	again[EC_POSTAL_CODE_TEXT];
	char		code[EC_POSTAL_CODE_TEXT];
	char		same[EC_POSTAL_CODE_TEXT];
	char	   *key = malloc(MAX_CHARACTERS * EC_PLACE_KEY_CHARACTER + 1);
	const char *country = tried[read_below(&input, sizeof(tried) / sizeof(tried[0]))];
	size_t		n = 0;
	size_t		length;

	while (input.size > 0 && n < MAX_CHARACTERS)
	{
		uint32_t	c = (uint32_t) read_below(&input, 256);

		/* One of four is not of ASCII. */
		given[n++] = c < 192 ? c % 127 + 1 : (c - 191) * 37 + 0x80;
	}
	given[n] = 0;
	length = ec_place_key(given, n, key);
	CLAIM(length <= n * EC_PLACE_KEY_CHARACTER);
	free(key);

	if (ec_postal_code(country, given, code) != EC_POSTAL_CODE)
		return 0;
	length = strnlen(code, sizeof(code));
	CLAIM(length >= 2 && length < sizeof(code));
	CLAIM(strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == length);
	for (size_t i = 0; i <= length; i++)
		again[i] = (unsigned char) code[i];
	CLAIM(ec_postal_code(country, again, same) == EC_POSTAL_CODE);
	CLAIM(strcmp(code, same) == 0);
	return 0;
}
