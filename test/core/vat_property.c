/*
 * vat_property.c
 *	  What holds for any document, and for any refund of it: unit tests of
 *	  src/core/vat.c with random ones.
 */
#include "vat_document.h"

/* The fraction of an amount that is VAT, in millionths */
static void
fraction(const struct document *document, EcDecimal rate,
		 ec_int128 *numerator, ec_int128 *denominator)
{
	*numerator = rate.value;
	for (int scale = rate.scale; scale < EC_MAX_RATE_SCALE; scale++)
		*numerator *= 10;
	*denominator = 100000000;
	if (document->prices == EC_GROSS)
		*denominator += *numerator;
}

/* What is wrong with the sums of a document, if anything */
static const char *
wrong_sums(const struct document *document)
{
	const EcTotals *totals = &document->totals;
	ec_int128	group_net[EC_MAX_GROUPS] = {0};
	ec_int128	group_vat[EC_MAX_GROUPS] = {0};
	ec_int128	group_amount[EC_MAX_GROUPS] = {0};
	ec_int128	net = 0;
	ec_int128	vat = 0;
	ec_int128	amount = 0;
	ec_int128	products = 0;
	ec_int128	discount = 0;
	ec_int128	numerator;
	ec_int128	denominator;

	for (size_t i = 0; i < document->n; i++)
	{
		const EcLine *line = &document->lines[i];
		const EcGroup *group = &totals->groups[line->group];
		ec_int128	left = line->amount - line->discount;
		ec_int128	error;

		if (group->category != line->category ||
			!ec_decimal_equal(group->rate, line->rate))
			return "a line in the wrong group";
		if ((document->prices == EC_NET ? line->net : line->net + line->vat) != left)
			return "a line that is not what it costs";
		fraction(document, line->rate, &numerator, &denominator);
		error = absolute(left * numerator - line->vat * denominator);
		if (error >= denominator)
			return "a line whose VAT is one unit off or more";
		group_net[line->group] += line->net;
		group_vat[line->group] += line->vat;
		group_amount[line->group] += left;
		amount += left;
		discount += line->discount;
		if (line->kind == EC_PRODUCT)
			products += line->amount;
	}
	for (int i = 0; i < totals->ngroups; i++)
	{
		const EcGroup *group = &totals->groups[i];

		if (group->net != group_net[i] || group->vat != group_vat[i] ||
			group->amount != group_amount[i])
			return "a group is not the sum of its lines";
		fraction(document, group->rate, &numerator, &denominator);
		if (!is_rounded(group->vat, group->amount * numerator, denominator))
			return "VAT not rounded half away from zero";
		net += group->net;
		vat += group->vat;
	}
	if (totals->net != net || totals->vat != vat)
		return "the document is not the sum of its groups";
	if (totals->net + totals->vat != totals->gross)
		return "net + VAT is not gross";
	if ((document->prices == EC_NET ? totals->net : totals->gross) != amount)
		return "the document is not what its lines cost";
	if (totals->lines != products || totals->discount != discount ||
		totals->lines - totals->discount + totals->charges != amount)
		return "wrong sum of lines, discounts or charges";
	return NULL;
}

static void
random_lines(struct document *document)
{
	static const char *const vats[] = {
		"24", "13", "6", "25.5", "5.5", "20", "2.6", "10", "19", "100", "0.000001"
	};
	int			nrates = 1 + (int) random_below(4);
	int			first = (int) random_below(8);
	int			digits = 1 + (int) random_below(random_below(8) == 0 ? 15 : 6);
	bool		mixed = random_below(8) == 0;

	document->n = 1 + (size_t) random_below(12);
	memset(document->lines, 0, document->n * sizeof(EcLine));
	for (size_t i = 0; i < document->n; i++)
	{
		EcLine	   *line = &document->lines[i];

		line->rate = decimal(vats[first + random_below(nrates)]);
		if (random_below(16) == 0)
		{
			line->category = random_below(2) ? EC_ZERO : EC_EXEMPT;
			line->rate.value = line->rate.scale = 0;
		}
		line->amount = random_digits(digits);
		if (mixed && random_below(3) == 0)
			line->amount = -line->amount;
	}
}

