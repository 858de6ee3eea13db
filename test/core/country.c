/*
 * country.c
 *	  Unit tests of src/core/postal_code.c and src/core/place_name.c.
 */
#include "tap.h"

#include "core/blank.h"
#include "core/place_name.h"
#include "core/postal_code.h"

#define MAX_TEXT 300
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Codes as people write them, and their one form: NULL if it is none, "" if blank */
static const struct
{
	const char *country;
	const char *text;
	const char *code;
}			code_cases[] = {
	{"DE", "78266", "78266"}, {"DE", "D-78266", "78266"}, {"DE", "de 78266", "78266"},
	{"DE", "D78266", "78266"}, {"DE", "78 266", "78266"}, {"DE", "7\xE2\x80\x93" "8266", "78266"},
	{"DE", "\xC2\xA0" "78\xE2\x80\x8B" "266\xE2\x80\xAF", "78266"},
	{"DE", "78266 Bu\xCC\x88singen", "78266"}, {"DE", "78266, B\xC3\xBCsingen (D)", "78266"},
	{"DE", "PLZ: 78266", "78266"}, {"DE", "ZIP 78266", "78266"},
	{"DE", "\xD9\xA7\xD9\xA8\xD9\xA2\xD9\xA6\xD9\xA6", "78266"},
	{"DE", "\xDB\xB7\xDB\xB8\xDB\xB2\xDB\xB6\xDB\xB6", "78266"},
	{"DE", "7826O", NULL}, {"DE", "7826\xCE\x9F", NULL}, {"DE", "78266O", NULL},
	{"DE", "78266Busingen", NULL}, {"DE", "Busingen", NULL}, {"DE", "Busingen 78266", NULL},
	{"DE", "CH-78266", NULL}, {"DE", "782666", NULL}, {"DE", "78266-1234", NULL},
	{"DE", "78266 12", NULL}, {"DE", "78266 Busingen 8238", NULL}, {"DE", "8266", NULL},
	{"DE", "00000", NULL}, {"DE", "87491", NULL}, {"DE", "-", NULL}, {"DE", "n/a", NULL},
	{"DE", "\xE4\xB8\x83" "8266", NULL}, {"DE", "\xEF\xBF\xBD" "78266", NULL},
	{"DE", "", ""}, {"DE", " \xC2\xA0\xE2\x80\x8B", ""},
	{"GR", "GR-821 31", "82131"}, {"GR", "TK 82131", "82131"}, {"GR", "T.K. 821 31", "82131"},
	{"GR", "\xCE\xA4.\xCE\x9A. 821 31", "82131"}, {"GR", "\xCF\x84\xCE\xBA" "82131", "82131"},
	{"GR", "EL-82131 \xCE\xA7\xCE\xB9\xCC\x81\xCE\xBF\xCF\x82", "82131"}, {"GR", "08213", NULL},
	{"AT", "A-6691", "6691"}, {"AT", "6691O", NULL}, {"AT", "66910", NULL},
	{"ES", "ES-35001 Las Palmas", "35001"}, {"ES", "8001", NULL}, {"ES", "53001", NULL},
	{"PT", "P-9500-321 Ponta Delgada", "9500321"}, {"PT", "9500", "9500"},
	{"PT", "9500-32", NULL}, {"PT", "9500 Ponta Delgada", "9500"},
	{"FR", "F 20090 Ajaccio CEDEX 09", "20090"}, {"FR", "98000", "98000"}, {"FR", "97133", NULL},
	{"FR", "97500", NULL}, {"FR", "98800", NULL}, {"FR", "2A004", NULL}, {"MQ", "97300", NULL},
	{"IT", "I-23041", "23041"}, {"IT", "47890", NULL}, {"IT", "00120", NULL},
	{"FI", "FIN-00100", "00100"}, {"FI", "AX-22100", "AX22100"}, {"FI", "AX-00100", NULL},
	{"AX", "AX-22100", "22100"},
	{"DK", "DK-1050 Kbh. K", "1050"}, {"DK", "FO-100", "FO100"}, {"DK", "100", NULL},
	{"DK", "GL 3900", "GL3900"}, {"FO", "100 Torshavn", "100"}, {"FO", "FO-100", "FO100"},
	{"NL", "1012ab", "1012AB"}, {"NL", "NL-1012 AB Amsterdam", "1012AB"}, {"NL", "1012", "1012"},
	{"GB", "sw1a 1aa", "SW1A1AA"}, {"GB", "BT1 5GS Belfast", "BT15GS"}, {"GB", "BT1", "BT1"},
	{"GB", "\xCE\x92\xCE\xA4" "1 5GS", "BT15GS"}, {"GB", "GB-W1A 0AX", "W1A0AX"},
	{"GB", "78266", NULL}, {"GB", "BTI 5GS", NULL}, {"GB", "BFPO 57", NULL},
	{"GB", "QQ1 1AA", NULL}, {"XI", "SW1A 1AA", NULL}, {"IM", "im1 1aa", "IM11AA"},
	{"GI", "GX11 1AA", "GX111AA"}, {"CY", "BFPO 57", "BFPO57"}, {"CY", "99300", NULL},
	/* where any text is one */
	{"US", "10001-1234", "100011234"}, {"US", "x", "X"}, {"US", "\xE4\xB8\x83", ""},
	{"SE", "SE-111 22", "11122"}, {"", "x", "X"}
};

