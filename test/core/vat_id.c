/*
 * vat_id.c
 *	  Unit tests of src/core/vat_id.c and vat_number.c.
 */
#include <stdlib.h>

#include "tap.h"

#include "core/identifier.h"
#include "core/vat_id.h"

/* What the name of a test can have */
#define PRINTED "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+*-,_"

/* Well-formed ids, and their canonical form if it is another */
static const struct
{
	const char *text;
	const char *normal;
}			valid_cases[] = {
	{"ATU12345675"}, {"ATU00000015"},
	{"BE0123456749"}, {"BE1012345646"}, {"BE123456749", "BE0123456749"},
	/* with the first weights, the second, and 10 by both */
	{"BG123456786"}, {"BG123456899"}, {"BG100000550"},
	/* persons of 1975, 1904, 1875, 1804 and 2012; a foreigner; another */
	{"BG7501301231"}, {"BG0402291018"}, {"BG7523169263"}, {"BG0422291007"},
	{"BG1242291238"}, {"BG7123456789"}, {"BG7523169267"},
	{"CHE123456788MWST"}, {"CHE123456788TVA", "CHE123456788MWST"},
	{"CHE123456788IVA", "CHE123456788MWST"},
	{"CHE123456788TPV", "CHE123456788MWST"},
	{"CHE-123.456.788 MWST", "CHE123456788MWST"},
	{"CY10012345Y"}, {"CY98765432A"}, {"CY68686868O"}, {"CY88888888E"},
	/* remainders of 2, 0 and 1; 6 first */
	{"CZ12345679"}, {"CZ00000311"}, {"CZ25123530"}, {"CZ612345670"},
	/* persons of 1952, 1920, 1880, 1971, 1984, 1956, 2003 and 2004 */
	{"CZ520229123"}, {"CZ205601123"}, {"CZ805229123"}, {"CZ7103192745"},
	{"CZ8455121235"}, {"CZ5602291233"}, {"CZ0371011234"}, {"CZ0402291230"},
	/* remainder 10 */
	{"CZ7103190040"},
	{"DE123456788"}, {"DE811123456"},
	{"DK12345674"},
	{"EE100123450"},
	/* the sum modulo 11 is 10 in the second */
	{"EL123456783"}, {"EL100000090"}, {"GR123456783", "EL123456783"},
	{"EL23456780", "EL023456780"}, {"gr 23.456-780", "EL023456780"},
	{"ES12345678Z"}, {"ESX1234567L"}, {"ESY1234567X"}, {"ESZ1234567R"},
	{"ESK1234567L"}, {"ESL1234567L"}, {"ESM1234567L"}, {"ESA12345674"}, {"ESA12345690"},
	{"ESA1234569J"},
	{"ESP1234567D"}, {"ESW7654321D"}, {"ESW76543214"},
	{"FI12345671"}, {"FI23456780"},
	{"FR11123456782"}, {"FRA0123456782"}, {"FR1Z123456782"}, {"FR6A123456782"}, {"FRCH123456782"},
	{"FR34000123456"},
	{"GB123456782"}, {"GB123456740"}, {"GB123456727"}, {"GB123456782001"},
	{"GB100123404"}, {"GB100123417"}, {"GB099123447"},
	{"GBGD000"}, {"GBGD499"}, {"GBHA500"}, {"GBHA999"},
	{"HR12345678903"},
	{"HU12345676"},
	{"IE1234567T"}, {"IE1234567FA"}, {"IE1234567TW"}, {"IE1A23456W"}, {"IE0A23456U"},
	{"IE1A00000B"},
	{"EL\302\240123\342\200\213456\302\255783\n", "EL123456783"},
	{"CHE\342\200\223123\342\200\221456\342\210\222788 MWST", "CHE123456788MWST"},
	{"IE1+23456W"}, {"IE1*23456W"},
	{"IT12345670017"}, {"IT12345671007"}, {"IT12345671205"}, {"IT12345671213"},
	{"IT12345678887"}, {"IT12345679992"},
	{"LT123456715"}, {"LT123456789112"}, {"LT987654321910"}, {"LT100000810"}, {"LT100000000716"},
	{"LU12345613"}, {"LU00000000"},
	{"LV40003123453"}, {"LV41234567891"}, {"LV98765432117"}, {"LV29020021239"},
	{"LV17116812344"}, {"LV17116811190"}, {"LV32020011230"},
	{"MT12345634"}, {"MT12345671"},
	{"NL123456782B01"}, {"NL123456789B13"},
	{"NO123456785MVA"}, {"NO 123 456 785 MVA", "NO123456785MVA"},
	{"PL1234567802"}, {"PL1234567831"},
	{"PT123456789"}, {"PT123456720"},
	{"RO19"}, {"RO124"}, {"RO123456789"}, {"RO1234567897"}, {"RO123456860"},
	{"SE556012345601"},
	{"SI12345679"}, {"SI50000004"}, {"SI10000020"},
	{"SK2020123457"}, {"SK2030123458"}, {"SK2080123452"}, {"SK2090123453"},
	{"XI123456782"}, {"XI123456782001"}, {"XIGD001"}, {"XIHA501"},

	/* What people type */
	{"el123456783", "EL123456783"},
	{" EL 123.456-783/ ", "EL123456783"},
	{"E L123456783", "EL123456783"},
	{"be 123.456.749", "BE0123456749"},
	{"                                                     EL123456783",
	"EL123456783"}
};

