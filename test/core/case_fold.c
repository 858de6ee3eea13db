/*
 * case_fold.c
 *	  Unit tests of src/core/case_fold.c and src/core/blank.c.
 */
#include "tap.h"

#include "core/blank.h"
#include "core/case_fold.h"
#include "core/case_fold_data.h"

#define MAX_TEXT 64

/* Texts that are decomposed, what they fold to, and the capitals of that */
static const struct
{
	const char *text;
	const char *folded;
	const char *capitals;
}			fold_cases[] = {
	{"Fifty-50", "fifty-50", "FIFTY-50"},
	{"dankefu\xCC\x88r100", "dankefu\xCC\x88r100", "DANKEFU\xCC\x88R100"},
	{"Stra\xC3\x9F" "e", "strasse", "STRASSE"},
	{"\xE1\xBA\x9E", "ss", "SS"},
	{"\xC3\x98\xC5\x92\xC4\x90", "\xC3\xB8\xC5\x93\xC4\x91", "\xC3\x98\xC5\x92\xC4\x90"},
	/* Turkish: I, i, I with a dot, i without; and with a mark between */
	{"IiI\xCC\x87\xC4\xB1", "iiii", "IIII"},
	{"i\xCC\xA8\xCC\x87", "i\xCC\xA8", "I\xCC\xA8"},
	{"z\xCC\x87", "z\xCC\x87", "Z\xCC\x87"},
	/* Greek: tonos, dialytika, both sigmas, iota below, micro sign */
	{"\xCE\xB1\xCC\x81\xCE\xB9\xCC\x88\xCC\x81\xCF\x83\xCF\x82",
	"\xCE\xB1\xCE\xB9\xCF\x83\xCF\x83", "\xCE\x91\xCE\x99\xCE\xA3\xCE\xA3"},
	{"\xCF\x89\xCC\x94\xCC\x81\xCD\x85", "\xCF\x89\xCE\xB9", "\xCE\xA9\xCE\x99"},
	{"\xC2\xB5", "\xCE\xBC", "\xCE\x9C"},
	/* Cyrillic keeps its marks; Georgian; Cherokee folds to capitals */
	{"\xD0\x98\xCC\x86", "\xD0\xB8\xCC\x86", "\xD0\x98\xCC\x86"},
	{"\xE1\xB2\x90", "\xE1\x83\x90", "\xE1\xB2\x90"},
	{"\xEA\xAD\xB0", "\xE1\x8E\xA0", "\xE1\x8E\xA0"},
	{"\xEF\xAC\x83", "ffi", "FFI"},
	{"\xE4\xB8\xAD 12+*", "\xE4\xB8\xAD 12+*", "\xE4\xB8\xAD 12+*"},
	{"", "", ""}
};

static const struct
{
	const char *bytes;
	size_t		length;
	const char *why;
}			not_utf8[] = {
	{"\x80", 1, "a byte that only follows"}, {"\xC3", 1, "cut off"},
	{"\xC3\x28", 2, "nothing that follows"}, {"\xC0\x80", 2, "too long"},
	{"\xE0\x80\xA0", 3, "too long"}, {"\xED\xA0\x80", 3, "a surrogate"},
	{"\xF4\x90\x80\x80", 4, "beyond Unicode"}, {"\xFF", 1, "no byte of UTF-8"},
	{"\xF0\x9F\x98", 3, "cut off"}
};

static const uint32_t seen[] = {
	0, '!', '~', 0xA1, 0xAC, 0xAE, 0x301, 0x3B1, 0x200, 0x2010, 0x2027, 0x2030, 0x2801, 0x3001,
	0xFE10, 0xFFFC, 0x1F600, 0xE1000, EC_NO_CHARACTER
};