/* Discounts and charges; what is wrong with them, if anything */
static const char *
random_adjustments(struct document *document)
{
	size_t		n = document->n;
	ec_int128	sum = 0;
	ec_int128	charges = 0;

	for (size_t i = 0; i < n; i++)
		sum += document->lines[i].amount;
	for (int64_t times = random_below(3); times > 0; times--)
	{
		ec_int128	discount = sum > 0 ? random_below((int64_t) (sum + sum / 4 + 1)) : 0;
		ec_int128	applied;
		ec_int128	before = 0;
		ec_int128	after = 0;

		for (size_t i = 0; i < n; i++)
			before += document->lines[i].discount;
		if (ec_discount_lines(document->lines, n, discount, scratch_of(n),
							  &applied) != EC_TOTALS_OK)
			return "discount refused";
		for (size_t i = 0; i < n; i++)
		{
			EcLine	   *line = &document->lines[i];

			after += line->discount;
			if (line->discount < 0 ||
				line->discount > (line->amount > 0 ? line->amount : 0))
				return "a discount takes a line below zero";
		}
		if (after - before != applied)
			return "a discount is not the sum of its shares";
		if (applied != discount && discount <= sum)
			return "a discount is not applied";
		sum -= applied;
	}
	for (int64_t times = random_below(3); times > 0; times--)
	{
		ec_int128	charge = random_digits(5);
		EcKind		kind = random_below(2) ? EC_SHIPPING : EC_FEE;
		EcChargeVat vat = (EcChargeVat) random_below(3);

		if (ec_add_charge(document->lines, &document->n, kind, charge, vat,
						  EC_STANDARD, decimal("24")) != EC_TOTALS_OK)
			return "charge refused";
		charges += charge;
	}
	for (size_t i = n; i < document->n; i++)
		charges -= document->lines[i].amount;
	return charges == 0 ? NULL : "a charge is not the sum of its lines";
}

static bool
same_totals(const EcTotals *a, const EcTotals *b, int sign)
{
	return a->ngroups == b->ngroups && a->lines == sign * b->lines &&
		a->discount == sign * b->discount && a->charges == sign * b->charges &&
		a->net == sign * b->net && a->vat == sign * b->vat &&
		a->gross == sign * b->gross;
}

/*
 * What is wrong with a document of the other prices and the same net amounts,
 * if anything.  Taken out of net + VAT, VAT is the same.  Of the net amounts
 * of gross prices it is one unit off at most, for rates up to 100 %: when VAT
 * was rounded by e <= 1/2, so was net, and VAT - net * rate = e * (1 + rate).
 */
static const char *
wrong_other_prices(const struct document *document, struct document *other)
{
	other->prices = document->prices == EC_NET ? EC_GROSS : EC_NET;
	other->n = document->n;
	memcpy(other->lines, document->lines, document->n * sizeof(EcLine));
	for (size_t i = 0; i < other->n; i++)
	{
		EcLine	   *line = &other->lines[i];

		line->amount = other->prices == EC_NET ? line->net : line->net + line->vat;
		line->discount = 0;
	}
	total(other);
	if (other->result != EC_TOTALS_OK || other->totals.ngroups != document->totals.ngroups)
		return "other prices refused";
	for (int i = 0; i < other->totals.ngroups; i++)
	{
		const EcGroup *a = &document->totals.groups[i];
		const EcGroup *b = &other->totals.groups[i];

		if (absolute(a->vat - b->vat) > (other->prices == EC_NET ? 1 : 0))
			return "net and gross prices disagree";
	}
	return NULL;
}

