/*
 * vat_number.c
 *	  What VAT ids have to be in each country: the structure and the check
 *	  digits of what follows the prefix, in the 27 countries of the EU,
 *	  Northern Ireland, Great Britain, Switzerland and Norway.
 *
 * All zeros satisfy most rules, but are nobody's number.  They are refused,
 * but for two that are meant to be valid: GBGD000, a government department,
 * and LU00000000, which is used as an example of a valid number.
 */
#include "core/vat_number.h"

#include <string.h>

#include "core/check_digit.h"
#include "core/identifier.h"

/* Is there such a day in the Gregorian calendar? */
static bool
date_exists(int year, int month, int day)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool		leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month >= 1 && month <= 12 && day >= 1 &&
		day <= days[month - 1] + (month == 2 && leap);
}

/* U and 8 digits; Luhn's formula with the 2nd, 4th, 6th doubled, and 4 more. */
static bool
austria_valid(const char *number, size_t length)
{
	const char *s = number + 1;

	return length == 9 && number[0] == 'U' && ec_are_number(s, 8) &&
		(ec_luhn_sum(s, 6) + ec_digit(s[6]) + ec_digit(s[7]) + 4) % 10 == 0;
}

/* 10 digits, the first 0 or 1; the last two are 97 less the others modulo 97. */
static bool
belgium_valid(const char *number, size_t length)
{
	return length == 10 && ec_are_number(number, 10) && number[0] <= '1' &&
		97 - ec_digits_value(number, 8) % 97 == ec_digits_value(number + 8, 2);
}

/* A Bulgarian person: YYMMDD, month + 20 before 1900, + 40 from 2000 on. */
static bool
bulgarian_person_valid(const char *number, size_t length)
{
	static const EcWeightedSum sum = {
		10, '0', EC_LAST_DIGIT, 11, {2, 4, 8, 5, 10, 9, 7, 3, 6}
	};
	static const int years[] = {1900, 1800, 2000};
	int			year = (int) ec_digits_value(number, 2);
	int			month = (int) ec_digits_value(number + 2, 2);
	int			day = (int) ec_digits_value(number + 4, 2);
	int			century = month < 20 ? 0 : month < 40 ? 1 : 2;

	return ec_weighted_sum_valid(&sum, number, length) &&
		date_exists(years[century] + year, month - 20 * century, day);
}

/*
 * 9 digits: weights 1 to 8 modulo 11, or 3 to 10 when that is 10.  10 digits:
 * those of a person, or of a foreigner, modulo 10, or of others, modulo 11.
 */
static bool
bulgaria_valid(const char *number, size_t length)
{
	static const int first[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const int second[] = {3, 4, 5, 6, 7, 8, 9, 10};
	static const EcWeightedSum foreigner = {
		10, '0', EC_LAST_DIGIT, 10, {21, 19, 17, 13, 11, 9, 7, 3, 1}
	};
	static const EcWeightedSum other = {
		10, '0', EC_MULTIPLE, 11, {4, 3, 2, 7, 6, 5, 4, 3, 2, 1}
	};

	if (length == 9 && ec_are_number(number, 9))
	{
		int			sum = ec_weighted_sum(number, first, 8) % 11;

		if (sum == 10)
			sum = ec_weighted_sum(number, second, 8) % 11;
		return sum % 10 == ec_digit(number[8]);
	}
	return length == 10 && ec_are_number(number, 10) &&
		(bulgarian_person_valid(number, 10) ||
		 ec_weighted_sum_valid(&foreigner, number, 10) ||
		 ec_weighted_sum_valid(&other, number, 10));
}

/* E, 9 digits and MWST; the weighted sum is a multiple of 11. */
static bool
switzerland_valid(const char *number, size_t length)
{
	static const EcWeightedSum sum = {
		9, '0', EC_MULTIPLE, 11, {5, 4, 3, 2, 7, 6, 5, 4, 1}
	};

	return length == 14 && number[0] == 'E' &&
		ec_weighted_sum_valid(&sum, number + 1, 9) && strcmp(number + 10, "MWST") == 0;
}

/*
 * 8 digits, not 12 first, and a letter: the sum of the 2nd, 4th and so on as
 * they are, and of the others as the table has them, modulo 26.
 */
static bool
cyprus_valid(const char *number, size_t length)
{
	static const int odd[] = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21};
	int			sum = 0;

	if (length != 9 || !ec_are_number(number, 8) ||
		memcmp(number, "12", 2) == 0)
		return false;
	for (int i = 0; i < 8; i++)
		sum += i % 2 == 0 ? odd[ec_digit(number[i])] : ec_digit(number[i]);
	return number[8] == 'A' + sum % 26;
}

