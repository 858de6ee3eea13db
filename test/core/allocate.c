/*
 * allocate.c
 *	  Unit tests of src/core/allocate.c.
 */
#include <stdlib.h>

#include "tap.h"

#include "core/allocate.h"

#define MAX_SHARES 12

static const struct
{
	const char *name;
	long long	total;
	const char *weights;
	const char *shares;
}			allocate_cases[] = {
	{"example 29", -1000, "3333 3333 3334", "-333 -333 -334"},
	{"example 30", -100, "1 1 1", "-34 -33 -33"},
	{"its mirror", 100, "1 1 1", "34 33 33"},
	{"example 31", -2, "10 10 10 0", "-1 -1 0 0"},
	{"10 off 3 x 100", 1000, "10000 10000 10000", "334 333 333"},
	{"example 36", 500, "6000 4000", "300 200"},
	{"example 37", 499, "6199 3801", "309 190"},
	{"two units over three", 2, "1 1 1", "1 1 0"},
	{"the largest remainder, not the first", 1, "1 2", "0 1"},
	{"the largest remainder, not the largest weight", 10, "70 15 15", "7 2 1"},
	{"nothing for a weight of zero at the start", 1, "0 1 1", "0 1 0"},
	{"nothing for a weight of zero between", -3, "1 0 1", "-2 0 -1"},
	{"one share", 7, "3", "7"},
	{"without a remainder", 600, "1 2 3", "100 200 300"},
	{"nothing to divide", 0, "1 2 3", "0 0 0"},
	{"nothing to divide among nobody", 0, "0 0", "0 0"},
	{"no shares", 0, "", ""}
};

/* A total rounded from numerator / denominator of the sum of amounts */
static const struct
{
	const char *name;
	long long	total;
	const char *amounts;
	long long	numerator;
	long long	denominator;
	const char *shares;
}			rounded_cases[] = {
	{"example 10", 763, "908 908 908 908", 21, 100, "191 191 191 190"},
	{"its credit", -763, "-908 -908 -908 -908", 21, 100, "-191 -191 -191 -190"},
	{"example 23", 747, "2153 2153", 21, 121, "374 373"},
	{"example 24", 255, "1190 280", 21, 121, "206 49"},
	{"example 25", 11975, "25000 25000 25000", 19, 119, "3992 3992 3991"},
	{"example 9", 1, "2 2 2", 24, 100, "1 0 0"},
	{"mixed signs", 10, "100 -50", 19, 100, "19 -9"},
	{"its credit", -10, "-100 50", 19, 100, "-19 9"},
	{"mixed signs, VAT below zero", -10, "50 -100", 19, 100, "9 -19"},
	{"signs that cancel", 0, "3 -3", 1, 2, "2 -2"},
	{"their mirror", 0, "-3 3", 1, 2, "-2 2"},
	{"rounded to nothing", 0, "1 1", 24, 100, "0 0"},
	{"a line of zero", 14, "0 50 0 4", 25, 100, "0 13 0 1"},
	{"a rate of zero", 0, "1190 280", 0, 100, "0 0"},
	{"no amounts", 0, "", 24, 100, ""}
};

static const struct
{
	const char *name;
	ec_int128	total;
	ec_int128	weights[2];
	size_t		n;
	EcAllocateResult result;
}			refused_cases[] = {
	{"no weight", 1, {0, 0}, 2, EC_ALLOCATE_NO_WEIGHT},
	{"no weight below zero", -1, {0, 0}, 2, EC_ALLOCATE_NO_WEIGHT},
	{"no shares", 1, {0}, 0, EC_ALLOCATE_NO_WEIGHT},
	{"a negative weight", 1, {2, -1}, 2, EC_ALLOCATE_NEGATIVE},
	{"a negative weight and nothing to divide", 0, {-1, 1}, 2, EC_ALLOCATE_NEGATIVE},
	{"weights that sum to too much", 1, {INT128_MAX, 1}, 2, EC_ALLOCATE_OVERFLOW},
	{"a total too large", 1000000 * E18, {1, 1}, 2, EC_ALLOCATE_OVERFLOW},
	{"a total too small", -1000000 * E18, {1, 1}, 2, EC_ALLOCATE_OVERFLOW},
	{"a product too large", 100 * E18, {100 * E18, 1}, 2, EC_ALLOCATE_OVERFLOW}
};

