/*
 * check_digit.h
 *	  Digits of identifiers, and the sums that check them.
 */
#ifndef EC_CORE_CHECK_DIGIT_H
#define EC_CORE_CHECK_DIGIT_H

#include <stdbool.h>
#include <stddef.h>

/* Most digits of a number that one weighted sum decides about */
#define EC_MAX_WEIGHTS 10

/* How the sum of the digits, each times its weight, decides */
typedef enum EcDecision
{
	EC_MULTIPLE,				/* it is a multiple of the modulus */
	EC_LAST_DIGIT				/* modulo the modulus, then 10, it is the last
								 * digit, which has no weight */
} EcDecision;

/* Numbers that one weighted sum decides about */
typedef struct EcWeightedSum
{
	size_t		length;
	char		lowest;			/* that the first digit may be */
	EcDecision	decision;
	int			modulus;
	int			weights[EC_MAX_WEIGHTS];
} EcWeightedSum;

/* The value of a digit */
static inline int
ec_digit(char c)
{
	return c - '0';
}

extern bool ec_are_digits(const char *s, size_t n);
extern bool ec_are_number(const char *s, size_t n);
extern long long ec_digits_value(const char *s, size_t n);
extern int	ec_position(char c, const char *alphabet);
extern int	ec_weighted_sum(const char *digits, const int *weights, size_t n);
extern bool ec_weighted_sum_valid(const EcWeightedSum *rule,
								  const char *number, size_t length);
extern int	ec_luhn_sum(const char *s, size_t n);
extern bool ec_luhn_valid(const char *s, size_t n);
extern bool ec_mod_11_10_valid(const char *s, size_t n);

#endif							/* EC_CORE_CHECK_DIGIT_H */
