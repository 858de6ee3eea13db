/*
 * check_digit.c
 *	  Digits of identifiers, and the sums that check them.
 */
#include "core/check_digit.h"

#include <string.h>

#include "core/identifier.h"

/* Are these n characters digits? */
bool
ec_are_digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!ec_is_digit(s[i]))
			return false;
	return true;
}

/* Are these n characters digits, and not all of them zero? */
bool
ec_are_number(const char *s, size_t n)
{
	return ec_are_digits(s, n) && strspn(s, "0") < n;
}

/* The value of n digits, at most 18 */
long long
ec_digits_value(const char *s, size_t n)
{
	long long	result = 0;

	for (size_t i = 0; i < n; i++)
		result = result * 10 + ec_digit(s[i]);
	return result;
}

/* The position of a character in an alphabet of check characters, or -1 */
int
ec_position(char c, const char *alphabet)
{
	const char *found = strchr(alphabet, c);

	return found != NULL && c != '\0' ? (int) (found - alphabet) : -1;
}

/* The sum of n digits, each times its weight */
int
ec_weighted_sum(const char *digits, const int *weights, size_t n)
{
	int			sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += ec_digit(digits[i]) * weights[i];
	return sum;
}

/* Is this a number of that many digits whose weighted sum is right? */
bool
ec_weighted_sum_valid(const EcWeightedSum *rule, const char *number,
					  size_t length)
{
	int			sum;

	if (length != rule->length || !ec_are_number(number, length) ||
		number[0] < rule->lowest)
		return false;
	sum = ec_weighted_sum(number, rule->weights, length) % rule->modulus;
	if (rule->decision == EC_LAST_DIGIT)
		return sum % 10 == ec_digit(number[length - 1]);
	return sum == 0;
}

/*
 * The sum of Luhn's formula (ISO/IEC 7812-1): from the last of n digits on,
 * every second one is doubled, and 9 taken off what is above 9.
 */
int
ec_luhn_sum(const char *s, size_t n)
{
	int			sum = 0;

	for (size_t i = 0; i < n; i++)
	{
		int			d = ec_digit(s[i]);

		sum += (n - i) % 2 == 0 ? d : d < 5 ? 2 * d : 2 * d - 9;
	}
	return sum;
}

/* Does the last of n digits complete Luhn's formula? */
bool
ec_luhn_valid(const char *s, size_t n)
{
	return (ec_luhn_sum(s, n - 1) + ec_digit(s[n - 1])) % 10 == 0;
}

/* Is the last of n digits that of ISO/IEC 7064, MOD 11,10? */
bool
ec_mod_11_10_valid(const char *s, size_t n)
{
	int			product = 10;

	for (size_t i = 0; i < n - 1; i++)
	{
		int			sum = (product + ec_digit(s[i])) % 10;

		product = (sum == 0 ? 10 : sum) * 2 % 11;
	}
	return (product + ec_digit(s[n - 1])) % 10 == 1;
}
