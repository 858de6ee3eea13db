-- The least that writes the same rows: the client knows the ids and the statuses, and one event
-- is booked once.
\set n :n + 1
\set p random(1, 10000)
WITH k AS (
    SELECT order_id, created_at, payment_id FROM public.known WHERE n = :p
), entry AS (
    INSERT INTO "limit".payment_entries (tenant_id, id, payment_id, kind, amount, provider, event_id,
                                         request_hash)
    SELECT 1, ecommerce.uuid_v7(), k.payment_id, 'captured', 10.00, 'acme',
        'e' || :client_id || '-' || :n, '\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'
    FROM k
    ON CONFLICT DO NOTHING RETURNING payment_id
), event AS (
    INSERT INTO "limit".events (tenant_id, id, kind, entity_id, data)
    SELECT 1, ecommerce.uuid_v7(), 'payment.captured', k.order_id,
        jsonb_build_object('payment_id', k.payment_id, 'order_id', k.order_id, 'method', 'card',
                           'currency', 'EUR', 'amount', 10.00, 'status', 'captured')
    FROM k
), ordered AS (
    UPDATE "limit".orders o SET amount_paid = o.amount_paid + 10.00, payment_status = 'paid', updated_at = now()
    FROM k WHERE o.tenant_id = 1 AND o.id = k.order_id AND o.created_at = k.created_at
)
UPDATE "limit".payments p SET amount_captured = p.amount_captured + 10.00, status = 'captured',
    updated_at = now()
FROM entry e WHERE p.tenant_id = 1 AND p.id = e.payment_id
RETURNING p.status;