static const uint32_t unseen[] = {
	1, '\t', '\n', ' ', 0x7F, 0x85, 0xA0, 0xAD, 0x34F, 0x61C, 0x115F, 0x1680, 0x180E, 0x2000,
	0x200A, 0x200B, 0x200F, 0x2028, 0x202A, 0x202E, 0x202F, 0x205F, 0x2060, 0x2064, 0x2066,
	0x206F, 0x2800, 0x3000, 0x3164, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0xE0001, 0xE0020, 0xE0100
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t
decode(const char *text, uint32_t *c)
{
	size_t		n = 0;

	for (size_t length = strlen(text); length > 0;)
	{
		size_t		bytes = ec_utf8_decode(text, length, &c[n++]);

		text	  +=bytes;

		length -= bytes;
	}
	return n;
}

static void
encode(const uint32_t *c, size_t n, char *text)
{
	for (size_t i = 0; i < n; i++)
		text	  +=ec_utf8_encode(c[i], text);

	*text = '\0';
}

/* Every character: is its folding its own, and that of its capital? */
static const char *
fold_every(void)
{
	uint32_t	folded[EC_CASE_FOLD_MAX];
	uint32_t	again[EC_CASE_FOLD_MAX];

	for (uint32_t c = 0; c < 0x110000; c++)
	{
		size_t		n = ec_case_fold(&c, 1, folded);

		for (size_t i = 0; i < n; i++)
		{
			uint32_t	capital = ec_case_capital(folded[i]);

			if (ec_case_fold(&folded[i], 1, again) != 1 || again[0] != folded[i])
				return "folded twice it is another";
			if (ec_case_fold(&capital, 1, again) != 1 || again[0] != folded[i])
				return "its capital folds to another";
		}
	}
	return NULL;
}

/* Every character comes out of UTF-8 as it went in. */
static const char *
encode_every(void)
{
	for (uint32_t c = 0; c < 0x110000; c++)
	{
		char text[	4];
		uint32_t	again;
		size_t		n = ec_utf8_encode(c, text);

		if (c >= 0xD800 && c <= 0xDFFF)
			continue;
		if (ec_utf8_decode(text, n, &again) != n || again != c)
			return "another came out";
	}
	return NULL;
}

int
main(void)
{
	char text[	EC_CASE_FOLD_MAX * 4 * MAX_TEXT + 1];
	uint32_t	c[MAX_TEXT];
	uint32_t	folded[EC_CASE_FOLD_MAX * MAX_TEXT];
	size_t		unsorted = 0;

	for (size_t i = 0; i < COUNT(fold_cases); i++)
	{
		size_t		n = ec_case_fold(c, decode(fold_cases[i].text, c), folded);

		encode(folded, n, text);
		is_text(text, fold_cases[i].folded, "folded: %s", fold_cases[i].text);
		for (size_t k = 0; k < n; k++)
			folded[k] = ec_case_capital(folded[k]);
		encode(folded, n, text);
		is_text(text, fold_cases[i].capitals, "capitals: %s", fold_cases[i].text);
	}
	for (size_t i = 1; i < COUNT(case_ranges); i++)
		unsorted += case_ranges[i - 1].last >= case_ranges[i].first;
	is_int128((ec_int128) unsorted, 0, "ranges are sorted, and none overlap");
	holds(fold_every, 1, "all of Unicode folds once");
	holds(encode_every, 1, "UTF-8 of all of Unicode");

	for (size_t i = 0; i < COUNT(not_utf8); i++)
		ok(ec_utf8_decode(not_utf8[i].bytes, not_utf8[i].length, c) == 1 &&
		   c[0] == EC_NO_CHARACTER, "no character: %s", not_utf8[i].why);
	for (size_t i = 0; i < COUNT(seen); i++)
		ok(!ec_is_blank(seen[i]), "U+%04X is seen", seen[i]);
	for (size_t i = 0; i < COUNT(unseen); i++)
		ok(ec_is_blank(unseen[i]), "U+%04X is not seen", unseen[i]);
	ok(ec_is_dash('-') && ec_is_dash(0x2011) && ec_is_dash(0x2013) && ec_is_dash(0x2212) &&
	   !ec_is_dash('_') && !ec_is_dash(0x2016), "dashes");

	return done();
}
