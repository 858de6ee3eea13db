/*
 * errors.h
 *	  SQLSTATEs of the errors that a caller can cause, class EC.
 *
 * Wrong arguments are not here: they use PostgreSQL's own 22004 (NULL), 22023
 * (invalid parameter value) and 22003 (out of range).
 */
#ifndef EC_ERRORS_H
#define EC_ERRORS_H

#define ERRCODE_EC_INSUFFICIENT_STOCK	MAKE_SQLSTATE('E','C','0','0','1')
#define ERRCODE_EC_UNKNOWN_PRODUCT		MAKE_SQLSTATE('E','C','0','0','2')
#define ERRCODE_EC_PRODUCT_NOT_FOR_SALE MAKE_SQLSTATE('E','C','0','0','3')
#define ERRCODE_EC_PRICE_CHANGED		MAKE_SQLSTATE('E','C','0','0','4')
#define ERRCODE_EC_UNKNOWN_RESERVATION	MAKE_SQLSTATE('E','C','0','0','5')
#define ERRCODE_EC_RESERVATION_CLOSED	MAKE_SQLSTATE('E','C','0','0','6')
#define ERRCODE_EC_KEY_REUSED			MAKE_SQLSTATE('E','C','0','0','7')
#define ERRCODE_EC_UNKNOWN_ORDER		MAKE_SQLSTATE('E','C','0','0','8')
#define ERRCODE_EC_INVALID_TRANSITION	MAKE_SQLSTATE('E','C','0','0','9')
#define ERRCODE_EC_NO_TENANT			MAKE_SQLSTATE('E','C','0','1','0')
#define ERRCODE_EC_TENANT_CONFLICT		MAKE_SQLSTATE('E','C','0','1','1')
#define ERRCODE_EC_NO_VAT_RATE			MAKE_SQLSTATE('E','C','0','1','2')
#define ERRCODE_EC_EMPTY_ORDER			MAKE_SQLSTATE('E','C','0','1','3')
#define ERRCODE_EC_UNKNOWN_CART			MAKE_SQLSTATE('E','C','0','1','4')
#define ERRCODE_EC_NOT_CONFIGURED		MAKE_SQLSTATE('E','C','0','1','5')
#define ERRCODE_EC_UNKNOWN_USER			MAKE_SQLSTATE('E','C','0','1','6')
#define ERRCODE_EC_IMMUTABLE			MAKE_SQLSTATE('E','C','0','1','7')
#define ERRCODE_EC_TOTALS_DIFFER		MAKE_SQLSTATE('E','C','0','1','8')
#define ERRCODE_EC_UNKNOWN_WAREHOUSE	MAKE_SQLSTATE('E','C','0','2','1')
#define ERRCODE_EC_RETURN_EXCEEDS_SALE	MAKE_SQLSTATE('E','C','0','2','2')

#endif							/* EC_ERRORS_H */