/*
 * A Czech person: YYMMDD and 3 digits for those born from 1880 to 1953, later
 * 4, the last of which is all others modulo 11, then 10.  Month + 50 for women,
 * and + 20 when a day's numbers ran out.
 */
static bool
czech_person_valid(const char *number, size_t length)
{
	int			year = (int) ec_digits_value(number, 2);
	int			month = (int) ec_digits_value(number + 2, 2) % 50;
	int			day = (int) ec_digits_value(number + 4, 2);

	if (length == 9)
	{
		if (year >= 54 && year < 80)
			return false;
		year += year < 54 ? 1900 : 1800;
	}
	else
		year += year < 54 ? 2000 : 1900;
	if (month > 20)
		month -= 20;
	return date_exists(year, month, day) &&
		(length == 9 || ec_digits_value(number, 9) % 11 % 10 == ec_digit(number[9]));
}

/*
 * 8 digits, not 9 first: weights 8 to 2, the last digit completes a multiple
 * of 11 (0 for 10, 1 for 11).  9 digits, 6 first: the same weights from the
 * 2nd digit on, the sum modulo 11, and 8 more, modulo 10.  Others of 9 or 10:
 * a person.
 */
static bool
czechia_valid(const char *number, size_t length)
{
	static const int weights[] = {8, 7, 6, 5, 4, 3, 2};

	if (length < 8 || length > 10 || !ec_are_number(number, length))
		return false;
	if (length == 8)
		return number[0] != '9' &&
			(11 - ec_weighted_sum(number, weights, 7) % 11) % 10 == ec_digit(number[7]);
	if (length == 9 && number[0] == '6')
		return (ec_weighted_sum(number + 1, weights, 7) % 11 + 8) % 10 ==
			ec_digit(number[8]);
	return czech_person_valid(number, length);
}

/* 9 digits, the first not 0; ISO/IEC 7064 MOD 11,10 */
static bool
germany_valid(const char *number, size_t length)
{
	return length == 9 && ec_are_digits(number, 9) && number[0] != '0' &&
		ec_mod_11_10_valid(number, 9);
}

/*
 * A person: 8 digits and a letter, their value modulo 23; X, Y, Z stand for 0,
 * 1, 2 in place of the first, and K, L, M before 7 digits.  Others: a letter,
 * 7 digits, and Luhn's check digit or the letter in its place.
 */
static bool
spain_valid(const char *number, size_t length)
{
	static const char letters[] = "TRWAGMYFPDXBNJZSQVHLCKE";
	int			foreign = ec_position(number[0], "XYZ");
	long long	body;
	int			check;

	if (length != 9 || !ec_are_digits(number + 1, 7))
		return false;
	body = ec_digits_value(number + 1, 7);
	if (ec_is_digit(number[0]))
		return ec_are_number(number, 8) &&
			number[8] == letters[ec_digits_value(number, 8) % 23];
	if (body == 0)
		return false;
	if (foreign >= 0)
		return number[8] == letters[(foreign * 10000000 + body) % 23];
	if (ec_position(number[0], "KLM") >= 0)
		return number[8] == letters[body % 23];
	check = (10 - ec_luhn_sum(number + 1, 7) % 10) % 10;
	return ec_position(number[0], "ABCDEFGHJNPQRSUVW") >= 0 &&
		(number[8] == '0' + check || number[8] == "JABCDEFGHI"[check]);
}

