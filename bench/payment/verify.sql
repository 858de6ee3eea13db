-- What is wrong with what was measured; nothing if nothing is.
SELECT problem, detail FROM ecommerce.verify_integrity() LIMIT 3;
SELECT 'events', count(*) FROM ecommerce.payment_entries HAVING count(*) <> :captured;
SELECT 'limit', count(*) FROM "limit".payment_entries HAVING count(*) <> :limit;
SELECT 'limit: sums differ' FROM (SELECT sum(amount_captured) AS c FROM "limit".payments) p,
    (SELECT sum(amount_paid) AS c FROM "limit".orders) o,
    (SELECT sum(amount) AS c FROM "limit".payment_entries) e WHERE p.c <> o.c OR o.c <> e.c;
