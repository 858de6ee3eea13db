-- Prints what is wrong in a schema after a number of transactions.

SELECT 'wrong number of ' || t.name || ': ' || t.n || ' after ' || :transactions || ' transactions'
FROM (SELECT 'orders', count(*) FROM :"schema".orders
      UNION ALL SELECT 'events', count(*) FROM :"schema".events
      UNION ALL SELECT 'lines', count(*) / 3.0 FROM :"schema".order_items) t (name, n)
WHERE t.n <> :transactions;

SELECT 'orders without their event: ' || count(*)
FROM :"schema".orders o
WHERE NOT EXISTS (SELECT FROM :"schema".events e WHERE e.tenant_id = o.tenant_id AND e.entity_id = o.id AND e.kind = 'order.placed')
HAVING count(*) > 0;

SELECT 'products whose stock is not what was sold: ' || count(*)
FROM (SELECT product_id, sum(available) AS available FROM :"schema".stock GROUP BY product_id) s
LEFT JOIN (SELECT product_id, sum(quantity) AS sold FROM :"schema".order_items GROUP BY product_id) i USING (product_id)
WHERE s.available <> 1000000 - coalesce(i.sold, 0)
HAVING count(*) > 0;

-- Prices are gross, so the VAT of a rate is taken out of the sum of its lines.
SELECT 'orders with wrong totals: ' || count(*)
FROM :"schema".orders o
LEFT JOIN (SELECT order_id, sum(net) AS net, sum(vat) AS vat, sum(gross) AS gross,
                  sum(round(gross * vat_rate / (100 + vat_rate), 2)) AS exact_vat
           FROM (SELECT order_id, vat_rate, sum(net) AS net, sum(vat) AS vat, sum(round(quantity * unit_price, 2)) AS gross
                 FROM :"schema".order_items GROUP BY order_id, vat_category, vat_rate) g
           GROUP BY order_id) i ON i.order_id = o.id
WHERE (o.net, o.vat, o.gross) IS DISTINCT FROM (i.net, i.vat, i.gross) OR o.vat IS DISTINCT FROM i.exact_vat
HAVING count(*) > 0;

-- Those who compute their totals take prices from the catalog.
SELECT 'lines with wrong prices: ' || count(*)
FROM :"schema".order_items i JOIN ecommerce.products p ON p.tenant_id = i.tenant_id AND p.id = i.product_id
WHERE i.unit_price <> p.price AND :'schema' IN ('ecommerce', 'plpgsql')
HAVING count(*) > 0;
