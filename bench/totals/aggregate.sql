-- The same by the aggregate, which makes the breakdown by rates besides
SELECT count(*), sum((t).net), sum((t).vat)
FROM (SELECT ecommerce.order_totals(quantity, unit_price, vat_rate) AS t FROM public.lines GROUP BY order_id OFFSET 0) o;