/*
 * 2 characters and the 9 digits of the SIREN, which follow Luhn's formula
 * except in Monaco (000 first).  2 digits: SIREN and 12, modulo 97; otherwise
 * a number of base 34 (no I, no O) is compared with the SIREN modulo 11.
 */
static bool
france_valid(const char *number, size_t length)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
	int			high = ec_position(number[0], alphabet);
	int			low = high < 0 ? -1 : ec_position(number[1], alphabet);
	const char *siren = number + 2;
	int			key;

	if (length != 11 || low < 0 || !ec_are_number(siren, 9) ||
		(memcmp(siren, "000", 3) != 0 && !ec_luhn_valid(siren, 9)))
		return false;
	if (high < 10 && low < 10)
		return (ec_digits_value(siren, 9) * 100 + 12) % 97 == 10 * high + low;
	key = high < 10 ? 24 * high + low - 10 : 34 * high + low - 100;
	return (ec_digits_value(siren, 9) + 1 + key / 11) % 11 == key % 11;
}

/*
 * 9 digits, or 12 with those of a branch: the weighted sum modulo 97 is 0, or,
 * from 100 on, 42 or 55.  GD and 000 to 499 for government departments, HA and
 * 500 to 999 for health authorities.
 */
static bool
britain_valid(const char *number, size_t length)
{
	static const int weights[] = {8, 7, 6, 5, 4, 3, 2, 10, 1};
	int			sum;

	if (length == 5 && ec_are_digits(number + 2, 3))
		return (memcmp(number, "GD", 2) == 0 && number[2] < '5') ||
			(memcmp(number, "HA", 2) == 0 && number[2] >= '5');
	if ((length != 9 && length != 12) || !ec_are_digits(number, length) ||
		!ec_are_number(number, 9))
		return false;
	sum = ec_weighted_sum(number, weights, 9) % 97;
	return sum == 0 ||
		((sum == 42 || sum == 55) && memcmp(number, "100", 3) >= 0);
}

/* 11 digits; ISO/IEC 7064 MOD 11,10 */
static bool
croatia_valid(const char *number, size_t length)
{
	return length == 11 && ec_are_number(number, 11) &&
		ec_mod_11_10_valid(number, 11);
}

/*
 * 7 digits, a letter for their weighted sum modulo 23, and maybe another that
 * has weight 9.  Formerly the 2nd was a letter, + or *, which is left out of
 * the sum, and the first digit came last in it.
 */
static bool
ireland_valid(const char *number, size_t length)
{
	static const char letters[] = "WABCDEFGHIJKLMNOPQRSTUV";
	static const int weights[] = {8, 7, 6, 5, 4, 3, 2};
	int			extra = length == 9 ? ec_position(number[8], letters) : 0;

	if (length < 8 || length > 9 || extra < 0)
		return false;
	if (ec_are_number(number, 7))
		return number[7] ==
			letters[(ec_weighted_sum(number, weights, 7) + 9 * extra) % 23];
	if (length != 8 || !ec_is_digit(number[0]) || !ec_are_digits(number + 2, 5) ||
		(number[0] == '0' && !ec_are_number(number + 2, 5)) ||
		(!ec_is_letter(number[1]) && ec_position(number[1], "+*") < 0))
		return false;
	return number[7] == letters[(ec_weighted_sum(number + 2, weights + 1, 5) +
								 ec_digit(number[0]) * weights[6]) % 23];
}

/*
 * 11 digits of Luhn's formula; the 8th to 10th are the office: 001 to 100,
 * 120, 121, 888 or 999.
 */
static bool
italy_valid(const char *number, size_t length)
{
	long long	office;

	if (length != 11 || !ec_are_number(number, 11))
		return false;
	office = ec_digits_value(number + 7, 3);
	return ((office >= 1 && office <= 100) || office == 120 ||
			office == 121 || office == 888 || office == 999) &&
		ec_luhn_valid(number, 11);
}

