-- What entries of the bank are for, and booking them.

CREATE FUNCTION ecommerce_internal.check_bank_entry() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_free text[] := '{status,outcome,payment_id,transfer_id,batch_id,note,updated_at}'::text[];
BEGIN
    IF (to_jsonb(NEW) - v_free) IS DISTINCT FROM (to_jsonb(OLD) - v_free) THEN
        RAISE EXCEPTION 'UPDATE on bank_entries is refused'
            USING ERRCODE = 'EC017', DETAIL = 'What the bank has told never changes.';
    ELSIF OLD.status = 'booked'
          AND (NEW.status, NEW.outcome, NEW.payment_id, NEW.transfer_id, NEW.batch_id)
              IS DISTINCT FROM
              (OLD.status, OLD.outcome, OLD.payment_id, OLD.transfer_id, OLD.batch_id) THEN
        RAISE EXCEPTION 'the entry cannot be changed: booked'
            USING ERRCODE = 'EC059',
                  DETAIL = jsonb_build_object('entry_id', OLD.id, 'reason', 'booked')::text;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_bank_entry() IS
    'Guards entries of the bank: what it told never changes (error EC017), nor what an entry was '
    'booked as (error EC059).';

CREATE FUNCTION ecommerce_internal.bank_event_booked(tenant_id integer, event_id text)
    RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM ecommerce.payment_entries e
                   WHERE e.tenant_id = bank_event_booked.tenant_id AND e.provider = 'bank'
                     AND e.event_id = bank_event_booked.event_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.bank_event_booked(integer, text) IS
    'Whether an event of the bank has been booked.';

