/*
 * sepa.c
 *	  Texts of SEPA files.
 */
#include "postgres.h"

#include "common/unicode_norm.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "pg_compat.h"

#include "core/blank.h"
#include "core/sepa_text.h"
#include "value/arguments.h"
#include "value/characters.h"

/* More of a text than this, in bytes, is not looked at: a file takes 140 characters. */
#define MAX_INPUT 2048

/* Is this one of the marks that a letter leaves behind when it is taken apart? */
static bool
is_mark(uint32 c)
{
	return (c >= 0x0300 && c <= 0x036F) || (c >= 0x1AB0 && c <= 0x1AFF) ||
		(c >= 0x1DC0 && c <= 0x1DFF) || (c >= 0x20D0 && c <= 0x20FF);
}

/* Does a character that cannot be seen take room? */
static bool
is_space(uint32 c)
{
	return c <= ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
		(c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
		c == 0x205F || c == 0x3000;
}

/* Append one space, if there is something before it and no space. */
static void
append_space(StringInfo s)
{
	if (s->len > 0 && s->data[s->len - 1] != ' ')
		appendStringInfoChar(s, ' ');
}

/* Append what stands for a character, which may be nothing; false if that is unknown. */
static bool
append_letter(StringInfo s, uint32 c)
{
	const char *letter = ec_sepa_letter(c);

	if (letter != NULL)
		appendStringInfoString(s, letter);
	else if (is_space(c))
		append_space(s);
	else if (ec_sepa_character(c))
		appendStringInfoChar(s, (char) c);
	else
		return is_mark(c) || ec_is_blank(c);
	return true;
}

/* Append what stands for a character, or for the letters that it is made of. */
static void
append_character(StringInfo s, uint32 c)
{
	pg_wchar	whole[2] = {c, 0};
	pg_wchar   *parts;
	int			length;
	bool		known = true;

	if (append_letter(s, c))
		return;
	length = s->len;
	parts = unicode_normalize(UNICODE_NFKD, whole);
	for (pg_wchar *part = parts; *part != 0 && known; part++)
		known = append_letter(s, *part);
	pfree(parts);
	if (!known || s->len == length)
	{
		s->len = length;
		appendStringInfoChar(s, '.');
	}
}

PG_FUNCTION_INFO_V1(ec_sepa_text);

/* sepa_text(value text, max_length integer) -> text */
Datum
ec_sepa_text(PG_FUNCTION_ARGS)
{
	text	   *value;
	int			max_length;
	int			length;
	uint32	   *c;
	StringInfoData s;

	EC_STRICT(fcinfo);
	value = PG_GETARG_TEXT_PP(0);
	max_length = PG_GETARG_INT32(1);
	if (max_length < 1 || max_length > MAX_INPUT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_length must be 1 to %d, but is %d", MAX_INPUT, max_length)));
	length = pg_mbcliplen(VARDATA_ANY(value), (int) VARSIZE_ANY_EXHDR(value), MAX_INPUT);
	value = cstring_to_text_with_len(VARDATA_ANY(value), length);
	initStringInfo(&s);
	/* Cut after what stands for letters is known: that may be longer. */
	for (c = ec_composed_characters(value); *c != 0; c++)
		append_character(&s, *c);
	s.len = Min(s.len, max_length);
	while (s.len > 0 && s.data[s.len - 1] == ' ')
		s.len--;
	PG_RETURN_TEXT_P(cstring_to_text_with_len(s.data, s.len));
}
