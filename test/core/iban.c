/*
 * iban.c
 *	  Unit tests of src/core/iban.c.
 */
#include <stdlib.h>

#include "tap.h"

#include "core/iban.h"
#include "core/iban_data.h"
#include "core/identifier.h"

#define NCOUNTRIES (sizeof(iban_countries) / sizeof(iban_countries[0]))

/* What the name of a test can have */
#define PRINTED "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "

/* Well-formed IBANs, and their canonical form if it is another */
static const struct
{
	const char *text;
	const char *normal;
}			valid_cases[] = {
	{"AT111234567890123456"}, {"BE53123456789012"}, {"BG56ABCD5678901L34O67R"},
	{"CH0712345F78I01L34O67"}, {"CY8812345678I01L34O67R90U23X"},
	{"CZ9512345678901234567890"}, {"DE43123456789012345678"},
	{"DK6712345678901234"}, {"EE201234567890123456"},
	{"ES9812345678901234567890"}, {"FI5512345678901234"},
	{"FR5712345678901L34O67R90U23"}, {"GB35ABCD56789012345678"},
	{"GR7512345678I01L34O67R90U23"}, {"HR9012345678901234567"},
	{"HU49123456789012345678901234"}, {"IE08ABCD56789012345678"},
	{"IS611234567890123456789012"}, {"IT57A2345678901L34O67R90U23"},
	{"LI2012345F78I01L34O67"}, {"LT091234567890123456"},
	{"LU2912345F78I01L34O6"}, {"LV87ABCD5F78I01L34O67"},
	{"MC3912345678901L34O67R90U23"}, {"MT20ABCD5678901L34O67R90U23X56A"},
	{"MU93ABCD5678901234567890123XYZ"}, {"NL29ABCD5678901234"},
	{"NO2812345678901"}, {"PL04123456789012345678901234"},
	{"PT16123456789012345678901"}, {"RO30ABCD5F78I01L34O67R90"},
	{"RU5512345678901234O67R90U23X56A89"}, {"SE1412345678901234567890"},
	{"SI50123456789012345"}, {"SK9312345678901234567890"},
	{"SM85A2345678901L34O67R90U23"}, {"YE15CBYE0001018861234567891234"},
	{"XK051212012345678906"},
	/* the least check digits, and the greatest */
	{"DE02370400440532013014"}, {"DE03370400440532013093"},
	{"DE97370400440532013050"}, {"DE98370400440532013032"},
	/* as printed, and as typed */
	{"GR16 0110 1250 0000 0001 2300 695", "GR1601101250000000012300695"},
	{" gb35abcd5678 9012345678 ", "GB35ABCD56789012345678"},
	{"DE43\t123456789012345678\r\n", "DE43123456789012345678"},
	/* as pasted: blanks of all kinds, and marks */
	{"DE43\302\2401234\342\200\2575678\342\200\211901234\342\200\2165678\357\273\277",
	"DE43123456789012345678"},
	{"d e 4 3 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 ", "DE43123456789012345678"},
	{"                                          DE43123456789012345678",
	"DE43123456789012345678"}
};

static const struct
{
	const char *text;
	const char *why;
}			invalid_cases[] = {
	{"DE44123456789012345678", "check digits"},
	{"DE00370400440532013050", "check digits 00, which are 97"},
	{"DE01370400440532013032", "check digits 01, which are 98"},
	{"DE99370400440532013014", "check digits 99, which are 02"},
	{"DEAA370400440532013000", "check digits of letters"},
	{"DE6812345678901234567", "short"}, {"DE091234567890123456780", "long"},
	{"DE8937040044053201300", "short"}, {"DE00000000000000000000", "zeros, check digits too"},
	{"XX97123456789012345678", "country"}, {"AA", "country"},
	{"1243123456789012345678", "no country"}, {"DE", "no number"},
	{"DE43", "no number"}, {"D", "a letter"}, {"", "empty"}, {" ", "a space"},
	{"IBAN DE43123456789012345678", "IBAN"},
	/* the right check digits for another structure */
	{"DE24A23456789012345678", "a letter"}, {"GB9612345678901234567X", "digits for letters"},
	{"GB12BARC20201530093A59", "a letter within"},
	{"MU07ABCD56789012345678901234XY", "letters too late"},
	{"DE43-1234-5678-9012-3456-78", "hyphens"},
	{"DE4312345678901234567+", "a plus"}, {"DE43*23456789012345678", "an asterisk"},
	{"\316\225\316\22343123456789012345678", "Greek capitals"},
	{"DE43\342\200\220123456789012345678", "a dash"},
	{"DE43\302\241123456789012345678", "a mark"}, {"DE43123456789012345678\302", "cut off"},
	{"DE4312345678901234567\377", "no UTF-8"},
	{"RU4612345678901234O67R90U23X56A890", "34 characters"},
	{"RU5512345678901234O67R90U23X56A8901", "35 characters"},
	{"                                           DE43123456789012345678",
	"more than 64 bytes"}
};

/* Normalize a text that nothing follows, so that reading on is noticed. */
static bool
normalize(const char *text, size_t length, char *iban)
{
	char	   *copy = malloc(length);
	bool		valid;

	memcpy(copy, text, length);
	memset(iban, 'x', EC_IBAN_TEXT);
	valid = ec_iban_normalize(copy, length, iban);
	if (ec_iban_valid(copy, length) != valid)
		ok(false, "valid and normalize agree on %.*s", (int) length, text);
	free(copy);
	return valid;
}

static bool
valid(const char *text)
{
	char		iban[EC_IBAN_TEXT];

	return normalize(text, strlen(text), iban);
}

