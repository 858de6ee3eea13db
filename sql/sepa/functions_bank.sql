-- What the bank tells: statements, and entries that nobody knows.

CREATE FUNCTION ecommerce.read_camt(document text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS SETOF ecommerce.bank_booking
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET jit = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_reason text;
    m        record;
    e        record;
BEGIN
    PERFORM ecommerce_internal.lock_bank(v_tenant);
    FOR m IN
        SELECT k.movement,
               row_number() OVER (PARTITION BY ecommerce_internal.movement_key(k.movement)
                                  ORDER BY k.n) AS occurrence
        FROM ecommerce_internal.camt_movements(ecommerce_internal.camt_document(document))
            WITH ORDINALITY AS k (movement, n)
        ORDER BY k.n
    LOOP
        -- What is pending or for information comes again when it is booked.
        IF m.movement ->> 'status' <> 'BOOK' THEN
            RETURN NEXT (NULL, m.movement ->> 'booked_on', m.movement ->> 'direction',
                         m.movement ->> 'amount', m.movement ->> 'currency', 'pending', NULL, NULL,
                         NULL, NULL)::ecommerce.bank_booking;
            CONTINUE;
        END IF;
        SELECT * INTO e FROM ecommerce_internal.keep_movement(v_tenant, m.movement, m.occurrence);
        v_reason := ecommerce_internal.try_entry(v_tenant, e.entry_id);
        RETURN NEXT ecommerce_internal.entry_answer(v_tenant, e.entry_id,
            NOT e.is_new AND e.entry_status <> 'unmatched', v_reason);
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce.read_camt(text, integer) IS
    'Read a statement or notification of the bank (camt.053, camt.054) and book what it tells. Any '
    'version will do; each movement is booked once, in however many files it is told. Direct '
    'debits that came are captured, also as the sum of a file; those that came back are charged '
    'back, or have failed if their money never came, with the reason. Transfers are executed, or '
    'have failed, and with them parts of refunds. Other money that came is captured for the '
    'payment whose reference it quotes. All is kept in bank_entries; what nobody knows is '
    'unmatched there. Amounts are booked as they came. Returns what was done with each movement. '
    'Errors: 22023 no statement, or wrong amounts; 22004 NULL.';

CREATE FUNCTION ecommerce.read_camt(document xml,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS SETOF ecommerce.bank_booking
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
BEGIN
    RETURN QUERY SELECT * FROM ecommerce.read_camt(document::text, v_tenant);
END
$$;
COMMENT ON FUNCTION ecommerce.read_camt(xml, integer) IS
    'Like read_camt(document text, ...), of a document that is xml already.';

CREATE FUNCTION ecommerce.assign_bank_entry(entry_id uuid, payment_id uuid,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.bank_booking
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant  integer := ecommerce_internal.check_tenant(tenant_id);
    e         jsonb := ecommerce_internal.lock_entry(v_tenant, entry_id);
    v_amount  numeric := (e ->> 'amount')::numeric;
    v_kind    text := CASE e ->> 'direction' WHEN 'credit' THEN 'captured'
                                             ELSE 'charged_back' END;
    v_reason  text;
    p         record;
BEGIN
    IF payment_id IS NULL THEN
        RAISE EXCEPTION 'payment_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF e ->> 'status' = 'booked' AND (e ->> 'payment_id')::uuid = payment_id THEN
        RETURN ecommerce_internal.entry_answer(v_tenant, entry_id, false, NULL);
    END IF;
    SELECT k.currency, k.method, k.amount_captured - k.amount_charged_back AS amount_left INTO p
    FROM ecommerce.payments k
    WHERE k.tenant_id = v_tenant AND k.id = assign_bank_entry.payment_id;
    v_reason := CASE WHEN NOT FOUND                         THEN 'unknown_payment'
                     WHEN e ->> 'status' = 'booked'         THEN 'booked'
                     WHEN p.method = 'gift_card'            THEN 'gift_card'
                     WHEN p.currency <> e ->> 'currency'    THEN 'currency'
                     WHEN v_amount = 0                      THEN 'amount'
                     WHEN v_kind = 'charged_back' AND p.amount_left < v_amount
                     THEN 'amount' END;
    IF v_reason IS NOT NULL THEN
        RAISE EXCEPTION 'the entry cannot be assigned: %', v_reason
            USING ERRCODE = 'EC059', DETAIL = jsonb_strip_nulls(jsonb_build_object(
                'entry_id', entry_id, 'reason', v_reason, 'amount', v_amount,
                'currency', e -> 'currency', 'payment_id', e -> 'payment_id'))::text;
    END IF;
    PERFORM ecommerce_internal.book_bank_event(v_tenant, payment_id, v_kind, v_amount,
                                               e ->> 'event_id', e, '{}');
    PERFORM ecommerce_internal.settle_entry(v_tenant, entry_id, v_kind, payment_id, NULL, NULL);
    RETURN ecommerce_internal.entry_answer(v_tenant, entry_id, false, NULL);
END
$$;
COMMENT ON FUNCTION ecommerce.assign_bank_entry(uuid, uuid, integer) IS
    'Say which payment an unmatched entry of the bank is for. What came is captured, as much as '
    'came; what went is charged back. Nothing happens if it is assigned so already. Returns the '
    'entry. Errors: EC059 the entry is unknown or booked, or the payment is unknown, of another '
    'currency, by gift card, or less of it is left; the detail says which. 22004 NULL.';

CREATE FUNCTION ecommerce.dismiss_bank_entry(entry_id uuid, note text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.bank_booking
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    e        jsonb := ecommerce_internal.lock_entry(v_tenant, entry_id);
BEGIN
    PERFORM ecommerce_internal.check_note(note, 'note');
    IF e ->> 'status' = 'booked' THEN
        RAISE EXCEPTION 'the entry cannot be dismissed: booked'
            USING ERRCODE = 'EC059', DETAIL = jsonb_build_object('entry_id', entry_id,
                                                  'reason', 'booked')::text;
    END IF;
    UPDATE ecommerce.bank_entries b
    SET status = 'dismissed', note = coalesce(dismiss_bank_entry.note, b.note)
    WHERE b.tenant_id = v_tenant AND b.id = dismiss_bank_entry.entry_id;
    PERFORM ecommerce_internal.check_written(FOUND, 'bank_entries');
    RETURN ecommerce_internal.entry_answer(v_tenant, entry_id, false, NULL);
END
$$;
COMMENT ON FUNCTION ecommerce.dismiss_bank_entry(uuid, text, integer) IS
    'Say that an unmatched entry of the bank is no business of the shop''s orders, such as rent. '
    'It stays, and may be assigned later. note: why, for people. Returns the entry. Errors: EC059 '
    'it is unknown or booked, 22001 note is too long, 22004 NULL.';

CREATE FUNCTION ecommerce.match_bank_entries(max_count integer DEFAULT 1000,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS SETOF ecommerce.bank_booking
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET jit = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    v_id     uuid;
BEGIN
    IF max_count IS NULL OR max_count < 0 THEN
        RAISE EXCEPTION 'max_count must be zero or more, but is %', max_count
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM ecommerce_internal.lock_bank(v_tenant);
    FOR v_id IN
        SELECT b.id FROM ecommerce.bank_entries b
        WHERE b.tenant_id = v_tenant AND b.status = 'unmatched'
        ORDER BY b.booked_on, b.id LIMIT max_count
    LOOP
        IF ecommerce_internal.try_entry(v_tenant, v_id) IS NULL THEN
            RETURN NEXT ecommerce_internal.entry_answer(v_tenant, v_id, false, NULL);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce.match_bank_entries(integer, integer) IS
    'Try once more to find out what unmatched entries of the bank are for: payments may have been '
    'made since. max_count: at most so many, the oldest first. Returns those that are booked now. '
    'Error 22023 wrong max_count.';
