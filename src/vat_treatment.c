/*
 * vat_treatment.c
 *	  How the products of an order are taxed.
 *
 * A plain sale at home asks nothing.  Any other asks vat_treatment(), once for
 * each class of products and kind of supply.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/json.h"

#include "pg_compat.h"

#include "country.h"
#include "db/plan.h"
#include "errors.h"
#include "value/characters.h"
#include "value/numeric_codec.h"
#include "vat_treatment.h"

/* Arguments of the statement that asks, which counts them from 1 */
enum
{
	ASK_SELLER_COUNTRY,
	ASK_SELLER_REGION,
	ASK_ON_DATE,
	ASK_OVER_THRESHOLD,
	ASK_OSS,
	ASK_SMALL_ENTERPRISE,
	ASK_VAT_CLASS,
	ASK_SUPPLY,
	ASK_BUYER_COUNTRY,
	ASK_BUYER_POSTAL_CODE,
	ASK_BUYER_STATE,
	ASK_BUYER_CITY,
	ASK_BUYER_VAT_ID,
	ASK_BUYER_VAT_ID_VALID,
	ASK_UNSAID_REGION,			/* where a buyer is who says nothing */
	ASK_ARGUMENTS
};

/* Columns of its answer */
enum
{
	ANSWER_CATEGORY = 1,
	ANSWER_RATE,
	ANSWER_COUNTRY,
	ANSWER_REGION,
	ANSWER_SCHEME,
	ANSWER_VATEX,
	ANSWER_REASON,
	ANSWER_MYDATA_EXEMPTION
};

/*
 * A region is known by the name that the address gives for it.  Names of towns
 * are common, so that of the city counts only where the postal code does not tell.
 * An empty region says that it is in none.
 */
static EcPlan treatment_plan = {
	.sql = "SELECT t.vat_category, t.vat_rate, t.country, t.region, t.scheme, t.vatex,"
	" t.legal_reason, t.mydata_exemption"
	" FROM ecommerce.vat_treatment(seller_country => $1, seller_region => $2,"
	" stock_region => $2, on_date => $3, distance_sales_exceed_threshold => $4,"
	" oss => $5, small_enterprise => $6, vat_class => $7, supply => $8,"
	" buyer_country => $9, buyer_postal_code => $10, buyer_vat_id => $13,"
	" buyer_vat_id_valid => $14,"
	" buyer_region => coalesce((SELECT n.name FROM (VALUES (1, $11), (2, $12)) n (rank, name)"
	" WHERE n.name <> '' AND ecommerce_internal.is_vat_place($9, n.name,"
	" CASE n.rank WHEN 2 THEN $10 END)"
	" ORDER BY n.rank LIMIT 1), $15, CASE WHEN $11 = '' THEN '' END)) t",
	.nargs = ASK_ARGUMENTS,
	.types = {
		TEXTOID, TEXTOID, DATEOID, BOOLOID, BOOLOID, BOOLOID, TEXTOID, TEXTOID,
		TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, BOOLOID, TEXTOID
	}
};

/* The treatment of an item, or NULL while it is not known. */
const EcTreatment *
ec_treatment_find(const EcSale *sale, const EcItem *item)
{
	for (int i = 0; i < sale->ntreatments; i++)
	{
		const EcTreatment *t = &sale->treatments[i];

		if (t->supply == item->supply && strcmp(t->vat_class, item->vat_class) == 0)
			return t;
	}
	return NULL;
}

/*
 * Where a product is supplied to, as far as the buyer says: goods go to the
 * shipping address, services to whom the bill goes.
 */
const EcAddress *
ec_sale_destination(const EcSale *sale, char supply)
{
	const EcAddress *first = supply == 'g' ? &sale->shipping : &sale->billing;
	const EcAddress *second = supply == 'g' ? &sale->billing : &sale->shipping;

	if (first->country != NULL || second->country != NULL)
		return first->country != NULL ? first : second;
	if (first->postal_code != NULL || second->postal_code != NULL)
		return first->postal_code != NULL ? first : second;
	return first->state != NULL || first->city != NULL ? first : second;
}

