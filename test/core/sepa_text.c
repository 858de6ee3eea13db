/*
 * sepa_text.c
 *	  Unit tests of src/core/sepa_text.c.
 */
#include "tap.h"

#include "core/sepa_text.h"
#include "core/sepa_text_data.h"

#define NLETTERS (sizeof(sepa_letters) / sizeof(sepa_letters[0]))
#define ALLOWED "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789/-?:().,'+ "

static const struct
{
	uint32_t	character;
	const char *text;			/* NULL if nothing stands for it */
}			cases[] = {

	/* German, French, Polish, Czech, Turkish, Icelandic */
	{0x00C4, "A"}, {0x00FC, "u"}, {0x00DF, "s"}, {0x00E9, "e"}, {0x0152, "O"},
	{0x0141, "L"}, {0x017C, "z"}, {0x0158, "R"}, {0x0131, "i"}, {0x011F, "g"},
	{0x00DE, "T"}, {0x00F0, "d"},
	/* Greek with accents and diaereses */
	{0x0398, "TH"}, {0x03C8, "ps"}, {0x03C7, "ch"}, {0x03B2, "v"}, {0x03C2, "s"},
	{0x0390, "i"}, {0x03CE, "o"}, {0x0389, "I"}, {0x03AB, "Y"},
	/* Bulgarian, Serbian, Macedonian */
	{0x0429, "SHT"}, {0x044A, "a"}, {0x044C, "y"}, {0x0439, "y"}, {0x0416, "ZH"},
	{0x0459, "lj"}, {0x0403, "GJ"},
	/* signs */
	{'_', "-"}, {'&', "+"}, {';', ","}, {'[', "("}, {'}', ")"}, {'|', "/"}, {0x20AC, "E"},
	{0x2019, "'"}, {0x2014, "-"},
	{'*', NULL}, {'@', NULL}, {'<', NULL}, {'a', NULL}, {0, NULL}, {0x4E2D, NULL},
	{UINT32_MAX, NULL}
};

int
main(void)
{
	char		allowed[sizeof(ALLOWED)];
	size_t		n = 0;

	for (uint32_t c = 0; c < 0x110000; c++)
		if (ec_sepa_character(c) && n < sizeof(allowed))
			allowed[n++] = (char) c;
	ok(n == strlen(ALLOWED) && strspn(ALLOWED, allowed) == n, "characters of SEPA");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		const char *text = ec_sepa_letter(cases[i].character);

		is_text(text ? text : "none", cases[i].text ? cases[i].text : "none", "U+%04X",
				(unsigned int) cases[i].character);
	}
	for (size_t i = 0; i < NLETTERS; i++)
	{
		const char *text = ec_sepa_letter(sepa_letters[i].character);

		if (text == NULL || *text == '\0' || strlen(text) != strspn(text, ALLOWED) ||
			ec_sepa_character(sepa_letters[i].character))
			ok(false, "row %d of the table", (int) i);
	}
	return done();
}
