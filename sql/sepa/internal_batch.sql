-- Files for the bank: what goes into them.

CREATE FUNCTION ecommerce_internal.amended(iban text, mandate_reference text, original_iban text,
    original_reference text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    -- No bank has a longer number than the first eight characters behind the check digits.
    RETURN CASE WHEN num_nonnulls(original_iban, original_reference) > 0
        THEN jsonb_strip_nulls(jsonb_build_object('original_reference', original_reference,
            'original_iban', CASE WHEN original_iban IS NOT NULL THEN
                CASE WHEN left(original_iban, 2) || substr(original_iban, 5, 8)
                          = left(iban, 2) || substr(iban, 5, 8)
                     THEN original_iban ELSE 'SMNDA' END END)) END;
COMMENT ON FUNCTION ecommerce_internal.amended(text, text, text, text) IS
    'What a collection tells of changes of its mandate; NULL if nothing has changed. An account '
    'that was surely at the same bank is told, else SMNDA stands for it.';

CREATE FUNCTION ecommerce_internal.collection_day(tenant_id integer, wanted date) RETURNS date
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_today date := ecommerce_internal.shop_day_of(tenant_id);
BEGIN
    IF ecommerce_internal.check_sepa_day(wanted, 'collection_date') < v_today THEN
        RAISE EXCEPTION 'collection_date is over: %', wanted
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF wanted > v_today + 14 THEN
        RAISE EXCEPTION 'collection_date is more than 14 days ahead: %', wanted
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Banks take direct debits at most 14 days early.';
    END IF;
    RETURN greatest(ecommerce.next_target_day(wanted, 0), ecommerce.next_target_day(v_today, 1));
END
$$;
COMMENT ON FUNCTION ecommerce_internal.collection_day(integer, date) IS
    'When direct debits are collected that are wanted on a day. That is then, or the next day on '
    'which banks move euros, but not before the TARGET day after today. Error 22023 it is over or '
    'more than 14 days ahead.';

CREATE FUNCTION ecommerce_internal.lock_due_debits(tenant_id integer, due_date date, scheme text,
    max_count integer) RETURNS uuid[]
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $$
DECLARE
    v_ids uuid[] := ARRAY(
        SELECT p.id FROM ecommerce.payments p
        LEFT JOIN ecommerce.sepa_mandates m ON m.tenant_id = lock_due_debits.tenant_id
                                           AND m.id = p.mandate_id
        WHERE p.tenant_id = lock_due_debits.tenant_id AND p.method = 'sepa_debit'
          AND p.status = 'created' AND coalesce(p.provider, 'bank') = 'bank'
          AND (p.due_date IS NULL OR p.due_date <= lock_due_debits.due_date)
          AND coalesce(m.scheme, 'CORE') = lock_due_debits.scheme
        -- What cannot be collected must not keep others waiting.
        ORDER BY m.status IS DISTINCT FROM 'active', p.id LIMIT max_count);
BEGIN
    -- Who books a payment locks its order first.
    PERFORM FROM ecommerce.orders o
    WHERE o.tenant_id = lock_due_debits.tenant_id AND (o.id, o.created_at) IN (
              SELECT p.order_id, p.order_created_at FROM ecommerce.payments p
              WHERE p.tenant_id = lock_due_debits.tenant_id AND p.id = ANY (v_ids))
    ORDER BY o.created_at, o.id FOR NO KEY UPDATE;
    PERFORM FROM ecommerce.sepa_mandates m
    WHERE m.tenant_id = lock_due_debits.tenant_id AND m.id IN (
              SELECT p.mandate_id FROM ecommerce.payments p
              WHERE p.tenant_id = lock_due_debits.tenant_id AND p.id = ANY (v_ids))
    ORDER BY m.id FOR NO KEY UPDATE;
    RETURN ARRAY(SELECT p.id FROM ecommerce.payments p
                 WHERE p.tenant_id = lock_due_debits.tenant_id AND p.id = ANY (v_ids)
                   AND p.status = 'created'
                 ORDER BY p.id FOR NO KEY UPDATE);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_due_debits(integer, date, text, integer) IS
    'For sepa_debit_batch(): lock the payments that are due, after their orders and mandates.';

CREATE FUNCTION ecommerce_internal.due_debits(tenant_id integer, payment_ids uuid[], day date)
    RETURNS TABLE (item jsonb, reason text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $$
BEGIN
    RETURN QUERY
    WITH debit AS (
        SELECT p.id, p.order_id, p.order_created_at, p.reference, p.amount, p.mandate_id,
               m.mandate_reference, m.account_holder, m.iban, m.bic, m.address_line_1,
               m.address_line_2, m.city, m.postal_code, m.country, m.kind, m.signed_on,
               m.is_final, m.last_used_on, m.original_iban, m.original_reference,
               CASE WHEN p.currency <> 'EUR' THEN 'currency'
                    WHEN p.amount NOT BETWEEN 0.01 AND 999999999.99
                         OR p.amount <> round(p.amount, 2) THEN 'amount'
                    WHEN m.user_id IS DISTINCT FROM p.user_id AND m.id IS NOT NULL
                    THEN 'other_customer'
                    ELSE ecommerce_internal.mandate_obstacle(m.status, m.signed_on,
                             m.last_used_on, due_debits.day) END AS reason
        FROM ecommerce.payments p
        LEFT JOIN ecommerce.sepa_mandates m ON m.tenant_id = due_debits.tenant_id
                                           AND m.id = p.mandate_id
        WHERE p.tenant_id = due_debits.tenant_id AND p.id = ANY (payment_ids)),
    counted AS (
        SELECT d.*, row_number() OVER (PARTITION BY d.mandate_id, d.reason ORDER BY d.id) AS nth,
               count(*) OVER (PARTITION BY d.mandate_id, d.reason) AS uses
        FROM debit d),
    typed AS (
        SELECT c.*, CASE WHEN c.kind = 'one_off'                        THEN 'OOFF'
                         WHEN c.is_final AND c.nth = c.uses             THEN 'FNAL'
                         WHEN c.last_used_on IS NULL AND c.nth = 1      THEN 'FRST'
                         ELSE 'RCUR' END AS sequence_type
        FROM counted c)
    SELECT jsonb_strip_nulls(jsonb_build_object(
               'payment_id', t.id, 'mandate_id', t.mandate_id,
               'end_to_end_id', ecommerce_internal.sepa_id(t.id),
               'amount', round(t.amount, 2)::text, 'sequence_type', t.sequence_type,
               'mandate_reference', t.mandate_reference, 'signed_on', t.signed_on,
               'amendment', CASE WHEN t.nth = 1 THEN ecommerce_internal.amended(t.iban,
                   t.mandate_reference, t.original_iban, t.original_reference) END,
               'name', t.account_holder, 'iban', t.iban, 'bic', t.bic,
               'address_line_1', t.address_line_1, 'address_line_2', t.address_line_2,
               'city', t.city, 'postal_code', t.postal_code, 'country', t.country,
               'reference', coalesce(o.order_number, t.reference))),
           CASE WHEN t.reason IS NULL AND t.kind = 'one_off' AND t.nth > 1 THEN 'mandate_used'
                WHEN t.reason IS NULL AND o.status = 'cancelled' THEN 'order_cancelled'
                ELSE t.reason END
    FROM typed t
    LEFT JOIN ecommerce.orders o ON o.tenant_id = due_debits.tenant_id AND o.id = t.order_id
                                AND o.created_at = t.order_created_at
    ORDER BY t.id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.due_debits(integer, uuid[], date) IS
    'For sepa_debit_batch(): the transactions of payments, or why they cannot be collected on a '
    'day.';

CREATE FUNCTION ecommerce_internal.write_batch(tenant_id integer, kind text, scheme text,
    execution_date date, creditor jsonb, items jsonb) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id      uuid := ecommerce.uuid_v7();
    v_message text := ecommerce_internal.sepa_id(v_id);
    v_now     timestamptz := clock_timestamp();
    v_items   jsonb;
    v_sum     numeric;
    v_xml     text;
    v_count   bigint := jsonb_array_length(items);
    v_same    boolean;
BEGIN
    SELECT jsonb_agg(i || jsonb_build_object('payment_information_id', format('%s-%s', v_message,
               coalesce(array_position('{FRST,RCUR,OOFF,FNAL}', i ->> 'sequence_type'), 1)))
               ORDER BY n), sum((i ->> 'amount')::numeric)
    INTO v_items, v_sum
    FROM jsonb_array_elements(items) WITH ORDINALITY AS t (i, n);
    v_xml := CASE kind WHEN 'debit' THEN ecommerce_internal.pain_008(creditor, v_message, v_now,
                                             execution_date, scheme, v_items)
                       ELSE ecommerce_internal.pain_001(creditor, v_message, v_now,
                                execution_date, v_items) END;
    INSERT INTO ecommerce.sepa_batches AS b (tenant_id, id, kind, scheme, message_id,
        execution_date, transaction_count, control_sum, xml, created_at)
    VALUES (write_batch.tenant_id, v_id, write_batch.kind, write_batch.scheme, v_message,
            write_batch.execution_date, v_count, v_sum, v_xml, v_now)
    RETURNING (b.id, b.kind, b.message_id, b.execution_date, b.transaction_count, b.control_sum,
               b.xml) = (v_id, write_batch.kind, v_message, write_batch.execution_date, v_count,
                         v_sum, v_xml) INTO v_same;
    PERFORM ecommerce_internal.check_written(v_same, 'sepa_batches');
    WITH item AS MATERIALIZED (
        SELECT n, i ->> 'payment_information_id' AS payment_information_id,
               i ->> 'end_to_end_id' AS end_to_end_id, (i ->> 'payment_id')::uuid AS payment_id,
               (i ->> 'transfer_id')::uuid AS transfer_id, (i ->> 'amount')::numeric AS amount,
               (i ->> 'mandate_id')::uuid AS mandate_id, i ->> 'sequence_type' AS sequence_type,
               i -> 'amendment' AS amendment
        FROM jsonb_array_elements(v_items) WITH ORDINALITY AS t (i, n)
    ), written AS (
        INSERT INTO ecommerce.sepa_batch_items AS b (tenant_id, batch_id, item_number,
            payment_information_id, end_to_end_id, payment_id, transfer_id, amount, mandate_id,
            sequence_type, amendment)
        SELECT write_batch.tenant_id, v_id, t.n, t.payment_information_id, t.end_to_end_id,
               t.payment_id, t.transfer_id, t.amount, t.mandate_id, t.sequence_type, t.amendment
        FROM item t
        RETURNING b.*)
    SELECT count(*) = v_count INTO v_same
    FROM item t
    JOIN written w ON w.item_number = t.n AND w.batch_id = v_id
    WHERE (w.payment_information_id, w.end_to_end_id, w.payment_id, w.transfer_id, w.amount,
           w.mandate_id, w.sequence_type)
          IS NOT DISTINCT FROM (t.payment_information_id, t.end_to_end_id, t.payment_id,
                                t.transfer_id, t.amount, t.mandate_id, t.sequence_type);
    PERFORM ecommerce_internal.check_written(v_same, 'sepa_batch_items');
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id, data)
    VALUES (write_batch.tenant_id, 'sepa_batch.created', v_id,
            jsonb_build_object('kind', write_batch.kind, 'message_id', v_message,
                'execution_date', write_batch.execution_date, 'transaction_count', v_count,
                'control_sum', v_sum));
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.write_batch(integer, text, text, date, jsonb, jsonb) IS
    'Write a file with its transactions and event, and return its id. items: the transactions.';

CREATE FUNCTION ecommerce_internal.use_mandates(tenant_id integer, items jsonb, day date)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_mandates uuid[] := ARRAY(SELECT DISTINCT (i ->> 'mandate_id')::uuid
                               FROM jsonb_array_elements(items) i);
    v_count    integer := 0;
    v_id       uuid;
BEGIN
    FOR v_id IN
        UPDATE ecommerce.sepa_mandates m
        SET last_used_on = greatest(m.last_used_on, use_mandates.day),
            original_iban = NULL, original_reference = NULL,
            status = CASE WHEN m.kind = 'one_off' OR m.is_final THEN 'used' ELSE m.status END
        WHERE m.tenant_id = use_mandates.tenant_id AND m.id = ANY (v_mandates)
        RETURNING CASE WHEN m.status = 'used' THEN m.id END
    LOOP
        v_count := v_count + 1;
        IF v_id IS NOT NULL THEN
            PERFORM ecommerce_internal.append_mandate_event(tenant_id, v_id, 'used', '{}');
        END IF;
    END LOOP;
    PERFORM ecommerce_internal.check_written(v_count = cardinality(v_mandates), 'sepa_mandates');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.use_mandates(integer, jsonb, date) IS
    'For sepa_debit_batch(): note that mandates are used on a day, some for the last time. Their '
    'changes have been told then.';

CREATE FUNCTION ecommerce_internal.batch_answer(tenant_id integer, batch_id uuid, left_out jsonb)
    RETURNS ecommerce.sepa_file
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_result ecommerce.sepa_file;
BEGIN
    SELECT b.id, b.kind, b.message_id, b.execution_date, b.transaction_count, b.control_sum,
           b.xml, batch_answer.left_out
    INTO v_result
    FROM ecommerce.sepa_batches b
    WHERE b.tenant_id = batch_answer.tenant_id AND b.id = batch_answer.batch_id;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.batch_answer(integer, uuid, jsonb) IS
    'What functions that make files answer.';