static const struct
{
	const char *text;
	const char *why;
}			invalid_cases[] = {
	{"ATU12345674", "check digit"}, {"AT12345675", "no U"},
	{"ATV12345675", "V"}, {"ATU1234567", "short"}, {"ATU123456755", "long"},
	{"ATU00000000", "zeros"}, {"ATU1234567A", "a letter"},
	{"BE0123456748", "check digits"}, {"BE2123456791", "2 first"},
	{"BE0000000000", "zeros"}, {"BE000000000", "zeros"}, {"BE12345674", "short"},
	{"BG123456785", "check digit"}, {"BG000000000", "zeros"},
	{"BG0000000000", "zeros"}, {"BG7501301230", "no rule"},
	{"BG7512001236", "day 0"},
	{"BG7513011239", "month 13"},
	{"BG0002291230", "29 February 1900"}, {"BG12345678", "short"},
	{"CHE123456787MWST", "check digit"}, {"CHE123456788", "no suffix"},
	{"CHE123456788VAT", "another suffix"}, {"CHE123456788MWSTX", "long"},
	{"CH123456788MWST", "no E"}, {"CHE000000000MWST", "zeros"},
	{"CHE123456788MWSTTVA", "two suffixes"}, {"CHE123456788MVA", "suffix of Norway"},
	{"CY10012345Z", "check letter"}, {"CY12345678F", "12 first"},
	{"CY00000000E", "zeros"}, {"CY100123450", "no letter"},
	{"CZ12345678", "check digit"}, {"CZ91234565", "9 first"},
	{"CZ612345671", "check digit of 6"}, {"CZ7103192744", "check digit of a person"},
	{"CZ7113190000", "month 13"}, {"CZ7102302747", "30 February"},
	{"CZ510229123", "29 February 1951"}, {"CZ540101123", "9 digits in 1954"},
	{"CZ790101123", "9 digits in 1979"}, {"CZ4043010000", "month 43"},
	{"CZ00000000", "zeros"}, {"CZ1234567", "short"}, {"CZ71031927455", "long"},
	{"DE123456789", "check digit"}, {"DE012345679", "0 first"},
	{"DE000000003", "zeros"}, {"DE12345678", "short"},
	{"DK12345675", "check digit"}, {"DK01234560", "0 first"},
	{"DK00000000", "zeros"}, {"DK123456744", "long"},
	{"EE100123451", "check digit"}, {"EE000000000", "zeros"},
	{"EL123456782", "check digit"}, {"EL000000000", "zeros"},
	{"EL00000000", "zeros"}, {"GR000000000", "zeros"}, {"EL2345678", "short"},
	{"EL0123456783", "long"}, {"GREL123456783", "two prefixes"},
	{"EL12345678C", "a letter"},
	{"ES12345678A", "check letter"}, {"ES123456789", "no letter"}, {"ES12345678ZZ", "long"},
	{"ES00000000T", "zeros"}, {"ESX0000000T", "zeros"}, {"ESA00000000", "zeros"},
	{"ESX1234567X", "check letter of X"}, {"ESK1234567X", "check letter of K"},
	{"ESA12345675", "check digit of A"}, {"ESA1234567E", "check letter of A"},
	{"ESI12345674", "I first"}, {"EST12345674", "T first"},
	{"FI12345672", "check digit"}, {"FI00000000", "zeros"},
	{"FR12123456782", "key"}, {"FR14123456783", "SIREN"},
	{"FR12000000000", "zeros"}, {"FRI1123456782", "key with I"},
	{"FR1O123456782", "key with O"}, {"FR37000123456", "key in Monaco"},
	{"FRCI123456782", "key of letters"}, {"FRCJ123456782", "key of letters"},
	{"FR1N123456782", "key of digit and letter"},
	{"FRA1123456782", "key of letter and digit"}, {"FR1112345678", "short"},
	{"FR111234567820", "long"},
	{"GB123456783", "check digits"}, {"GB000000000", "zeros"},
	{"GB000000000001", "zeros"}, {"GB099123405", "55 below 100"},
	{"GB099123489", "42 below 100"}, {"GBGD500", "department 500"},
	{"GBHA499", "authority 499"}, {"GB1234567820", "10 digits"},
	{"GBGD1234", "long"}, {"GBXX123", "neither GD nor HA"},
	{"HR12345678904", "check digit"}, {"HR1234567890", "short"},
	{"HR00000000000", "zeros"},
	{"HU12345677", "check digit"}, {"HU00000000", "zeros"},
	{"IE1234567U", "check letter"}, {"IE1234567TA", "check letter before A"},
	{"IE1234567TX", "X"}, {"IE1234567FAA", "long"}, {"IE0000000W", "zeros"},
	{"IE0A00000W", "zeros"},
	{"IE1A23456V", "check letter, formerly"}, {"IE1A23456WA", "A, formerly"},
	{"IE1-23456W", "short"}, {"IE+123456W", "+ first"},
	{"IT12345670018", "check digit"}, {"IT12345671015", "office 101"},
	{"IT12345670009", "office 000"}, {"IT12345671221", "office 122"},
	{"IT00000000000", "zeros"},
	{"LT123456716", "check digit"}, {"LT123456725", "2 before the last"},
	{"LT100000811", "check digit by the second weights"}, {"LT000000000", "zeros"},
	{"LT000000000000", "zeros"}, {"LT1234567814", "10 digits"},
	{"LU12345614", "check digits"}, {"LU1234561", "short"},
	{"LV40003123454", "check digit"}, {"LV00000000000", "zeros"},
	{"LV400031234530", "long"}, {"LV29020011233", "29 February 1900"},
	{"LV12130011233", "month 13"},
	{"LV33020011235", "day 33"}, {"LV29020021238", "check digit of a person"},
	{"MT12345635", "check digits"}, {"MT01234534", "0 first"}, {"MT00000000", "zeros"},
	{"NL123456783B01", "check digit"}, {"NL123456782A01", "no B"},
	{"NL123456782B00", "B00"}, {"NL000000000B01", "zeros"},
	{"NL000000000B73", "zeros"}, {"NL123456789B14", "check digits"},
	{"NO123456785", "no suffix"}, {"NO123456784MVA", "check digit"},
	{"NO000000000MVA", "zeros"}, {"NO123456785MWST", "suffix of Switzerland"},
	{"NO123456785MVAX", "long"},
	{"PL1234567801", "check digit"}, {"PL1000000160", "remainder 10"},
	{"PL0000000000", "zeros"},
	{"PT123456788", "check digit"}, {"PT012345679", "0 first"},
	{"PT000000000", "zeros"},
	{"RO18", "check digit"}, {"RO1", "short"}, {"RO01235", "0 first"},
	{"RO00", "zeros"}, {"RO12345678970", "long"},
	{"SE556012345701", "check digit"}, {"SE556012345602", "02"},
	{"SE5560123456", "short"}, {"SE000000000001", "zeros"},
	{"SI12345678", "check digit"}, {"SI123456790", "long"}, {"SI10000070", "remainder 0"},
	{"SI10000071", "remainder 0"}, {"SI01000004", "0 first"}, {"SI00000000", "zeros"},
	{"SK2020123458", "check digit"}, {"SK2010120002", "1 third"},
	{"SK0020120001", "0 first"}, {"SK0000000000", "zeros"},
	{"XI123456783", "check digits"}, {"XIGD500", "department 500"},

	/* No id at all */
	{"", "empty"}, {" ", "a space"}, {"E", "a letter"}, {"EL", "a prefix"},
	{"EL ", "a prefix and a space"}, {"123456783", "no prefix"},
	{"US123456783", "another country"}, {"EU372000005", "EU"},
	{"CHE", "CHE"}, {"GBGD", "GBGD"}, {"FR1", "FR1"}, {"ES1", "ES1"},
	{"DE123456783", "prefix of another country"},
	{"EL123,456,783", "commas"}, {"EL_123456783", "an underscore"},
	{"\316\225\316\233123456783", "Greek capitals"},
	{"EL\302\241123456783", "a mark"}, {"EL123456783\302", "cut off"},
	{"EL\357\274\221\357\274\222\357\274\223456783", "wide digits"},
	{"EL12345678\377", "no UTF-8"}, {"\303", "half a character"},
	{"EL12345678\263", "a digit with its high bit set"},
	{"                                                      EL123456783",
	"more than 64 bytes"}
};

