/*
 * invoice_lines.c
 *	  What the invoice of an order comes to: its lines and its VAT.
 *
 * It is about what was neither cancelled nor invoiced.  Amounts are those of all units so
 * far less those before, so that any split comes to the line.  Charges are due with whatever
 * is invoiced first.  Products are lines, their discounts allowances of these; shipping and
 * fees are charges of the document, their discounts allowances of it.  Without products
 * charges are lines.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "pg_compat.h"

#include "core/invoice.h"
#include "ecommerce.h"
#include "invoice_lines.h"
#include "value/json.h"
#include "value/member.h"
#include "value/numeric_codec.h"

/* What of a line is invoiced already */
typedef struct Invoiced
{
	int64		line_number;
	int64		units;
	ec_int128	net;
	ec_int128	vat;
} Invoiced;

/* An amount that an object has by a key */
static ec_int128
amount_of(JsonbContainer *object, const char *key, int minor_units)
{
	return ec_amount_decode(ec_member_numeric(object, key), minor_units, key);
}

/* What some of the units of a line get of an amount */
static ec_int128
share_of(ec_int128 amount, int64 quantity, int64 units)
{
	ec_int128	share;

	if (!ec_refund_share(amount, ec_decimal_of(quantity), ec_decimal_of(0), ec_decimal_of(units),
						 &share))
		ec_amount_out_of_range();
	return share;
}

/* The elements of an array; none if it is NULL */
static JsonbContainer **
elements(JsonbContainer *array, int *n)
{
	uint32		count = array == NULL ? 0 : JsonContainerSize(array);
	JsonbContainer **objects = palloc_array(JsonbContainer *, count + 1);

	*n = 0;
	for (uint32 i = 0; i < count; i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer(array, i);

		if (element != NULL && element->type == jbvBinary)
			objects[(*n)++] = element->val.binary.data;
	}
	return objects;
}

/* By their numbers */
static int
compare_invoiced(const void *a, const void *b)
{
	const Invoiced *x = a;
	const Invoiced *y = b;

	return x->line_number < y->line_number ? -1 : x->line_number > y->line_number;
}

/* What the documents of an order have of its lines */
static Invoiced *
read_invoiced(JsonbContainer *order, int minor_units, int *n)
{
	JsonbContainer *documents = ec_member_part(order, "documents");
	JsonbContainer **lines = elements(ec_member_part(documents, "lines"), n);
	Invoiced   *invoiced = palloc_array(Invoiced, (Size) *n + 1);

	for (int i = 0; i < *n; i++)
	{
		invoiced[i].line_number = ec_member_int(lines[i], "line_number");
		invoiced[i].units = ec_member_int(lines[i], "units");
		invoiced[i].net = amount_of(lines[i], "net", minor_units);
		invoiced[i].vat = amount_of(lines[i], "vat", minor_units);
	}
	qsort(invoiced, (size_t) *n, sizeof(Invoiced), compare_invoiced);
	return invoiced;
}

/* The same of one line, or nothing */
static const Invoiced *
invoiced_of(const Invoiced *invoiced, int n, int64 line_number)
{
	static const Invoiced nothing = {0};
	Invoiced	key = {.line_number = line_number};
	const Invoiced *found = bsearch(&key, invoiced, (size_t) n, sizeof(Invoiced),
									compare_invoiced);

	return found == NULL ? &nothing : found;
}

/*
 * The share of the invoiced units in the discount of a line, and the VAT that it would have
 * borne.
 */
static void
read_discount(EcInvoice *invoice, EcInvoiceLine *line)
{
	EcDecimal	given = ec_numeric_decode(ec_member_numeric(line->line, "discount"), "discount");
	int64		ordered = ec_member_int(line->line, "ordered");

	line->off_vat = 0;
	if (!ec_decimal_round(given, invoice->minor_units, &line->off_net))
		ec_amount_out_of_range();
	if (line->off_net == 0)
		return;
	if (line->units < ordered)
		line->off_net = share_of(line->off_net, ordered, line->units);
	if (!ec_vat_of(line->off_net, line->rate, invoice->net_prices ? EC_NET : EC_GROSS,
				   &line->off_vat))
		ec_amount_out_of_range();
	if (!invoice->net_prices)
		line->off_net -= line->off_vat;
}