/*
 * 9 digits, or 12 for temporary ones, 1 before the last: weights 1 to 9 in
 * turn modulo 11, or from 3 on when that is 10, then modulo 10.
 */
static bool
lithuania_valid(const char *number, size_t length)
{
	static const int weights[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4};
	int			sum;

	if ((length != 9 && length != 12) || !ec_are_number(number, length) ||
		number[length - 2] != '1')
		return false;
	sum = ec_weighted_sum(number, weights, length - 1) % 11;
	if (sum == 10)
		sum = ec_weighted_sum(number, weights + 2, length - 1) % 11;
	return sum % 10 == ec_digit(number[length - 1]);
}

/* 8 digits; the last two are the others modulo 89. */
static bool
luxembourg_valid(const char *number, size_t length)
{
	return length == 8 && ec_are_digits(number, 8) &&
		ec_digits_value(number, 6) % 89 == ec_digits_value(number + 6, 2);
}

/*
 * 11 digits.  4 or more first: the weighted sum modulo 11 is 3.  Otherwise a
 * person: DDMMYY and the century from 18 on, or 32 first; 1 more than the
 * weighted sum, modulo 11, then 10.
 */
static bool
latvia_valid(const char *number, size_t length)
{
	static const int weights[] = {9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1};
	static const int of_person[] = {10, 5, 8, 4, 2, 1, 6, 3, 7, 9};
	int			day;
	int			month;
	int			year;

	if (length != 11 || !ec_are_number(number, 11))
		return false;
	if (number[0] > '3')
		return ec_weighted_sum(number, weights, 11) % 11 == 3;
	day = (int) ec_digits_value(number, 2);
	month = (int) ec_digits_value(number + 2, 2);
	year = 1800 + 100 * ec_digit(number[6]) + (int) ec_digits_value(number + 4, 2);
	return (day == 32 || date_exists(year, month, day)) &&
		(1 + ec_weighted_sum(number, of_person, 10)) % 11 % 10 == ec_digit(number[10]);
}

/*
 * 9 digits, B and 2 digits: the weighted sum of the 9 is a multiple of 11, or
 * all, with NL in front and letters as 10 to 35, modulo 97 is 1.
 */
static bool
netherlands_valid(const char *number, size_t length)
{
	static const EcWeightedSum sum = {
		9, '0', EC_MULTIPLE, 11, {9, 8, 7, 6, 5, 4, 3, 2, 10}
	};

	if (length != 12 || !ec_are_number(number, 9) || number[9] != 'B' ||
		!ec_are_number(number + 10, 2))
		return false;
	/* N is 23, L is 21, B is 11. */
	return ec_weighted_sum_valid(&sum, number, 9) ||
		((2321000000000LL + ec_digits_value(number, 9)) % 97 * 10000 + 1100 +
		 ec_digits_value(number + 10, 2)) % 97 == 1;
}

/* 9 digits and MVA; the weighted sum is a multiple of 11. */
static bool
norway_valid(const char *number, size_t length)
{
	static const EcWeightedSum sum = {
		9, '0', EC_MULTIPLE, 11, {3, 2, 7, 6, 5, 4, 3, 2, 1}
	};

	return length == 12 && ec_weighted_sum_valid(&sum, number, 9) &&
		strcmp(number + 9, "MVA") == 0;
}

/*
 * 2 to 10 digits, the first not 0, padded to 10: ten times the weighted sum,
 * modulo 11, then 10.
 */
static bool
romania_valid(const char *number, size_t length)
{
	static const int weights[] = {7, 5, 3, 2, 1, 7, 5, 3, 2};

	return length >= 2 && length <= 10 && ec_are_digits(number, length) &&
		number[0] != '0' &&
		ec_weighted_sum(number, &weights[10 - length], length - 1) * 10 % 11 % 10 ==
		ec_digit(number[length - 1]);
}