/* Ids of which any other digit is noticed, and two that change places */
static const struct
{
	const char *id;
	bool		swaps;
}			guarded[] = {
	{"ATU12345675", false},
	{"BE0123456749", true},
	{"CHE123456788MWST", true},
	{"CY98765432A", false},
	{"DE123456788", false},
	{"DK12345674", true},
	{"EE100123450", false},
	{"ES12345678Z", true},
	{"ESA12345674", false},
	{"FI12345671", true},
	{"FR11123456782", false},
	{"HR12345678903", false},
	{"HU12345676", false},
	{"IE1234567T", true},
	{"IT12345670017", false},
	{"LU12345613", true},
	{"MT12345634", true},
	{"NO123456785MVA", true},
	{"PL1234567802", true},
	{"SE556012345601", false},
	{"SI12345679", false},
	{"SK2020123457", true}
};

/* Normalize a text that nothing follows, so that reading on is noticed. */
static bool
normalize(const char *text, size_t length, char *id)
{
	char	   *copy = malloc(length);
	bool		valid;

	memcpy(copy, text, length);
	memset(id, 'x', EC_VAT_ID_TEXT);
	valid = ec_vat_id_normalize(copy, length, id);
	if (ec_vat_id_valid(copy, length) != valid)
		ok(false, "valid and normalize agree on %.*s", (int) length, text);
	free(copy);
	return valid;
}