/* Read integers, space between them. */
static size_t
read_integers(const char *text, ec_int128 *integers)
{
	size_t		n = 0;
	char	   *end;

	for (;; text = end)
	{
		long long	integer = strtoll(text, &end, 10);

		if (end == text)
			return n;
		integers[n++] = integer;
	}
}

static void
write_integers(const ec_int128 *integers, size_t n, char *text)
{
	*text = '\0';
	for (size_t i = 0; i < n; i++)
		text	  +=sprintf(text, "%s%lld", i == 0 ? "" : " ", (long long) integers[i]);
}

/* Arrays of n elements that end where reading on would be noticed */
static ec_int128 weight_room[MAX_SHARES];
static ec_int128 share_room[MAX_SHARES];
static ec_int128 mirror_room[MAX_SHARES];
static EcShare scratch_room[MAX_SHARES];

#define ROOM(array, n) ((array) + (MAX_SHARES - (n)))

/*
 * What is wrong with shares of weight * numerator / denominator, and with
 * those of the mirror image, if anything
 */
static const char *
wrong_shares(ec_int128 total, const ec_int128 *weights, size_t n,
			 ec_int128 numerator, ec_int128 denominator,
			 const ec_int128 *shares, const ec_int128 *mirror)
{
	ec_int128	sum = 0;

	for (size_t i = 0; i < n; i++)
	{
		ec_int128	error = shares[i] * denominator - weights[i] * numerator;

		if (error <= -denominator || error >= denominator)
			return "a share one unit off or more";
		if (weights[i] == 0 && shares[i] != 0)
			return "a share without weight";
		if (mirror[i] != -shares[i])
			return "no mirror";
		sum += shares[i];
	}
	return sum == total ? NULL : "wrong sum";
}

/* Of two shares, did the one that lost less, or the later one, get more? */
static bool
is_unfair(ec_int128 total, const ec_int128 *weights, ec_int128 sum,
		  const ec_int128 *shares, size_t i, size_t j)
{
	ec_int128	lost_i = weights[i] * total % sum;
	ec_int128	lost_j = weights[j] * total % sum;
	bool		raised_i = shares[i] > weights[i] * total / sum;
	bool		raised_j = shares[j] > weights[j] * total / sum;

	return lost_i >= lost_j ? raised_j && !raised_i : raised_i && !raised_j;
}

static const char *
allocation(void)
{
	size_t		n = 1 + (size_t) random_below(MAX_SHARES);
	ec_int128  *weights = ROOM(weight_room, n);
	ec_int128  *shares = ROOM(share_room, n);
	ec_int128  *mirror = ROOM(mirror_room, n);
	ec_int128	total = random_digits(17);
	ec_int128	sum = 0;
	int			digits = (int) random_below(18);

	for (size_t i = 0; i < n; i++)
	{
		weights[i] = random_below(4) == 0 ? 0 : random_digits(digits);
		sum += weights[i];
	}
	if (sum == 0)
		sum = weights[n - 1] = 1;
	if (ec_allocate(total, weights, n, shares, ROOM(scratch_room, n)) != EC_ALLOCATED ||
		ec_allocate(-total, weights, n, mirror, ROOM(scratch_room, n)) != EC_ALLOCATED)
		return "refused";
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			if (is_unfair(total, weights, sum, shares, i, j))
				return "not by largest remainder, then order";
	return wrong_shares(total, weights, n, total, sum, shares, mirror);
}

