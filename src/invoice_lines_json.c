/*
 * invoice_lines_json.c
 *	  The lines and the VAT breakdown of an invoice, as its draft has them.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "pg_compat.h"

#include "core/invoice.h"
#include "ecommerce.h"
#include "invoice_lines.h"
#include "value/json.h"
#include "value/member.h"
#include "value/numeric_codec.h"

/* Write a key and a price. */
static void
push_decimal(JsonbParseState **state, char *key, EcDecimal number)
{
	ec_json_push_amount(state, key, number.value, number.scale);
}

/* Write what is the same of a line, a charge and the allowance of one. */
static void
push_common(JsonbParseState **state, const EcInvoice *invoice, const EcInvoiceLine *line,
			int number, char *part)
{
	JsonbValue *gtin = ec_member(line->line, "gtin");
	JsonbValue *supply = line->product ? ec_member(line->line, "supply") : NULL;
	bool		goods = line->product || invoice->has_goods;

	ec_json_push_int(state, "line_number", number);
	ec_json_push_text(state, "part", part);
	ec_json_push_int(state, "order_line", line->line_number);
	ec_json_push(state, "kind", ec_member(line->line, "kind"));
	ec_json_push(state, "sku", ec_member(line->line, "sku"));
	if (gtin != NULL && (gtin->type != jbvString || gtin->val.string.len < 8 ||
						 gtin->val.string.len > 14 ||
						 strspn(pnstrdup(gtin->val.string.val, (Size) gtin->val.string.len),
								"0123456789") != (size_t) gtin->val.string.len))
		gtin = NULL;
	ec_json_push(state, "gtin", gtin);
	ec_json_push(state, "name", ec_member(line->line, "name"));
	ec_json_push(state, "unit_code", ec_member(line->line, "unit_code"));
	ec_json_push(state, "vat_category", ec_member(line->line, "vat_category"));
	ec_json_push(state, "vat_rate", ec_member(line->line, "vat_rate"));
	if (supply != NULL)
		ec_json_push(state, "supply", supply);
	else
		ec_json_push_text(state, "supply", goods ? "goods" : "service");
}

/*
 * The price of a line, or of a charge: as listed without VAT, if it has no more decimals
 * than we compute with, and comes to the amount.
 */
static EcDecimal
line_price(const EcInvoice *invoice, const EcInvoiceLine *line, bool charge)
{
	EcDecimal	amount = {line->net + line->off_net, invoice->minor_units};
	EcDecimal	base = ec_numeric_decode(ec_member_numeric(line->line, "base_quantity"),
										 "quantity");
	Datum		given = ec_member_numeric(line->line, "unit_price");
	bool		is_listed = invoice->net_prices && !charge &&
	DatumGetInt32(DirectFunctionCall1(numeric_scale, given)) <= EC_MAX_SCALE;
	EcDecimal	listed = {0};
	EcDecimal	price;

	if (is_listed)
		listed = ec_numeric_decode(given, "price");
	if (base.value <= 0 ||
		!ec_price_of(amount, ec_decimal_of(line->units), base, is_listed ? &listed : NULL,
					 invoice->minor_units, &price))
		ec_amount_out_of_range();
	return price;
}

