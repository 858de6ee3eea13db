/*
 * vat.c
 *	  VAT of lines, groups and whole documents, after EN 16931.
 *
 * Lines are rounded once, when they are made.  They are summed for each pair
 * of category and rate, and the VAT of a group is rounded once (BR-CO-17).
 * With gross prices the group's sum is what the customer pays: its VAT is
 * taken out of it, and the net amount is the rest, so never both are rounded.
 */
#include <string.h>

#include "core/vat.h"

static const char *const category_codes[] = {"S", "Z", "E", "AE", "K", "G", "O"};

/* The code that EN 16931 has for a VAT category. */
const char *
ec_category_code(EcCategory category)
{
	return category_codes[category];
}

/* The VAT category of a code of EN 16931; false when we know no such code. */
bool
ec_category_parse(const char *code, size_t length, EcCategory *category)
{
	for (int i = EC_STANDARD; i <= EC_OUTSIDE; i++)
		if (strlen(category_codes[i]) == length &&
			memcmp(category_codes[i], code, length) == 0)
		{
			*category = (EcCategory) i;
			return true;
		}
	return false;
}

/* Is this normalized decimal a VAT rate, between 0 and 100 percent? */
bool
ec_rate_valid(EcDecimal rate)
{
	return rate.scale <= EC_MAX_RATE_SCALE && rate.value >= 0 &&
		rate.value <= 100 * ec_power_of_ten(rate.scale);
}

/*
 * The fraction of an amount that is VAT: rate/100 of a net amount, and
 * rate/(100 + rate) of a gross one.  False when it overflows.
 */
static bool
vat_fraction(EcDecimal rate, EcPrices prices,
			 ec_int128 *numerator, ec_int128 *denominator)
{
	*numerator = rate.value;
	*denominator = 100 * ec_power_of_ten(rate.scale);
	if (prices == EC_GROSS)
		return ec_add(*denominator, rate.value, denominator);
	return true;
}

/* The VAT on a net amount, or in a gross one; false when it overflows. */
bool
ec_vat_of(ec_int128 amount, EcDecimal rate, EcPrices prices, ec_int128 *vat)
{
	ec_int128	numerator;
	ec_int128	denominator;

	if (!vat_fraction(rate, prices, &numerator, &denominator) ||
		!ec_multiply(amount, numerator, &numerator))
		return false;
	*vat = ec_divide_round(numerator, denominator);
	return true;
}

/* Add amount to the group of its category and normalized rate. */
EcTotalsResult
ec_add_to_group(EcGroup *groups, int *ngroups, EcCategory category,
				EcDecimal rate, ec_int128 amount, int *group)
{
	int			i;

	for (i = 0; i < *ngroups; i++)
		if (groups[i].category == category &&
			ec_decimal_equal(groups[i].rate, rate))
			break;
	if (i == *ngroups)
	{
		if (*ngroups == EC_MAX_GROUPS)
			return EC_TOTALS_TOO_MANY_RATES;
		memset(&groups[i], 0, sizeof(EcGroup));
		groups[i].category = category;
		groups[i].rate = rate;
		(*ngroups)++;
	}
	*group = i;
	if (!ec_add(groups[i].amount, amount, &groups[i].amount))
		return EC_TOTALS_OVERFLOW;
	return EC_TOTALS_OK;
}

/*
 * Spread a discount over the products in proportion to what is left of them.
 * It takes no line, and so no order, below zero: *applied says how much of it
 * was used.
 */
