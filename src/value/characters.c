/*
 * characters.c
 *	  Texts by their characters, in databases of any encoding.
 *
 * Nothing here depends on a locale.  src/core knows Unicode; what another
 * encoding has no character for stays as it is, as do bytes above ASCII where
 * nothing says what they mean (SQL_ASCII).
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "common/unicode_norm.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "pg_compat.h"

#include "core/blank.h"
#include "core/case_fold.h"
#include "value/characters.h"

/* Room for one character in UTF-8, or for what it folds to, and a zero byte */
#define MAX_BYTES (4 * 4 * EC_CASE_FOLD_MAX + 1)

/*
 * Longest text, in bytes, that is normalized.  The time that takes grows by the
 * square of the marks that follow each other; names are not so long.
 */
#define MAX_NORMALIZED 2048

/* Are two texts the same, byte by byte? */
bool
ec_same_text(text *a, text *b)
{
	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

/* What stands for a character that is unknown */
#define REPLACEMENT_CHARACTER 0xFFFD

/* A text being read */
typedef struct Reader
{
	const char *at;
	const char *end;
	Oid			to_utf8;		/* conversions, InvalidOid in UTF8 databases */
	Oid			from_utf8;
	bool		ascii;			/* whether only ASCII is known */
} Reader;

static Reader
reader_of(text *t)
{
	int			encoding = GetDatabaseEncoding();
	Reader		reader = {.at = VARDATA_ANY(t)};

	reader.end = reader.at + VARSIZE_ANY_EXHDR(t);
	if (encoding != PG_UTF8)
	{
		reader.to_utf8 = FindDefaultConversionProc(encoding, PG_UTF8);
		reader.from_utf8 = FindDefaultConversionProc(PG_UTF8, encoding);
		reader.ascii = encoding == PG_SQL_ASCII || !OidIsValid(reader.to_utf8) ||
			!OidIsValid(reader.from_utf8);
	}
	return reader;
}

/* Convert a whole text, and return its length; -1 if that cannot be done. */
static int
convert(Oid conversion, int from, int to, const char *source, int length, char *converted)
{
	unsigned char copy[MAX_BYTES];

	memcpy(copy, source, (size_t) length);
	copy[length] = '\0';
	if (pg_do_encoding_conversion_buf(conversion, from, to, copy, length,
									  (unsigned char *) converted, MAX_BYTES, true) != length)
		return -1;
	return (int) strlen(converted);
}

/* Read a character and return its number of bytes; EC_NO_CHARACTER if it is unknown. */
static int
next_character(const Reader *reader, uint32 *c)
{
	int			length = (int) (reader->end - reader->at);
	char		utf8[MAX_BYTES];

	if ((unsigned char) *reader->at < 0x80)
	{
		*c = (unsigned char) *reader->at;
		return 1;
	}
	*c = EC_NO_CHARACTER;
	if (reader->ascii)
		return 1;
	if (!OidIsValid(reader->to_utf8))
		return (int) ec_utf8_decode(reader->at, (size_t) length, c);
	length = Min(length, pg_mblen(reader->at));
	if (convert(reader->to_utf8, GetDatabaseEncoding(), PG_UTF8, reader->at, length, utf8) > 0)
		ec_utf8_decode(utf8, strlen(utf8), c);
	return length;
}

/* Append characters, which end with a zero, in UTF-8. */
static void
append_characters(StringInfo s, const pg_wchar *c)
{
	char		utf8[4];

	for (; *c != 0; c++)
		appendBinaryStringInfo(s, utf8, (int) ec_utf8_encode(*c, utf8));
}

/* Append n characters, which end with a zero, folded and composed, in UTF-8. */
static void
append_folded(StringInfo s, const pg_wchar *c, bool capitals)
{
	pg_wchar   *decomposed = unicode_normalize(UNICODE_NFD, c);
	size_t		n = 0;
	uint32	   *folded;

	while (decomposed[n] != 0)
		n++;
	folded = palloc_array(uint32, n * EC_CASE_FOLD_MAX + 1);
	n = ec_case_fold(decomposed, n, folded);
	if (capitals)
		for (size_t i = 0; i < n; i++)
			folded[i] = ec_case_capital(folded[i]);
	folded[n] = 0;
	append_characters(s, unicode_normalize(UNICODE_NFC, folded));
}

/* Fold a text of a UTF8 database. */
static void
fold_utf8(Reader *reader, StringInfo s, bool capitals)
{
	pg_wchar   *c = palloc_array(pg_wchar, (Size) (reader->end - reader->at) + 1);
	size_t		n = 0;

	while (reader->at < reader->end)
	{
		reader->at += next_character(reader, &c[n]);
		if (c[n] != EC_NO_CHARACTER)
			n++;
	}
	c[n] = 0;
	append_folded(s, c, capitals);
}

/* Fold the next character of a text of another database. */
static void
fold_character(Reader *reader, StringInfo s, bool capitals)
{
	pg_wchar	c[2] = {0, 0};
	int			length = next_character(reader, &c[0]);
	StringInfoData utf8;
	char		converted[MAX_BYTES];
	int			n = -1;

	if (c[0] != EC_NO_CHARACTER)
	{
		initStringInfo(&utf8);
		append_folded(&utf8, c, capitals);
		if (c[0] < 0x80)
			appendBinaryStringInfo(s, utf8.data, utf8.len);
		else
			n = convert(reader->from_utf8, PG_UTF8, GetDatabaseEncoding(), utf8.data, utf8.len,
						converted);
		pfree(utf8.data);
	}
	if (c[0] >= 0x80)
		appendBinaryStringInfo(s, n < 0 ? reader->at : converted, n < 0 ? length : n);
	reader->at += length;
}

static text *
text_of(const char *data, ptrdiff_t length)
{
	return cstring_to_text_with_len(data, (int) length);
}

/* A text folded, in small letters or in capitals; of a long one, its ASCII */
text *
ec_case_folded(text *t, bool capitals)
{
	Reader		reader = reader_of(t);
	StringInfoData s;
	bool		ascii = true;

	initStringInfo(&s);
	for (const char *c = reader.at; c < reader.end; c++)
	{
		ascii = ascii && (unsigned char) *c < 0x80;
		appendStringInfoChar(&s, (char) (capitals ? pg_ascii_toupper((unsigned char) *c)
										 : pg_ascii_tolower((unsigned char) *c)));
	}
	if (ascii || s.len > MAX_NORMALIZED)
		return text_of(s.data, s.len);

	resetStringInfo(&s);
	if (GetDatabaseEncoding() == PG_UTF8)
		fold_utf8(&reader, &s, capitals);
	else
		while (reader.at < reader.end)
			fold_character(&reader, &s, capitals);
	return text_of(s.data, s.len);
}

/* The characters of a text, which end with a zero; what is unknown is the one for that. */
static pg_wchar *
characters_of(text *t)
{
	Reader		reader = reader_of(t);
	pg_wchar   *c = palloc_array(pg_wchar, (Size) (reader.end - reader.at + 1));
	size_t		n = 0;

	while (reader.at < reader.end)
	{
		reader.at += next_character(&reader, &c[n]);
		if (c[n] == EC_NO_CHARACTER)
			c[n] = REPLACEMENT_CHARACTER;
		n++;
	}
	c[n] = 0;
	return c;
}

/*
 * The characters of a text, which end with a zero, decomposed to what they mean
 * (NFKD): letters with accents to letters and accents, wide digits to digits.
 * What is unknown is the character that stands for that.  A long text stays as it is.
 */
uint32 *
ec_plain_characters(text *t)
{
	pg_wchar   *c = characters_of(t);

	return VARSIZE_ANY_EXHDR(t) > MAX_NORMALIZED ? c : unicode_normalize(UNICODE_NFKD, c);
}

/* The same, but composed (NFC), so that a letter with its mark is one character */
uint32 *
ec_composed_characters(text *t)
{
	pg_wchar   *c = characters_of(t);

	return VARSIZE_ANY_EXHDR(t) > MAX_NORMALIZED ? c : unicode_normalize(UNICODE_NFC, c);
}

/* A text without what cannot be seen at its ends */
text *
ec_trimmed(text *t)
{
	Reader		reader = reader_of(t);
	const char *first = reader.end;
	const char *last = reader.end;

	while (reader.at < reader.end)
	{
		uint32		c;
		int			length = next_character(&reader, &c);

		if (!ec_is_blank(c))
		{
			if (first == reader.end)
				first = reader.at;
			last = reader.at + length;
		}
		reader.at += length;
	}
	return text_of(first, last - first);
}

/* A text without what cannot be seen, anywhere, and perhaps without dashes */
text *
ec_without_blanks(text *t, bool dashes_too)
{
	Reader		reader = reader_of(t);
	StringInfoData s;

	initStringInfo(&s);
	while (reader.at < reader.end)
	{
		uint32		c;
		int			length = next_character(&reader, &c);

		if (!ec_is_blank(c) && !(dashes_too && ec_is_dash(c)))
			appendBinaryStringInfo(&s, reader.at, length);
		reader.at += length;
	}
	return text_of(s.data, s.len);
}

/* Is this text composed (NFC), or too long, or in a database where none is decomposed? */
static bool
is_composed(text *t)
{
	Reader		reader = reader_of(t);
	pg_wchar   *c;
	const pg_wchar *composed;
	size_t		n = 0;

	if (GetDatabaseEncoding() != PG_UTF8 || VARSIZE_ANY_EXHDR(t) > MAX_NORMALIZED)
		return true;
	c = palloc_array(pg_wchar, (Size) (reader.end - reader.at) + 1);
	while (reader.at < reader.end)
		reader.at += next_character(&reader, &c[n++]);
	c[n] = 0;
	composed = unicode_normalize(UNICODE_NFC, c);
	for (size_t i = 0; i <= n; i++)
		if (composed[i] != c[i])
			return false;
	return true;
}

/*
 * What in a name can make it look like another one: blanks at its ends or side
 * by side, what cannot be seen, and letters in pieces.  NULL if there is nothing.
 */
char *
ec_hidden_in(text *t)
{
	Reader		reader = reader_of(t);
	uint32		before = ' ';
	uint32		c = 'x';
	bool		ascii = true;

	for (bool first = true; reader.at < reader.end; first = false)
	{
		reader.at += next_character(&reader, &c);
		if (c != ' ' && ec_is_blank(c))
			return psprintf("U+%04X, which cannot be seen", c);
		if (c == ' ' && before == ' ')
			return pstrdup(first ? "a blank at its beginning" : "two blanks together");
		ascii = ascii && c < 0x80;
		before = c;
	}
	if (c == ' ')
		return pstrdup("a blank at its end");
	return ascii || is_composed(t) ? NULL
		: pstrdup("letters that are not composed (NFC)");
}

/* May a character stand in an email address, after this one (0: at its begin)? */
static bool
email_may_have(uint32 c, uint32 before)
{
	/* What is written around an address, or in full width */
	if (ec_is_blank(c) || (c < 0x80 && strchr("<>()[],;:\\\"", (int) c) != NULL) ||
		(c >= 0xFF01 && c <= 0xFF5E))
		return false;
	return c != '.' || (before != 0 && before != '.' && before != '@');
}

/*
 * Is it an email address?  That is one @ with something before and after it,
 * nothing that cannot be seen or that stands around addresses, dots between other
 * characters only, and at most 254 characters.
 */
bool
ec_email_valid(text *t)
{
	Reader		reader = reader_of(t);
	uint32		before = 0;
	int			n = 0;
	int			at = 0;

	while (reader.at < reader.end)
	{
		uint32		c;

		reader.at += next_character(&reader, &c);
		n++;
		if (!email_may_have(c, before) || (c == '@' && (at != 0 || before == '.')))
			return false;
		if (c == '@')
			at = n;
		before = c;
	}
	return at > 1 && at < n && n <= EC_MAX_EMAIL && before != '.';
}
