/*
 * catalog_items.h
 *	  What is to be reserved or ordered.
 */
#ifndef EC_ITEMS_H
#define EC_ITEMS_H

#include "datatype/timestamp.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "core/vat.h"

/* Units that one line may have */
#define EC_MAX_QUANTITY 1000000000

/* The code of a unit that is nothing in particular, of UN/ECE recommendation 20 */
#define EC_UNIT_ONE "C62"

/* Prices lie below this, as the table of products checks */
#define EC_MAX_PRICE ((ec_int128) 1000000000000000LL)

/* Where a price comes from */
typedef enum EcPriceRule
{
	EC_NO_PRICE,				/* in that currency; or history has its own */
	EC_LIST_PRICE,
	EC_SALE_PRICE,
	EC_PRICE_LIST
} EcPriceRule;

/* A line, as the caller wrote it and as its product was found */
typedef struct EcItem
{
	char	   *sku;			/* as written, or NULL if by id */
	bool		may_be_id;		/* what is no SKU */
	pg_uuid_t	product_id;
	int32		quantity;
	bool		has_price;
	EcDecimal	unit_price;		/* as written */
	/* set by ec_items_find */
	char	   *found_sku;
	char	   *name;
	EcDecimal	list_price;
	bool		has_sale;
	EcDecimal	sale_price;
	TimestampTz sale_from;
	TimestampTz sale_to;
	int32		base_quantity;	/* units that a price is for */
	char	   *unit_code;
	bool		track_stock;
	bool		may_spread;
	int32		min_stock;
	char	   *vat_class;
	char		supply;			/* its first letter: goods, service, digital */
	/* set by ec_price_items */
	EcPriceRule rule;
	EcDecimal	price;
	EcPrices	prices;
	char	   *price_list;		/* its name, if one has won */
	int32		min_quantity;	/* of its tier */
} EcItem;

/* Units of one product, to be taken from stock or (negative) given back */
typedef struct EcDemand
{
	pg_uuid_t	product_id;
	const char *sku;
	int32		quantity;
	int32		warehouse_id;	/* 0: take from any, give to the default one */
	bool		may_spread;		/* over more rows, if many want it */
	bool		may_backorder;
	int32		min_stock;		/* write an event at this; -1: never */
} EcDemand;

extern EcItem *ec_items_read(Jsonb *items, int *n);
extern void ec_items_find(EcItem *items, int n, int32 tenant_id,
						  bool for_sale);
extern EcDemand *ec_items_demand(const EcItem *items, int n, int *ndemands);

#endif							/* EC_ITEMS_H */