/* Write a line, or a charge. */
static void
push_line(JsonbParseState **state, EcInvoice *invoice, const EcInvoiceLine *line, int number)
{
	int			minor_units = invoice->minor_units;
	bool		charge = invoice->has_products && !line->product;
	EcDecimal	price = line_price(invoice, line, charge);

	invoice->exact &= price.value >= 0;
	(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	push_common(state, invoice, line, number, charge ? "charge" : "line");
	ec_json_push_int(state, "quantity", line->units);
	push_decimal(state, "unit_price", price);
	ec_json_push(state, "base_quantity", ec_member(line->line, "base_quantity"));
	ec_json_push_amount(state, "allowance", charge ? 0 : line->off_net, minor_units);
	ec_json_push_amount(state, "net", line->net + (charge ? line->off_net : 0), minor_units);
	ec_json_push_amount(state, "vat", line->vat + (charge ? line->off_vat : 0), minor_units);
	if (charge)
	{
		ec_json_push_text(state, "reason_code",
						  ec_member_is(line->line, "kind", "shipping") ? "FC" : "ABK");
		ec_json_push(state, "reason", ec_member(line->line, "name"));
	}
	else
	{
		bool		reduced = line->off_net > 0;

		ec_json_push_word(state, "reason_code", reduced ? cstring_to_text("95") : NULL);
		ec_json_push_word(state, "reason", reduced ? cstring_to_text("Discount") : NULL);
	}
	(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/* Write the discount of a charge. */
static void
push_allowance(JsonbParseState **state, const EcInvoice *invoice, const EcInvoiceLine *line,
			   int number)
{
	int			minor_units = invoice->minor_units;

	(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
	push_common(state, invoice, line, number, "allowance");
	ec_json_push_int(state, "quantity", 1);
	ec_json_push_amount(state, "unit_price", line->off_net, minor_units);
	ec_json_push_int(state, "base_quantity", 1);
	ec_json_push_amount(state, "allowance", 0, minor_units);
	ec_json_push_amount(state, "net", line->off_net, minor_units);
	ec_json_push_amount(state, "vat", line->off_vat, minor_units);
	ec_json_push_text(state, "reason_code", "95");
	ec_json_push_text(state, "reason", "Discount");
	(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
}

/* Write the lines of an invoice, charges and their discounts last. */
void
ec_invoice_push_lines(JsonbParseState **state, EcInvoice *invoice)
{
	int			number = 0;

	ec_json_push_key(state, "lines");
	(void) pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int charges = 0; charges <= 1; charges++)
		for (int i = 0; i < invoice->nlines; i++)
		{
			const EcInvoiceLine *line = &invoice->lines[i];

			CHECK_FOR_INTERRUPTS();
			if ((invoice->has_products && !line->product) != (charges == 1))
				continue;
			push_line(state, invoice, line, ++number);
			if (charges == 1 && line->off_net > 0)
				push_allowance(state, invoice, line, ++number);
		}
	(void) pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/* Write why a category of VAT bears none; the order says it in category E. */
static void
push_exemption(JsonbParseState **state, const EcInvoice *invoice, EcCategory category)
{
	static const struct
	{
		char	   *vatex;
		char	   *reason;
	}			exemptions[] = {
		[EC_REVERSE] = {"VATEX-EU-AE", "Reverse charge"},
		[EC_INTRA] = {"VATEX-EU-IC", "Intra-Community supply"},
		[EC_EXPORT] = {"VATEX-EU-G", "Export outside the EU"},
		[EC_OUTSIDE] = {"VATEX-EU-O", "Not subject to VAT"}
	};
	JsonbValue *vatex = ec_member(invoice->order, "vatex");
	JsonbValue *reason = ec_member(invoice->order, "vat_reason");

	ec_json_push(state, "mydata_exemption", ec_member(invoice->order, "mydata_exemption"));
	if (exemptions[category].vatex != NULL)
	{
		ec_json_push_text(state, "vatex", exemptions[category].vatex);
		ec_json_push_text(state, "reason", exemptions[category].reason);
		return;
	}
	for (size_t i = 0; i < lengthof(exemptions); i++)
		if (exemptions[i].vatex != NULL &&
			ec_member_is(invoice->order, "vatex", exemptions[i].vatex))
			vatex = NULL;
	ec_json_push(state, "vatex", vatex);
	if (reason == NULL || ec_member_is(invoice->order, "vat_reason", ""))
		ec_json_push_text(state, "reason", "Exempt from VAT");
	else
		ec_json_push(state, "reason", reason);
}

/* Write the VAT breakdown of an invoice. */
void
ec_invoice_push_breakdown(JsonbParseState **state, const EcInvoice *invoice)
{
	ec_json_push_key(state, "vat_breakdown");
	(void) pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < invoice->ngroups; i++)
	{
		const EcInvoiceGroup *group = &invoice->groups[i];
		EcCategory	category = group->first->category;

		(void) pushJsonbValue(state, WJB_BEGIN_OBJECT, NULL);
		ec_json_push(state, "vat_category", ec_member(group->first->line, "vat_category"));
		ec_json_push(state, "vat_rate", ec_member(group->first->line, "vat_rate"));
		ec_json_push_amount(state, "taxable", group->taxable, invoice->minor_units);
		ec_json_push_amount(state, "tax", group->vat, invoice->minor_units);
		if (category != EC_STANDARD && category != EC_ZERO)
			push_exemption(state, invoice, category);
		(void) pushJsonbValue(state, WJB_END_OBJECT, NULL);
	}
	(void) pushJsonbValue(state, WJB_END_ARRAY, NULL);
}
