-- Entries of the bank: keeping them, and telling what became of them.

CREATE FUNCTION ecommerce_internal.movement_key(movement jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    -- A bank's reference is the same in statements and notifications, texts need not be.
    RETURN CASE WHEN coalesce(movement ->> 'bank_reference', '')
                     NOT IN ('', 'NONREF', 'NOTPROVIDED', 'NOREF', 'N/A')
        THEN jsonb_build_array('reference', movement -> 'account_iban',
                 movement -> 'bank_reference', movement -> 'position', movement -> 'direction',
                 movement -> 'amount', movement -> 'currency')::text
        ELSE jsonb_build_array('content', movement -> 'account_iban', movement -> 'booked_on',
                 movement -> 'position', movement -> 'direction', movement -> 'amount',
                 movement -> 'currency', movement -> 'end_to_end_id', movement -> 'message_id',
                 movement -> 'payment_information_id', movement -> 'reference',
                 movement -> 'remittance', movement -> 'party_name', movement -> 'party_iban',
                 movement -> 'return_reason')::text END;
COMMENT ON FUNCTION ecommerce_internal.movement_key(jsonb) IS
    'What makes a movement the same in every file.';

CREATE FUNCTION ecommerce_internal.keep_movement(tenant_id integer, movement jsonb,
    occurrence bigint, OUT entry_id uuid, OUT entry_status text, OUT is_new boolean)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    m       jsonb := movement;
    v_event text := 'camt:' || encode(sha256(convert_to(
                        ecommerce_internal.movement_key(m)
                        || CASE WHEN occurrence > 1 THEN occurrence::text ELSE '' END, 'UTF8')),
                        'hex');
    v_same  boolean;
BEGIN
    INSERT INTO ecommerce.bank_entries AS b (tenant_id, id, event_id, account_iban, statement_id,
        booked_on, direction, amount, currency, message_id, payment_information_id, end_to_end_id,
        reference, remittance, party_name, party_iban, return_reason, bank_reference, bank_code,
        is_rest)
    VALUES (keep_movement.tenant_id, ecommerce.uuid_v7(), v_event, left(m ->> 'account_iban', 50),
            left(m ->> 'statement_id', 100), (m ->> 'booked_on')::date, m ->> 'direction',
            (m ->> 'amount')::numeric, m ->> 'currency', left(m ->> 'message_id', 100),
            left(m ->> 'payment_information_id', 100), left(m ->> 'end_to_end_id', 100),
            coalesce(upper(replace(m ->> 'reference', ' ', '') COLLATE "C"),
                     (ecommerce_internal.rf_found(left(m ->> 'remittance', 1000)))[1]),
            left(m ->> 'remittance', 1000), left(m ->> 'party_name', 200),
            left(m ->> 'party_iban', 50), left(m ->> 'return_reason', 100),
            left(m ->> 'bank_reference', 100), left(m ->> 'bank_code', 100),
            (m ->> 'is_rest')::boolean)
    ON CONFLICT ON CONSTRAINT bank_entries_event_id_key DO NOTHING
    RETURNING b.id, (b.event_id, b.direction, b.amount, b.currency, b.status)
                    = (v_event, m ->> 'direction', (m ->> 'amount')::numeric, m ->> 'currency',
                       'unmatched') INTO entry_id, v_same;
    is_new := entry_id IS NOT NULL;
    PERFORM ecommerce_internal.check_written(v_same OR NOT is_new, 'bank_entries');
    SELECT b.id, b.status INTO entry_id, entry_status
    FROM ecommerce.bank_entries b
    WHERE b.tenant_id = keep_movement.tenant_id AND b.event_id = v_event;
    PERFORM ecommerce_internal.check_written(entry_id IS NOT NULL, 'bank_entries');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.keep_movement(integer, jsonb, bigint) IS
    'Keep a movement of a statement, once, and say what is known of it. occurrence: which of '
    'several of one file that are the same in every respect.';

CREATE FUNCTION ecommerce_internal.entry_answer(tenant_id integer, entry_id uuid, is_known boolean,
    reason text) RETURNS ecommerce.bank_booking
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_result ecommerce.bank_booking;
BEGIN
    SELECT b.id, b.booked_on, b.direction, b.amount, b.currency,
           CASE WHEN is_known THEN 'known' ELSE coalesce(b.outcome, b.status) END, b.payment_id,
           b.transfer_id, b.batch_id, coalesce(entry_answer.reason, b.return_reason)
    INTO v_result
    FROM ecommerce.bank_entries b
    WHERE b.tenant_id = entry_answer.tenant_id AND b.id = entry_answer.entry_id;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.entry_answer(integer, uuid, boolean, text) IS
    'What functions of entries of the bank answer.';

CREATE FUNCTION ecommerce_internal.try_entry(tenant_id integer, entry_id uuid) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_entry jsonb := (SELECT to_jsonb(b) FROM ecommerce.bank_entries b
                      WHERE b.tenant_id = try_entry.tenant_id AND b.id = try_entry.entry_id
                      FOR NO KEY UPDATE);
BEGIN
    RETURN CASE WHEN v_entry ->> 'status' = 'unmatched'
                THEN ecommerce_internal.match_entry(tenant_id, v_entry) END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.try_entry(integer, uuid) IS
    'Lock an entry of the bank and match it, if it is unmatched. NULL, or why it is so still.';

CREATE FUNCTION ecommerce_internal.lock_entry(tenant_id integer, entry_id uuid) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_entry jsonb;
BEGIN
    IF entry_id IS NULL THEN
        RAISE EXCEPTION 'entry_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM ecommerce_internal.lock_bank(tenant_id);
    SELECT to_jsonb(b) INTO v_entry FROM ecommerce.bank_entries b
    WHERE b.tenant_id = lock_entry.tenant_id AND b.id = lock_entry.entry_id
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown entry %', entry_id USING ERRCODE = 'EC059';
    END IF;
    RETURN v_entry;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_entry(integer, uuid) IS
    'For functions that change an entry of the bank: lock it and read it. Errors: EC059 unknown '
    'entry, 22004 NULL.';
