-- What is measured: a provider reports that money came.
\set n :n + 1
\set p random(1, 10000)
SELECT status FROM ecommerce.record_payment_event('acme', 'e' || :client_id || '-' || :n, 'captured',
    10, reference => 'pi' || :p);