CREATE FUNCTION ecommerce_internal.book_bank_event(tenant_id integer, payment_id uuid, kind text,
    amount numeric, event_id text, entry jsonb, data jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- Two files may tell it in different words, which are no other event.
    IF NOT ecommerce_internal.bank_event_booked(tenant_id, event_id) THEN
        PERFORM ecommerce_internal.book_entry(tenant_id, payment_id, kind, amount, 'bank',
            event_id, entry ->> 'return_reason',
            jsonb_build_object('bank_entry_id', entry -> 'id') || data,
            -- A day has no time: what failed would have been before it was submitted.
            CASE WHEN kind <> 'failed'
                 THEN coalesce((entry ->> 'booked_on')::timestamp AT TIME ZONE 'UTC', now()) END,
            (data ->> 'refund_id')::uuid);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.book_bank_event(integer, uuid, text, numeric, text, jsonb,
    jsonb) IS
    'Book what an entry of the bank means for a payment, once.';

CREATE FUNCTION ecommerce_internal.settle_entry(tenant_id integer, entry_id uuid, outcome text,
    payment_id uuid, transfer_id uuid, batch_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_same boolean;
BEGIN
    UPDATE ecommerce.bank_entries b
    SET status = 'booked', outcome = settle_entry.outcome, payment_id = settle_entry.payment_id,
        transfer_id = settle_entry.transfer_id, batch_id = settle_entry.batch_id
    WHERE b.tenant_id = settle_entry.tenant_id AND b.id = settle_entry.entry_id
    RETURNING (b.status, b.outcome, b.payment_id, b.transfer_id, b.batch_id)
              IS NOT DISTINCT FROM ('booked', settle_entry.outcome, settle_entry.payment_id,
                                    settle_entry.transfer_id, settle_entry.batch_id) INTO v_same;
    PERFORM ecommerce_internal.check_written(v_same, 'bank_entries');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.settle_entry(integer, uuid, text, uuid, uuid, uuid) IS
    'Note what an entry was booked as, and for what.';

CREATE FUNCTION ecommerce_internal.book_collection(tenant_id integer, payment_id uuid,
    end_to_end_id text, amount numeric, entry jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    IF ecommerce_internal.bank_event_booked(tenant_id,
           ecommerce_internal.bank_event(end_to_end_id, 'captured')) THEN
        RETURN;
    END IF;
    PERFORM ecommerce_internal.book_bank_event(tenant_id, payment_id, 'captured', amount,
        ecommerce_internal.bank_event(end_to_end_id, 'captured'), entry, '{}');
    -- Its return was read first, and has only let it fail.
    IF ecommerce_internal.bank_event_booked(tenant_id,
           ecommerce_internal.bank_event(end_to_end_id, 'failed')) THEN
        PERFORM ecommerce_internal.book_bank_event(tenant_id, payment_id, 'charged_back', amount,
            ecommerce_internal.bank_event(end_to_end_id, 'charged_back'),
            entry || jsonb_build_object('return_reason', (
                SELECT e.reason FROM ecommerce.payment_entries e
                WHERE e.tenant_id = book_collection.tenant_id AND e.provider = 'bank'
                  AND e.event_id = ecommerce_internal.bank_event(end_to_end_id, 'failed'))), '{}');
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.book_collection(integer, uuid, text, numeric, jsonb) IS
    'Book that the money of a direct debit came, once; and that it went back, if the bank told '
    'that before.';

CREATE FUNCTION ecommerce_internal.book_return(tenant_id integer, payment_id uuid,
    end_to_end_id text, asked numeric, entry jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_amount numeric := (entry ->> 'amount')::numeric;
    v_came   numeric := (SELECT p.amount_captured - p.amount_charged_back
                         FROM ecommerce.payments p
                         WHERE p.tenant_id = book_return.tenant_id
                           AND p.id = book_return.payment_id);
    v_kind   text;
    v_part   numeric;
BEGIN
    IF ecommerce_internal.bank_event_booked(tenant_id,
           ecommerce_internal.bank_event(end_to_end_id, 'charged_back')) THEN
        RETURN 'charged_back';
    ELSIF ecommerce_internal.bank_event_booked(tenant_id,
              ecommerce_internal.bank_event(end_to_end_id, 'failed')) THEN
        RETURN 'failed';
    END IF;
    v_kind := CASE WHEN ecommerce_internal.bank_event_booked(tenant_id,
                            ecommerce_internal.bank_event(end_to_end_id, 'captured'))
                   THEN 'charged_back' ELSE 'failed' END;
    v_part := least(v_amount, CASE v_kind WHEN 'failed' THEN asked ELSE v_came END);
    IF v_part <= 0 THEN
        RETURN NULL;
    END IF;
    PERFORM ecommerce_internal.book_bank_event(tenant_id, payment_id, v_kind, v_part,
        ecommerce_internal.bank_event(end_to_end_id, v_kind), entry, '{}');
    -- Banks take back more than was collected: their charge.
    IF v_amount > v_part THEN
        PERFORM ecommerce_internal.book_bank_event(tenant_id, payment_id, 'fee',
            v_amount - v_part, ecommerce_internal.bank_event(end_to_end_id, 'return_fee'), entry,
            '{}');
    END IF;
    RETURN v_kind;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.book_return(integer, uuid, text, numeric, jsonb) IS
    'Book that a direct debit came back, once: charged_back if its money had come, else failed. '
    'What the bank takes above that is its fee. Returns which it was; NULL if nothing of it is '
    'left, because somebody else has booked that.';

CREATE FUNCTION ecommerce_internal.book_transfer(tenant_id integer, transfer_id uuid, entry jsonb)
    RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_gone    boolean := entry ->> 'direction' = 'debit';
    v_payment uuid;
    v_data    jsonb;
    v_kind    text;
    v_same    boolean;
    t         record;
BEGIN
    SELECT k.status, k.amount, k.refund_id, k.part_number INTO t
    FROM ecommerce.sepa_transfers k
    WHERE k.tenant_id = book_transfer.tenant_id AND k.id = book_transfer.transfer_id
    FOR NO KEY UPDATE;
    v_payment := (SELECT r.payment_id FROM ecommerce.refund_payments r
                  WHERE r.tenant_id = book_transfer.tenant_id AND r.refund_id = t.refund_id
                    AND r.part_number = t.part_number);
    v_data := jsonb_build_object('refund_id', t.refund_id, 'part_number', t.part_number,
                                 'transfer_id', book_transfer.transfer_id);
    -- Of one that came back, and whose return was read first, nothing is left to book.
    v_kind := CASE WHEN v_gone AND t.status = 'submitted'     THEN 'refunded'
                   WHEN NOT v_gone AND t.status = 'submitted' THEN 'refund_failed'
                   WHEN NOT v_gone AND t.status = 'executed'  THEN 'captured' END;
    IF v_kind IS NOT NULL THEN
        UPDATE ecommerce.sepa_transfers k
        SET status = CASE WHEN v_gone THEN 'executed' ELSE 'failed' END,
            failure_reason = CASE WHEN NOT v_gone
                                  THEN coalesce(entry ->> 'return_reason', 'returned') END
        WHERE k.tenant_id = book_transfer.tenant_id AND k.id = book_transfer.transfer_id
        RETURNING (k.status, k.amount)
                  = (CASE WHEN v_gone THEN 'executed' ELSE 'failed' END, t.amount) INTO v_same;
        PERFORM ecommerce_internal.check_written(v_same, 'sepa_transfers');
    END IF;
    IF v_kind IS NOT NULL AND v_payment IS NOT NULL THEN
        PERFORM ecommerce_internal.book_bank_event(tenant_id, v_payment, v_kind,
            CASE v_kind WHEN 'captured' THEN (entry ->> 'amount')::numeric ELSE t.amount END,
            ecommerce_internal.bank_event(ecommerce_internal.sepa_id(transfer_id),
                                          CASE v_kind WHEN 'captured' THEN 'came_back'
                                                      ELSE v_kind END), entry, v_data);
    END IF;
    RETURN CASE WHEN v_gone THEN 'executed' ELSE 'transfer_failed' END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.book_transfer(integer, uuid, jsonb) IS
    'Book that a transfer was executed, or that it came back. The part of the refund that it '
    'carries out is refunded, refund_failed, or, after it was refunded, captured. Returns executed '
    'or transfer_failed.';

CREATE FUNCTION ecommerce_internal.match_batch(tenant_id integer, entry jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_amount numeric := (entry ->> 'amount')::numeric;
    v_failed boolean;
    v_sum    numeric;
    b        record;
    i        record;
BEGIN
    SELECT k.id, k.kind, p.payment_information_id INTO b
    FROM ecommerce.sepa_batches k
    LEFT JOIN LATERAL (
        SELECT x.payment_information_id FROM ecommerce.sepa_batch_items x
        WHERE x.tenant_id = match_batch.tenant_id AND x.batch_id = k.id
          AND x.payment_information_id = upper(
                  entry ->> 'payment_information_id' COLLATE "C") LIMIT 1) p
        ON true
    WHERE k.tenant_id = match_batch.tenant_id
      AND k.message_id IN (upper(entry ->> 'message_id' COLLATE "C"),
                           upper(left(entry ->> 'payment_information_id', 32) COLLATE "C"));
    IF NOT FOUND OR (b.kind = 'debit') <> (entry ->> 'direction' = 'credit') THEN
        RETURN 'unknown';
    END IF;
    -- All of it, or, as some banks book it, what has not come back by then
    FOREACH v_failed IN ARRAY '{true,false}'::boolean[] LOOP
        v_sum := (SELECT sum(x.amount) FROM ecommerce.sepa_batch_items x
                  WHERE x.tenant_id = match_batch.tenant_id AND x.batch_id = b.id
                    AND x.payment_information_id
                        = coalesce(b.payment_information_id, x.payment_information_id)
                    AND (v_failed OR NOT ecommerce_internal.bank_event_booked(match_batch.tenant_id,
                             ecommerce_internal.bank_event(x.end_to_end_id, 'failed'))));
        EXIT WHEN v_sum = v_amount;
    END LOOP;
    IF v_sum IS DISTINCT FROM v_amount THEN
        RETURN 'amount';
    END IF;
    FOR i IN SELECT x.payment_id, x.transfer_id, x.end_to_end_id, x.amount
             FROM ecommerce.sepa_batch_items x
             WHERE x.tenant_id = match_batch.tenant_id AND x.batch_id = b.id
               AND x.payment_information_id
                   = coalesce(b.payment_information_id, x.payment_information_id)
               AND (v_failed OR NOT ecommerce_internal.bank_event_booked(match_batch.tenant_id,
                        ecommerce_internal.bank_event(x.end_to_end_id, 'failed')))
             ORDER BY x.item_number LOOP
        IF i.payment_id IS NOT NULL THEN
            PERFORM ecommerce_internal.book_collection(tenant_id, i.payment_id, i.end_to_end_id,
                                                       i.amount, entry);
        ELSE
            PERFORM ecommerce_internal.book_transfer(tenant_id, i.transfer_id,
                entry || jsonb_build_object('amount', i.amount));
        END IF;
    END LOOP;
    PERFORM ecommerce_internal.settle_entry(tenant_id, (entry ->> 'id')::uuid,
        CASE b.kind WHEN 'debit' THEN 'captured' ELSE 'executed' END, NULL, NULL, b.id);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.match_batch(integer, jsonb) IS
    'Book an entry that is for a whole file of ours, or a part of it, in one sum. NULL, or why it '
    'is not: unknown, or amount if it is another sum.';

CREATE FUNCTION ecommerce_internal.match_reference(tenant_id integer, entry jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_words text[] := array_remove(ARRAY[entry ->> 'reference',
                          upper(replace(entry ->> 'end_to_end_id', ' ', '') COLLATE "C"),
                          entry ->> 'end_to_end_id', btrim(left(entry ->> 'remittance', 255))]
                          || ecommerce_internal.rf_found(entry ->> 'remittance'), NULL);
    v_id    uuid;
    v_count bigint;
    v_same  boolean;
BEGIN
    IF entry ->> 'direction' = 'debit' THEN
        RETURN 'unknown';
    END IF;
    SELECT count(*), min(p.id::text)::uuid, bool_and(p.currency = entry ->> 'currency')
    INTO v_count, v_id, v_same
    FROM ecommerce.payments p
    WHERE p.tenant_id = match_reference.tenant_id AND p.reference = ANY (v_words)
      AND p.method IN ('bank_transfer', 'invoice', 'cash_on_delivery', 'cash', 'other');
    IF v_count <> 1 OR NOT v_same THEN
        RETURN CASE v_count WHEN 0 THEN 'unknown' WHEN 1 THEN 'currency' ELSE 'several' END;
    END IF;
    PERFORM ecommerce_internal.book_bank_event(tenant_id, v_id, 'captured',
        (entry ->> 'amount')::numeric, entry ->> 'event_id', entry, '{}');
    PERFORM ecommerce_internal.settle_entry(tenant_id, (entry ->> 'id')::uuid, 'captured', v_id,
                                            NULL, NULL);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.match_reference(integer, jsonb) IS
    'Book money that came for the payment whose reference it quotes, as much as came. NULL, or why '
    'not: unknown, several payments have the reference, or it is of another currency.';

CREATE FUNCTION ecommerce_internal.match_entry(tenant_id integer, entry jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_credit  boolean := entry ->> 'direction' = 'credit';
    v_id      uuid := (entry ->> 'id')::uuid;
    -- A variable, because an index has no collation of ours.
    v_end     text := upper(entry ->> 'end_to_end_id' COLLATE "C");
    v_outcome text;
    v_reason  text;
    i         record;
BEGIN
    -- Some banks tell of nothing, such as interest of a month without any.
    IF (entry ->> 'amount')::numeric = 0 THEN
        RETURN 'amount';
    END IF;
    SELECT x.payment_id, x.transfer_id, x.amount, x.end_to_end_id INTO i
    FROM ecommerce.sepa_batch_items x
    WHERE x.tenant_id = match_entry.tenant_id
      AND x.end_to_end_id = v_end;
    IF NOT FOUND THEN
        v_reason := ecommerce_internal.match_batch(tenant_id, entry);
        IF v_reason = 'unknown' THEN
            v_reason := ecommerce_internal.match_reference(tenant_id, entry);
        END IF;
        RETURN v_reason;
    ELSIF entry ->> 'currency' <> 'EUR' THEN
        RETURN 'currency';
    -- What an entry has besides its transaction is the bank's charge.
    ELSIF (entry ->> 'is_rest')::boolean THEN
        IF v_credit OR i.payment_id IS NULL THEN
            RETURN 'charges';
        END IF;
        PERFORM ecommerce_internal.book_bank_event(tenant_id, i.payment_id, 'fee',
            (entry ->> 'amount')::numeric,
            entry ->> 'event_id', entry, '{}');
        v_outcome := 'fee';
    ELSIF i.transfer_id IS NOT NULL THEN
        v_outcome := ecommerce_internal.book_transfer(tenant_id, i.transfer_id, entry);
    ELSIF v_credit THEN
        PERFORM ecommerce_internal.book_collection(tenant_id, i.payment_id, i.end_to_end_id,
            (entry ->> 'amount')::numeric, entry);
        v_outcome := 'captured';
    ELSE
        v_outcome := ecommerce_internal.book_return(tenant_id, i.payment_id, i.end_to_end_id,
                                                    i.amount, entry);
        IF v_outcome IS NULL THEN
            RETURN 'amount';
        END IF;
    END IF;
    PERFORM ecommerce_internal.settle_entry(tenant_id, v_id, v_outcome, i.payment_id,
                                            i.transfer_id, NULL);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.match_entry(integer, jsonb) IS
    'Find out what an entry of the bank is for, and book it. That is a transaction of ours, a file '
    'in one sum, or a payment whose reference it quotes. NULL, or why it is unmatched.';
