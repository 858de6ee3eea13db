/*
 * uuid_v7.c
 *	  Ids that know their time: UUID version 7, RFC 9562.
 *
 * 48 bits of milliseconds, the version, 12 bits of a fraction of a millisecond
 * (section 6.2, method 3), the variant, and 62 random bits.
 */
#include "postgres.h"

#include <time.h>

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/timestamp.h"

#include "pg_compat.h"

#include "ecommerce.h"
#include "value/arguments.h"
#include "value/uuid.h"

#define NS_PER_MS INT64CONST(1000000)
#define MAX_MS ((INT64CONST(1) << 48) - 1)

/* The least difference in time that 12 bits of a millisecond can show. */
#define FRACTIONS 4096
#define STEP_NS (NS_PER_MS / FRACTIONS + 1)

/* A clock that was set back by more than this is followed. */
#define MAX_AHEAD_NS (INT64CONST(10000) * NS_PER_MS)

#define EPOCH_OFFSET_MS \
	((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY * 1000)

static int64 last_ns = 0;

/* Write the time and the version and variant bits over random bits. */
static void
stamp(pg_uuid_t *uuid, int64 ms, uint32 fraction)
{
	Assert(ms >= 0 && ms <= MAX_MS && fraction < FRACTIONS);
	for (int i = 5; i >= 0; i--, ms >>= 8)
		uuid->data[i] = (unsigned char) (ms & 0xFF);
	uuid->data[6] = (unsigned char) (0x70 | (fraction >> 8));
	uuid->data[7] = (unsigned char) (fraction & 0xFF);
	uuid->data[8] = (unsigned char) (0x80 | (uuid->data[8] & 0x3F));
}

/*
 * Fill the bytes of an id that carry randomness.  It is fetched for many ids
 * at once, by each process for itself.
 */
static void
randomize(pg_uuid_t *uuid, int first)
{
	static unsigned char pool[64 * UUID_LEN];
	static size_t used = sizeof(pool);
	static int	owner = 0;
	size_t		n = (size_t) (UUID_LEN - first);

	Assert(first > 0 && first < UUID_LEN);
	if (owner != MyProcPid || n > sizeof(pool) - used)
	{
		if (!pg_strong_random(pool, sizeof(pool)))
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("could not generate random values")));
		owner = MyProcPid;
		used = 0;
	}
	memcpy(&uuid->data[first], &pool[used], n);
	used += n;
}

/* A new id, above those that this backend made before. */
void
ec_uuid_v7_generate(pg_uuid_t *uuid)
{
	struct timespec now;
	int64		ns;

	clock_gettime(CLOCK_REALTIME, &now);
	ns = (int64) now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
	if (ns < last_ns + STEP_NS && ns > last_ns - MAX_AHEAD_NS)
		ns = last_ns + STEP_NS;
	last_ns = ns;
	randomize(uuid, 8);
	stamp(uuid, ns / NS_PER_MS, (uint32) ((ns % NS_PER_MS) * FRACTIONS / NS_PER_MS));
}

/* Milliseconds since 1970 of a time that an id can carry. */
static int64
unix_ms(TimestampTz at)
{
	int64		ms;

	if (TIMESTAMP_NOT_FINITE(at) || at < -EPOCH_OFFSET_MS * 1000 ||
		at / 1000 + EPOCH_OFFSET_MS > MAX_MS)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("time is out of range for a UUIDv7"),
				 errdetail("It must lie between the years 1970 and 10889.")));
	ms = at / 1000;
	if (at % 1000 < 0)
		ms--;
	return ms + EPOCH_OFFSET_MS;
}

/* An id of a given time, random otherwise. */
void
ec_uuid_v7_at(TimestampTz at, pg_uuid_t *uuid)
{
	int64		ms = unix_ms(at);

	randomize(uuid, 6);
	stamp(uuid, ms, (uint32) ((uuid->data[6] & 0x0F) << 8 | uuid->data[7]));
}

/* The time of an id that is known to be version 7. */
TimestampTz
ec_uuid_v7_timestamp(const pg_uuid_t *uuid)
{
	int64		ms = 0;

	for (int i = 0; i < 6; i++)
		ms = ms << 8 | uuid->data[i];
	return (ms - EPOCH_OFFSET_MS) * 1000;
}

PG_FUNCTION_INFO_V1(ec_uuid_v7);

/* uuid_v7() -> uuid */
Datum
ec_uuid_v7(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));

	ec_uuid_v7_generate(uuid);
	PG_RETURN_UUID_P(uuid);
}

PG_FUNCTION_INFO_V1(ec_uuid_v7_from_seed);

/* uuid_v7(at timestamptz, seed bytea) -> uuid */
Datum
ec_uuid_v7_from_seed(PG_FUNCTION_ARGS)
{
	bytea	   *seed;
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));
	int64		ms;
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	pg_cryptohash_ctx *hash;

	EC_STRICT(fcinfo);
	ms = unix_ms(PG_GETARG_TIMESTAMPTZ(0));
	seed = PG_GETARG_BYTEA_PP(1);
	hash = pg_cryptohash_create(PG_SHA256);
	if (hash == NULL || pg_cryptohash_init(hash) < 0 ||
		pg_cryptohash_update(hash, (const uint8 *) VARDATA_ANY(seed),
							 VARSIZE_ANY_EXHDR(seed)) < 0 ||
		pg_cryptohash_final(hash, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute a SHA-256 hash");
	pg_cryptohash_free(hash);
	memcpy(&uuid->data[6], digest, UUID_LEN - 6);
	stamp(uuid, ms, (uint32) ((uuid->data[6] & 0x0F) << 8 | uuid->data[7]));
	PG_RETURN_UUID_P(uuid);
}

/* Has an id a time? */
bool
ec_uuid_v7_is(const pg_uuid_t *uuid)
{
	return uuid->data[6] >> 4 == 7 && uuid->data[8] >> 6 == 2;
}

/* Refuse an id that has no time. */
void
ec_uuid_v7_check(const pg_uuid_t *uuid)
{
	if (!ec_uuid_v7_is(uuid))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("id %s is not a UUIDv7", ec_uuid_text(uuid)),
				 errhint("Use ecommerce.uuid_v7(), which ids default to.")));
}

PG_FUNCTION_INFO_V1(ec_uuid_v7_time);

/* uuid_v7_time(id uuid) -> timestamptz */
Datum
ec_uuid_v7_time(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *uuid;

	EC_STRICT(fcinfo);
	uuid = PG_GETARG_UUID_P(0);
	ec_uuid_v7_check(uuid);
	PG_RETURN_TIMESTAMPTZ(ec_uuid_v7_timestamp(uuid));
}