/*
 * A random IBAN of a country: its structure filled, and the check digits that
 * make the decimal number, taken piece by piece, 1 modulo 97
 */
static void
make_iban(const EcIbanCountry *country, char *iban)
{
	char	   *end = iban + 4;
	int			rest = 0;

	for (const char *s = country->structure; *s != '\0'; s++)
	{
		int			count = 0;

		for (; *s >= '0' && *s <= '9'; s++)
			count = count * 10 + *s - '0';
		for (; count > 0; count--)
			*end++ = *s == 'n' || (*s == 'c' && random_below(2))
				? (char) ('0' + random_below(10)) : (char) ('A' + random_below(26));
	}
	*end = '\0';
	for (const char *c = iban + 4; *c != '\0'; c++)
		rest = *c <= '9' ? (rest * 10 + *c - '0') % 97
			: ((rest * 10 + (*c - 'A' + 10) / 10) * 10 + (*c - 'A' + 10) % 10) % 97;
	for (int i = 0; i < 2; i++)
		rest = (rest * 100 + country->country[i] - 'A' + 10) % 97;
	rest = 98 - rest * 100 % 97;
	iban[0] = country->country[0];
	iban[1] = country->country[1];
	iban[2] = (char) ('0' + rest / 10);
	iban[3] = (char) ('0' + rest % 10);
}

/*
 * An IBAN of every country is valid, with any spaces and small letters, and is
 * not when a character is another, changes place with one of its kind, is
 * missing or too many.
 */
static const char *
of_country(void)
{
	const EcIbanCountry *country = &iban_countries[random_below(NCOUNTRIES)];
	char		made[EC_IBAN_TEXT + 1];
	char		iban[EC_IBAN_TEXT];
	char		spelled[2 * EC_IDENTIFIER_INPUT];
	size_t		length;
	size_t		n = 0;
	size_t		i;
	char		c;

	make_iban(country, made);
	length = strlen(made);
	for (const char *from = made; *from != '\0'; from++)
	{
		if (random_below(2) && n < 28)
			spelled[n++] = ' ';
		spelled[n++] = ec_is_letter(*from) && random_below(2)
			? (char) (*from - 'A' + 'a') : *from;
	}
	if (!normalize(spelled, n, iban))
		return "refused";
	if (strcmp(iban, made) != 0)
		return "another canonical form";
	if (normalize(made, length - 1, iban))
		return "one character less";

	i = (size_t) random_below((int64_t) length);
	c = made[i];
	made[i] = (char) (ec_is_digit(c) ? '0' + (c - '0' + 1 + random_below(9)) % 10
					  : 'A' + (c - 'A' + 1 + random_below(25)) % 26);
	if (i >= 2 && valid(made))
		return "another character";
	made[i] = c;
	/* 1B and B1 are one number: letters and digits do not always differ. */
	if (i >= 2 && i + 1 < length && made[i] != made[i + 1] &&
		ec_is_digit(made[i]) == ec_is_digit(made[i + 1]))
	{
		made[i] = made[i + 1];
		made[i + 1] = c;
		if (valid(made))
			return "two characters exchanged";
		made[i + 1] = made[i];
		made[i] = c;
	}
	made[length] = (char) ('0' + random_below(10));
	made[length + 1] = '\0';
	return valid(made) ? "one character more" : NULL;
}

/* Random bytes, most of them such as IBANs have, are judged without harm. */
static const char *
noise(void)
{
	static const char likely[] = "DEGBFRITMTABCXYZ0123456789 ";
	char text[	EC_IDENTIFIER_INPUT + 8];
	char		iban[EC_IBAN_TEXT];
	char		again[EC_IBAN_TEXT];
	size_t		n = (size_t) random_below(sizeof(text));

	for (size_t i = 0; i < n; i++)
		text[		i] = random_below(9) == 0 ? (char) random_below(256)
		: likely[random_below(sizeof(likely) - 1)];

	if (!normalize(text, n, iban))
		return NULL;
	if (!normalize(iban, strlen(iban), again) || strcmp(iban, again) != 0)
		return "the canonical form is not its own";
	return NULL;
}

int
main(void)
{
	char		iban[EC_IBAN_TEXT];
	size_t		unsorted = 0;

	for (size_t i = 0; i < sizeof(valid_cases) / sizeof(valid_cases[0]); i++)
	{
		const char *text = valid_cases[i].text;
		const char *normal = valid_cases[i].normal != NULL ? valid_cases[i].normal : text;

		if (normalize(text, strlen(text), iban))
			is_text(iban, normal, "%s is valid", text);
		else
			ok(false, "%s is valid", text);
	}
	for (size_t i = 0; i < sizeof(invalid_cases) / sizeof(invalid_cases[0]); i++)
		ok(!valid(invalid_cases[i].text), "refused, %s: %.*s", invalid_cases[i].why,
		   (int) strspn(invalid_cases[i].text, PRINTED), invalid_cases[i].text);
	ok(!normalize("DE43123456789012345678\0", 23, iban), "refused, a zero byte at the end");
	ok(!normalize("DE43123456789012345678\000042", 25, iban),
	   "refused, more after a zero byte");
	ok(normalize("DE431234567890123456780", 22, iban), "no further than the length");

	for (size_t i = 1; i < NCOUNTRIES; i++)
		unsorted += strcmp(iban_countries[i - 1].country, iban_countries[i].country) >= 0;
	is_int128((ec_int128) unsorted, 0, "countries are sorted");
	holds(of_country, 200000, "an IBAN of each country");
	holds(noise, 300000, "noise");

	return done();
}
