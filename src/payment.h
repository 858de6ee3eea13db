/*
 * payment.h
 *	  What payments do to their orders.
 */
#ifndef EC_PAYMENT_H
#define EC_PAYMENT_H

/*
 * What an order says after more was paid, refunded and charged back.  $1 to $3 are its
 * tenant, id and created_at.
 */
#define EC_ORDER_PAYMENT_STATUS(paid, refunded, charged_back) \
	"ecommerce_internal.order_payment_status(o.gross, " paid ", " refunded ", " charged_back "," \
	" CASE WHEN " paid " - " charged_back " - " refunded " < o.gross" \
	" THEN ecommerce_internal.order_credit_now($1, $2, $3) ELSE 0 END," \
	" CASE WHEN " paid " <= " charged_back \
	" THEN ecommerce_internal.payments_failed($1, $2) ELSE false END)"

extern bool ec_payment_add_to_order(Datum *arguments, Datum *status);

#endif							/* EC_PAYMENT_H */