EcTotalsResult
ec_discount_lines(EcLine *lines, size_t n, ec_int128 discount,
				  EcScratch *scratch, ec_int128 *applied)
{
	ec_int128	sum = 0;		/* of the lines that a discount can lower */
	ec_int128	total = 0;		/* of all, returned goods included */

	for (size_t i = 0; i < n; i++)
	{
		ec_int128	left = lines[i].amount - lines[i].discount;

		scratch->weights[i] =
			lines[i].kind == EC_PRODUCT && left > 0 ? left : 0;
		if (!ec_add(sum, scratch->weights[i], &sum) ||
			!ec_add(total, lines[i].kind == EC_PRODUCT ? left : 0, &total))
			return EC_TOTALS_OVERFLOW;
	}
	if (total < 0)
		total = 0;
	*applied = discount < total ? discount : total;
	if (ec_allocate(*applied, scratch->weights, n,
					scratch->shares, scratch->order) != EC_ALLOCATED)
		return EC_TOTALS_OVERFLOW;
	for (size_t i = 0; i < n; i++)
		lines[i].discount += scratch->shares[i];
	return EC_TOTALS_OK;
}

/* Append one line for a charge. */
static void
append_charge(EcLine *lines, size_t *n, EcKind kind, ec_int128 amount,
			  EcCategory category, EcDecimal rate)
{
	EcLine	   *line = &lines[(*n)++];

	memset(line, 0, sizeof(EcLine));
	line->kind = kind;
	line->amount = amount;
	line->category = category;
	line->rate = rate;
}

/* Does rate a lie above rate b? */
static bool
rate_above(EcDecimal a, EcDecimal b)
{
	/* Rates are at most 100, so raising both to one scale cannot overflow. */
	return a.value * ec_power_of_ten(EC_MAX_SCALE - a.scale) >
		b.value * ec_power_of_ten(EC_MAX_SCALE - b.scale);
}

/*
 * Append a charge to the lines: one line, or one for each rate of the goods
 * when it shares their VAT proportionally.  category and rate are those of a
 * charge whose VAT is EC_FIXED, or of one without any goods.  lines has room
 * for EC_MAX_GROUPS more.
 */
EcTotalsResult
ec_add_charge(EcLine *lines, size_t *n, EcKind kind, ec_int128 amount,
			  EcChargeVat vat, EcCategory category, EcDecimal rate)
{
	EcGroup		groups[EC_MAX_GROUPS];
	ec_int128	weights[EC_MAX_GROUPS];
	ec_int128	shares[EC_MAX_GROUPS];
	EcShare		order[EC_MAX_GROUPS];
	int			ngroups = 0;
	int			highest = 0;
	bool		weighty = false;

	for (size_t i = 0; i < *n && vat != EC_FIXED; i++)
	{
		EcTotalsResult result;
		int			group;

		if (lines[i].kind != EC_PRODUCT)
			continue;
		result = ec_add_to_group(groups, &ngroups, lines[i].category,
								 lines[i].rate,
								 lines[i].amount - lines[i].discount, &group);
		if (result != EC_TOTALS_OK)
			return result;
	}
	for (int i = 0; i < ngroups; i++)
	{
		weights[i] = groups[i].amount > 0 ? groups[i].amount : 0;
		weighty = weighty || weights[i] > 0;
		if (rate_above(groups[i].rate, groups[highest].rate))
			highest = i;
	}

	if (ngroups == 0)
		append_charge(lines, n, kind, amount, category, rate);
	else if (vat == EC_HIGHEST || !weighty || amount == 0)
		append_charge(lines, n, kind, amount,
					  groups[highest].category, groups[highest].rate);
	else
	{
		if (ec_allocate(amount, weights, (size_t) ngroups,
						shares, order) != EC_ALLOCATED)
			return EC_TOTALS_OVERFLOW;
		for (int i = 0; i < ngroups; i++)
			if (shares[i] != 0)
				append_charge(lines, n, kind, shares[i],
							  groups[i].category, groups[i].rate);
	}
	return EC_TOTALS_OK;
}

/*
 * What is refunded of an amount when "now" of its units come back, after
 * "before" of them did: the cumulative share, rounded, less what was refunded
 * already.  So the last unit brings exactly what is left of the amount.
 * Quantities satisfy 0 <= before, 0 <= now, before + now <= quantity and
 * quantity > 0.  False when it overflows.
 */
