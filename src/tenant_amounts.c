/*
 * tenant_amounts.c
 *	  The trigger that gives amounts the decimals of their currency, so that they
 *	  print as people write them: 25.00 beside 0.00, and 12.50.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/rel.h"

#include "pg_compat.h"

#include "core/currency.h"
#include "tenant_settings.h"

/* Columns that one trigger may name */
#define MAX_AMOUNTS 8

/* The number of a column of this type, or 0. */
static int
find_column(TupleDesc desc, const char *name, Oid type)
{
	int			column = SPI_fnumber(desc, name);

	return column > 0 && TupleDescAttr(desc, column - 1)->atttypid == type ? column : 0;
}

/*
 * Decimals of the row's currency, which is its own if it has one, else the shop's;
 * -1 if that is not known.
 */
static int
minor_units_of(HeapTuple row, TupleDesc desc)
{
	int			currency = find_column(desc, "currency", TEXTOID);
	int			tenant = find_column(desc, "tenant_id", INT4OID);
	char		code[EC_CURRENCY_TEXT];
	bool		isnull;
	Datum		value;

	if (currency > 0)
	{
		value = heap_getattr(row, currency, desc, &isnull);
		if (isnull)
			return -1;
		text_to_cstring_buffer(DatumGetTextPP(value), code, sizeof(code));
	}
	else
	{
		value = tenant > 0 ? heap_getattr(row, tenant, desc, &isnull) : (Datum) 0;
		if (tenant == 0 || isnull || !ec_settings_currency(DatumGetInt32(value), code))
			return -1;
	}
	return ec_currency_minor_units(code, strlen(code));
}

/* A number with as many decimals as it needs, but no fewer than its currency has */
static Datum
with_decimals(Datum number, int minor_units)
{
	int			scale;

	if (numeric_is_nan(DatumGetNumeric(number)) || numeric_is_inf(DatumGetNumeric(number)))
		return number;
	number = DirectFunctionCall1(numeric_trim_scale, number);
	scale = DatumGetInt32(DirectFunctionCall1(numeric_scale, number));
	return DirectFunctionCall2(numeric_round, number, Int32GetDatum(Max(scale, minor_units)));
}

PG_FUNCTION_INFO_V1(ec_write_amounts);

/* write_amounts('column', ...) -> trigger, BEFORE INSERT OR UPDATE FOR EACH ROW */
Datum
ec_write_amounts(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	HeapTuple	row;
	int			minor_units;
	int			n = 0;
	int			columns[MAX_AMOUNTS];
	Datum		values[MAX_AMOUNTS];
	bool		nulls[MAX_AMOUNTS] = {false};

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!TRIGGER_FIRED_BEFORE(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ||
		TRIGGER_FIRED_BY_DELETE(trigger->tg_event) ||
		trigger->tg_trigger->tgnargs > MAX_AMOUNTS)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("write_amounts must be a trigger BEFORE INSERT OR UPDATE FOR EACH ROW"
						" of at most %d columns", MAX_AMOUNTS)));
	desc = RelationGetDescr(trigger->tg_relation);
	row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple
		: trigger->tg_trigtuple;
	minor_units = minor_units_of(row, desc);
	for (int i = 0; minor_units >= 0 && i < trigger->tg_trigger->tgnargs; i++)
	{
		int			column = find_column(desc, trigger->tg_trigger->tgargs[i], NUMERICOID);
		bool		isnull = true;

		if (column > 0)
			values[n] = heap_getattr(row, column, desc, &isnull);
		if (isnull)
			continue;
		values[n] = with_decimals(values[n], minor_units);
		columns[n++] = column;
	}
	if (n > 0)
		row = heap_modify_tuple_by_cols(row, desc, n, columns, values, nulls);
	return PointerGetDatum(row);
}