/* 10 digits of Luhn's formula, and 01 */
static bool
sweden_valid(const char *number, size_t length)
{
	return length == 12 && ec_are_number(number, 10) && ec_luhn_valid(number, 10) &&
		strcmp(number + 10, "01") == 0;
}

/*
 * 8 digits, the first not 0: weights 8 to 2, the last digit completes a
 * multiple of 11 (0 for 10; there are none for 11).
 */
static bool
slovenia_valid(const char *number, size_t length)
{
	static const int weights[] = {8, 7, 6, 5, 4, 3, 2};
	int			sum;

	if (length != 8 || !ec_are_digits(number, 8) || number[0] == '0')
		return false;
	sum = ec_weighted_sum(number, weights, 7) % 11;
	return sum != 0 && (11 - sum) % 10 == ec_digit(number[7]);
}

/* 10 digits, the first not 0, the third 2, 3, 4, 7, 8 or 9; a multiple of 11 */
static bool
slovakia_valid(const char *number, size_t length)
{
	return length == 10 && ec_are_digits(number, 10) && number[0] != '0' &&
		ec_position(number[2], "234789") >= 0 && ec_digits_value(number, 10) % 11 == 0;
}

/* Countries that one weighted sum decides about */
static const struct
{
	char		prefix[3];
	EcWeightedSum sum;
}			sums[] = {
	{"DK", {8, '1', EC_MULTIPLE, 11, {2, 7, 6, 5, 4, 3, 2, 1}}},
	{"EE", {9, '0', EC_MULTIPLE, 10, {3, 7, 1, 3, 7, 1, 3, 7, 1}}},
	{"EL", {9, '0', EC_LAST_DIGIT, 11, {256, 128, 64, 32, 16, 8, 4, 2}}},
	{"FI", {8, '0', EC_MULTIPLE, 11, {7, 9, 10, 5, 8, 4, 2, 1}}},
	{"HU", {8, '0', EC_MULTIPLE, 10, {9, 7, 3, 1, 9, 7, 3, 1}}},
	{"MT", {8, '1', EC_MULTIPLE, 37, {3, 4, 6, 7, 8, 9, 10, 1}}},
	{"PL", {10, '0', EC_MULTIPLE, 11, {6, 5, 7, 2, 3, 4, 5, 6, 7, 10}}},
	{"PT", {9, '1', EC_LAST_DIGIT, 11, {2, 3, 4, 5, 6, 7, 8, 9}}}
};

/* Countries with rules of their own */
static const struct
{
	char		prefix[3];
	bool		(*valid) (const char *number, size_t length);
}			rules[] = {
	{"AT", austria_valid},
	{"BE", belgium_valid},
	{"BG", bulgaria_valid},
	{"CH", switzerland_valid},
	{"CY", cyprus_valid},
	{"CZ", czechia_valid},
	{"DE", germany_valid},
	{"ES", spain_valid},
	{"FR", france_valid},
	{"GB", britain_valid},
	{"HR", croatia_valid},
	{"IE", ireland_valid},
	{"IT", italy_valid},
	{"LT", lithuania_valid},
	{"LU", luxembourg_valid},
	{"LV", latvia_valid},
	{"NL", netherlands_valid},
	{"NO", norway_valid},
	{"RO", romania_valid},
	{"SE", sweden_valid},
	{"SI", slovenia_valid},
	{"SK", slovakia_valid},
	{"XI", britain_valid}
};

/*
 * Is this the number of a VAT id with this prefix?  The number is in capitals,
 * without separators, and ends with a zero byte.
 */
bool
ec_vat_number_valid(const char *prefix, const char *number, size_t length)
{
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		if (memcmp(prefix, sums[i].prefix, 2) == 0)
			return ec_weighted_sum_valid(&sums[i].sum, number, length);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (memcmp(prefix, rules[i].prefix, 2) == 0)
			return rules[i].valid(number, length);
	return false;
}
