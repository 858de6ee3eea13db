/*
 * payment.h
 *	  What payments do to their orders.
 */
#ifndef EC_PAYMENT_H
#define EC_PAYMENT_H

extern bool ec_payment_add_to_order(Datum *arguments, Datum *status);

#endif							/* EC_PAYMENT_H */
