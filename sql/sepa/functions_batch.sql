-- Files for the bank: direct debits and credit transfers.

CREATE FUNCTION ecommerce.sepa_debit_batch(collection_date date DEFAULT NULL,
    scheme text DEFAULT 'CORE', max_count integer DEFAULT 10000,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS SETOF ecommerce.sepa_file
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET jit = off
AS $$
DECLARE
    v_tenant   integer := ecommerce_internal.check_tenant(tenant_id);
    v_due      date := coalesce(collection_date, ecommerce_internal.shop_day_of(v_tenant));
    v_day      date := ecommerce_internal.collection_day(v_tenant, v_due);
    v_creditor jsonb := ecommerce_internal.sepa_creditor(v_tenant, 'debit');
    v_ids      uuid[];
    v_items    jsonb;
    v_left_out jsonb;
    v_batch    uuid;
    i          jsonb;
BEGIN
    IF scheme IS NULL OR scheme NOT IN ('CORE', 'B2B') THEN
        RAISE EXCEPTION 'scheme must be CORE or B2B' USING ERRCODE = 'invalid_parameter_value';
    ELSIF max_count IS NULL OR max_count NOT BETWEEN 1 AND 100000 THEN
        RAISE EXCEPTION 'max_count must be 1 to 100000, but is %', max_count
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM ecommerce_internal.lock_bank(v_tenant);
    v_ids := ecommerce_internal.lock_due_debits(v_tenant, greatest(v_due, v_day), scheme,
                                                max_count);
    SELECT jsonb_agg(d.item ORDER BY d.item ->> 'payment_id') FILTER (WHERE d.reason IS NULL),
           coalesce(jsonb_agg(jsonb_build_object('payment_id', d.item -> 'payment_id',
               'reason', d.reason) ORDER BY d.item ->> 'payment_id')
               FILTER (WHERE d.reason IS NOT NULL), '[]')
    INTO v_items, v_left_out
    FROM ecommerce_internal.due_debits(v_tenant, v_ids, v_day) d;
    IF v_items IS NULL AND v_left_out = '[]' THEN
        RETURN;
    ELSIF v_items IS NULL THEN
        RAISE EXCEPTION 'nothing that is due can be collected' USING ERRCODE = 'EC058',
            DETAIL = v_left_out::text,
            HINT = 'Void these payments, or correct what they lack.';
    END IF;
    v_batch := ecommerce_internal.write_batch(v_tenant, 'debit', scheme, v_day, v_creditor,
                                              v_items);
    PERFORM ecommerce_internal.use_mandates(v_tenant, v_items, v_day);
    FOR i IN SELECT e FROM jsonb_array_elements(v_items) e LOOP
        PERFORM ecommerce_internal.book_entry(v_tenant, (i ->> 'payment_id')::uuid, 'submitted',
            (i ->> 'amount')::numeric, 'bank',
            ecommerce_internal.bank_event(i ->> 'end_to_end_id', 'submitted'), NULL,
            jsonb_build_object('batch_id', v_batch, 'sequence_type', i -> 'sequence_type'), now());
    END LOOP;
    RETURN NEXT ecommerce_internal.batch_answer(v_tenant, v_batch, v_left_out);
END
$$;
COMMENT ON FUNCTION ecommerce.sepa_debit_batch(date, text, integer, integer) IS
    'Make a file of direct debits (pain.008.001.08) and return it. It has the payments of method '
    'sepa_debit that no other provider has, whose status is created and that are due by the day of '
    'collection, or have no due_date; each is in one file only, for ever, and is submitted then. '
    'collection_date: when they are to be collected, today for NULL: that day, or the next one on '
    'which banks move euros, but not before the TARGET day after today. scheme: CORE or B2B, of '
    'their mandates. max_count: at most so many; the others come with the next file. What cannot '
    'be collected is left out, and told with the reason. Returns no row if nothing is due. Errors: '
    'EC057 the seller''s data are incomplete, EC058 nothing that is due can be collected, 22023 a '
    'day that is over or more than 14 days ahead, or another wrong argument.';

CREATE FUNCTION ecommerce.request_sepa_transfer(name text, iban text, amount numeric,
    reference text, refund_id uuid DEFAULT NULL, part_number integer DEFAULT NULL,
    bic text DEFAULT NULL, address jsonb DEFAULT NULL, idempotency_key text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.transfer_state
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_iban   text := ecommerce_internal.check_sepa_iban(iban);
    v_name   text := ecommerce_internal.check_sepa_name(name, 'name');
    a        jsonb := ecommerce_internal.check_sepa_address(address, v_iban);
    v_text   text := ecommerce_internal.trimmed(
                         ecommerce_internal.check_xml_text(reference, 'reference'));
    v_hash   bytea := sha256(convert_to(jsonb_build_array(v_name, v_iban, amount, v_text,
                          refund_id, part_number, bic, a)::text, 'UTF8'));
    v_id     uuid;
    v_same   boolean;
BEGIN
    v_id := ecommerce_internal.transfer_of_request(v_tenant, idempotency_key, v_hash);
    IF v_id IS NOT NULL THEN
        RETURN ecommerce_internal.transfer_answer(v_tenant, v_id);
    ELSIF num_nulls(amount, v_text) > 0 THEN
        RAISE EXCEPTION 'amount and reference must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF amount NOT BETWEEN 0.01 AND 999999999.99 OR amount <> round(amount, 2) THEN
        RAISE EXCEPTION 'amount must be 0.01 to 999999999.99 with two decimals, but is %', amount
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF length(v_text) NOT BETWEEN 1 AND 500 THEN
        RAISE EXCEPTION 'reference must have 1 to 500 characters'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM ecommerce_internal.check_key(idempotency_key);
    IF num_nonnulls(refund_id, part_number) > 0 THEN
        PERFORM ecommerce_internal.check_refund_part(v_tenant, refund_id, part_number, amount);
    END IF;
    v_id := ecommerce.uuid_v7();
    INSERT INTO ecommerce.sepa_transfers AS t (tenant_id, id, kind, refund_id, part_number, name,
        iban, bic, address_line_1, address_line_2, city, postal_code, country, amount, reference,
        idempotency_key, request_hash)
    VALUES (v_tenant, v_id, CASE WHEN request_sepa_transfer.refund_id IS NULL THEN 'payout'
                                 ELSE 'refund' END,
            request_sepa_transfer.refund_id, request_sepa_transfer.part_number, v_name, v_iban,
            ecommerce_internal.check_bic(bic), a ->> 'address_line_1', a ->> 'address_line_2',
            a ->> 'city', a ->> 'postal_code', a ->> 'country',
            round(request_sepa_transfer.amount, 2), v_text,
            request_sepa_transfer.idempotency_key,
            CASE WHEN request_sepa_transfer.idempotency_key IS NOT NULL THEN v_hash END)
    ON CONFLICT ON CONSTRAINT sepa_transfers_idempotency_key_key DO NOTHING
    RETURNING (t.id, t.refund_id, t.part_number, t.iban, t.amount, t.status)
              IS NOT DISTINCT FROM (v_id, request_sepa_transfer.refund_id,
                  request_sepa_transfer.part_number, v_iban, request_sepa_transfer.amount,
                  'requested') INTO v_same;
    IF NOT FOUND THEN
        v_id := ecommerce_internal.transfer_of_request(v_tenant, idempotency_key, v_hash);
        v_same := v_id IS NOT NULL;
    END IF;
    PERFORM ecommerce_internal.check_written(v_same, 'sepa_transfers');
    RETURN ecommerce_internal.transfer_answer(v_tenant, v_id);
END
$$;
COMMENT ON FUNCTION ecommerce.request_sepa_transfer(text, text, numeric, text, uuid, integer, text,
    jsonb, text, integer) IS
    'Ask for a credit transfer, which the next sepa_credit_batch() takes. name: who gets it. iban: '
    'the account. amount: euros. reference: what the receiver is told, 140 characters of which '
    'arrive, or a creditor reference (RF). refund_id, part_number: the part of a refund that it '
    'carries out, all of it; without them it is a payout. bic: the bank, which need not be told. '
    'address: an object with address_line_1, address_line_2, city, postal_code and country. '
    'Returns the transfer. Errors: 22023 an argument is wrong, 22001 it is too long, EC058 the '
    'part of the refund is unknown, not open, of another amount or has a transfer; EC007 key of '
    'another request.';

CREATE FUNCTION ecommerce.sepa_credit_batch(execution_date date DEFAULT NULL,
    max_count integer DEFAULT 10000, tenant_id integer DEFAULT ecommerce.current_tenant())
    RETURNS SETOF ecommerce.sepa_file
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET jit = off
AS $$
DECLARE
    v_tenant   integer := ecommerce_internal.check_tenant(tenant_id);
    v_today    date := ecommerce_internal.shop_day_of(v_tenant);
    v_wanted   date := ecommerce_internal.check_sepa_day(coalesce(execution_date, v_today),
                                                         'execution_date');
    v_creditor jsonb := ecommerce_internal.sepa_creditor(v_tenant, 'credit');
    v_items    jsonb;
    v_same     boolean;
    v_batch    uuid;
BEGIN
    IF v_wanted NOT BETWEEN v_today AND v_today + 365 THEN
        RAISE EXCEPTION 'execution_date is over or more than a year ahead: %', v_wanted
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF max_count IS NULL OR max_count NOT BETWEEN 1 AND 100000 THEN
        RAISE EXCEPTION 'max_count must be 1 to 100000, but is %', max_count
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM ecommerce_internal.lock_bank(v_tenant);
    PERFORM ecommerce_internal.request_refund_transfers(v_tenant);
    WITH due AS MATERIALIZED (
        SELECT k.id, k.amount, k.iban FROM ecommerce.sepa_transfers k
        WHERE k.tenant_id = v_tenant AND k.status = 'requested'
        ORDER BY k.id LIMIT max_count FOR NO KEY UPDATE
    ), taken AS (
        UPDATE ecommerce.sepa_transfers t SET status = 'submitted'
        FROM due k
        WHERE t.tenant_id = v_tenant AND t.status = 'requested' AND t.id = k.id
        RETURNING t.id, t.amount, t.name, t.iban, t.bic, t.address_line_1, t.address_line_2,
                  t.city, t.postal_code, t.country, t.reference,
                  (t.amount, t.iban, t.status) = (k.amount, k.iban, 'submitted') AS is_same)
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('transfer_id', t.id,
               'end_to_end_id', ecommerce_internal.sepa_id(t.id),
               'amount', round(t.amount, 2)::text, 'name', t.name, 'iban', t.iban, 'bic', t.bic,
               'address_line_1', t.address_line_1, 'address_line_2', t.address_line_2,
               'city', t.city, 'postal_code', t.postal_code, 'country', t.country,
               'reference', t.reference)) ORDER BY t.id), bool_and(t.is_same)
    INTO v_items, v_same FROM taken t;
    IF v_items IS NULL THEN
        RETURN;
    END IF;
    PERFORM ecommerce_internal.check_written(v_same, 'sepa_transfers');
    v_batch := ecommerce_internal.write_batch(v_tenant, 'credit', NULL,
        ecommerce.next_target_day(v_wanted, 0), v_creditor, v_items);
    RETURN NEXT ecommerce_internal.batch_answer(v_tenant, v_batch, '[]');
END
$$;
COMMENT ON FUNCTION ecommerce.sepa_credit_batch(date, integer, integer) IS
    'Make a file of credit transfers (pain.001.001.09) and return it. It has the transfers that '
    'are requested, and those of open refunds of direct debits and bank transfers whose account is '
    'known: that of the mandate, or from which the money came. Each is in one file only, for ever. '
    'execution_date: when the money is to go, today for NULL: that day, or the next one on which '
    'banks move euros. max_count: at most so many; the others come with the next file. Returns no '
    'row if there is nothing to transfer. Errors: EC057 the seller''s data are incomplete, 22023 a '
    'day that is over or a year ahead, or wrong max_count.';
