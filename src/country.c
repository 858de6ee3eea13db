/*
 * country.c
 *	  How addresses tell where they are: by postal codes and by names.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "pg_compat.h"

#include "core/case_fold.h"
#include "core/place_name.h"
#include "country.h"
#include "value/arguments.h"
#include "value/characters.h"

/* Understand a postal code; see core/postal_code.c. */
EcPostalCode
ec_country_postal_code(const char *country, text *given, char code[EC_POSTAL_CODE_TEXT])
{
	return ec_postal_code(country, ec_plain_characters(given), code);
}

/* Refuse what is no postal code of its country; field is its name, or NULL. */
pg_noreturn static void
wrong_postal_code(const char *country, const char *field, const char *given)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 field == NULL
			 ? errmsg("\"%s\" is not a postal code of %s", given, country)
			 : errmsg("%s \"%s\" is not a postal code of %s", field, given, country),
			 errhint("It is written as \"%s\". What is in another country, or has a country"
					 " code of its own, needs that.", ec_postal_code_example(country))));
}

/* Refuse a postal code that its country does not have, which could be anywhere. */
void
ec_country_check_postal_code(const char *country, const char *field, const char *given)
{
	char		code[EC_POSTAL_CODE_TEXT];

	if (ec_country_postal_code(country, cstring_to_text(given), code) == EC_POSTAL_UNKNOWN)
		wrong_postal_code(country, field, given);
}

/* What a name is compared by; empty if there is nothing in it. */
text *
ec_country_place_key(text *name)
{
	uint32	   *plain = ec_plain_characters(name);
	size_t		n = 0;
	uint32	   *folded;
	char	   *key;

	while (plain[n] != 0)
		n++;
	folded = palloc_array(uint32, n * EC_CASE_FOLD_MAX + 1);
	n = ec_case_fold(plain, n, folded);
	key = palloc_array(char, n * EC_PLACE_KEY_CHARACTER + 1);
	n = ec_place_key(folded, n, key);
	return cstring_to_text_with_len(key, (int) n);
}

PG_FUNCTION_INFO_V1(ec_postal_code_text);

/* postal_code(country text, postal_code text) -> text */
Datum
ec_postal_code_text(PG_FUNCTION_ARGS)
{
	char	   *country;
	text	   *given;
	char		code[EC_POSTAL_CODE_TEXT];

	EC_STRICT(fcinfo);
	country = text_to_cstring(PG_GETARG_TEXT_PP(0));
	given = PG_GETARG_TEXT_PP(1);
	switch (ec_country_postal_code(country, given, code))
	{
		case EC_POSTAL_BLANK:
			PG_RETURN_NULL();
		case EC_POSTAL_UNKNOWN:
			wrong_postal_code(country, NULL, text_to_cstring(given));
		case EC_POSTAL_CODE:
			break;
	}
	PG_RETURN_TEXT_P(cstring_to_text(code));
}

PG_FUNCTION_INFO_V1(ec_place_key_text);

/* place_key(name text) -> text */
Datum
ec_place_key_text(PG_FUNCTION_ARGS)
{
	EC_STRICT(fcinfo);
	PG_RETURN_TEXT_P(ec_country_place_key(PG_GETARG_TEXT_PP(0)));
}