/* Read what is to be invoiced of a line of the order; false if nothing is. */
static bool
read_line(EcInvoice *invoice, EcInvoiceLine *line, const Invoiced *before,
		  JsonbContainer *shipment)
{
	int			minor_units = invoice->minor_units;
	int64		quantity = ec_member_int(line->line, "quantity");
	ec_int128	net = amount_of(line->line, "net", minor_units);
	ec_int128	vat = amount_of(line->line, "vat", minor_units);
	int64		units_to = quantity;
	JsonbValue *category = ec_member(line->line, "vat_category");

	line->product = ec_member_is(line->line, "kind", "product");
	if (line->product)
	{
		line->units = quantity - before->units;
		if (shipment != NULL)
		{
			char		number[MAXINT8LEN + 1];

			pg_lltoa(line->line_number, number);
			line->units = Min(line->units,
							  ec_member_int(ec_member_part(shipment, "units"), number));
		}
		units_to = Min(before->units + line->units, quantity);
	}
	else
		line->units = before->line_number == 0 || net > before->net || vat > before->vat
			? quantity : 0;
	if (line->units <= 0)
		return false;

	/*
	 * Of gross prices the gross is exact: a half of 5.00 is 2.50, whatever
	 * the VAT in it.
	 */
	line->vat = share_of(vat, Max(quantity, 1), units_to);
	line->net = invoice->net_prices ? share_of(net, Max(quantity, 1), units_to)
		: share_of(net + vat, Max(quantity, 1), units_to) - line->vat;
	line->vat = Max(line->vat - before->vat, 0);
	line->net = Max(line->net - before->net, 0);

	line->rate = ec_numeric_decode(ec_member_numeric(line->line, "vat_rate"), "VAT rate");
	if (category == NULL || category->type != jbvString ||
		!ec_category_parse(category->val.string.val, (size_t) category->val.string.len,
						   &line->category))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("line " INT64_FORMAT " has no VAT category that documents can have",
						line->line_number)));
	line->goods = line->product &&
		(ec_member(line->line, "supply") == NULL || ec_member_is(line->line, "supply", "goods"));
	read_discount(invoice, line);
	line->allowed = (line->category == EC_STANDARD) == (line->rate.value > 0);
	return true;
}

/* By their numbers */
static int
compare_lines(const void *a, const void *b)
{
	const EcInvoiceLine *x = a;
	const EcInvoiceLine *y = b;

	return x->line_number < y->line_number ? -1 : x->line_number > y->line_number;
}

/* Read the lines of the order of which anything is to be invoiced. */
static void
read_lines(EcInvoice *invoice, JsonbContainer *shipment)
{
	int			n;
	int			ninvoiced;
	JsonbContainer **lines = elements(ec_member_part(invoice->order, "lines"), &n);
	Invoiced   *invoiced = read_invoiced(invoice->order, invoice->minor_units, &ninvoiced);

	invoice->lines = palloc_array(EcInvoiceLine, (Size) n + 1);
	for (int i = 0; i < n; i++)
	{
		EcInvoiceLine *line = &invoice->lines[invoice->nlines];

		CHECK_FOR_INTERRUPTS();
		line->line = lines[i];
		line->line_number = ec_member_int(lines[i], "line_number");
		if (!read_line(invoice, line, invoiced_of(invoiced, ninvoiced, line->line_number),
					   shipment))
			continue;
		invoice->has_products |= line->product;
		invoice->has_goods |= line->goods;
		invoice->nlines++;
	}
	qsort(invoice->lines, (size_t) invoice->nlines, sizeof(EcInvoiceLine), compare_lines);
}

/* By the codes of their categories, then by their rates */
static int
compare_groups(const void *a, const void *b)
{
	const EcInvoiceLine *x = ((const EcInvoiceGroup *) a)->first;
	const EcInvoiceLine *y = ((const EcInvoiceGroup *) b)->first;
	int			scale = Max(x->rate.scale, y->rate.scale);
	ec_int128	first;
	ec_int128	second;

	if (x->category != y->category)
		return strcmp(ec_category_code(x->category), ec_category_code(y->category));
	if (!ec_decimal_round(x->rate, scale, &first) || !ec_decimal_round(y->rate, scale, &second))
		ec_amount_out_of_range();
	return first < second ? -1 : first > second;
}

