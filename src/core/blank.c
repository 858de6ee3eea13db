/*
 * blank.c
 *	  What cannot be seen in a text, and UTF-8, in which texts come.
 */
#include "core/blank.h"

/*
 * Unicode 14: White_Space, Default_Ignorable_Code_Point and the categories Cc,
 * Cf, Zl and Zp; and U+2800, a Braille cell without dots.  Sorted.
 */
static const struct
{
	uint32_t	first;
	uint32_t	last;
}			blanks[] = {
	{0x0001, 0x0020}, {0x007F, 0x00A0}, {0x00AD, 0x00AD}, {0x034F, 0x034F},
	{0x0600, 0x0605}, {0x061C, 0x061C}, {0x06DD, 0x06DD}, {0x070F, 0x070F},
	{0x0890, 0x0891}, {0x08E2, 0x08E2}, {0x115F, 0x1160}, {0x1680, 0x1680},
	{0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x2000, 0x200F}, {0x2028, 0x202F},
	{0x205F, 0x206F}, {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164},
	{0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB},
	{0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3},
	{0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}
};

/*
 * Is this a blank of any width, a control character, or another one that is
 * not seen?  A zero byte is not: it ends texts.
 */
bool
ec_is_blank(uint32_t c)
{
	for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]) && blanks[i].first <= c; i++)
		if (c <= blanks[i].last)
			return true;
	return false;
}

/* Is this a hyphen, or a dash that programs for writing make of one? */
bool
ec_is_dash(uint32_t c)
{
	return c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xFE58 ||
		c == 0xFE63 || c == 0xFF0D;
}

/*
 * The first character of a text that is not empty, and its number of bytes:
 * EC_NO_CHARACTER and 1 if there is no valid one.
 */
size_t
ec_utf8_decode(const char *text, size_t length, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char) text[0];
	size_t		n = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

	*c = EC_NO_CHARACTER;
	if (n == 1)
		*c = first;
	if (n < 2 || n > length || first > 0xF4)
		return 1;
	*c = first & (0xFFu >> (n + 1));
	for (size_t i = 1; i < n; i++)
	{
		if (((unsigned char) text[i] & 0xC0) !=0x80)
		{
			*c = EC_NO_CHARACTER;
			return 1;
		}
		*c = *c << 6 | ((unsigned char) text[i] & 0x3F);
	}
	if (*c >= least[n] && *c <= 0x10FFFF && (*c < 0xD800 || *c > 0xDFFF))
		return n;
	*c = EC_NO_CHARACTER;
	return 1;
}

/* Write a character, at most 4 bytes, and return how many. */
size_t
ec_utf8_encode(uint32_t c, char *text)
{
	size_t		n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	if (n == 1)
	{
		text[		0] = (char) c;

		return n;
	}
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		text[		i] = (char) (0x80 | (c & 0x3F));
	text[		0] = (char) ((0xF00u >> n & 0xFF) | c);

	return n;
}