static bool
valid(const char *text)
{
	char		id[EC_VAT_ID_TEXT];

	return normalize(text, strlen(text), id);
}

/* How many of the ids that differ from this one in one digit are accepted */
static int
wrong_digits(const char *id)
{
	char		wrong[EC_VAT_ID_TEXT];
	int			accepted = 0;

	strcpy(wrong, id);
	for (size_t i = 2; id[i] != '\0'; i++)
	{
		if (!ec_is_digit(id[i]))
			continue;
		for (wrong[i] = '0'; wrong[i] <= '9'; wrong[i]++)
			accepted += wrong[i] != id[i] && valid(wrong);
		wrong[i] = id[i];
	}
	return accepted;
}

/* How many of the ids with two digits exchanged are accepted */
static int
wrong_places(const char *id)
{
	char		wrong[EC_VAT_ID_TEXT];
	int			accepted = 0;

	for (size_t i = 2; id[i + 1] != '\0'; i++)
	{
		if (!ec_is_digit(id[i]) || !ec_is_digit(id[i + 1]) || id[i] == id[i + 1])
			continue;
		strcpy(wrong, id);
		wrong[i] = id[i + 1];
		wrong[i + 1] = id[i];
		accepted += valid(wrong);
	}
	return accepted;
}

/*
 * How many days a year has, for which YYMMDD123 is the number of a Czech
 * person: nothing else is to be right in it, and each day has four months.
 */
