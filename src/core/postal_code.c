/*
 * postal_code.c
 *	  Postal codes, as people write them.
 *
 * The countries here are those of which a part is taxed in a way of its own, and
 * those parts that have a country code: what is not understood could be there.
 * People write blanks and dashes of all kinds anywhere, the country or the name
 * of such codes in front of one, a town behind it, and the digits of their
 * script.  Nothing is guessed: a letter O is no zero.
 *
 * Sources: the formats of the Universal Postal Union; for Greece, the codes of
 * the Hellenic Post as MentatInnovations/grpostcodes (Apache-2.0) has them.
 */
#include "core/postal_code.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/blank.h"

/* Characters of a text that are looked at; digits and letters that a code may have */
#define MAX_CHARACTERS 255
#define MAX_CODE 14

/* What stands for a letter that is in no code */
#define OTHER_LETTER '?'

/* Digits behind a code that may not be part of it: "CEDEX 08", "Paris 16" */
#define MAX_DIGITS_BEHIND 2

/* What people write in front of a code in any country */
#define ANYWHERE "ZIP PLZ CP CAP TK"

/* Codes of the United Kingdom, whose second half is often left out */
#define UK_FORMS "@# @## @#@ @@# @@## @@#@ @##@@ @###@@ @#@#@@ @@##@@ @@###@@ @@#@#@@" \
	" GIR0AA BFPO# BFPO## BFPO### BFPO####"

/* Forms of an area of the United Kingdom */
#define AREA(area) area "# " area "## " area "##@@ " area "###@@"

/*
 * Postal codes of a country: forms, in which # is a digit and @ a letter; how
 * none begins, be it that there are none or that they are another country's; and
 * what may stand in front.  Sorted by country.
 */
static const struct
{
	const char *country;
	const char *forms;
	const char *never;
	const char *before;
	const char *example;
}			countries[] = {
	{"AT", "####", "0", "A AT AUT", "1010"},
	{"AX", "22###", "", "AX ALA FI FIN", "22100"},
	/* Akrotiri and Dhekelia have numbers of the British Forces Post Office. */
	{"CY", "#### BFPO5#", "0", "CY CYP", "1010"},
	/* Jungholz and Mittelberg, which are in Austria, have German codes, too. */
	{"DE", "#####", "00 87491 87567 87568 87569", "D DE DEU", "10115"},
	{"DK", "#### FO### GL39##", "0000", "DK DNK", "1050"},
	{"ES", "#####", "00 53 54 55 56 57 58 59 6 7 8 9", "E ES ESP", "28001"},
	{"FI", "##### AX22###", "00000", "FI FIN SF", "00100"},
	{"FO", "### FO###", "", "FO FRO DK", "100"},
	/* Saint Barthelemy, Saint Martin and others are countries here. */
	{"FR", "#####", "00000 975 977 978 981 982 983 984 985 986 987 988 989 99 97133 97150",
	"F FR FRA", "75001"},
	/* Akrotiri and Dhekelia are in Cyprus. */
	{"GB", UK_FORMS, "Q V X ZZ BFPO57 BFPO58 BFPO59", "GB UK GBR", "SW1A 1AA"},
	{"GF", "973##", "", "GF GUF FR F", "97300"},
	{"GG", AREA("GY"), "", "GG GGY GB UK", "GY1 1WR"},
	{"GI", "GX11 GX111AA", "", "GI GIB", "GX11 1AA"},
	{"GL", "39## 2412 GL39##", "", "GL GRL DK", "3900"},
	{"GP", "971##", "97133 97150", "GP GLP FR F", "97110"},
	{"GR", "#####", "0", "GR EL GRC", "105 63"},
	{"IM", AREA("IM"), "", "IM IMN GB UK", "IM1 1AA"},
	/* San Marino and the Vatican are countries of their own. */
	{"IT", "#####", "000 4789 00120", "I IT ITA", "00184"},
	{"JE", AREA("JE"), "", "JE JEY GB UK", "JE2 3AB"},
	{"MC", "980##", "", "MC MCO F FR", "98000"},
	{"MQ", "972##", "", "MQ MTQ FR F", "97200"},
	{"NL", "#### ####@@", "0", "NL NLD", "1012 AB"},
	{"PT", "#### #######", "0", "P PT PRT", "1000-001"},
	{"RE", "974##", "", "RE REU FR F", "97400"},
	{"XI", AREA("BT"), "", "XI NI GB UK", "BT1 5GS"},
	{"YT", "976##", "", "YT MYT FR F", "97600"}
};

/* Zeros of the digits of other scripts, which are not decomposed (Unicode 14) */
static const uint32_t zeros[] = {
	0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66,
	0x0CE6, 0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810,
	0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0,
	0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136,
	0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950,
	0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1E140, 0x1E2F0, 0x1E950
};

/* Greek capitals and the Latin ones that look the same */
static const char greek_capitals[] = "AB??EZH?IK?MN?O?P??TY?X";

/* The digits and letters of a text */
typedef struct Written
{
	char		character[MAX_CHARACTERS];
	bool		apart[MAX_CHARACTERS];	/* from the one before it */
	size_t		n;
} Written;

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Is this neither a letter nor a digit, or a mark on one? */
static bool
is_separator(uint32_t c)
{
	return ec_is_blank(c) || ec_is_dash(c) || c < 0xC0 || c == 0xD7 || c == 0xF7 ||
		(c >= 0x2010 && c <= 0x2BFF) || (c >= 0x3000 && c <= 0x303F) ||
		(c >= 0xFE10 && c <= 0xFE6F);
}

