-- What is wrong with what was measured; nothing if nothing is.
SELECT problem, detail FROM ecommerce.verify_integrity() LIMIT 3;
SELECT 'invoices', count(*) FROM ecommerce.invoices HAVING count(*) <> 2001 + :issued + :bulk;
SELECT 'limit', count(*) FROM "limit".invoices HAVING count(*) <> 2000 + :limit;
SELECT 'limit: lines', count(*) FROM "limit".invoice_lines HAVING count(*) <> 3 * (2000 + :limit);