static int
days(int year)
{
	char		id[40];
	int			accepted = 0;

	for (int month = 0; month < 100; month++)
		for (int day = 0; day < 100; day++)
		{
			snprintf(id, sizeof(id), "CZ%02d%02d%02d123", year, month, day);
			accepted += valid(id);
		}
	return accepted;
}

/* Random separators and small letters make no difference. */
static const char *
spelling(void)
{
	const char *text = valid_cases[random_below(sizeof(valid_cases) /
												sizeof(valid_cases[0]))].text;
	char		normal[EC_VAT_ID_TEXT];
	char		id[EC_VAT_ID_TEXT];
	char		spelled[2 * EC_IDENTIFIER_INPUT + 1];
	size_t		n = 0;

	if (!normalize(text, strlen(text), normal))
		return "refused";
	for (const char *c = normal; *c != '\0'; c++)
	{
		while (random_below(3) == 0 && n < 40)
			spelled[n++] = " .-/"[random_below(4)];
		spelled[n++] = *c;
		if (ec_is_letter(*c) && random_below(2))
			spelled[n - 1] = (char) (*c - 'A' + 'a');
	}
	if (!normalize(spelled, n, id))
		return "refused when spelled differently";
	return strcmp(id, normal) == 0 ? NULL : "another canonical form";
}

/* Random bytes, most of them such as ids have, are judged without harm. */
static const char *
noise(void)
{
	static const char likely[] = "ATUBECHEMWSTELGRESFRGBGDHAIENLBXINOMVA0123456789 .-/+*";
	char text[	EC_IDENTIFIER_INPUT + 8];
	char		id[EC_VAT_ID_TEXT];
	char		again[EC_VAT_ID_TEXT];
	size_t		n = (size_t) random_below(sizeof(text));

	for (size_t i = 0; i < n; i++)
		text[		i] = random_below(9) == 0 ? (char) random_below(256)
		: likely[random_below(sizeof(likely) - 1)];

	if (!normalize(text, n, id))
		return NULL;
	if (!normalize(id, strlen(id), again) || strcmp(id, again) != 0)
		return "the canonical form is not its own";
	return NULL;
}

int
main(void)
{
	char		id[EC_VAT_ID_TEXT];

	for (size_t i = 0; i < sizeof(valid_cases) / sizeof(valid_cases[0]); i++)
	{
		const char *text = valid_cases[i].text;
		const char *normal = valid_cases[i].normal != NULL ? valid_cases[i].normal : text;

		if (normalize(text, strlen(text), id))
			is_text(id, normal, "%s is valid", text);
		else
			ok(false, "%s is valid", text);
		if (!normalize(normal, strlen(normal), id) || strcmp(id, normal) != 0)
			ok(false, "%s stays as it is", normal);
	}
	for (size_t i = 0; i < sizeof(invalid_cases) / sizeof(invalid_cases[0]); i++)
		ok(!valid(invalid_cases[i].text), "refused, %s: %.*s", invalid_cases[i].why,
		   (int) strspn(invalid_cases[i].text, PRINTED), invalid_cases[i].text);
	ok(!normalize("EL123456783\0", 12, id), "refused, a zero byte at the end");
	ok(!normalize("EL\000123456783", 12, id), "refused, a zero byte within");
	ok(!normalize("CHE123456788MWST\0MWST", 21, id), "refused, more after a zero byte");
	ok(normalize("EL1234567837", 11, id), "no further than the length");
	ok(!normalize("EL123456783", 10, id), "not less than the length");

	for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++)
	{
		is_int128(wrong_digits(guarded[i].id), 0, "%s with a wrong digit", guarded[i].id);
		if (guarded[i].swaps)
			is_int128(wrong_places(guarded[i].id), 0, "%s with two digits exchanged",
					  guarded[i].id);
	}
	is_int128(days(52), 4 * 366, "days of 1952");
	is_int128(days(51), 4 * 365, "days of 1951");
	is_int128(days(0), 4 * 365, "days of 1900");
	is_int128(days(80), 4 * 366, "days of 1880");
	holds(spelling, 100000, "spelling");
	holds(noise, 300000, "noise");

	return done();
}
