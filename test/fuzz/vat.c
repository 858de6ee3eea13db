/*
 * vat.c
 *	  Fuzz target: totals of documents.
 *
 * A document of random lines, discounts and charges: if it can be totalled,
 * lines sum to groups and groups to totals, to the minor unit, net + VAT =
 * gross, and VAT is rounded once for each group.
 */
#include "fuzz.h"

#include "core/vat.h"

#define MAX_LINES 24
#define MAX_CHANGES 3
#define ROOM (MAX_LINES + MAX_CHANGES * EC_MAX_GROUPS)

/* The next category and rate; only S has one above zero. */
static EcCategory
read_vat(Input * input, EcDecimal *rate)
{
	EcCategory	category = (EcCategory) read_below(input, EC_OUTSIDE + 1);

	rate->value = 0;
	rate->scale = 0;
	if (category == EC_STANDARD)
	{
		rate->scale = read_below(input, EC_MAX_RATE_SCALE + 1);
		rate->value = read_int128(input) % (100 * ec_power_of_ten(rate->scale) + 1);
		if (rate->value < 0)
			rate->value = -rate->value;
		*rate = ec_decimal_normalize(*rate);
		CLAIM(ec_rate_valid(*rate));
	}
	return category;
}

/* Compare totals with the lines and groups that they are of. */
static void
check_totals(const EcLine *lines, size_t n, EcPrices prices, const EcTotals *totals)
{
	ec_int128	group_net[EC_MAX_GROUPS] = {0};
	ec_int128	group_vat[EC_MAX_GROUPS] = {0};
	ec_int128	amount = 0;
	ec_int128	net = 0;
	ec_int128	vat = 0;

	CLAIM(totals->ngroups <= EC_MAX_GROUPS);
	for (size_t i = 0; i < n; i++)
	{
		const EcLine *line = &lines[i];
		ec_int128	left = line->amount - line->discount;

		CLAIM(line->group >= 0 && line->group < totals->ngroups);
		CLAIM(totals->groups[line->group].category == line->category);
		CLAIM(ec_decimal_equal(totals->groups[line->group].rate, line->rate));
		CLAIM(prices == EC_NET ? line->net == left : line->net + line->vat == left);
		CLAIM(line->category == EC_STANDARD || line->vat == 0);
		amount += left;
		group_net[line->group] += line->net;
		group_vat[line->group] += line->vat;
	}
	for (int i = 0; i < totals->ngroups; i++)
	{
		const EcGroup *group = &totals->groups[i];
		ec_int128	expected;

		CLAIM(group_net[i] == group->net && group_vat[i] == group->vat);
		CLAIM(ec_vat_of(group->amount, group->rate, prices, &expected));
		CLAIM(group->vat == expected);
		CLAIM(group->amount == group->net + (prices == EC_GROSS ? group->vat : 0));
		net += group->net;
		vat += group->vat;
	}
	CLAIM(totals->net == net && totals->vat == vat);
	CLAIM(totals->net + totals->vat == totals->gross);
	CLAIM(totals->lines + totals->charges - totals->discount == amount);
	CLAIM((prices == EC_NET ? totals->net : totals->gross) == amount);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input		input = {data, size};
	EcLine		lines[ROOM];
	ec_int128	weights[ROOM];
	ec_int128	shares[ROOM];
	EcShare		order[ROOM];
	EcScratch	scratch = {weights, shares, order};
	EcPrices	prices = read_below(&input, 2) == 0 ? EC_NET : EC_GROSS;
	size_t		n = (size_t) read_below(&input, MAX_LINES + 1);
	int			changes = read_below(&input, MAX_CHANGES + 1);
	EcTotals	totals;

	memset(lines, 0, sizeof(lines));
	for (size_t i = 0; i < n; i++)
	{
		lines[i].category = read_vat(&input, &lines[i].rate);
		lines[i].amount = read_amount(&input);
	}
	for (; changes > 0; changes--)
	{
		ec_int128	amount = read_amount(&input);
		ec_int128	applied;
		EcTotalsResult result;

		/* As documents have them; only lines can be below zero. */
		if (amount < 0)
			amount = -amount;
		if (read_below(&input, 2) == 0)
		{
			result = ec_discount_lines(lines, n, amount, &scratch, &applied);
			if (result == EC_TOTALS_OK)
				CLAIM(applied >= 0 && applied <= amount);
		}
		else
		{
			EcDecimal	rate;
			EcCategory	category = read_vat(&input, &rate);
			EcChargeVat vat = (EcChargeVat) read_below(&input, EC_FIXED + 1);

			result = ec_add_charge(lines, &n, EC_SHIPPING, amount, vat, category, rate);
			CLAIM(n <= ROOM);
		}
		if (result != EC_TOTALS_OK)
			return 0;
	}
	if (ec_total_lines(lines, n, prices, &scratch, &totals) == EC_TOTALS_OK)
		check_totals(lines, n, prices, &totals);
	return 0;
}
