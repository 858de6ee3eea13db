-- Prints how many of 300 random orders, some with a product twice, the two
-- implementations disagree about: in a total, or in a line.

CREATE TEMP TABLE placed AS
WITH baskets AS MATERIALIZED (
    SELECT jsonb_agg(jsonb_build_object('product_id', ('01900000-0000-7000-8000-0000000' || 10000 + (random() * 9999)::int),
                                        'quantity', 1 + (random() * 9)::int)) AS items
    FROM generate_series(1, 300) basket, generate_series(1, 7)
    GROUP BY basket
)
SELECT ecommerce.place_order(items => items || (items -> 0)) AS ours, plpgsql.place_order(items => items || (items -> 0)) AS theirs
FROM baskets;

SELECT 'orders on which plpgsql disagrees: ' || count(*)
FROM placed p
WHERE ((p.ours).net, (p.ours).vat, (p.ours).gross) IS DISTINCT FROM ((p.theirs).net, (p.theirs).vat, (p.theirs).gross)
   OR (SELECT array_agg((line_number, product_id, quantity, unit_price, vat_category, vat_rate, net, vat)::text ORDER BY line_number)
       FROM ecommerce.order_items WHERE order_id = (p.ours).id)
      IS DISTINCT FROM
      (SELECT array_agg((line_number, product_id, quantity, unit_price, vat_category, vat_rate, net, vat)::text ORDER BY line_number)
       FROM plpgsql.order_items WHERE order_id = (p.theirs).id)
HAVING count(*) > 0;
