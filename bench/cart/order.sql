-- An order of a cart of :lines lines; only the call of place_order() counts.
\set first random(0, 9999)
\set n :n + 1
\set id :n * 100 + :client_id
SELECT public.fill(('01940000-0000-7000-8000-' || :id::text)::uuid, :lines::int, :first::int);
SELECT gross FROM ecommerce.place_order(cart_id => ('01940000-0000-7000-8000-' || :id::text)::uuid);
