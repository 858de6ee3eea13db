-- What is measured: the invoice of an order is issued.
SELECT gross FROM ecommerce.issue_invoice((
    SELECT order_id FROM public.known WHERE n = (SELECT nextval('public.next_order'))));
