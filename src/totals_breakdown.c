/*
 * totals_breakdown.c
 *	  What each VAT rate comes to, as jsonb.
 *
 * The aggregate makes one for each order, perhaps a million of them.  Made by
 * pushJsonbValue(), which sorts the keys of every object and copies everything
 * several times, totals of all orders take a third longer.  The format is the
 * one on disk (utils/jsonb.h), and the bytes are those that jsonb itself makes.
 */
#include "postgres.h"

#include "pg_compat.h"

#include "core/vat.h"
#include "totals_breakdown.h"
#include "value/numeric_codec.h"

/* The keys of an object, in jsonb's order, which is by length first */
#define KEYS "tax" "rate" "taxable"
#define KEYS_LENGTH (sizeof(KEYS) - 1)
static const uint32 key_lengths[] = {3, 4, 7};

/* Room for an object: header, entries of keys and values, keys, values */
#define OBJECT_SIZE \
	(sizeof(uint32) + 2 * lengthof(key_lengths) * sizeof(JEntry) + \
	 INTALIGN(KEYS_LENGTH) + lengthof(key_lengths) * EC_NUMERIC_SIZE)

/* Further entries would have to tell their offset, too. */
StaticAssertDecl(EC_MAX_GROUPS <= JB_OFFSET_STRIDE,
				 "only the first entry of an array may tell its offset");

/* Write a header or an entry; returns where it ends. */
static char *
put_word(char *at, uint32 word)
{
	memcpy(at, &word, sizeof(word));
	return at + sizeof(word);
}

/*
 * Write the entry of the n-th part of a container.  The first one tells where
 * its part ends, the others how long theirs are, which is the same for it.
 */
static char *
put_entry(char *at, size_t n, uint32 type, size_t length)
{
	return put_word(at, type | (uint32) length | (n == 0 ? JENTRY_HAS_OFF : 0));
}

/* Write zeros up to where a container or a numeric may start. */
static char *
put_padding(char *at, const char *start)
{
	while ((at - start) % (int) sizeof(uint32) != 0)
		*at++ = '\0';
	return at;
}

/* Write the object of a rate; returns where it ends. */
static char *
put_rate(char *start, const EcRateTotal *rate, int minor_units)
{
	EcDecimal	values[] = {
		{rate->tax, minor_units}, rate->rate, {rate->taxable, minor_units}
	};
	char	   *entry = put_word(start, lengthof(values) | JB_FOBJECT);
	char	   *at = entry + 2 * lengthof(values) * sizeof(JEntry);

	for (size_t i = 0; i < lengthof(values); i++)
		entry = put_entry(entry, i, JENTRY_ISSTRING, key_lengths[i]);
	memcpy(at, KEYS, KEYS_LENGTH);
	at += KEYS_LENGTH;
	for (size_t i = 0; i < lengthof(values); i++)
	{
		char	   *before = at;

		at = put_padding(at, start);
		at += ec_numeric_write(values[i].value, values[i].scale, at);
		entry = put_entry(entry, lengthof(values) + i, JENTRY_ISNUMERIC,
						  (size_t) (at - before));
	}
	Assert((Size) (at - start) <= OBJECT_SIZE);
	return at;
}

/* [{"rate", "taxable", "tax"}] of n rates, 1 to EC_MAX_GROUPS */
Jsonb *
ec_breakdown(const EcRateTotal *rates, int n, int minor_units)
{
	Jsonb	   *result = palloc(VARHDRSZ + sizeof(uint32) +
								(Size) n * (sizeof(JEntry) + OBJECT_SIZE));
	char	   *start = (char *) &result->root;
	char	   *entry = put_word(start, (uint32) n | JB_FARRAY);
	char	   *at = entry + (Size) n * sizeof(JEntry);

	Assert(n > 0 && n <= EC_MAX_GROUPS);
	for (int i = 0; i < n; i++)
	{
		char	   *before = at;

		at = put_rate(put_padding(at, start), &rates[i], minor_units);
		entry = put_entry(entry, (size_t) i, JENTRY_ISCONTAINER,
						  (size_t) (at - before));
	}
	SET_VARSIZE(result, at - (char *) result);
	return result;
}
