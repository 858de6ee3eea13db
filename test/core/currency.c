/*
 * currency.c
 *	  Unit tests of src/core/currency.c.
 */
#include <stdlib.h>

#include "tap.h"

#include "core/currency.h"
#include "core/currency_data.h"

/* Codes without a zero byte, three letters each */
static const struct
{
	int			minor_units;
	const char *codes;
}			cases[] = {
	{0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"},
	{2, "AED AUD BGN CAD CHF CNY CZK DKK EUR GBP HUF IDR NOK PLN RON SEK USD ZMW"},
	{3, "BHD IQD JOD KWD LYD OMR TND"},
	{4, "CLF"},
	{-1, "AAA AED- EU- -EUR ZZZ eur Eur EUr EU1 \303\226R ... ---"}
};

/* Look up a code that nothing follows, so that reading on would be noticed. */
static int
minor_units(const char *code, size_t length)
{
	char	   *copy = malloc(length);
	int			result;

	memcpy(copy, code, length);
	result = ec_currency_minor_units(copy, length);
	free(copy);
	return result;
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (const char *code = cases[i].codes; *code != '\0';)
		{
			size_t		length = strcspn(code, " ");

			is_int128(minor_units(code, length), cases[i].minor_units, "%.*s",
					  (int) length, code);
			code += length + (code[length] == ' ');
		}
	for (size_t i = 0; i < sizeof(currencies) / sizeof(currencies[0]); i++)
		if (minor_units(currencies[i].code, 3) != currencies[i].minor_units)
			ok(false, "%s is in the table but not found", currencies[i].code);
	is_int128(minor_units("", 0), -1, "no code");
	is_int128(minor_units("EU", 2), -1, "two letters");
	is_int128(minor_units("EURO", 4), -1, "four letters");
	is_int128(minor_units("EU\0", 3), -1, "a zero byte");
	is_int128(minor_units("EUR", 4), -1, "a zero byte at the end");

	return done();
}