bool
ec_refund_share(ec_int128 amount, EcDecimal quantity, EcDecimal before,
				EcDecimal now, ec_int128 *share)
{
	ec_int128	first;
	ec_int128	last;
	EcDecimal	both;
	EcDecimal	whole = ec_decimal_of(amount);
	int			scale = before.scale > now.scale ? before.scale : now.scale;

	both.scale = scale;
	if (!ec_multiply(before.value, ec_power_of_ten(scale - before.scale), &first) ||
		!ec_multiply(now.value, ec_power_of_ten(scale - now.scale), &last) ||
		!ec_add(first, last, &both.value) ||
		!ec_product_round(whole, before, quantity, 0, &first) ||
		!ec_product_round(whole, both, quantity, 0, &last))
		return false;
	*share = last - first;
	return true;
}

/* Give the lines of one group their shares of its VAT. */
static EcTotalsResult
share_vat(EcLine *lines, size_t n, int group, const EcGroup *totals,
		  EcPrices prices, EcScratch *scratch)
{
	ec_int128	numerator;
	ec_int128	denominator;
	size_t		members = 0;

	for (size_t i = 0; i < n; i++)
		if (lines[i].group == group)
			scratch->weights[members++] = lines[i].amount - lines[i].discount;
	if (!vat_fraction(totals->rate, prices, &numerator, &denominator) ||
		ec_allocate_rounded(totals->vat, scratch->weights, members,
							numerator, denominator,
							scratch->shares, scratch->order) != EC_ALLOCATED)
		return EC_TOTALS_OVERFLOW;
	members = 0;
	for (size_t i = 0; i < n; i++)
		if (lines[i].group == group)
		{
			lines[i].net = lines[i].amount - lines[i].discount;
			lines[i].vat = scratch->shares[members++];
			if (prices == EC_GROSS)
				lines[i].net -= lines[i].vat;
		}
	return EC_TOTALS_OK;
}

/*
 * Total a document: groups and sums into totals, net and VAT into its lines.
 *
 * Afterwards, exactly: the lines' net and VAT sum to their group's and to the
 * document's, and net + VAT = gross.
 */
EcTotalsResult
ec_total_lines(EcLine *lines, size_t n, EcPrices prices,
			   EcScratch *scratch, EcTotals *totals)
{
	memset(totals, 0, sizeof(EcTotals));

	for (size_t i = 0; i < n; i++)
	{
		EcTotalsResult result;

		/* A later sum of amounts below the limit cannot overflow. */
		if (!ec_in_range(lines[i].amount) || !ec_in_range(lines[i].discount))
			return EC_TOTALS_OVERFLOW;
		if (lines[i].kind == EC_PRODUCT)
			totals->lines += lines[i].amount;
		else if (lines[i].kind == EC_ALLOWANCE)
			totals->discount -= lines[i].amount;
		else
			totals->charges += lines[i].amount;
		totals->discount += lines[i].discount;
		result = ec_add_to_group(totals->groups, &totals->ngroups,
								 lines[i].category, lines[i].rate,
								 lines[i].amount - lines[i].discount,
								 &lines[i].group);
		if (result != EC_TOTALS_OK)
			return result;
	}

	for (int i = 0; i < totals->ngroups; i++)
	{
		EcGroup    *group = &totals->groups[i];
		EcTotalsResult result;

		if (group->category == EC_OUTSIDE && totals->ngroups > 1)
			return EC_TOTALS_MIXED_OUTSIDE;
		if (!ec_vat_of(group->amount, group->rate, prices, &group->vat))
			return EC_TOTALS_OVERFLOW;
		group->net = group->amount;
		if (prices == EC_GROSS)
			group->net -= group->vat;
		totals->net += group->net;
		totals->vat += group->vat;
		result = share_vat(lines, n, i, group, prices, scratch);
		if (result != EC_TOTALS_OK)
			return result;
	}
	totals->gross = totals->net + totals->vat;
	if (!ec_in_range(totals->net) || !ec_in_range(totals->vat) ||
		!ec_in_range(totals->gross))
		return EC_TOTALS_OVERFLOW;
	return EC_TOTALS_OK;
}