/* Is an address where the seller's own rates apply? */
static bool
plain_address(const EcSettings *seller, const EcAddress *address)
{
	const char *names[] = {address->state, address->city};

	/* Without a country it is at home, where its names may tell more. */
	if (address->country == NULL)
		return (address->state == NULL && address->city == NULL &&
				address->postal_code == NULL) ||
			ec_settings_at_large(seller, names, lengthof(names),
								 address->postal_code);
	return (strlen(address->country) == VARSIZE_ANY_EXHDR(seller->country) &&
			memcmp(address->country, VARDATA_ANY(seller->country),
				   strlen(address->country)) == 0 &&
			ec_settings_at_large(seller, names, lengthof(names),
								 address->postal_code));
}

/*
 * Is it a plain sale at home, of which the seller's own rates are all that
 * needs to be known?
 */
static bool
plain_sale(const EcSale *sale)
{
	const EcSettings *seller = sale->seller;
	bool		goods = false;
	bool		services = false;

	for (int i = 0; i < sale->nitems; i++)
		if (sale->items[i].supply == 'g')
			goods = true;
		else
			services = true;
	return !sale->identified && !seller->ask_always &&
		!(services && seller->ask_services) &&
		(!goods || plain_address(seller, ec_sale_destination(sale, 'g'))) &&
		(!services || plain_address(seller, ec_sale_destination(sale, 's')));
}

/* A text of the last result that survives it; NULL only if it may be. */
static text *
result_text(int column, bool required)
{
	bool		isnull;
	Datum		value = ec_value_or_null(0, column, TEXTOID, &isnull);

	if (isnull && required)
		elog(ERROR, "column %d of vat_treatment is NULL", column);
	return isnull ? NULL : DatumGetTextPCopy(value);
}

/* Read the answer. */
static void
read_answer(EcTreatment *t)
{
	text	   *category = result_text(ANSWER_CATEGORY, true);
	Datum		exemption;
	bool		isnull;

	if (!ec_category_parse(VARDATA_ANY(category), VARSIZE_ANY_EXHDR(category),
						   &t->category))
		elog(ERROR, "vat_treatment returned an unknown category");
	t->rate = ec_numeric_decode(ec_value(0, ANSWER_RATE, NUMERICOID), "VAT rate");
	t->country = result_text(ANSWER_COUNTRY, true);
	t->region = result_text(ANSWER_REGION, true);
	t->scheme = result_text(ANSWER_SCHEME, true);
	t->vatex = result_text(ANSWER_VATEX, false);
	t->reason = result_text(ANSWER_REASON, false);
	exemption = ec_value_or_null(0, ANSWER_MYDATA_EXEMPTION, INT4OID, &isnull);
	t->mydata_exemption = isnull ? 0 : DatumGetInt32(exemption);
}

/* Set an argument to a text, or to NULL. */
static void
set_text(Datum *arguments, char *nulls, int n, const char *value)
{
	if (value == NULL)
		nulls[n] = 'n';
	else
		arguments[n] = CStringGetTextDatum(value);
}

