/*
 * place_name.c
 *	  Names of places, to compare.
 *
 * Two texts that name the same place have the same key, in ASCII, so that names
 * are found that are kept in ASCII: without accents, blanks and hyphens, and Greek
 * ones in Latin letters (ELOT 743, ISO 843).
 */
#include "core/place_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/blank.h"

#define FIRST_GREEK 0x03B1
#define LAST_GREEK 0x03C9
#define ALPHA 0x03B1
#define EPSILON 0x03B5
#define ETA 0x03B7
#define OMICRON 0x03BF
#define UPSILON 0x03C5
#define GAMMA 0x03B3

static const char *const greek[LAST_GREEK - FIRST_GREEK + 1] = {
	"a", "v", "g", "d", "e", "z", "i", "th", "i", "k", "l", "m", "n", "x", "o", "p", "r",
	"s", "s", "t", "y", "f", "ch", "ps", "o"
};

/* Small letters that have no decomposition */
static const struct
{
	uint32_t	letter;
	const char *latin;
}			latin[] = {
	{0x00DF, "ss"}, {0x00E6, "ae"}, {0x00F0, "d"}, {0x00F8, "o"}, {0x00FE, "th"},
	{0x0111, "d"}, {0x0131, "i"}, {0x0142, "l"}, {0x0153, "oe"}
};

/* Words that stand with names of islands and of what governs them: "Nomos Chiou" */
static const char *const kinds[] = {
	"nisos", "nisi", "nomos", "dimos", "perifereiaki", "enotita", "island", "insel", "isla"
};

static bool
is_mark(uint32_t c)
{
	return c >= 0x0300 && c <= 0x036F;
}

/* Is this neither a letter nor a digit? */
static bool
is_separator(uint32_t c)
{
	return c < '0' || (c > '9' && c < 'a') || (c > 'z' && c < 0xC0) || ec_is_blank(c) ||
		ec_is_dash(c) || (c >= 0x2010 && c <= 0x206F);
}

/* Is upsilon after a vowel said like f: before a voiceless letter, and at the end? */
static bool
is_voiceless(uint32_t next)
{
	/* kappa, xi, pi, sigma, tau, phi, chi, psi, theta */
	static const uint32_t letters[] = {
		0x03BA, 0x03BE, 0x03C0, 0x03C2, 0x03C3, 0x03C4, 0x03C6, 0x03C7, 0x03C8, 0x03B8
	};

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (letters[i] == next)
			return true;
	return next < FIRST_GREEK || next > LAST_GREEK;
}

/* A Greek letter in Latin ones, by those beside it */
static const char *
romanized(uint32_t before, uint32_t c, uint32_t next)
{
	if (c == UPSILON && before == OMICRON)
		return "u";
	if (c == UPSILON && (before == ALPHA || before == EPSILON || before == ETA))
		return is_voiceless(next) ? "f" : "v";
	if (c == GAMMA && (next == GAMMA || next == 0x03BE || next == 0x03C7))
		return "n";
	return greek[c - FIRST_GREEK];
}

/* What a letter is in a key; NULL if it has no Latin form */
static const char *
latin_letter(uint32_t before, uint32_t c, uint32_t next)
{
	if (c >= FIRST_GREEK && c <= LAST_GREEK)
		return romanized(before, c, next);
	for (size_t i = 0; i < sizeof(latin) / sizeof(latin[0]); i++)
		if (latin[i].letter == c)
			return latin[i].latin;
	return NULL;
}

/* Remove the last word of a key, from start on, if it says only what kind of place it is. */
static size_t
without_kind(const char *key, size_t start, size_t length)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i]) == length - start &&
			memcmp(key + start, kinds[i], length - start) == 0)
			return start;
	return length;
}

/*
 * The key of a name of n characters, which are decomposed and case folded; its
 * length, 0 if nothing remains.  key has room for EC_PLACE_KEY_CHARACTER times as many, and no zero
 * byte at its end.  A letter that has no Latin form is there by its number.
 */
size_t
ec_place_key(const uint32_t *text, size_t n, char *key)
{
	size_t		length = 0;
	size_t		word = 0;
	uint32_t	before = 0;

	for (size_t i = 0; i < n; i++)
	{
		uint32_t	c = text[i];
		size_t		after = i + 1;
		const char *letters;

		if (is_mark(c))
			continue;
		while (after < n && is_mark(text[after]))
			after++;
		if (is_separator(c))
		{
			length = without_kind(key, word, length);
			word = length;
			c = 0;
		}
		else if (c < 0x80)
			key[length++] = (char) c;
		else if ((letters = latin_letter(before, c, after < n ? text[after] : 0)) != NULL)
		{
			memcpy(key + length, letters, strlen(letters));
			length += strlen(letters);
		}
		else
		{
			char		number[EC_PLACE_KEY_CHARACTER + 1];

			length += (size_t) snprintf(number, sizeof(number), "#%06x", (unsigned) c);
			memcpy(key + length - 7, number, 7);
		}
		before = c;
	}
	return without_kind(key, word, length);
}
