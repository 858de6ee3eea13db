/*
 * invoice_seller.c
 *	  Who a tenant is on its documents.
 *
 * That hardly ever changes, so it is remembered until it does.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "pg_compat.h"

#include "call.h"
#include "core/iban.h"
#include "core/vat_id.h"
#include "db/plan.h"
#include "db/table.h"
#include "db/trigger.h"
#include "ecommerce.h"
#include "value/arguments.h"
#include "value/characters.h"
#include "value/json.h"
#include "value/member.h"

/* An identifier as it is normally written, or as it was given, if it is none. */
static JsonbValue *
normal_form(const JsonbValue *given, bool (*normalize) (const char *, size_t, char *))
{
	char		normal[Max(EC_IBAN_TEXT, EC_VAT_ID_TEXT)];
	text	   *t = ec_value_text(given);
	text	   *read = t;

	if (t != NULL && GetDatabaseEncoding() != PG_UTF8)
		read = ec_without_blanks(t, false);
	if (read != NULL && normalize(VARDATA_ANY(read), VARSIZE_ANY_EXHDR(read), normal))
		return ec_string(cstring_to_text(normal));
	return ec_string(t);
}

/* Write what a row of sellers says of who a tenant is, without what is blank. */
static void
push_seller(JsonbParseState **state, JsonbContainer *row)
{
	static const char *const not_said[] = {"tenant_id", "created_at", "updated_at"};
	JsonbIterator *iterator = JsonbIteratorInit(row);
	JsonbValue	value;

	(void) JsonbIteratorNext(&iterator, &value, true);
	while (JsonbIteratorNext(&iterator, &value, true) == WJB_KEY)
	{
		char	   *key = pnstrdup(value.val.string.val, (Size) value.val.string.len);
		JsonbValue *said;
		bool		is_said = true;

		(void) JsonbIteratorNext(&iterator, &value, true);
		for (size_t i = 0; i < lengthof(not_said); i++)
			is_said &= strcmp(key, not_said[i]) != 0;
		said = strcmp(key, "vat_id") == 0 ? normal_form(&value, ec_vat_id_normalize)
			: strcmp(key, "iban") == 0 ? normal_form(&value, ec_iban_normalize) : &value;
		if (is_said && !ec_value_blank(said))
			ec_json_push(state, key, said);
	}
}

/* It stands alone if there is no row of sellers. */
static EcPlan seller_plan = {
	.sql = "SELECT coalesce(jsonb_strip_nulls(to_jsonb(s)), jsonb_build_object()) ||"
	" jsonb_build_object('country', coalesce(s.country, t.country))"
	" FROM {settings} t LEFT JOIN {sellers} s ON s.tenant_id = $1 WHERE t.tenant_id = $1",
	.nargs = 1,
	.types = {INT4OID}
};

/* What it is read of, whose changes are told to whoever has opened them so */
static const EcTable seller_tables[] = {
	{.name = "sellers",.nkeys = 1,.ncolumns = 1,.columns = {{"tenant_id", INT4OID}}},
	{.name = "settings",.nkeys = 1,.ncolumns = 1,.columns = {{"tenant_id", INT4OID}}}
};

/* The last one that was read as of then, which it is until a table changes */
static struct
{
	Jsonb	   *document;		/* or NULL */
	int32		tenant_id;
	pg_tz	   *zone;			/* in which the session writes times */
	uint64		invalidations;
}			known_seller;

/* Read who a tenant is on its documents, and whether its changes are told. */
static Jsonb *
read_seller(int32 tenant_id, bool *told)
{
	JsonbParseState *state = NULL;
	Datum		values[] = {Int32GetDatum(tenant_id)};
	Relation	rel;

	for (size_t i = 0; i < lengthof(seller_tables); i++)
	{
		(void) ec_table_open(&seller_tables[i], tenant_id, AccessShareLock, &rel);
		*told &= ec_changes_announced(rel);
		table_close(rel, NoLock);
	}
	(void) pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (ec_execute(&seller_plan, values, NULL) == 1)
		push_seller(&state, &DatumGetJsonbP(ec_value(0, 1, JSONBOID))->root);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* Keep a document for calls to come. */
static void
keep_seller(int32 tenant_id, Jsonb *document, uint64 invalidations)
{
	Jsonb	   *copy = MemoryContextAlloc(TopMemoryContext, VARSIZE(document));

	memcpy(copy, document, VARSIZE(document));
	if (known_seller.document != NULL)
		pfree(known_seller.document);
	known_seller.document = copy;
	known_seller.tenant_id = tenant_id;
	known_seller.zone = session_timezone;
	known_seller.invalidations = invalidations;
}

PG_FUNCTION_INFO_V1(ec_seller_document);

/* seller_document(tenant_id integer) -> jsonb */
Datum
ec_seller_document(PG_FUNCTION_ARGS)
{
	int32		tenant_id;
	uint64		before;
	bool		told = !IsolationUsesXactSnapshot();
	Jsonb	   *document;

	EC_STRICT(fcinfo);
	AcceptInvalidationMessages();
	tenant_id = ec_argument_tenant(fcinfo, 0);
	before = ec_table_invalidations();
	if (known_seller.document != NULL && known_seller.tenant_id == tenant_id &&
		known_seller.zone == session_timezone && known_seller.invalidations == before)
		PG_RETURN_DATUM(datumCopy(PointerGetDatum(known_seller.document), false, -1));
	(void) ec_begin_quoting(fcinfo, 0);
	document = read_seller(tenant_id, &told);
	ec_end();
	if (told)
		keep_seller(tenant_id, document, before);
	PG_RETURN_JSONB_P(document);
}