/* Ask how products of one class and supply are taxed. */
static void
ask_treatment(const EcSale *sale, EcTreatment *t)
{
	const EcSettings *seller = sale->seller;
	EcAddress	at_seller;
	text	   *unsaid = NULL;
	const EcAddress *to = ec_sale_destination(sale, t->supply);
	Datum		arguments[ASK_ARGUMENTS];
	char		nulls[ASK_ARGUMENTS];

	/*
	 * A buyer who does not say where is where the seller is, or in its
	 * country.
	 */
	if (to->country == NULL)
	{
		at_seller = *to;
		at_seller.country = text_to_cstring(seller->country);
		if (to->postal_code != NULL)
			ec_country_check_postal_code(at_seller.country,
										 to == &sale->shipping ? "shipping_address.postal_code" :
										 "billing_address.postal_code", to->postal_code);
		else
			unsaid = seller->region;
		to = &at_seller;
	}

	memset(nulls, ' ', sizeof(nulls));
	arguments[ASK_SELLER_COUNTRY] = PointerGetDatum(seller->country);
	arguments[ASK_SELLER_REGION] = PointerGetDatum(seller->region);
	arguments[ASK_ON_DATE] = DateADTGetDatum(seller->day);
	arguments[ASK_OVER_THRESHOLD] = BoolGetDatum(seller->over_threshold);
	arguments[ASK_OSS] = BoolGetDatum(seller->oss);
	arguments[ASK_SMALL_ENTERPRISE] = BoolGetDatum(seller->small_enterprise);
	arguments[ASK_VAT_CLASS] = CStringGetTextDatum(t->vat_class);
	arguments[ASK_SUPPLY] = CStringGetTextDatum(t->supply == 'g' ? "goods" :
												t->supply == 's' ? "service" : "digital");

	set_text(arguments, nulls, ASK_BUYER_COUNTRY, to->country);
	set_text(arguments, nulls, ASK_BUYER_POSTAL_CODE, to->postal_code);
	set_text(arguments, nulls, ASK_BUYER_STATE, to->state);
	set_text(arguments, nulls, ASK_BUYER_CITY, to->city);
	arguments[ASK_BUYER_VAT_ID] = PointerGetDatum(sale->buyer_vat_id);
	nulls[ASK_BUYER_VAT_ID] = sale->buyer_vat_id == NULL ? 'n' : ' ';
	arguments[ASK_BUYER_VAT_ID_VALID] = BoolGetDatum(sale->identified);
	nulls[ASK_BUYER_VAT_ID_VALID] = sale->identified ? ' ' : 'n';
	arguments[ASK_UNSAID_REGION] = PointerGetDatum(unsaid);
	nulls[ASK_UNSAID_REGION] = unsaid == NULL ? 'n' : ' ';

	if (ec_execute(&treatment_plan, arguments, nulls) != 1)
		elog(ERROR, "vat_treatment returned no row");
	read_answer(t);
}

/* Is it taxed by the rules of the seller's own country? */
static bool
is_domestic(const EcTreatment *t)
{
	return ec_same_text(t->scheme, cstring_to_text("domestic"));
}

/* Does it bear VAT, if only at a rate of zero? */
static bool
has_rate(const EcTreatment *t)
{
	return t->category == EC_STANDARD || t->category == EC_ZERO;
}

/*
 * The treatment that stands for the order's: what is exempt in itself says
 * neither in which region it is, nor that the seller is a small enterprise.
 */
static const EcTreatment *
principal_treatment(const EcSale *sale)
{
	const EcTreatment *best = &sale->treatments[0];

	Assert(sale->ntreatments > 0);
	for (int i = 1; i < sale->ntreatments; i++)
	{
		const EcTreatment *t = &sale->treatments[i];

		if ((has_rate(t) && !has_rate(best)) ||
			(is_domestic(best) && !is_domestic(t)))
			best = t;
	}
	return best;
}

/* Can two treatments be of one order: by one scheme, and in one place? */
static bool
go_together(const EcSettings *seller, const EcTreatment *a, const EcTreatment *b)
{
	if (!ec_same_text(a->country, b->country))
		return false;
	if (has_rate(a) && has_rate(b) && !ec_same_text(a->region, b->region))
		return false;
	return ec_same_text(a->scheme, b->scheme) ||
		(seller->small_enterprise && a->category == EC_EXEMPT &&
		 b->category == EC_EXEMPT);
}

