/*
 * identifier.c
 *	  SQL functions of VAT identification numbers and IBANs, and of the texts
 *	  that people know things by.
 *
 * Those of numbers answer for any text and raise nothing.  Of a long text only the
 * beginning is fetched, one byte more than can be valid.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "pg_compat.h"

#include "core/iban.h"
#include "core/identifier.h"
#include "core/vat_id.h"
#include "value/arguments.h"
#include "value/characters.h"

/* The beginning of the argument, in UTF-8 or in ASCII */
static text *
argument(FunctionCallInfo fcinfo)
{
	text	   *t = PG_GETARG_TEXT_P_SLICE(0, 0, EC_IDENTIFIER_INPUT + 1);

	return GetDatabaseEncoding() == PG_UTF8 ? t : ec_without_blanks(t, false);
}

PG_FUNCTION_INFO_V1(ec_vat_id_valid_text);

/* vat_id_valid(id text) -> boolean */
Datum
ec_vat_id_valid_text(PG_FUNCTION_ARGS)
{
	text	   *id;

	EC_STRICT(fcinfo);
	id = argument(fcinfo);
	PG_RETURN_BOOL(ec_vat_id_valid(VARDATA_ANY(id), VARSIZE_ANY_EXHDR(id)));
}

PG_FUNCTION_INFO_V1(ec_vat_id_normalize_text);

/* vat_id_normalize(id text) -> text */
Datum
ec_vat_id_normalize_text(PG_FUNCTION_ARGS)
{
	text	   *id;
	char		normal[EC_VAT_ID_TEXT];

	EC_STRICT(fcinfo);
	id = argument(fcinfo);
	if (!ec_vat_id_normalize(VARDATA_ANY(id), VARSIZE_ANY_EXHDR(id), normal))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(normal));
}

PG_FUNCTION_INFO_V1(ec_iban_valid_text);

/* iban_valid(iban text) -> boolean */
Datum
ec_iban_valid_text(PG_FUNCTION_ARGS)
{
	text	   *iban;

	EC_STRICT(fcinfo);
	iban = argument(fcinfo);
	PG_RETURN_BOOL(ec_iban_valid(VARDATA_ANY(iban), VARSIZE_ANY_EXHDR(iban)));
}

PG_FUNCTION_INFO_V1(ec_iban_normalize_text);

/* iban_normalize(iban text) -> text */
Datum
ec_iban_normalize_text(PG_FUNCTION_ARGS)
{
	text	   *iban;
	char		normal[EC_IBAN_TEXT];

	EC_STRICT(fcinfo);
	iban = argument(fcinfo);
	if (!ec_iban_normalize(VARDATA_ANY(iban), VARSIZE_ANY_EXHDR(iban), normal))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(normal));
}

PG_FUNCTION_INFO_V1(ec_case_folded_text);

/* case_folded(text) -> text */
Datum
ec_case_folded_text(PG_FUNCTION_ARGS)
{
	EC_STRICT(fcinfo);
	PG_RETURN_TEXT_P(ec_case_folded(PG_GETARG_TEXT_PP(0), false));
}

PG_FUNCTION_INFO_V1(ec_in_capitals_text);

/* in_capitals(text) -> text */
Datum
ec_in_capitals_text(PG_FUNCTION_ARGS)
{
	EC_STRICT(fcinfo);
	PG_RETURN_TEXT_P(ec_case_folded(PG_GETARG_TEXT_PP(0), true));
}

PG_FUNCTION_INFO_V1(ec_trimmed_text);

/* trimmed(text) -> text */
Datum
ec_trimmed_text(PG_FUNCTION_ARGS)
{
	EC_STRICT(fcinfo);
	PG_RETURN_TEXT_P(ec_trimmed(PG_GETARG_TEXT_PP(0)));
}

PG_FUNCTION_INFO_V1(ec_without_blanks_text);

/* without_blanks(text) -> text */
Datum
ec_without_blanks_text(PG_FUNCTION_ARGS)
{
	EC_STRICT(fcinfo);
	PG_RETURN_TEXT_P(ec_without_blanks(PG_GETARG_TEXT_PP(0), false));
}

PG_FUNCTION_INFO_V1(ec_without_separators_text);

/* without_separators(text) -> text */
Datum
ec_without_separators_text(PG_FUNCTION_ARGS)
{
	EC_STRICT(fcinfo);
	PG_RETURN_TEXT_P(ec_without_blanks(PG_GETARG_TEXT_PP(0), true));
}

PG_FUNCTION_INFO_V1(ec_hidden_in_text);

/* hidden_in(text) -> text */
Datum
ec_hidden_in_text(PG_FUNCTION_ARGS)
{
	char	   *hidden;

	EC_STRICT(fcinfo);
	hidden = ec_hidden_in(PG_GETARG_TEXT_PP(0));
	if (hidden == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(hidden));
}

PG_FUNCTION_INFO_V1(ec_email_valid_text);

/* email_valid(text) -> boolean */
Datum
ec_email_valid_text(PG_FUNCTION_ARGS)
{
	EC_STRICT(fcinfo);
	PG_RETURN_BOOL(ec_email_valid(PG_GETARG_TEXT_PP(0)));
}
