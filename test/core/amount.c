/*
 * amount.c
 *	  Unit tests of src/core/amount.c.
 */
#include <limits.h>
#include <stdlib.h>

#include "tap.h"

#include "amount_data.h"

/* Parse a text that nothing follows, so that reading on would be noticed. */
static EcParseResult
parse(const char *text, size_t length, EcDecimal *result)
{
	char	   *copy = malloc(length);
	EcParseResult status;

	memcpy(copy, text, length);
	status = ec_decimal_parse(copy, length, result);
	free(copy);
	return status;
}

static const char *
division(void)
{
	/* Even denominators of few digits are what makes ties. */
	ec_int128	d = 1 + random_digits(18);
	ec_int128	n = random_digits(18) - random_digits(18);
	ec_int128	wide = (ec_int128) LLONG_MAX + 1;
	ec_int128	q = ec_divide_round(n, d);

	if (!is_rounded(q, n, d))
		return "not rounded half away from zero";
	if (ec_divide_round(-n, d) != -q)
		return "no mirror";
	if (ec_divide_round(n * wide, d * wide) != q)
		return "64 and 128 bits differ";
	return NULL;
}

static const char *
product(void)
{
	EcDecimal	a = {random_digits(9) - random_digits(9), (int) random_below(7)};
	EcDecimal	b = {random_digits(9) - random_digits(9), (int) random_below(7)};
	EcDecimal	per = {1 + random_digits(3), (int) random_below(3)};
	EcDecimal	minus_a = {-a.value, a.scale};
	int			scale = (int) random_below(5);
	ec_int128	q;
	ec_int128	other;

	if (!ec_product_round(a, b, per, scale, &q))
		return "overflow";
	if (!is_rounded(q, a.value * b.value * ec_power_of_ten(scale + per.scale),
					per.value * ec_power_of_ten(a.scale + b.scale)))
		return "not rounded half away from zero";
	if (!ec_product_round(b, a, per, scale, &other) || other != q)
		return "not commutative";
	if (!ec_product_round(minus_a, b, per, scale, &other) || other != -q)
		return "no mirror";
	return NULL;
}

/* In 64 bits it is the same number, or none. */
static const char *
small_product(void)
{
	long long	a = (long long) (random_digits(18) - random_digits(18));
	long long	b = (long long) (random_digits(18) - random_digits(18));
	int			shift = (int) random_below(37) - 18;
	EcDecimal	wide_a = {a, shift > 0 ? shift : 0};
	EcDecimal	wide_b = {b, 0};
	long long	small;
	ec_int128	wide;

	if (!ec_small_product_round(a, b, shift, &small))
		return NULL;
	if (!ec_product_round(wide_a, wide_b, ec_decimal_of(1), shift > 0 ? 0 : -shift, &wide))
		return "128 bits overflow";
	if (wide != small)
		return "64 and 128 bits differ";
	if (!ec_small_product_round(-a, b, shift, &small) || small != -wide)
		return "no mirror";
	return NULL;
}

/* Formatting and parsing give back the same number. */
static const char *
round_trip(void)
{
	ec_int128	large = (ec_int128) random_digits(18) * random_digits(18);
	EcDecimal	d = {random_below(2) ? large : -large, (int) random_below(19)};
	EcDecimal	parsed;
	char		buffer[EC_DECIMAL_TEXT];
	size_t		length = ec_decimal_format(d, buffer);

	if (length != strlen(buffer))
		return "wrong length";
	if (parse(buffer, length, &parsed) != EC_PARSED)
		return "not parsed";
	return ec_decimal_equal(parsed, ec_decimal_normalize(d)) ? NULL : "another number";
}

static void
test_bounds(void)
{
	ec_int128	n;

	is_int128(ec_power_of_ten(0), 1, "10^0");
	is_int128(ec_power_of_ten(18), E18, "10^18");
	is_int128(ec_power_of_ten(19), 10 * E18, "10^19");
	is_int128(ec_power_of_ten(36), E36, "10^36");

	ok(ec_add(INT128_MAX - 1, 1, &n) && n == INT128_MAX, "largest sum");
	ok(!ec_add(INT128_MAX, 1, &n), "sum too large");
	ok(!ec_add(INT128_MIN, -1, &n), "sum too small");
	ok(ec_multiply(-E18, E18, &n) && n == -E36, "large product");
	ok(!ec_multiply(100 * E18, 100 * E18, &n), "product too large");
	ok(!ec_multiply(INT128_MIN, -1, &n), "product just too large");

	ok(ec_in_range(1000000 * E18 - 1), "largest amount");
	ok(ec_in_range(1 - 1000000 * E18), "smallest amount");
	ok(!ec_in_range(1000000 * E18), "amount too large");
	ok(!ec_in_range(-1000000 * E18), "amount too small");
}

