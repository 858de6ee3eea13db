-- Triggers of users may call any function, at any depth: everything that moves money and issues
-- papers is called within triggers of every table that it writes, and whatever comes of it, the
-- books are right.
CREATE EXTENSION ecommerce;
SET client_min_messages = warning;

UPDATE ecommerce.settings SET country = 'GR';
INSERT INTO ecommerce.products (sku, name, price, track_stock)
VALUES ('P1', 'Product 1', 10, false), ('P2', 'Product 2', 20, false);
INSERT INTO ecommerce.users (id, email)
VALUES ('01930000-0000-7000-8000-0000000000a1', 'ann@example.org');
INSERT INTO ecommerce.sellers (tenant_id, name, vat_id, address_line_1, city, postal_code, country,
    email, iban, sepa_creditor_id)
VALUES (1, 'Shop', 'EL094014201', 'Ermou 5', 'Athens', '10563', 'GR', 'shop@example.org',
    'GR1601101250000000012300695', 'DE98ZZZ09999999999');
SELECT amount FROM ecommerce.set_credit_limit('01930000-0000-7000-8000-0000000000a1', 1000000);
SELECT set_config('nest.depth', '0', false);

CREATE SEQUENCE public.marks START 400000000000001;

-- What is called: outside, and inside triggers.
CREATE FUNCTION public.ordered() RETURNS uuid LANGUAGE sql AS $$
    SELECT p.id FROM ecommerce.place_order('[{"sku": "P1", "quantity": 3},
        {"sku": "P2", "quantity": 1}]', user_id => '01930000-0000-7000-8000-0000000000a1',
        billing_address => '{"first_name": "Ann", "last_name": "B", "address_line_1": "Ermou 1",
            "city": "Athens", "postal_code": "10563", "country": "GR"}') p