/* Make a document up, and total it. */
static const char *
random_document(struct document *document)
{
	const char *wrong;

	document->prices = random_below(2) ? EC_NET : EC_GROSS;
	random_lines(document);
	wrong = random_adjustments(document);
	if (wrong == NULL)
		total(document);
	return wrong;
}

static const char *
document_property(void)
{
	static struct document document;
	static struct document other;
	const char *wrong;

	wrong = random_document(&document);
	if (wrong != NULL)
		return wrong;
	if (document.result != EC_TOTALS_OK)
		return "refused";
	wrong = wrong_sums(&document);
	if (wrong != NULL)
		return wrong;

	/* Its credit note */
	other.prices = document.prices;
	other.n = document.n;
	memcpy(other.lines, document.lines, document.n * sizeof(EcLine));
	for (size_t i = 0; i < other.n; i++)
	{
		other.lines[i].amount = -other.lines[i].amount;
		other.lines[i].discount = -other.lines[i].discount;
	}
	total(&other);
	if (other.result != EC_TOTALS_OK || !same_totals(&other.totals, &document.totals, -1))
		return "the credit is no mirror";
	for (size_t i = 0; i < other.n; i++)
		if (other.lines[i].net != -document.lines[i].net ||
			other.lines[i].vat != -document.lines[i].vat)
			return "a line of the credit is no mirror";

	/* Its lines in another order */
	memcpy(other.lines, document.lines, document.n * sizeof(EcLine));
	for (size_t i = other.n - 1; i > 0; i--)
	{
		size_t		j = (size_t) random_below((int64_t) i + 1);
		EcLine		line = other.lines[i];

		other.lines[i] = other.lines[j];
		other.lines[j] = line;
	}
	total(&other);
	if (other.result != EC_TOTALS_OK || !same_totals(&other.totals, &document.totals, 1))
		return "the order of lines changes a total";
	wrong = wrong_sums(&other);
	if (wrong != NULL)
		return wrong;

	return wrong_other_prices(&document, &other);
}

/* Refund a quantity of a line, and compare all that was refunded so far. */
static const char *
refund_some(ec_int128 amount, EcDecimal quantity, EcDecimal before,
			EcDecimal now, ec_int128 returned, ec_int128 *refunded)
{
	ec_int128	share;

	if (!ec_refund_share(amount, quantity, ec_decimal_normalize(before),
						 ec_decimal_normalize(now), &share))
		return "refused";
	*refunded += share;
	return is_rounded(*refunded, amount * returned, quantity.value)
		? NULL : "not the share of what came back";
}

/* However the units of an order come back, its refunds sum to it. */
static const char *
refund_property(void)
{
	static struct document sold;
	ec_int128	gross = 0;
	ec_int128	vat = 0;
	const char *wrong;

	wrong = random_document(&sold);
	if (wrong != NULL)
		return wrong;
	for (size_t i = 0; i < sold.n; i++)
	{
		const EcLine *line = &sold.lines[i];
		EcDecimal	quantity = {1 + random_below(50), (int) random_below(4)};
		EcDecimal	before = {0, quantity.scale};
		EcDecimal	now = before;
		ec_int128	line_gross = 0;
		ec_int128	line_vat = 0;

		for (; before.value < quantity.value; before.value += now.value)
		{
			now.value = 1 + random_below((int64_t) (quantity.value - before.value));
			wrong = refund_some(line->net + line->vat, quantity, before, now,
								before.value + now.value, &line_gross);
			if (wrong == NULL)
				wrong = refund_some(line->vat, quantity, before, now,
									before.value + now.value, &line_vat);
			if (wrong != NULL)
				return wrong;
		}
		gross += line_gross;
		vat += line_vat;
	}
	return gross == sold.totals.gross && vat == sold.totals.vat ? NULL : "not what was paid";
}

int
main(void)
{
	holds(document_property, 300000, "documents");
	holds(refund_property, 300000, "refunds");
	return done();
}
