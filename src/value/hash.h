/*
 * hash.h
 *	  What is hashed of requests and reports, by which a second one is known to say the same.
 */
#ifndef EC_HASH_H
#define EC_HASH_H

#include "common/sha2.h"
#include "lib/stringinfo.h"

extern void ec_hash_bytes(StringInfo out, char type, const char *bytes, size_t n);
extern void ec_hash_numeric(StringInfo out, Datum number);
extern void ec_hash_sha256(const StringInfoData *said, uint8 *sha256);

#endif							/* EC_HASH_H */
