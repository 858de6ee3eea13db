-- Milliseconds: of 10,000 invoices in one call, and of the XML of one with 100 lines.
SELECT clock_timestamp() AS start \gset
SELECT count(i.invoice_number) AS bulk FROM ecommerce.issue_invoices(ARRAY(
    SELECT order_id FROM public.known WHERE n > (SELECT last_value FROM public.next_order)
    ORDER BY n LIMIT 10000)) i \gset
SELECT clock_timestamp() AS bulk_done \gset
SELECT sum(length(ecommerce.invoice_xml(l.id))) AS xml FROM public.long l, generate_series(1, 50) \gset
SELECT clock_timestamp() AS done \gset
SELECT format('%s|%s|%s', :bulk,
    round(extract(epoch FROM :'bulk_done'::timestamptz - :'start') * 1000),
    round(extract(epoch FROM :'done'::timestamptz - :'bulk_done') * 20, 1));
