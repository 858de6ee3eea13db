/*
 * tap.h
 *	  What the unit tests of src/core share: results as TAP, and numbers that
 *	  are random but the same in every run.
 */
#ifndef EC_TEST_TAP_H
#define EC_TEST_TAP_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/amount.h"

#define INT128_MAX ((ec_int128) (~(ec_uint128) 0 >> 1))
#define INT128_MIN (-INT128_MAX - 1)
#define E18 ((ec_int128) 1000000000000000000LL)

static int	ntests;
static int	nfailures;
static uint64_t random_state;

/* Print the result of one test, whose name is a format and its arguments. */
static inline bool
report(bool passed, const char *name, va_list arguments)
{
	printf("%sok %d - ", passed ? "" : "not ", ++ntests);
	vprintf(name, arguments);
	putchar('\n');
	fflush(stdout);
	nfailures += !passed;
	return passed;
}

__attribute__((format(printf, 2, 3)))
static inline bool
ok(bool passed, const char *name,...)
{
	va_list		arguments;

	va_start(arguments, name);
	report(passed, name, arguments);
	va_end(arguments);
	return passed;
}

__attribute__((format(printf, 3, 4)))
static inline void
is_text(const char *got, const char *expected, const char *name,...)
{
	va_list		arguments;

	va_start(arguments, name);
	if (!report(strcmp(got, expected) == 0, name, arguments))
		printf("#      got: %s\n# expected: %s\n", got, expected);
	va_end(arguments);
}

/* value / 10^scale as text, which the fourth call from here overwrites */
static inline const char *
text_of(ec_int128 value, int scale)
{
	static char buffers[4][EC_DECIMAL_TEXT];
	static int	next;
	EcDecimal	d = {value, scale};
	char	   *text = buffers[next++ % 4];

	ec_decimal_format(d, text);
	return text;
}

__attribute__((format(printf, 3, 4)))
static inline void
is_int128(ec_int128 got, ec_int128 expected, const char *name,...)
{
	va_list		arguments;

	va_start(arguments, name);
	if (!report(got == expected, name, arguments))
		printf("#      got: %s\n# expected: %s\n", text_of(got, 0),
			   text_of(expected, 0));
	va_end(arguments);
}

/*
 * Run a property on n random cases.  It returns what is wrong with a case, or
 * NULL; the case's number is its seed.
 */
static inline void
holds(const char *(*property) (void), int n, const char *name)
{
	const char *wrong = NULL;
	int			i;

	for (i = 0; i < n && wrong == NULL; i++)
	{
		random_state = (uint64_t) i;
		wrong = property();
	}
	if (!ok(wrong == NULL, "%s, %d random cases", name, n))
		printf("# case %d: %s\n", i - 1, wrong);
}

/* Print the plan; the exit status of the program. */
static inline int
done(void)
{
	printf("1..%d\n", ntests);
	return nfailures > 0;
}

/* A random integer from 0 to n - 1 (splitmix64) */
static inline int64_t
random_below(int64_t n)
{
	uint64_t	bits = random_state += UINT64_C(0x9E3779B97F4A7C15);

	bits = (bits ^ (bits >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	bits = (bits ^ (bits >> 27)) * UINT64_C(0x94D049BB133111EB);
	return (int64_t) ((bits ^ (bits >> 31)) % (uint64_t) n);
}

/* A random integer of at most so many digits, small ones as often as large */
static inline int64_t
random_digits(int digits)
{
	return random_below((int64_t) ec_power_of_ten((int) random_below(digits + 1)));
}

static inline ec_int128
absolute(ec_int128 n)
{
	return n < 0 ? -n : n;
}

/* Is q what n / d is when rounded half away from zero? */
static inline bool
is_rounded(ec_int128 q, ec_int128 n, ec_int128 d)
{
	ec_int128	error = 2 * absolute(n - q * d);

	return error < d || (error == d && absolute(q * d) > absolute(n));
}

#endif							/* EC_TEST_TAP_H */
