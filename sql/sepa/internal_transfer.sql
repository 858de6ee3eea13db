-- Credit transfers: what triggers keep, and where refunds go.

CREATE FUNCTION ecommerce_internal.check_transfer_step() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (to_jsonb(NEW) - '{status,failure_reason,updated_at}'::text[])
       IS DISTINCT FROM (to_jsonb(OLD) - '{status,failure_reason,updated_at}'::text[]) THEN
        RAISE EXCEPTION 'UPDATE on sepa_transfers is refused'
            USING ERRCODE = 'EC017', DETAIL = 'What was asked for never changes.',
                  HINT = 'Ask for another one.';
    ELSIF NEW.status <> OLD.status
          AND NOT ((OLD.status, NEW.status) IN (
              ('requested', 'submitted'), ('requested', 'failed'), ('submitted', 'executed'),
              ('submitted', 'failed'), ('executed', 'failed'))) THEN
        RAISE EXCEPTION 'a transfer cannot go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'EC058',
                  DETAIL = jsonb_build_object('transfer_id', OLD.id, 'reason', OLD.status)::text;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_transfer_step() IS
    'Guards the states of transfers (error EC058) and what never changes about one (error EC017).';

CREATE FUNCTION ecommerce_internal.check_new_transfer() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.status <> 'requested' THEN
        RAISE EXCEPTION 'a transfer is requested when it is made, not %', NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'sepa_transfers_status_check',
                  SCHEMA = 'ecommerce', TABLE = 'sepa_transfers';
    END IF;
    NEW.iban := ecommerce_internal.check_sepa_iban(NEW.iban);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_new_transfer() IS
    'Lets a new transfer be requested only (error 23514), to an account that SEPA reaches (error '
    '22023).';

CREATE FUNCTION ecommerce_internal.transfer_answer(tenant_id integer, transfer_id uuid)
    RETURNS ecommerce.transfer_state
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_result ecommerce.transfer_state;
BEGIN
    SELECT t.id, t.kind, t.name, t.amount, t.currency, t.reference, t.status INTO v_result
    FROM ecommerce.sepa_transfers t
    WHERE t.tenant_id = transfer_answer.tenant_id AND t.id = transfer_answer.transfer_id;
    RETURN v_result;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.transfer_answer(integer, uuid) IS
    'What functions of transfers answer: the transfer as it is.';

CREATE FUNCTION ecommerce_internal.transfer_of_request(tenant_id integer, idempotency_key text,
    request_hash bytea) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    t record;
BEGIN
    SELECT k.id, k.request_hash INTO t FROM ecommerce.sepa_transfers k
    WHERE k.tenant_id = transfer_of_request.tenant_id
      AND k.idempotency_key = transfer_of_request.idempotency_key;
    IF FOUND AND t.request_hash IS DISTINCT FROM transfer_of_request.request_hash THEN
        RAISE EXCEPTION 'idempotency key was used for another request'
            USING ERRCODE = 'EC007', DETAIL = 'It has asked for another transfer.',
                  HINT = 'Use a new key for a new request, and the same arguments for a retry.';
    END IF;
    RETURN t.id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.transfer_of_request(integer, text, bytea) IS
    'The transfer that a request with this key has made; NULL if there is none. Error EC007 key of '
    'another request.';

CREATE FUNCTION ecommerce_internal.check_refund_part(tenant_id integer, refund_id uuid,
    part_number integer, amount numeric) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_reason text;
    r        record;
BEGIN
    SELECT k.status, k.amount, f.currency INTO r
    FROM ecommerce.refund_payments k
    JOIN ecommerce.refunds f ON f.tenant_id = check_refund_part.tenant_id AND f.id = k.refund_id
    WHERE k.tenant_id = check_refund_part.tenant_id
      AND k.refund_id = check_refund_part.refund_id
      AND k.part_number = check_refund_part.part_number
    FOR NO KEY UPDATE OF k;
    v_reason := CASE WHEN NOT FOUND                             THEN 'unknown'
                     WHEN r.status <> 'requested'               THEN r.status
                     WHEN r.currency <> 'EUR'                   THEN 'currency'
                     WHEN r.amount <> check_refund_part.amount  THEN 'amount'
                     WHEN EXISTS (SELECT FROM ecommerce.sepa_transfers t
                                  WHERE t.tenant_id = check_refund_part.tenant_id
                                    AND t.refund_id = check_refund_part.refund_id
                                    AND t.part_number = check_refund_part.part_number
                                    AND t.status <> 'failed')   THEN 'transferred' END;
    IF v_reason IS NOT NULL THEN
        RAISE EXCEPTION 'the part of the refund cannot be transferred: %', v_reason
            USING ERRCODE = 'EC058', DETAIL = jsonb_build_object('refund_id', refund_id,
                'part_number', part_number, 'amount', r.amount, 'reason', v_reason)::text;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_refund_part(integer, uuid, integer, numeric) IS
    'For transfers that carry out a part of a refund: lock it. Error EC058 it is unknown, not '
    'open, not of this amount in euro, or has a transfer.';