/* A digit or a capital letter for a character, or a zero byte if it separates */
static char
plain(uint32_t c)
{
	if (c < 0x80)
	{
		if (c >= 'a' && c <= 'z')
			return (char) (c - 'a' + 'A');
		return (c >= 'A' && c <= 'Z') || is_digit((char) c) ? (char) c : '\0';
	}
	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]) && zeros[i] <= c; i++)
		if (c - zeros[i] < 10)
			return (char) ('0' + (c - zeros[i]));
	if (is_separator(c))
		return '\0';
	if (c >= 0x03B1 && c <= 0x03C9)
		c = c - 0x03B1 + 0x0391;
	if (c >= 0x0391 && c < 0x0391 + sizeof(greek_capitals) - 1)
		return greek_capitals[c - 0x0391];
	return OTHER_LETTER;
}

/* Read the digits and letters of a text; false if it is too long. */
static bool
read_written(const uint32_t *given, Written *written, bool *visible)
{
	bool		apart = true;

	written->n = 0;
	*visible = false;
	for (; *given != 0; given++)
	{
		char		c = plain(*given);

		*visible |= !ec_is_blank(*given);
		if (*given >= 0x0300 && *given <= 0x036F)
			continue;
		if (c == '\0')
		{
			apart = true;
			continue;
		}
		if (written->n == MAX_CHARACTERS)
			return false;
		written->character[written->n] = c;
		written->apart[written->n++] = apart;
		apart = false;
	}
	return true;
}

/* The next word of a list, and its length; NULL after the last one */
static const char *
next_word(const char *list, const char *word, size_t *length)
{
	word = word == NULL ? list : word + *length;
	word += strspn(word, " ");
	*length = strcspn(word, " ");
	return *length == 0 ? NULL : word;
}

/* Does a code, of n characters, have one of the forms, and no beginning that none has? */
static bool
has_form(size_t country, const char *code, size_t n)
{
	bool		found = false;
	const char *word = NULL;
	size_t		length;

	while (!found && (word = next_word(countries[country].forms, word, &length)) != NULL)
	{
		size_t		i = 0;

		while (i < n && i < length &&
			   (word[i] == '#' ? is_digit(code[i]) :
				word[i] == '@' ? code[i] >= 'A' && code[i] <= 'Z' : word[i] == code[i]))
			i++;
		found = i == n && i == length;
	}
	word = NULL;
	while (found && (word = next_word(countries[country].never, word, &length)) != NULL)
		found = length > n || memcmp(code, word, length) != 0;
	return found;
}

/*
 * How many of n characters stand in front of a code of the country; n if they
 * are none.
 */
static size_t
before_code(size_t country, const char *code, size_t n)
{
	const char *lists[] = {countries[country].before, ANYWHERE};

	if (has_form(country, code, n))
		return 0;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
	{
		const char *word = NULL;
		size_t		length;

		while ((word = next_word(lists[i], word, &length)) != NULL)
			if (length < n && memcmp(code, word, length) == 0 &&
				has_form(country, code + length, n - length))
				return length;
	}
	return n;
}

/* May this stand behind a code: a town, and no more digits than a town has? */
static bool
is_town(const Written *written, size_t from)
{
	size_t		digits = 0;

	if (from == written->n)
		return true;
	if (!written->apart[from] || is_digit(written->character[from]))
		return false;
	for (size_t i = from; i < written->n; i++)
	{
		digits = is_digit(written->character[i]) ? digits + 1 : 0;
		if (digits > MAX_DIGITS_BEHIND)
			return false;
	}
	return true;
}

/* Which of the countries this is, or how many there are if it is none */
static size_t
find_country(const char *country)
{
	size_t		i = 0;

	while (i < sizeof(countries) / sizeof(countries[0]) &&
		   strcmp(countries[i].country, country) != 0)
		i++;
	return i;
}

/* A code of a country whose codes are not known: all digits, and all letters of ASCII */
static EcPostalCode
any_code(const char *country, const Written *written, char code[EC_POSTAL_CODE_TEXT])
{
	size_t		n = 0;
	size_t		skip;

	for (size_t i = 0; i < written->n && n < EC_POSTAL_CODE_TEXT - 1; i++)
		if (written->character[i] != OTHER_LETTER)
			code[n++] = written->character[i];
	code[n] = '\0';
	skip = strncmp(code, country, strlen(country)) == 0 ? strlen(country) : 0;
	if (skip > 0 && strspn(code + skip, "0123456789") >= 4)
		memmove(code, code + skip, n - skip + 1);
	return EC_POSTAL_CODE;
}

/*
 * Understand a postal code of a country, whose characters are given in NFKD with a
 * zero behind them.  code becomes its one form: capital letters and digits.
 */
EcPostalCode
ec_postal_code(const char *country, const uint32_t *given, char code[EC_POSTAL_CODE_TEXT])
{
	size_t		which = find_country(country);
	Written		written;
	bool		visible;
	bool		fits = read_written(given, &written, &visible);

	code[0] = '\0';
	if (!visible)
		return EC_POSTAL_BLANK;
	if (which == sizeof(countries) / sizeof(countries[0]))
		return any_code(country, &written, code);
	if (!fits)
		return EC_POSTAL_UNKNOWN;

	/* As much as can be a code is one: "1012 AB", "9500 321". */
	for (size_t n = written.n < MAX_CODE ? written.n : MAX_CODE; n > 0; n--)
	{
		size_t		skip = before_code(which, written.character, n);

		if (skip < n && is_town(&written, n))
		{
			memcpy(code, written.character + skip, n - skip);
			code[n - skip] = '\0';
			return EC_POSTAL_CODE;
		}
	}
	return EC_POSTAL_UNKNOWN;
}

/* A postal code of a country as it is written; NULL where any text is one. */
const char *
ec_postal_code_example(const char *country)
{
	size_t		which = find_country(country);

	return which == sizeof(countries) / sizeof(countries[0]) ? NULL : countries[which].example;
}