static void
test_normalizing(void)
{
	static const EcDecimal equal[] = {{24, 0}, {24, 1}, {-24, 0}};
	EcDecimal	d;

	for (size_t i = 0; i < sizeof(normalize_cases) / sizeof(normalize_cases[0]); i++)
	{
		EcDecimal	normal = normalize_cases[i].normal;

		d = ec_decimal_normalize(normalize_cases[i].d);
		ok(d.value == normal.value && d.scale == normal.scale, "normalize to %s",
		   text_of(normal.value, normal.scale));
	}
	ok(ec_decimal_equal(equal[0], equal[0]), "equal");
	ok(!ec_decimal_equal(equal[0], equal[1]), "another scale");
	ok(!ec_decimal_equal(equal[0], equal[2]), "another value");
}

static void
test_formatting(void)
{
	EcDecimal	d;
	char		buffer[EC_DECIMAL_TEXT];

	for (size_t i = 0; i < sizeof(format_cases) / sizeof(format_cases[0]); i++)
	{
		d.value = format_cases[i].value;
		d.scale = format_cases[i].scale;
		memset(buffer, 'x', sizeof(buffer));
		is_int128((ec_int128) ec_decimal_format(d, buffer),
				  (ec_int128) strlen(format_cases[i].text), "length of %s",
				  format_cases[i].text);
		is_text(buffer, format_cases[i].text, "format %s", format_cases[i].text);
	}
}

static void
test_dividing(void)
{
	ec_int128	n;

	for (size_t i = 0; i < sizeof(divide_cases) / sizeof(divide_cases[0]); i++)
	{
		n = divide_cases[i].numerator;
		is_int128(ec_divide_round(n, divide_cases[i].denominator),
				  divide_cases[i].quotient, "%s / %s", text_of(n, 0),
				  text_of(divide_cases[i].denominator, 0));
	}
	holds(division, 200000, "division");
}

static void
test_rounding(void)
{
	EcDecimal	d;
	ec_int128	n;

	for (size_t i = 0; i < sizeof(round_cases) / sizeof(round_cases[0]); i++)
	{
		bool		fits = ec_decimal_round(round_cases[i].d, round_cases[i].scale, &n);

		d = round_cases[i].d;
		if (fits && round_cases[i].fits)
			is_int128(n, round_cases[i].rounded, "%s to %d decimals",
					  text_of(d.value, d.scale), round_cases[i].scale);
		else
			ok(fits == round_cases[i].fits, "%s to %d decimals: %s",
			   text_of(d.value, d.scale), round_cases[i].scale,
			   round_cases[i].fits ? "fits" : "refused");
	}
}

static void
test_products(void)
{
	ec_int128	n;

	for (size_t i = 0; i < sizeof(product_cases) / sizeof(product_cases[0]); i++)
	{
		bool		fits = ec_product_round(product_cases[i].a, product_cases[i].b,
											product_cases[i].per,
											product_cases[i].scale, &n);

		if (fits && product_cases[i].fits)
			is_int128(n, product_cases[i].product, "%s", product_cases[i].name);
		else
			ok(fits == product_cases[i].fits, "%s", product_cases[i].name);
	}
	holds(product, 200000, "product");
}

static void
test_small_products(void)
{
	for (size_t i = 0; i < sizeof(small_cases) / sizeof(small_cases[0]); i++)
	{
		long long	a = small_cases[i].a;
		long long	b = small_cases[i].b;
		long long	small;
		bool		fits = ec_small_product_round(a, b, small_cases[i].shift, &small);

		if (fits && small_cases[i].fits)
			is_int128(small, small_cases[i].product, "%lld x %lld / 10^%d",
					  a, b, small_cases[i].shift);
		else
			ok(fits == small_cases[i].fits, "%lld x %lld / 10^%d: %s",
			   a, b, small_cases[i].shift, small_cases[i].fits ? "fits" : "refused");
	}
	holds(small_product, 200000, "product in 64 bits");
}

static void
test_parsing(void)
{
	EcDecimal	d;

	holds(round_trip, 100000, "format and parse");
	ok(parse("12x", 2, &d) == EC_PARSED && d.value == 12,
	   "parse no further than the length");
	ok(parse("1\0", 2, &d) == EC_MALFORMED, "parse a zero byte");
	for (size_t i = 0; i < sizeof(parse_cases) / sizeof(parse_cases[0]); i++)
	{
		EcParseResult result = parse(parse_cases[i].text,
									 strlen(parse_cases[i].text), &d);

		ok(result == parse_cases[i].result &&
		   (result != EC_PARSED || (d.value == parse_cases[i].value &&
									d.scale == parse_cases[i].scale)),
		   "parse [%.60s]", parse_cases[i].text);
	}
}

int
main(void)
{
	test_bounds();
	test_normalizing();
	test_formatting();
	test_dividing();
	test_rounding();
	test_products();
	test_small_products();
	test_parsing();
	return done();
}