CREATE FUNCTION ecommerce_internal.refund_account(tenant_id integer, payment_id uuid)
    RETURNS TABLE (name text, iban text, bic text, address_line_1 text, address_line_2 text,
                   city text, postal_code text, country text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    RETURN QUERY
    SELECT m.account_holder, m.iban, m.bic, m.address_line_1, m.address_line_2, m.city,
           m.postal_code, m.country
    FROM ecommerce.payments p
    JOIN ecommerce.sepa_mandates m ON m.tenant_id = refund_account.tenant_id
                                  AND m.id = p.mandate_id
    WHERE p.tenant_id = refund_account.tenant_id AND p.id = refund_account.payment_id
      AND p.method = 'sepa_debit' AND coalesce(p.provider, 'bank') = 'bank'
      AND m.iban IS NOT NULL
    UNION ALL
    (SELECT left(b.party_name, 200), ecommerce.iban_normalize(b.party_iban), NULL, NULL, NULL,
            NULL, NULL, NULL
     FROM ecommerce.payments p
     JOIN ecommerce.bank_entries b ON b.tenant_id = refund_account.tenant_id
                                  AND b.payment_id = p.id
     WHERE p.tenant_id = refund_account.tenant_id AND p.id = refund_account.payment_id
       AND p.method IN ('bank_transfer', 'invoice') AND b.outcome = 'captured'
       AND ecommerce_internal.sepa_iban(b.party_iban)
       -- No statement tells the address that banks want of others.
       AND NOT ecommerce_internal.sepa_address_needed(b.party_iban)
       AND ecommerce.sepa_text(b.party_name, 70) ~ '[A-Za-z0-9]'
     ORDER BY b.booked_on DESC, b.id DESC LIMIT 1)
    LIMIT 1;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refund_account(integer, uuid) IS
    'The account to which money of a payment goes back: that of its mandate, or the one from which '
    'it was transferred last. No row if none is known.';

CREATE FUNCTION ecommerce_internal.request_refund_transfers(tenant_id integer) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $$
DECLARE
    v_same boolean;
BEGIN
    -- What the shop has given back in another way, or not at all, must not go out.
    PERFORM FROM ecommerce.refund_payments r
    WHERE r.tenant_id = request_refund_transfers.tenant_id AND (r.refund_id, r.part_number) IN (
              SELECT t.refund_id, t.part_number FROM ecommerce.sepa_transfers t
              WHERE t.tenant_id = request_refund_transfers.tenant_id AND t.status = 'requested')
    ORDER BY r.refund_id, r.part_number FOR SHARE;
    UPDATE ecommerce.sepa_transfers t
    SET status = 'failed',
        failure_reason = CASE WHEN r.status <> 'requested' THEN 'the refund is ' || r.status
                              ELSE 'the payment has been charged back' END
    FROM ecommerce.refund_payments r
    JOIN ecommerce.payments p ON p.tenant_id = request_refund_transfers.tenant_id
                             AND p.id = r.payment_id
    WHERE t.tenant_id = request_refund_transfers.tenant_id AND t.status = 'requested'
      AND r.tenant_id = request_refund_transfers.tenant_id AND r.refund_id = t.refund_id
      AND r.part_number = t.part_number
      AND (r.status <> 'requested' OR p.amount_charged_back > 0
           AND p.amount_captured - p.amount_refunded - p.amount_charged_back < r.amount);
    WITH part AS MATERIALIZED (
        SELECT r.refund_id, r.part_number, r.amount, a.*,
               coalesce(o.order_number, left(p.reference, 100), r.refund_id::text) AS reference
        FROM (SELECT k.* FROM ecommerce.refund_payments k
              WHERE k.tenant_id = request_refund_transfers.tenant_id AND k.status = 'requested'
              ORDER BY k.refund_id, k.part_number FOR SHARE) r
        JOIN ecommerce.payments p ON p.tenant_id = request_refund_transfers.tenant_id
                                 AND p.id = r.payment_id
        LEFT JOIN ecommerce.orders o ON o.tenant_id = request_refund_transfers.tenant_id
            AND o.id = p.order_id AND o.created_at = p.order_created_at
        CROSS JOIN LATERAL ecommerce_internal.refund_account(request_refund_transfers.tenant_id,
                                                             p.id) a
        WHERE p.currency = 'EUR' AND r.amount BETWEEN 0.01 AND 999999999.99
          AND r.amount = round(r.amount, 2)
          AND p.amount_captured - p.amount_refunded - p.amount_charged_back >= r.amount
          AND NOT EXISTS (SELECT FROM ecommerce.sepa_transfers t
                          WHERE t.tenant_id = request_refund_transfers.tenant_id
                            AND t.refund_id = r.refund_id AND t.part_number = r.part_number)
    ), written AS (
        INSERT INTO ecommerce.sepa_transfers AS t (tenant_id, id, kind, refund_id, part_number,
            name, iban, bic, address_line_1, address_line_2, city, postal_code, country, amount,
            reference)
        SELECT request_refund_transfers.tenant_id, ecommerce.uuid_v7(), 'refund', r.refund_id,
               r.part_number, r.name, r.iban, r.bic, r.address_line_1, r.address_line_2, r.city,
               r.postal_code, r.country, r.amount, r.reference
        FROM part r
        ORDER BY r.refund_id, r.part_number
        RETURNING t.refund_id, t.part_number, t.amount, t.iban, t.status)
    SELECT (SELECT count(*) FROM part) = count(*) INTO v_same
    FROM part r JOIN written w ON (w.refund_id, w.part_number, w.amount, w.iban, w.status)
                                  = (r.refund_id, r.part_number, r.amount, r.iban, 'requested');
    PERFORM ecommerce_internal.check_written(v_same, 'sepa_transfers');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.request_refund_transfers(integer) IS
    'For sepa_credit_batch(): ask for transfers of open parts of refunds whose account is known. '
    'Those whose part is not open any more, or whose payment has been charged back, are given up.';
