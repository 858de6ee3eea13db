/*
 * invoice_amount.c
 *	  SQL functions of prices and VAT of documents.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/fmgrprotos.h"

#include "pg_compat.h"

#include "core/invoice.h"
#include "ecommerce.h"
#include "value/arguments.h"
#include "value/numeric_codec.h"

/* Arguments of line_price */
enum
{
	PRICE_AMOUNT,
	PRICE_UNITS,
	PRICE_BASE,
	PRICE_LISTED,
	PRICE_MINOR_UNITS
};

PG_FUNCTION_INFO_V1(ec_line_price);

/*
 * line_price(amount numeric, units numeric, base numeric, listed numeric,
 * minor_units integer) -> numeric
 */
Datum
ec_line_price(PG_FUNCTION_ARGS)
{
	EcDecimal	amount;
	EcDecimal	units;
	EcDecimal	base;
	EcDecimal	listed;
	EcDecimal	price;

	for (int i = 0; i <= PRICE_MINOR_UNITS; i++)
		if (i != PRICE_LISTED && PG_ARGISNULL(i))
			PG_RETURN_NULL();
	amount = ec_numeric_decode(PG_GETARG_DATUM(PRICE_AMOUNT), "amount");
	units = ec_numeric_decode(PG_GETARG_DATUM(PRICE_UNITS), "units");
	base = ec_numeric_decode(PG_GETARG_DATUM(PRICE_BASE), "base");
	if (!PG_ARGISNULL(PRICE_LISTED))
		listed = ec_numeric_decode(PG_GETARG_DATUM(PRICE_LISTED), "price");
	if (units.value <= 0 || base.value <= 0 || PG_GETARG_INT32(PRICE_MINOR_UNITS) < 0 ||
		PG_GETARG_INT32(PRICE_MINOR_UNITS) > EC_MAX_SCALE ||
		!ec_price_of(amount, units, base, PG_ARGISNULL(PRICE_LISTED) ? NULL : &listed,
					 PG_GETARG_INT32(PRICE_MINOR_UNITS), &price))
		ec_amount_out_of_range();
	PG_RETURN_DATUM(EcAmountGetDatum(price.value, price.scale));
}

PG_FUNCTION_INFO_V1(ec_document_vat_near);

/* document_vat(taxable numeric, rate numeric, wanted numeric) -> numeric */
Datum
ec_document_vat_near(PG_FUNCTION_ARGS)
{
	int			minor_units;
	EcDecimal	rate;
	ec_int128	taxable;
	ec_int128	wanted;
	ec_int128	vat;

	EC_STRICT(fcinfo);
	(void) ec_numeric_decode(PG_GETARG_DATUM(0), "taxable");
	(void) ec_numeric_decode(PG_GETARG_DATUM(2), "VAT");
	minor_units = Max(DatumGetInt32(DirectFunctionCall1(numeric_scale, PG_GETARG_DATUM(0))),
					  DatumGetInt32(DirectFunctionCall1(numeric_scale, PG_GETARG_DATUM(2))));
	minor_units = Min(minor_units, EC_MAX_SCALE);
	taxable = ec_amount_decode(PG_GETARG_DATUM(0), minor_units, "taxable");
	rate = ec_numeric_decode(PG_GETARG_DATUM(1), "VAT rate");
	wanted = ec_amount_decode(PG_GETARG_DATUM(2), minor_units, "VAT");
	if (rate.scale > EC_MAX_SCALE / 2 || !ec_vat_near(taxable, rate, wanted, minor_units, &vat))
		ec_amount_out_of_range();
	PG_RETURN_DATUM(EcAmountGetDatum(vat, minor_units));
}