/* Names in NFKD, case folded, and what they are compared by */
static const struct
{
	const char *name;
	const char *key;
}			name_cases[] = {
	{"canary islands", "canaryislands"}, {"corse-du-sud", "corsedusud"},
	{"bu\xCC\x88singen am hochrhein", "busingenamhochrhein"}, {"a\xCC\x8Aland", "aland"},
	{"f\xC3\xA6r\xC3\xB8" "erne", "faeroerne"}, {"campione d\xE2\x80\x99italia", "campioneditalia"},
	{"\xCF\x87\xCE\xB9\xCC\x81\xCE\xBF\xCF\x82", "chios"},
	{"\xCE\xBB\xCE\xB5\xCF\x83\xCE\xB2\xCE\xBF\xCF\x83", "lesvos"},
	{"\xCE\xB1\xCE\xB3. \xCE\xB5\xCF\x85\xCF\x83\xCF\x84\xCF\x81\xCE\xB1\xCF\x84"
		"\xCE\xB9\xCE\xBF\xCF\x83",
	"agefstratios"},
	{"\xCE\xBF\xCE\xB9\xCE\xBD\xCE\xBF\xCF\x85\xCF\x83\xCF\x83\xCE\xB5\xCF\x83", "oinousses"},
	{"\xCE\xB5\xCF\x85\xCE\xB4\xCE\xB7\xCE\xBB\xCE\xBF\xCF\x83", "evdilos"},
	{"\xCE\xB1\xCE\xB3\xCE\xB3\xCE\xB5", "ange"},
	{"nomos chiou", "chiou"}, {"insel helgoland", "helgoland"}, {"chios (nisos)", "chios"},
	{"isle of man", "isleofman"}, {"islands", "islands"}, {"nisos", ""}, {"-", ""}, {"", ""},
	{"\xD1\x85\xD0\xB8\xD0\xBE\xD1\x81", "#000445#000438#00043e#000441"}
};

/* Characters of UTF-8, with a zero behind them; how many */
static size_t
decode(const char *at, uint32_t *c)
{
	size_t		n = 0;

	for (size_t length = strlen(at); length > 0;)
	{
		size_t		bytes = ec_utf8_decode(at, length, &c[n++]);

		at += bytes;
		length -= bytes;
	}
	c[n] = 0;
	return n;
}

int
main(void)
{
	uint32_t	c[MAX_TEXT + 1];
	char		code[EC_POSTAL_CODE_TEXT];
	char		key[EC_PLACE_KEY_CHARACTER * MAX_TEXT + 1];

	for (size_t i = 0; i < COUNT(code_cases); i++)
	{
		EcPostalCode answer;

		decode(code_cases[i].text, c);
		answer = ec_postal_code(code_cases[i].country, c, code);
		if (answer == EC_POSTAL_UNKNOWN)
			ok(code_cases[i].code == NULL, "%s: none: %s", code_cases[i].country,
			   code_cases[i].text);
		else
			is_text(code, code_cases[i].code == NULL ? "none" : code_cases[i].code, "%s: %s",
					code_cases[i].country, code_cases[i].text);
	}

	/* As long as can be, and longer */
	for (size_t i = 0; i < MAX_TEXT; i++)
		c[i] = '1';
	c[MAX_TEXT] = 0;
	ok(ec_postal_code("DE", c, code) == EC_POSTAL_UNKNOWN, "300 digits are none");
	ok(ec_postal_code("US", c, code) == EC_POSTAL_CODE && strlen(code) == sizeof(code) - 1,
	   "where any text is one, it is cut off");

	for (size_t i = 0; i < COUNT(name_cases); i++)
	{
		key[ec_place_key(c, decode(name_cases[i].name, c), key)] = '\0';
		is_text(key, name_cases[i].key, "name: %s", name_cases[i].name);
	}
	return done();
}
