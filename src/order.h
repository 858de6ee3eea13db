/*
 * order.h
 *	  What the parts of placing an order share.
 */
#ifndef EC_ORDER_H
#define EC_ORDER_H

#include "fmgr.h"
#include "nodes/execnodes.h"
#include "utils/timestamp.h"

#include "catalog_items.h"
#include "stock.h"
#include "tenant_settings.h"
#include "totals_document.h"
#include "vat_treatment.h"

/* Arguments of place_order */
enum
{
	ARG_ITEMS,
	ARG_CART,
	ARG_RESERVATION,
	ARG_USER,
	ARG_EMAIL,
	ARG_PHONE,
	ARG_BILLING_ADDRESS,
	ARG_SHIPPING_ADDRESS,
	ARG_BUYER_VAT_ID,
	ARG_BUYER_VAT_ID_VALID,
	ARG_CURRENCY,
	ARG_EXPECTED_TOTAL,
	ARG_ALLOWANCES,
	ARG_CHARGES,
	ARG_SHIPPING_RATE,
	ARG_COUPON_CODES,
	ARG_NOTES,
	ARG_METADATA,
	ARG_PLACED_AT,
	ARG_IDEMPOTENCY_KEY,
	ARG_TENANT
};

/* Arguments before the tenant */
typedef struct EcRequest
{
	NullableDatum arguments[ARG_TENANT];
} EcRequest;

/* Columns of placed_order */
enum
{
	PLACED_ID,
	PLACED_NUMBER,
	PLACED_AT,
	PLACED_CURRENCY,
	PLACED_NET,
	PLACED_VAT,
	PLACED_GROSS,
	PLACED_COLUMNS
};

/* An order that is being placed */
typedef struct EcPlacement
{
	int32		tenant_id;
	pg_uuid_t	id;
	TimestampTz created_at;
	bool		quote;			/* nothing is locked or written */
	bool		history;		/* placed_at was given */
	bool		quoted;			/* accepts a quote, at its prices */
	bool		trusted;		/* the caller may write orders itself */
	const EcSettings *settings;
	char	   *currency;
	int			minor_units;
	EcPrices	prices;
	bool		has_user;
	pg_uuid_t	user_id;
	bool		has_group;		/* belongs the user to one? */
	pg_uuid_t	group_id;
	Datum		email;
	bool		has_email;
	Datum		cart_coupons;	/* codes that the cart keeps, or 0 */
	EcItem	   *items;
	int			nitems;
	EcSale		sale;
	EcTaken    *taken;			/* from stock, in the order of products */
	int			ntaken;
	EcDocument	document;
	Jsonb	   *coupons;		/* of a quote: what becomes of each, or NULL */
	ReturnSetInfo *offers;		/* where a quote of shipping goes, or NULL */
	text	   *order_number;
} EcPlacement;

/* order_request.c */
extern void ec_order_read_request(FunctionCallInfo fcinfo, EcPlacement *order);

/* order_hash.c */
extern bytea *ec_order_hash(FunctionCallInfo fcinfo, const EcPlacement *order);
extern bool ec_order_hashes_equal(bytea *a, bytea *b);
extern char *ec_order_hash_difference(bytea *a, bytea *b);

/* order_object.c */
extern const char *const ec_order_keys[ARG_TENANT];
extern EcRequest *ec_order_read_call(FunctionCallInfo fcinfo);
extern EcRequest *ec_order_read_jsonb(Jsonb *request);
extern void ec_order_mean_arguments(EcRequest *request);

/* order.c */
extern EcTaken *ec_order_compute(FunctionCallInfo fcinfo, EcPlacement *order,
								 int *nreserved);
extern void ec_order_place_request(FmgrInfo *function, const EcRequest *request,
								   NullableDatum tenant, bool quoted, Datum *placed);

/* order_source.c */
extern void ec_order_read_cart(EcPlacement *order, const pg_uuid_t *cart_id);
extern void ec_order_close_cart(const EcPlacement *order, const pg_uuid_t *cart_id);
extern void ec_order_read_reserved(EcPlacement *order, const EcTaken *reserved, int n);
extern void ec_order_find_user(EcPlacement *order);

/* order_price.c */
extern void ec_order_price(FunctionCallInfo fcinfo, EcPlacement *order);

/* order_total.c */
extern void ec_order_total(FunctionCallInfo fcinfo, EcPlacement *order);
extern void ec_order_set_vat(const EcPlacement *order, const EcItem *item, EcLine *line);

/* order_shipping.c */
extern bool ec_order_ships(const EcPlacement *order);
extern void ec_order_ship(FunctionCallInfo fcinfo, EcPlacement *order);

/* order_stock.c */
extern void ec_order_take_stock(EcPlacement *order, EcTaken *reserved, int nreserved);
extern EcDemand *ec_order_changes(const EcPlacement *order, EcTaken *reserved,
								  int nreserved, int *n);
extern bool ec_order_taken_elsewhere(const EcPlacement *order);
extern Jsonb *ec_order_allocate_line(EcPlacement *order, const EcItem *item);

/* order_number.c */
extern text *ec_order_number_of(const pg_uuid_t *id, DateADT day);

/* order_write.c */
extern bool ec_order_claim_key(FunctionCallInfo fcinfo, EcPlacement *order, Datum *placed);
extern void ec_order_write(FunctionCallInfo fcinfo, EcPlacement *order);

/* types of the columns of placed_order, in order.c */
extern const Oid ec_placed_types[PLACED_COLUMNS];

#endif							/* EC_ORDER_H */
