-- A batch, and that it is done; it says how many events that were.
SELECT count(*) AS events, (array_agg(position))[count(*)] AS up_to
FROM ecommerce.events_fetch('bench', 10000) \gset
SELECT :events FROM ecommerce.events_ack('bench', :'up_to');
