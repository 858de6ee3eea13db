/*
 * order_number.c
 *	  Numbers of orders, for people.
 *
 * The shop's day, a hyphen, and the last 50 bits of the id, which are random:
 * no counter that orders would wait for.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "ecommerce.h"
#include "order.h"
#include "value/arguments.h"

/* YYMMDD- and 10 characters */
#define DATE_LEN 7
#define NUMBER_LEN 17

/* The number of an order of that id and day. */
text *
ec_order_number_of(const pg_uuid_t *id, DateADT day)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	int			year;
	int			month;
	int			mday;
	uint64		bits = 0;
	char		number[NUMBER_LEN + 1];

	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &mday);
	snprintf(number, sizeof(number), "%02d%02d%02d-", year % 100, month, mday);
	for (int i = 9; i < UUID_LEN; i++)
		bits = bits << 8 | id->data[i];
	for (int i = NUMBER_LEN - 1; i >= DATE_LEN; i--, bits >>= 5)
		number[i] = alphabet[bits & 31];
	return cstring_to_text_with_len(number, NUMBER_LEN);
}

PG_FUNCTION_INFO_V1(ec_order_number);

/* order_number(id uuid, tenant_id integer) -> text */
Datum
ec_order_number(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *id;
	pg_tz	   *zone;

	EC_STRICT(fcinfo);
	id = PG_GETARG_UUID_P(0);
	ec_uuid_v7_check(id);
	zone = ec_settings_zone(ec_argument_tenant(fcinfo, 1));
	PG_RETURN_TEXT_P(ec_order_number_of(id, ec_day_in(zone, ec_uuid_v7_timestamp(id))));
}
