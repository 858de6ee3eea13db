-- The totals of all orders in exact SQL: VAT rounded once for each order and rate
SELECT count(*), sum(net), sum(vat)
FROM (SELECT order_id, sum(net) AS net, sum(vat) AS vat
      FROM (SELECT order_id, vat_rate, sum(round(quantity * unit_price, 2)) AS net,
                   round(sum(round(quantity * unit_price, 2)) * vat_rate / 100, 2) AS vat
            FROM public.lines GROUP BY order_id, vat_rate) r
      GROUP BY order_id) o;