$$;
CREATE FUNCTION public.tell(kind text, amount numeric, payment uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- As if it were told after a commit
    IF current_setting('nest.depth') = '0' THEN
        SET CONSTRAINTS ALL IMMEDIATE;
        SET CONSTRAINTS ALL DEFERRED;
    END IF;
    PERFORM ecommerce.record_payment_event('psp', ecommerce.uuid_v7()::text, kind, amount,
        payment_id => payment);
END $$;
CREATE FUNCTION public.statement(amount numeric, direction text, details text) RETURNS text
LANGUAGE sql AS $$
    SELECT format('<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>'
        '<GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><Id>1</Id><Acct><Id>'
        '<IBAN>GR1601101250000000012300695</IBAN></Id></Acct><Ntry><Amt Ccy="EUR">%s</Amt>'
        '<CdtDbtInd>%s</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-27</Dt></BookgDt>'
        '<AcctSvcrRef>%s</AcctSvcrRef><NtryDtls><TxDtls>%s</TxDtls></NtryDtls></Ntry></Stmt>'
        '</BkToCstmrStmt></Document>', amount, direction, ecommerce.uuid_v7(), details)
$$;
CREATE FUNCTION public.act(what text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_order   uuid := public.ordered();
    v_gross   numeric := (SELECT gross FROM ecommerce.orders WHERE id = v_order);
    v_payment uuid;
    v_id      uuid;
    v_code    text;
    v_text    text;
BEGIN
    CASE what
        WHEN 'pay by card' THEN
            SELECT p.id INTO v_payment FROM ecommerce.create_payment(v_order, method => 'card') p;
            PERFORM public.tell('authorized', v_gross, v_payment),
                public.tell('captured', v_gross - 1, v_payment),
                public.tell('captured', 1, v_payment), public.tell('fee', 0.5, v_payment);
        WHEN 'pay before asked' THEN
            v_code := ecommerce.uuid_v7()::text;
            PERFORM FROM ecommerce.record_payment_event('psp', v_code || '-1', 'captured', 7,
                'EUR', v_code);
            PERFORM FROM ecommerce.record_payment_event('psp', v_code || '-2', 'refunded', 2,
                'EUR', v_code);
            SELECT p.id INTO v_payment FROM ecommerce.payments p WHERE p.reference = v_code;
            PERFORM ecommerce.assign_payment(v_payment, v_order);
        WHEN 'charge back' THEN
            SELECT p.id INTO v_payment FROM ecommerce.create_payment(v_order) p;
            PERFORM public.tell('captured', v_gross, v_payment),
                public.tell('charged_back', v_gross, v_payment),
                public.tell('won_back', v_gross, v_payment);
        WHEN 'fail and try again' THEN
            SELECT p.id INTO v_payment FROM ecommerce.create_payment(v_order) p;
            PERFORM public.tell('failed', NULL, v_payment);
            SELECT p.id INTO v_payment FROM ecommerce.create_payment(v_order, method => 'cash') p;
            PERFORM ecommerce.void_payment(v_payment);
        WHEN 'pay on account' THEN
            SELECT p.id INTO v_payment
            FROM ecommerce.create_payment(v_order, method => 'invoice',
                idempotency_key => ecommerce.uuid_v7()::text) p;
            PERFORM ecommerce.capture_payment(v_payment,
                idempotency_key => ecommerce.uuid_v7()::text);
        WHEN 'pay by gift card' THEN
            SELECT g.code INTO v_code FROM ecommerce.issue_gift_card(10) g;
            PERFORM ecommerce.redeem_gift_card(v_code, v_order, 3),
                ecommerce.refund_to_gift_card(v_order, 1), ecommerce.cancel_order(v_order);
        WHEN 'refund' THEN
            SELECT p.id INTO v_payment FROM ecommerce.create_payment(v_order) p;
            PERFORM public.tell('captured', v_gross, v_payment);
            SELECT r.id INTO v_id
            FROM ecommerce.refund_order(v_order, '[{"sku": "P1", "quantity": 1}]',
                idempotency_key => ecommerce.uuid_v7()::text) r;
            PERFORM public.tell('refund_failed', NULL, v_payment), ecommerce.retry_refund(v_id);
            PERFORM public.tell('refunded', (SELECT amount FROM ecommerce.refunds WHERE id = v_id),
                                v_payment);
            PERFORM public.tell('refunded', 1.23, v_payment);
        WHEN 'refund in cash' THEN
            SELECT p.id INTO v_payment FROM ecommerce.create_payment(v_order, method => 'cash') p;
            PERFORM ecommerce.capture_payment(v_payment, v_gross + 5);
            PERFORM ecommerce.cancel_order_items(v_order, '[{"sku": "P2", "quantity": 1}]');
            SELECT r.id INTO v_id FROM ecommerce.refund_order(v_order, amount => 9.99) r;
            PERFORM ecommerce.confirm_refund(v_id);
            SELECT r.id INTO v_id FROM ecommerce.refund_order(v_order) r;
            PERFORM ecommerce.confirm_refund(v_id);
        WHEN 'issue' THEN
            SELECT i.id INTO v_id FROM ecommerce.issue_invoice(v_order,
                idempotency_key => ecommerce.uuid_v7()::text) i;
            PERFORM ecommerce.issue_credit_note(v_id);
        WHEN 'issue many' THEN
            PERFORM FROM ecommerce.issue_invoices(ARRAY[v_order, public.ordered()]);
        WHEN 'credit a refund' THEN
            SELECT p.id INTO v_payment FROM ecommerce.create_payment(v_order) p;
            PERFORM public.tell('captured', v_gross, v_payment);
            PERFORM ecommerce.issue_invoice(v_order);
            SELECT r.id INTO v_id
            FROM ecommerce.refund_order(v_order, '[{"sku": "P1", "quantity": 2}]') r;
            PERFORM ecommerce.issue_credit_note(refund_id => v_id);
        WHEN 'tell the tax office' THEN
            SELECT i.id INTO v_id FROM ecommerce.issue_invoice(v_order) i;
            PERFORM ecommerce.record_mydata_sent(ARRAY[v_id]);
            PERFORM ecommerce.record_mydata_answer(v_id, format('{"statusCode": "Success",
                "invoiceMark": %s}', nextval('public.marks')));
        WHEN 'collect' THEN
            SELECT m.id INTO v_id FROM ecommerce.create_sepa_mandate(
                '01930000-0000-7000-8000-0000000000a1', 'DE89370400440532013000', 'Ann') m;
            SELECT p.id INTO v_payment FROM ecommerce.create_payment(v_order,
                method => 'sepa_debit', mandate_id => v_id) p;
            PERFORM ecommerce.amend_sepa_mandate(v_id, account_holder => 'Ann B');
            PERFORM FROM ecommerce.sepa_debit_batch();
            v_text := upper(replace(v_payment::text, '-', ''));
            PERFORM FROM ecommerce.read_camt(public.statement(v_gross, 'CRDT', format(
                '<Refs><EndToEndId>%s</EndToEndId></Refs>', v_text)));
            PERFORM FROM ecommerce.read_camt(public.statement(v_gross, 'DBIT', format(
                '<Refs><EndToEndId>%s</EndToEndId></Refs><RtrInf><Rsn><Cd>MD06</Cd></Rsn></RtrInf>',
                v_text)));
            PERFORM ecommerce.revoke_sepa_mandate(v_id);
        WHEN 'transfer' THEN
            SELECT p.id, p.reference INTO v_payment, v_text
            FROM ecommerce.create_payment(v_order, method => 'bank_transfer') p;
            PERFORM FROM ecommerce.read_camt(public.statement(v_gross, 'CRDT', format(
                '<RltdPties><Dbtr><Pty><Nm>Ann</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>%s</IBAN></Id>'
                '</DbtrAcct></RltdPties><RmtInf><Ustrd>%s</Ustrd></RmtInf>',
                'DE89370400440532013000', v_text)));
            PERFORM FROM ecommerce.refund_order(v_order, amount => 4);
            PERFORM FROM ecommerce.sepa_credit_batch();
            SELECT replace(upper(t.id::text), '-', '') INTO v_text FROM ecommerce.sepa_transfers t
            JOIN ecommerce.refund_payments k
              ON k.refund_id = t.refund_id AND k.part_number = t.part_number
            WHERE k.payment_id = v_payment;
            PERFORM FROM ecommerce.read_camt(public.statement(4, 'DBIT', format(
                '<Refs><EndToEndId>%s</EndToEndId></Refs>', v_text)));
        WHEN 'assign by hand' THEN
            SELECT p.id INTO v_payment FROM ecommerce.create_payment(v_order, method => 'cash') p;
            SELECT b.entry_id INTO v_id
            FROM ecommerce.read_camt(public.statement(3, 'CRDT', '')) b;
            PERFORM ecommerce.assign_bank_entry(v_id, v_payment);
            SELECT b.entry_id INTO v_id
            FROM ecommerce.read_camt(public.statement(3, 'DBIT', '')) b;
            PERFORM ecommerce.dismiss_bank_entry(v_id);
    END CASE;
END $$;
CREATE TABLE public.acts (what text PRIMARY KEY);
INSERT INTO public.acts VALUES
    ('pay by card'), ('pay before asked'), ('charge back'), ('fail and try again'),
    ('pay on account'), ('pay by gift card'), ('refund'), ('refund in cash'), ('issue'),
    ('issue many'), ('credit a refund'), ('tell the tax office'), ('collect'), ('transfer'),
    ('assign by hand');

-- A trigger that acts, three levels deep.
CREATE FUNCTION public.nest() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_depth integer := current_setting('nest.depth')::integer;
BEGIN
    IF v_depth < 3 AND current_setting('nest.left')::integer > 0 THEN
        PERFORM set_config('nest.depth', (v_depth + 1)::text, true),
            set_config('nest.left', (current_setting('nest.left')::integer - 1)::text, true);
        PERFORM public.act(current_setting('nest.what'));
        PERFORM set_config('nest.depth', v_depth::text, true),
            set_config('nest.fired', 'true', true);
    END IF;
    RETURN NEW;
END $$;

-- What is wrong after all that was done, for whoever proves it.
CREATE FUNCTION public.wrong() RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(DISTINCT 'WRONG: ' || w.what ORDER BY 'WRONG: ' || w.what)
    FROM (SELECT problem FROM ecommerce.verify_integrity()
          UNION ALL
          SELECT reason FROM ecommerce.reconcile(current_date - 1, current_date + 1)
          WHERE is_error) AS w (what)
$$;
-- Everything that can be done, with a trigger on a table that does something, too;
-- what comes of it is undone, and said: how acts failed, and whether the books are right.
CREATE FUNCTION public.outcome(relation text, moment text, event text, inner_act text)
RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    a        text;
    failures text[];
    fired    boolean := false;
BEGIN
    EXECUTE format('CREATE TRIGGER zz_nest %s %s ON %s FOR EACH ROW EXECUTE FUNCTION public.nest()',
        moment, event, relation);
    PERFORM set_config('nest.what', inner_act, true), set_config('nest.fired', 'false', true);
    FOR a IN SELECT what FROM public.acts ORDER BY what LOOP
        BEGIN
            PERFORM set_config('nest.depth', '0', true), set_config('nest.left', '3', true);
            PERFORM public.act(a);
            SET CONSTRAINTS ALL IMMEDIATE;
            SET CONSTRAINTS ALL DEFERRED;
            fired := fired OR current_setting('nest.fired')::boolean;
        EXCEPTION WHEN OTHERS THEN
            failures := failures || (SQLSTATE || ' ' || SQLERRM);
        END;
    END LOOP;
    failures := failures || public.wrong() || CASE WHEN NOT fired THEN 'did not fire' END;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000',
        MESSAGE = coalesce(array_remove(failures, NULL), '{}')::text;
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    RETURN SQLERRM::text[];
END $$;

-- Each table and moment with an act; all acts come in turn.
CREATE TABLE public.outcomes AS
SELECT t.relation, m.moment, t.event, i.what,
    public.outcome('ecommerce.' || t.relation, m.moment, t.event, i.what) AS failures
FROM (VALUES
    ('orders', 'UPDATE'), ('events', 'INSERT'), ('order_cancellations', 'INSERT'),
    ('payments', 'INSERT'), ('payments', 'UPDATE'), ('payment_entries', 'INSERT'),
    ('credit_limits', 'UPDATE'), ('gift_cards', 'UPDATE'), ('gift_card_entries', 'INSERT'),
    ('refunds', 'INSERT'), ('refunds', 'UPDATE'), ('refund_items', 'INSERT'),
    ('refund_payments', 'INSERT'), ('refund_payments', 'UPDATE'), ('invoice_series', 'INSERT'),
    ('invoice_counters', 'INSERT'), ('invoice_counters', 'UPDATE'), ('invoices', 'INSERT'),
    ('invoice_lines', 'INSERT'), ('invoice_vat_groups', 'INSERT'), ('mydata_answers', 'INSERT'),
    ('mydata_answers', 'UPDATE'), ('sepa_mandates', 'INSERT'), ('sepa_mandates', 'UPDATE'),
    ('sepa_mandate_references', 'INSERT'), ('sepa_transfers', 'INSERT'),
    ('sepa_transfers', 'UPDATE'), ('sepa_batches', 'INSERT'), ('sepa_batch_items', 'INSERT'),
    ('bank_entries', 'INSERT'), ('bank_entries', 'UPDATE')) AS t (relation, event)
CROSS JOIN unnest('{BEFORE,AFTER}'::text[]) AS m (moment)
JOIN LATERAL (SELECT a.what FROM public.acts a
    ORDER BY md5(a.what || t.relation || m.moment || t.event) LIMIT 1) i ON true;
SELECT count(DISTINCT what) AS acts, count(*) AS outcomes FROM public.outcomes;
-- Nothing is wrong; some acts are refused, where a trigger BEFORE a change changes the very row
-- that is being changed.
SELECT relation, moment, event, failure, count(*) > 0 AS some
FROM public.outcomes, unnest(failures) AS failure WHERE failure <> 'did not fire'
GROUP BY 1, 2, 3, 4 ORDER BY 1, 3, 2, 4;
SELECT relation, moment, event FROM public.outcomes
WHERE 'did not fire' = ANY (failures) AND NOT failures::text ~ '27000|21000|23505';

-- Triggers that leave rows out, or change what is to be written: it is noticed, or the books are
-- right.
CREATE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_ARGV[0] = 'out' THEN
        RETURN NULL;
    END IF;
    RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[0], nullif(TG_ARGV[1], 'null')));
END $$;
CREATE FUNCTION public.meddled(relation text, event text, change text, value text)
RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    a       text;
    results text[];
BEGIN
    EXECUTE format('CREATE TRIGGER zz_meddle BEFORE %s ON ecommerce.%s FOR EACH ROW
            EXECUTE FUNCTION public.meddle(%L, %L)', event, relation, change, value);
    FOR a IN SELECT what FROM public.acts ORDER BY what LOOP
        BEGIN
            PERFORM public.act(a);
            SET CONSTRAINTS ALL IMMEDIATE;
            SET CONSTRAINTS ALL DEFERRED;
        EXCEPTION WHEN OTHERS THEN
            results := results || SQLSTATE::text;
        END;
    END LOOP;
    RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = coalesce((
        SELECT array_agg(DISTINCT r ORDER BY r) FROM unnest(results || public.wrong()) AS r),
        '{right}')::text;
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
    RETURN SQLERRM::text[];
END $$;
SELECT m.*, public.meddled(m.relation, m.event, m.change, m.value) AS results
FROM (VALUES
    ('orders', 'UPDATE', 'out', NULL), ('orders', 'UPDATE', 'amount_paid', '7'),
    ('orders', 'UPDATE', 'amount_refunded', '7'), ('orders', 'UPDATE', 'payment_status', 'paid'),
    ('payments', 'INSERT', 'out', NULL), ('payments', 'INSERT', 'amount', '7'),
    ('payments', 'INSERT', 'currency', 'USD'), ('payments', 'INSERT', 'order_id', NULL),
    ('payments', 'INSERT', 'user_id', NULL), ('payments', 'INSERT', 'status', 'captured'),
    ('payments', 'UPDATE', 'out', NULL), ('payments', 'UPDATE', 'amount_authorized', '7'),
    ('payments', 'UPDATE', 'amount_captured', '7'), ('payments', 'UPDATE', 'amount_refunded', '7'),
    ('payments', 'UPDATE', 'amount_charged_back', '7'), ('payments', 'UPDATE', 'fee', '7'),
    ('payments', 'UPDATE', 'refunds_requested', '7'), ('payments', 'UPDATE', 'status', 'failed'),
    ('payments', 'UPDATE', 'order_id', NULL), ('payments', 'UPDATE', 'gift_card_id', NULL),
    ('payment_entries', 'INSERT', 'out', NULL), ('payment_entries', 'INSERT', 'amount', '7'),
    ('payment_entries', 'INSERT', 'kind', 'fee'), ('payment_entries', 'INSERT', 'event_id', NULL),
    ('payment_entries', 'INSERT', 'request_hash', NULL),
    ('gift_cards', 'UPDATE', 'out', NULL), ('gift_card_entries', 'INSERT', 'kind', 'adjust'),
    ('refunds', 'INSERT', 'out', NULL), ('refunds', 'INSERT', 'amount', '7'),
    ('refunds', 'INSERT', 'overpaid', '1'), ('refunds', 'INSERT', 'currency', 'USD'),
    ('refunds', 'INSERT', 'order_id', '01930000-0000-7000-8000-0000000000b1'),
    ('refunds', 'UPDATE', 'out', NULL), ('refunds', 'UPDATE', 'status', 'failed'),
    ('refund_items', 'INSERT', 'out', NULL), ('refund_items', 'INSERT', 'net', '7'),
    ('refund_items', 'INSERT', 'quantity', '3'), ('refund_items', 'INSERT', 'line_number', '2'),
    ('refund_payments', 'INSERT', 'out', NULL), ('refund_payments', 'INSERT', 'amount', '7'),
    ('refund_payments', 'UPDATE', 'out', NULL), ('refund_payments', 'UPDATE', 'status', 'failed'),
    ('invoice_counters', 'UPDATE', 'out', NULL), ('invoice_counters', 'UPDATE', 'last_number', '7'),
    ('invoices', 'INSERT', 'out', NULL), ('invoices', 'INSERT', 'number', '7'),
    ('invoices', 'INSERT', 'prepaid', '1'), ('invoices', 'INSERT', 'currency', 'USD'),
    ('invoices', 'INSERT', 'kind', 'invoice'), ('invoices', 'INSERT', 'kind', 'credit_note'),
    ('invoices', 'INSERT', 'issue_date', '2020-01-01'), ('invoices', 'INSERT', 'refund_id', NULL),
    ('invoice_lines', 'INSERT', 'out', NULL), ('invoice_lines', 'INSERT', 'net', '7'),
    ('invoice_lines', 'INSERT', 'quantity', '3'), ('invoice_lines', 'INSERT', 'order_line', '1'),
    ('invoice_lines', 'INSERT', 'vat_rate', '6'), ('invoice_lines', 'INSERT', 'unit_price', '1'),
    ('invoice_vat_groups', 'INSERT', 'out', NULL), ('invoice_vat_groups', 'INSERT', 'tax', '7'),
    ('invoice_vat_groups', 'INSERT', 'vat_rate', '6'),
    ('mydata_answers', 'INSERT', 'out', NULL), ('mydata_answers', 'UPDATE', 'out', NULL),
    ('mydata_answers', 'UPDATE', 'mark', '7'),
    ('sepa_mandates', 'INSERT', 'iban', 'GR1601101250000000012300695'),
    ('sepa_mandates', 'UPDATE', 'out', NULL),
    ('sepa_mandate_references', 'INSERT', 'mandate_reference', 'X'),
    ('sepa_transfers', 'INSERT', 'out', NULL), ('sepa_transfers', 'INSERT', 'amount', '7'),
    ('sepa_transfers', 'INSERT', 'iban', 'GR1601101250000000012300695'),
    ('sepa_transfers', 'UPDATE', 'out', NULL), ('sepa_transfers', 'UPDATE', 'amount', '7'),
    ('sepa_transfers', 'UPDATE', 'status', 'failed'),
    ('sepa_batches', 'INSERT', 'out', NULL), ('sepa_batches', 'INSERT', 'control_sum', '7'),
    ('sepa_batches', 'INSERT', 'xml', '<a/>'), ('sepa_batch_items', 'INSERT', 'out', NULL),
    ('sepa_batch_items', 'INSERT', 'amount', '7'),
    ('sepa_batch_items', 'INSERT', 'end_to_end_id', 'X'),
    ('bank_entries', 'INSERT', 'out', NULL), ('bank_entries', 'INSERT', 'amount', '7'),
    ('bank_entries', 'INSERT', 'direction', 'credit'), ('bank_entries', 'UPDATE', 'out', NULL),
    ('bank_entries', 'UPDATE', 'outcome', 'fee'))
    AS m (relation, event, change, value);

DROP TABLE public.outcomes, public.acts;
DROP SEQUENCE public.marks;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
DROP FUNCTION public.ordered, public.tell, public.statement, public.act, public.nest, public.wrong,
    public.outcome, public.meddle, public.meddled;
