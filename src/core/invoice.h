/*
 * invoice.h
 *	  Prices and VAT of documents, as EN 16931 wants them.
 */
#ifndef EC_CORE_INVOICE_H
#define EC_CORE_INVOICE_H

#include "core/amount.h"

/* Digits after the decimal point that a price of a document may have */
#define EC_MAX_PRICE_SCALE 15

extern bool ec_price_of(EcDecimal amount, EcDecimal units, EcDecimal base,
						const EcDecimal *listed, int minor_units,
						EcDecimal *price);
extern bool ec_vat_near(ec_int128 taxable, EcDecimal rate, ec_int128 wanted,
						int minor_units, ec_int128 *vat);

#endif							/* EC_CORE_INVOICE_H */