static const char *
rounded_allocation(void)
{
	static const int permille[] = {240, 130, 60, 255, 55, 200, 0, 1000};
	size_t		n = 1 + (size_t) random_below(MAX_SHARES);
	ec_int128  *amounts = ROOM(weight_room, n);
	ec_int128  *shares = ROOM(share_room, n);
	ec_int128  *mirror = ROOM(mirror_room, n);
	ec_int128	numerator = permille[random_below(8)];
	ec_int128	denominator = random_below(2) ? 1000 : 1000 + numerator;
	ec_int128	sum = 0;
	ec_int128	total;
	int			digits = (int) random_below(18);
	bool		mixed = random_below(2);

	for (size_t i = 0; i < n; i++)
	{
		amounts[i] = random_digits(digits);
		if (mixed && random_below(2))
			amounts[i] = -amounts[i];
		sum += amounts[i];
	}
	total = (2 * absolute(sum) * numerator + denominator) / (2 * denominator);
	if (sum < 0)
		total = -total;
	if (ec_allocate_rounded(total, amounts, n, numerator, denominator,
							shares, ROOM(scratch_room, n)) != EC_ALLOCATED)
		return "refused";
	for (size_t i = 0; i < n; i++)
		amounts[i] = -amounts[i];
	if (ec_allocate_rounded(-total, amounts, n, numerator, denominator,
							mirror, ROOM(scratch_room, n)) != EC_ALLOCATED)
		return "mirror refused";
	for (size_t i = 0; i < n; i++)
		amounts[i] = -amounts[i];
	return wrong_shares(total, amounts, n, numerator, denominator, shares, mirror);
}

int
main(void)
{
	ec_int128	weights[MAX_SHARES];
	ec_int128	shares[MAX_SHARES];
	EcShare		scratch[MAX_SHARES];
	char		buffer[256];
	size_t		n;

	for (size_t i = 0; i < sizeof(allocate_cases) / sizeof(allocate_cases[0]); i++)
	{
		n = read_integers(allocate_cases[i].weights, weights);
		ok(ec_allocate(allocate_cases[i].total, weights, n, shares, scratch) ==
		   EC_ALLOCATED, "%s is allocated", allocate_cases[i].name);
		write_integers(shares, n, buffer);
		is_text(buffer, allocate_cases[i].shares, "%s", allocate_cases[i].name);
	}
	holds(allocation, 100000, "allocation");

	for (size_t i = 0; i < sizeof(rounded_cases) / sizeof(rounded_cases[0]); i++)
	{
		n = read_integers(rounded_cases[i].amounts, weights);
		ok(ec_allocate_rounded(rounded_cases[i].total, weights, n,
							   rounded_cases[i].numerator,
							   rounded_cases[i].denominator, shares, scratch) ==
		   EC_ALLOCATED, "rounded: %s is allocated", rounded_cases[i].name);
		write_integers(shares, n, buffer);
		is_text(buffer, rounded_cases[i].shares, "rounded: %s", rounded_cases[i].name);
	}
	holds(rounded_allocation, 100000, "allocation of a rounded total");

	for (size_t i = 0; i < sizeof(refused_cases) / sizeof(refused_cases[0]); i++)
		is_int128(ec_allocate(refused_cases[i].total, refused_cases[i].weights,
							  refused_cases[i].n, shares, scratch),
				  refused_cases[i].result, "refused: %s", refused_cases[i].name);
	weights[0] = INT128_MAX;
	is_int128(ec_allocate_rounded(0, weights, 1, 24, 100, shares, scratch),
			  EC_ALLOCATE_OVERFLOW, "refused: VAT too large");

	/* 2^87 and -2^40: their product has no negative. */
	weights[0] = (ec_int128) 1 << 87;
	ok(ec_allocate(-((ec_int128) 1 << 40), weights, 1, shares, scratch) ==
	   EC_ALLOCATE_OVERFLOW || shares[0] == -((ec_int128) 1 << 40),
	   "the smallest product is divided or refused");

	return done();
}