/* Add a line to the group of its category and rate. */
static void
add_to_group(EcInvoice *invoice, const EcInvoiceLine *line)
{
	EcInvoiceGroup *group = invoice->groups;
	EcInvoiceGroup *end = group + invoice->ngroups;

	while (group < end && (group->first->category != line->category ||
						   !ec_decimal_equal(group->first->rate, line->rate)))
		group++;
	if (group == end)
	{
		*group = (EcInvoiceGroup)
		{
			.first = line
		};
		invoice->ngroups++;
	}
	group->taxable += line->net;
	group->of_lines += line->vat;
}

/* The VAT that earlier invoices lack of that of their lines */
static ec_int128
lacking_vat(const EcInvoice *invoice, const EcInvoiceGroup *group)
{
	int			n;
	JsonbContainer *documents = ec_member_part(invoice->order, "documents");
	JsonbContainer **lacking = elements(ec_member_part(documents, "lacking_vat"), &n);

	for (int i = 0; i < n; i++)
	{
		EcDecimal	rate = ec_numeric_decode(ec_member_numeric(lacking[i], "vat_rate"), "VAT rate");

		if (ec_decimal_equal(rate, group->first->rate) &&
			ec_member_is(lacking[i], "vat_category", ec_category_code(group->first->category)))
			return amount_of(lacking[i], "amount", invoice->minor_units);
	}
	return 0;
}

/* Sum the lines by category and rate. */
static void
sum_groups(EcInvoice *invoice)
{
	invoice->groups = palloc_array(EcInvoiceGroup, (Size) invoice->nlines);
	for (int i = 0; i < invoice->nlines; i++)
		add_to_group(invoice, &invoice->lines[i]);
	qsort(invoice->groups, (size_t) invoice->ngroups, sizeof(EcInvoiceGroup), compare_groups);
	for (int i = 0; i < invoice->ngroups; i++)
	{
		EcInvoiceGroup *group = &invoice->groups[i];

		if (!ec_vat_near(group->taxable, group->first->rate,
						 group->of_lines + lacking_vat(invoice, group), invoice->minor_units,
						 &group->vat))
			ec_amount_out_of_range();
		invoice->net += group->taxable;
		invoice->vat += group->vat;
		invoice->rounding += group->of_lines - group->vat;
		invoice->exact &= group->taxable >= 0 &&
			(group->first->category == EC_STANDARD || group->vat == 0) &&
			(group->first->category != EC_OUTSIDE || invoice->ngroups == 1);
	}
}

/*
 * Compute what an invoice of an order comes to now; false if nothing of it is left to
 * invoice.  order: that of order_to_invoice().  shipment: that of invoiceable_shipment(), of
 * whose products it is only, or NULL.
 */
bool
ec_invoice_compute(EcInvoice *invoice, JsonbContainer *order, JsonbContainer *shipment)
{
	text	   *currency = ec_member_text(order, "currency");

	if (currency == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an order has no currency")));
	memset(invoice, 0, sizeof(EcInvoice));
	invoice->order = order;
	invoice->minor_units = ec_currency_check(VARDATA_ANY(currency), VARSIZE_ANY_EXHDR(currency));
	invoice->net_prices = !ec_member_is(order, "prices", "gross");
	invoice->exact = true;
	read_lines(invoice, shipment);
	if (invoice->nlines == 0 || (shipment != NULL && !invoice->has_products))
		return false;
	sum_groups(invoice);
	for (int i = 0; i < invoice->nlines; i++)
		invoice->exact &= invoice->lines[i].allowed && invoice->lines[i].off_net >= 0;
	return true;
}

/* Is any of it in a category of VAT? */
bool
ec_invoice_has_category(const EcInvoice *invoice, EcCategory category)
{
	for (int i = 0; i < invoice->ngroups; i++)
		if (invoice->groups[i].first->category == category)
			return true;
	return false;
}
