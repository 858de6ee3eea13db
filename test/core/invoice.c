/*
 * invoice.c
 *	  Unit tests of src/core/invoice.c.
 */
#include "tap.h"

#include "core/invoice.h"

static const struct
{
	const char *name;
	long long	amount;			/* minor units */
	int			minor_units;
	long long	units;
	long long	base;
	EcDecimal	listed;			/* or a negative value for none */
	const char *price;
}			price_cases[] = {
	{"one unit", 1000, 2, 1, 1, {-1, 0}, "10.00"},
	{"a third of 24.19", 2419, 2, 3, 1, {-1, 0}, "8.063"},
	{"as few decimals as will do", 1000, 2, 3, 1, {-1, 0}, "3.333"},
	{"that are those of the currency at least", 3000, 2, 3, 1, {-1, 0}, "10.00"},
	{"none of yen", 300, 0, 3, 1, {-1, 0}, "100"},
	{"a third of 100 yen", 100, 0, 3, 1, {-1, 0}, "33.333"},
	{"dinars", 1000, 3, 3, 1, {-1, 0}, "0.3333"},
	{"for a hundred", 1850, 2, 200, 100, {-1, 0}, "9.25"},
	{"of many units", 1, 2, 1000000, 1, {-1, 0}, "0.00000001"},
	{"the listed one", 1999, 2, 3, 1, {66633, 4}, "6.6633"},
	{"without zeros at its end", 1998, 2, 3, 1, {666000, 5}, "6.66"},
	{"not a listed one that does not", 1999, 2, 3, 1, {666, 2}, "6.663"},
	{"nothing", 0, 2, 5, 1, {-1, 0}, "0.00"},
	{"a credit", -2419, 2, 3, 1, {-1, 0}, "-8.063"}
};

static const struct
{
	const char *name;
	long long	taxable;
	EcDecimal	rate;
	long long	wanted;
	int			minor_units;
	long long	vat;
}			vat_cases[] = {
	{"what is wanted", 10000, {24, 0}, 2400, 2, 2400},
	{"nearly a euro more", 10000, {24, 0}, 2499, 2, 2499},
	{"a euro more is too much", 10000, {24, 0}, 2500, 2, 2499},
	{"a euro less is too little", 10000, {24, 0}, 2300, 2, 2301},
	{"far more", 10000, {24, 0}, 9900, 2, 2499},
	{"far less", 10000, {24, 0}, 0, 2, 2301},
	{"never below zero", 100, {24, 0}, -36, 2, 0},
	{"yen", 510, {24, 0}, 125, 0, 123},
	{"yen, less", 510, {24, 0}, 120, 0, 122},
	{"yen that the rate meets", 100, {10, 0}, 11, 0, 10},
	{"a rate with decimals", 20000, {255, 1}, 5300, 2, 5199},
	{"no rate", 1000, {0, 0}, 100, 2, 99}
};

/* A price comes to the amount, and none of fewer decimals does. */
static const char *
price(void)
{
	int			minor_units = (int) random_below(4);
	int			near = minor_units > 2 ? minor_units : 2;
	EcDecimal	amount = {random_below(random_below(2) == 0 ? 1000 : E18), minor_units};
	EcDecimal	units = {1 + random_below(random_below(2) == 0 ? 20 : 2000000000), 0};
	EcDecimal	base = {random_below(3) == 0 ? 1 + random_below(1000) : 1, 0};
	EcDecimal	found;
	ec_int128	power;
	ec_int128	difference;

	if (!ec_price_of(amount, units, base, NULL, minor_units, &found))
		return "refused";
	if (found.scale < minor_units)
		return "fewer decimals than the currency has";
	for (int fewer = 0; fewer <= 1; fewer++)
	{
		if (fewer == 1)
		{
			if (found.scale <= minor_units)
				break;
			found.scale--;
			if (!ec_product_round(amount, base, units, found.scale, &found.value))
				return "too large";
		}
		power = ec_power_of_ten(found.scale);
		difference = units.value * found.value * ec_power_of_ten(minor_units) -
			amount.value * base.value * power;
		if (difference < 0)
			difference = -difference;
		if ((difference * 2 * ec_power_of_ten(near) <
			 base.value * power * ec_power_of_ten(minor_units)) != (fewer == 0))
			return fewer == 0 ? "not the amount" : "fewer decimals would do";
	}
	return NULL;
}

/* It is what is wanted, or as near to that as may be. */
static const char *
vat(void)
{
	int			minor_units = (int) random_below(4);
	ec_int128	taxable = random_below(random_below(2) == 0 ? 1000 : 100000000000);
	EcDecimal	rate = {random_below(random_below(2) == 0 ? 100 : 10000), 2};
	ec_int128	wanted = taxable / 5 + random_below(4001) - 2000;
	ec_int128	one = ec_power_of_ten(minor_units) * 10000;
	ec_int128	found;
	ec_int128	off;

	if (!ec_vat_near(taxable, rate, wanted, minor_units, &found))
		return "refused";
	off = found * 10000 - taxable * rate.value;
	if (found < 0 || off <= -one || off >= one)
		return "not allowed";
	if (found == wanted || (wanted < 0 && found == 0))
		return NULL;
	off += wanted > found ? 10000 : -10000;
	return off > -one && off < one ? "not the nearest" : NULL;
}

int
main(void)
{
	EcDecimal	found;
	ec_int128	tax;

	for (size_t i = 0; i < sizeof(price_cases) / sizeof(price_cases[0]); i++)
	{
		EcDecimal	amount = {price_cases[i].amount, price_cases[i].minor_units};

		ok(ec_price_of(amount, ec_decimal_of(price_cases[i].units),
					   ec_decimal_of(price_cases[i].base),
					   price_cases[i].listed.value < 0 ? NULL : &price_cases[i].listed,
					   price_cases[i].minor_units, &found),
		   "price: %s is found", price_cases[i].name);
		is_text(text_of(found.value, found.scale), price_cases[i].price, "price: %s",
				price_cases[i].name);
	}
	ok(!ec_price_of(ec_decimal_of(INT128_MAX / 2), ec_decimal_of(3), ec_decimal_of(7), NULL, 2,
					&found), "price: too large");
	holds(price, 100000, "a price comes to the amount");

	for (size_t i = 0; i < sizeof(vat_cases) / sizeof(vat_cases[0]); i++)
	{
		ok(ec_vat_near(vat_cases[i].taxable, vat_cases[i].rate, vat_cases[i].wanted,
					   vat_cases[i].minor_units, &tax), "VAT: %s is found", vat_cases[i].name);
		is_int128(tax, vat_cases[i].vat, "VAT: %s", vat_cases[i].name);
	}
	ok(!ec_vat_near(INT128_MAX / 2, ec_decimal_of(24), 0, 2, &tax), "VAT: too large");
	holds(vat, 100000, "VAT is as near as may be");
	return done();
}