/* Refuse products of which one is taxed in another way, or elsewhere. */
static void
check_treatments(const EcSale *sale)
{
	const EcTreatment *principal = principal_treatment(sale);
	bool		differ = false;
	StringInfoData list;

	for (int i = 0; i < sale->ntreatments; i++)
		differ |= !go_together(sale->seller, &sale->treatments[i], principal);
	if (!differ)
		return;
	initStringInfo(&list);
	for (int i = 0; i < sale->nitems && list.len < 10000; i++)
	{
		const EcItem *item = &sale->items[i];
		const EcTreatment *t = ec_treatment_find(sale, item);

		Assert(t != NULL);
		appendStringInfoString(&list, i == 0 ? "[" : ", ");
		appendStringInfoString(&list, "{\"sku\": ");
		escape_json(&list, item->found_sku);
		appendStringInfoString(&list, ", \"vat_scheme\": ");
		escape_json(&list, text_to_cstring(t->scheme));
		appendStringInfoString(&list, ", \"country\": ");
		escape_json(&list, text_to_cstring(t->country));
		appendStringInfoString(&list, ", \"region\": ");
		escape_json(&list, text_to_cstring(t->region));
		appendStringInfoString(&list, "}");
	}
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("the products of this order are taxed in different ways"),
			 errdetail("%s]", list.data),
			 errhint("Order them separately.")));
}

/* Decide how the order is taxed, if the seller's own rates do not tell. */
void
ec_treatment_decide(EcSale *sale)
{
	if (plain_sale(sale))
		return;
	sale->treatments = palloc0_array(EcTreatment, (Size) sale->nitems);
	for (int i = 0; i < sale->nitems; i++)
	{
		EcTreatment *t = &sale->treatments[sale->ntreatments];

		CHECK_FOR_INTERRUPTS();
		if (ec_treatment_find(sale, &sale->items[i]) != NULL)
			continue;
		t->vat_class = sale->items[i].vat_class;
		t->supply = sale->items[i].supply;
		ask_treatment(sale, t);
		sale->ntreatments++;
	}
	check_treatments(sale);
}

/* Is it taxed like a sale at home with the seller's own rates? */
static bool
taxed_at_home(const EcSale *sale)
{
	const EcSettings *seller = sale->seller;
	const EcTreatment *principal;

	for (int i = 0; i < sale->ntreatments; i++)
	{
		const EcAddress *to = ec_sale_destination(sale, sale->treatments[i].supply);

		if (to->country != NULL &&
			!ec_same_text(cstring_to_text(to->country), seller->country))
			return false;
	}
	if (sale->ntreatments == 0)
		return true;
	principal = principal_treatment(sale);
	return is_domestic(principal) && ec_same_text(principal->country, seller->country) &&
		(!has_rate(principal) || ec_same_text(principal->region, seller->region));
}

/* How the whole order is taxed, to be frozen on it. */
void
ec_treatment_freeze(const EcSale *sale, EcTreatment *frozen)
{
	StringInfoData reasons;

	if (taxed_at_home(sale))
	{
		memset(frozen, 0, sizeof(EcTreatment));
		frozen->country = sale->seller->country;
		frozen->region = sale->seller->region;
		frozen->scheme = cstring_to_text("domestic");
		return;
	}

	*frozen = *principal_treatment(sale);
	initStringInfo(&reasons);
	for (int i = 0; i < sale->ntreatments; i++)
	{
		const EcTreatment *t = &sale->treatments[i];
		bool		said = t->reason == NULL;

		for (int j = 0; j < i && !said; j++)
			said = sale->treatments[j].reason != NULL &&
				ec_same_text(t->reason, sale->treatments[j].reason);
		if (!said)
			appendStringInfo(&reasons, "%s%s", reasons.len == 0 ? "" : " | ",
							 text_to_cstring(t->reason));
		if (frozen->mydata_exemption == 0)
			frozen->mydata_exemption = t->mydata_exemption;
	}
	frozen->reason = reasons.len == 0 ? NULL : cstring_to_text(reasons.data);
}
