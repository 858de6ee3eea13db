# Random lives of orders: paid in parts, captured, refunded by line, return or amount, confirmed,
# failed, charged back, won back, shipped, returned, cancelled, in any legal order.  What money
# moved is counted beside the shop; afterwards all proofs are empty, orders say what was counted,
# and whoever got everything back got what they had paid.
#
#   make check          60 lives
#   make check-lives    100,000 lives (LIVES=number), beside each other in JOBS tenants
#
# SEED repeats a run; each life is drawn from it and its own number.
#
# That this test can fail was seen by breaking the product, one at a time:
#
#   sql/refund/internal_lines.sql  refund_of_items() does not take off what was refunded before
#   sql/refund/internal.sql        refundable() forgets what is requested
#   sql/payment/internal.sql       book_entry() adds captured twice
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Shop;

my $lives = $ENV{LIVES} || 60;
my $seed  = $ENV{SEED}  || 1;
my $jobs  = $ENV{JOBS}  || 2;
note "SEED=$seed LIVES=$lives JOBS=$jobs";

my $node = PostgreSQL::Test::Cluster->new('lives');
$node->init;
$node->append_conf('postgresql.conf', "jit = off\nfsync = off\n");
$node->start;
$node->safe_psql('postgres', <<'EOF_SQL');
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'GR';
CREATE SCHEMA lives;
CREATE TABLE lives.refused (tenant_id integer, action text, state text, n bigint,
	PRIMARY KEY (tenant_id, action, state));
CREATE TABLE lives.counted (order_id uuid PRIMARY KEY, captured numeric, refunded numeric,
	charged_back numeric);

CREATE FUNCTION lives.n(most integer) RETURNS integer LANGUAGE sql VOLATILE AS
	$$ SELECT floor(random() * $1)::integer + 1 $$;

-- Some units of some lines
CREATE FUNCTION lives.some_items(of_order uuid) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('line_number', line_number,
		'quantity', lives.n(quantity))), '[{"line_number": 1, "quantity": 1}]')
	FROM ecommerce.order_items WHERE order_id = of_order AND kind = 'product' AND random() < 0.6
$$;

-- One step of a life; what it did to the money, in cents, is counted by the caller.
CREATE FUNCTION lives.step(of_order uuid, action text, reference text, event_id text,
	OUT captured numeric, OUT refunded numeric, OUT charged_back numeric)
LANGUAGE plpgsql AS $$
DECLARE
	p ecommerce.payments := (SELECT t FROM ecommerce.payments t WHERE t.order_id = of_order
		ORDER BY random() LIMIT 1);
	k record;
	v_amount numeric;
BEGIN
	captured := 0; refunded := 0; charged_back := 0;
	CASE action
	WHEN 'pay' THEN
		PERFORM ecommerce.create_payment(of_order, CASE WHEN random() < 0.5 THEN NULL
			ELSE lives.n(900) / 100.0 END, provider => 'acme', reference => reference,
			allow_overpayment => random() < 0.2);
	WHEN 'cash' THEN
		PERFORM ecommerce.create_payment(of_order, method => 'cash');
	WHEN 'gift' THEN
		captured := ecommerce.redeem_gift_card(
			(ecommerce.issue_gift_card(lives.n(1500) / 100.0)).code, of_order);
	WHEN 'authorize' THEN
		PERFORM ecommerce.record_payment_event('acme', event_id, 'authorized', p.amount,
			payment_id => p.id) WHERE p.provider = 'acme' AND p.amount > 0;
	WHEN 'fail' THEN
		PERFORM ecommerce.record_payment_event('acme', event_id, 'failed', payment_id => p.id)
		WHERE p.provider = 'acme';
	WHEN 'capture' THEN
		v_amount := CASE WHEN random() < 0.7 THEN p.amount - p.amount_captured
			ELSE lives.n(500) / 100.0 END;
		IF p.provider = 'acme' AND v_amount > 0 THEN
			PERFORM ecommerce.record_payment_event('acme', event_id, 'captured', v_amount,
				payment_id => p.id);
			-- again, as providers do
			PERFORM ecommerce.record_payment_event('acme', event_id, 'captured', v_amount,
				payment_id => p.id);
			captured := v_amount;
		ELSIF p.method = 'cash' AND p.status = 'created' THEN
			PERFORM ecommerce.capture_payment(p.id);
			captured := p.amount;
		END IF;
	WHEN 'refund items' THEN
		refunded := (SELECT r.amount_confirmed
			FROM ecommerce.refund_order(of_order, lives.some_items(of_order)) r);
	WHEN 'refund amount' THEN
		refunded := (SELECT r.amount_confirmed
			FROM ecommerce.refund_order(of_order, amount => lives.n(700) / 100.0) r);
	WHEN 'refund all' THEN
		refunded := (SELECT r.amount_confirmed FROM ecommerce.refund_order(of_order) r);
	WHEN 'refund return' THEN
		refunded := (SELECT r.amount_confirmed FROM ecommerce.refund_order(of_order, return_id =>
			(SELECT id FROM ecommerce.returns WHERE order_id = of_order
			ORDER BY random() LIMIT 1)) r);
	WHEN 'confirm' THEN
		FOR k IN SELECT f.*, t.provider FROM ecommerce.refund_payments f
			JOIN ecommerce.payments t ON t.id = f.payment_id
			WHERE t.order_id = of_order AND f.status = 'requested' AND random() < 0.7
		LOOP
			IF k.provider = 'acme' THEN
				PERFORM ecommerce.record_payment_event('acme',
					event_id || k.refund_id || k.part_number, 'refunded', k.amount,
					payment_id => k.payment_id, refund_id => k.refund_id);
				refunded := refunded + k.amount;
			-- which confirms all parts that the shop pays itself
			ELSIF EXISTS (SELECT FROM ecommerce.refund_payments f
				WHERE f.refund_id = k.refund_id AND f.part_number = k.part_number
				AND f.status = 'requested') THEN
				refunded := refunded + (SELECT r.amount_confirmed FROM ecommerce.refunds r
					WHERE r.id = k.refund_id) * -1;
				refunded := refunded + (SELECT r.amount_confirmed
					FROM ecommerce.confirm_refund(k.refund_id) r);
			END IF;
		END LOOP;
	WHEN 'refuse' THEN
		SELECT f.*, t.provider INTO k FROM ecommerce.refund_payments f
		JOIN ecommerce.payments t ON t.id = f.payment_id
		WHERE t.order_id = of_order AND t.provider = 'acme' AND f.status <> 'failed'
		ORDER BY random() LIMIT 1;
		IF FOUND THEN
			PERFORM ecommerce.record_payment_event('acme', event_id, 'refund_failed',
				k.amount, payment_id => k.payment_id, refund_id => k.refund_id);
			-- of two parts that look the same, the one that is open
			refunded := (SELECT sum(t.amount_refunded) FROM ecommerce.payments t
				WHERE t.order_id = of_order) - (SELECT c.refunded FROM lives.counted c
				WHERE c.order_id = of_order);
		END IF;
	WHEN 'retry' THEN
		PERFORM ecommerce.retry_refund(id) FROM ecommerce.refunds
		WHERE order_id = of_order AND status = 'failed' ORDER BY random() LIMIT 1;
		refunded := (SELECT sum(t.amount_refunded) FROM ecommerce.payments t
			WHERE t.order_id = of_order) - (SELECT c.refunded FROM lives.counted c
			WHERE c.order_id = of_order);
	WHEN 'theirs' THEN
		v_amount := least(lives.n(200) / 100.0,
			p.amount_captured - p.amount_refunded - p.amount_charged_back - p.refunds_requested);
		IF p.provider = 'acme' AND v_amount > 0 AND NOT EXISTS (
			SELECT FROM ecommerce.refund_payments f WHERE f.payment_id = p.id
			AND f.status = 'requested' AND f.amount = v_amount) THEN
			PERFORM ecommerce.record_payment_event('acme', event_id, 'refunded', v_amount,
				payment_id => p.id);
			refunded := v_amount;
		END IF;
	WHEN 'charge back' THEN
		IF p.provider = 'acme' AND p.amount_captured > p.amount_charged_back THEN
			charged_back := p.amount_captured - p.amount_charged_back;
			PERFORM ecommerce.record_payment_event('acme', event_id, 'charged_back', charged_back,
				payment_id => p.id);
		END IF;
	WHEN 'win back' THEN
		IF p.amount_charged_back > 0 THEN
			charged_back := -p.amount_charged_back;
			PERFORM ecommerce.record_payment_event('acme', event_id, 'won_back',
				p.amount_charged_back, payment_id => p.id);
		END IF;
	WHEN 'cancel items' THEN
		PERFORM ecommerce.cancel_order_items(of_order, lives.some_items(of_order));
		refunded := (SELECT coalesce(sum(t.amount_refunded), 0) FROM ecommerce.payments t
			WHERE t.order_id = of_order) - (SELECT c.refunded FROM lives.counted c
			WHERE c.order_id = of_order);
	WHEN 'cancel' THEN
		PERFORM ecommerce.cancel_order(of_order);
		refunded := (SELECT coalesce(sum(t.amount_refunded), 0) FROM ecommerce.payments t
			WHERE t.order_id = of_order) - (SELECT c.refunded FROM lives.counted c
			WHERE c.order_id = of_order);
	WHEN 'ship' THEN
		PERFORM ecommerce.transition_order(of_order, 'processing')
		FROM ecommerce.orders WHERE id = of_order AND status = 'pending';
		PERFORM ecommerce.ship_shipment((ecommerce.create_shipment(of_order)).id);
	WHEN 'return' THEN
		PERFORM ecommerce.receive_return((ecommerce.approve_return((ecommerce.request_return(
			of_order, lives.some_items(of_order))).id)).id);
	END CASE;
END $$;

CREATE FUNCTION lives.change_settings() RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
	UPDATE ecommerce.settings SET prices = CASE WHEN random() < 0.5 THEN 'net' ELSE 'gross' END,
		return_shipping = ('{never,full_return,proportional}'::text[])[lives.n(3)]
	WHERE tenant_id = ecommerce.current_tenant()
$$;

CREATE FUNCTION lives.live(tenant_id integer, life integer, seed integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	v_actions constant text[] := '{pay,pay,pay,capture,capture,capture,capture,cash,gift,authorize,
		fail,refund items,refund items,refund amount,refund all,refund return,refund return,confirm,
		confirm,confirm,refuse,retry,theirs,charge back,win back,cancel items,cancel,ship,ship,
		return,return}';
	v_order uuid;
	v_action text;
	v_state text;
	s record;
BEGIN
	PERFORM ecommerce.use_tenant(tenant_id);
	PERFORM setseed(hashint8extended(life, seed) / 9223372036854775808.0);
	PERFORM lives.change_settings();
	v_order := (SELECT id FROM ecommerce.place_order((
		SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', lives.n(5)))
		FROM unnest('{LAMP,BOOK,PIN}'::text[]) WITH ORDINALITY u (sku, n)
		WHERE n = 1 OR random() < 0.5), notes => 'life ' || life,
		coupon_codes => CASE WHEN random() < 0.5 THEN '{SEVENTH}'::text[] END,
		charges => CASE WHEN random() < 0.5 THEN '[{"kind": "shipping", "amount": 4.90}]'::jsonb
			END));
	INSERT INTO lives.counted VALUES (v_order, 0, 0, 0);
	FOR j IN 1 .. 4 + lives.n(14) LOOP
		v_action := CASE j WHEN 1 THEN 'pay' WHEN 2 THEN 'capture'
			ELSE v_actions[lives.n(cardinality(v_actions))] END;
		BEGIN
			SELECT * INTO s FROM lives.step(v_order, v_action, format('%s/%s', life, j),
				format('%s:%s', life, j));
			UPDATE lives.counted c SET captured = c.captured + s.captured,
				refunded = c.refunded + coalesce(s.refunded, 0),
				charged_back = c.charged_back + s.charged_back
			WHERE c.order_id = v_order;
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS v_state = RETURNED_SQLSTATE;
			IF v_state !~ '^EC' THEN
				RAISE EXCEPTION 'life %, step % (%): % %', life, j, v_action, v_state, SQLERRM;
			END IF;
			INSERT INTO lives.refused AS r VALUES (live.tenant_id, v_action, v_state, 1)
			ON CONFLICT ON CONSTRAINT refused_pkey DO UPDATE SET n = r.n + 1;
		END;
	END LOOP;
	-- At the end everything that is left goes back.
	BEGIN
		PERFORM ecommerce.refund_order(v_order);
		SELECT * INTO s FROM lives.step(v_order, 'confirm', NULL, format('%s:end', life));
		UPDATE lives.counted c SET refunded = (SELECT sum(p.amount_refunded)
			FROM ecommerce.payments p WHERE p.order_id = v_order)
		WHERE c.order_id = v_order;
	EXCEPTION WHEN SQLSTATE 'EC049' THEN
		NULL;
	END;
END $$;

CREATE ROLE lives LOGIN;
SELECT FROM ecommerce.grant_access('lives', 'service');
GRANT SELECT ON ALL TABLES IN SCHEMA ecommerce TO lives;
GRANT USAGE ON SCHEMA lives TO lives;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA lives TO lives;
EOF_SQL
$node->safe_psql('postgres',
	"SELECT ecommerce.create_tenant('tenant $_', 'GR')")
  for 2 .. $jobs;
$node->safe_psql('postgres', <<"EOF_SQL") for 1 .. $jobs;
BEGIN;
SELECT ecommerce.use_tenant($_);
INSERT INTO ecommerce.products (sku, name, price, vat_class, track_stock) VALUES
	('LAMP', 'Lamp', 9.99, 'standard', true), ('BOOK', 'Book', 3.33, 'super_reduced', true),
	('PIN', 'Pin', 0.07, 'reduced', true);
SELECT count(ecommerce.adjust_stock(sku, 100000000, 'receipt'))
FROM ecommerce.products WHERE tenant_id = $_;
INSERT INTO ecommerce.coupons (code, kind, value) VALUES ('SEVENTH', 'percent', 14.29);
COMMIT;
EOF_SQL

my $script = $node->basedir . '/live.sql';
append_to_file($script, <<"EOF_SQL");
\\set life :life + $jobs
SELECT lives.live(:client_id + 1, :life + :client_id, $seed) WHERE :life + :client_id <= $lives;
EOF_SQL
my (undef, $errors) = run_command(
	[
		'pgbench',
		'--no-vacuum',
		"--client=$jobs",
		"--jobs=$jobs",
		'--define=life=' . (1 - $jobs),
		'--transactions=' . int(($lives + $jobs - 1) / $jobs),
		'--username=lives',
		"--file=$script",
		$node->connstr('postgres')
	]);
is($errors, '', 'all lives end well');
is($node->safe_psql('postgres', 'SELECT count(*) FROM lives.counted'),
	$lives, 'all were lived');
is( $node->safe_psql(
		'postgres',
		'SELECT problem, detail FROM ecommerce.verify_integrity() LIMIT 5'),
	'',
	'all proofs are empty');
is( $node->safe_psql('postgres',
		<<'EOF_SQL'), '', 'orders say what was counted');
SELECT o.notes, o.amount_paid, c.captured, o.amount_refunded, c.refunded, o.amount_charged_back,
	c.charged_back
FROM lives.counted c JOIN ecommerce.orders o ON o.id = c.order_id
WHERE (o.amount_paid, o.amount_charged_back) IS DISTINCT FROM (c.captured, c.charged_back)
	OR o.amount_refunded IS DISTINCT FROM c.refunded
LIMIT 5
EOF_SQL
is( $node->safe_psql('postgres',
		<<'EOF_SQL'), '', 'a full refund is what was paid');
SELECT o.notes, o.amount_paid, o.amount_charged_back, o.amount_refunded, r.requested
FROM ecommerce.orders o
CROSS JOIN LATERAL (SELECT coalesce(sum(p.refunds_requested), 0) AS requested
	FROM ecommerce.payments p WHERE p.tenant_id = o.tenant_id AND p.order_id = o.id) r
WHERE o.amount_refunded + r.requested + o.amount_charged_back <> o.amount_paid
	-- What came back from a chargeback after the last refund is not refunded yet.
	AND o.amount_charged_back = 0
LIMIT 5
EOF_SQL
is( $node->safe_psql('postgres',
		<<"EOF_SQL"), '', "nothing is wrong in the report of tenant $_") for 1 .. $jobs;
SELECT subject, number, reason, expected, actual
FROM ecommerce.reconcile(current_date - 2, current_date + 2, $_) WHERE is_error LIMIT 5
EOF_SQL
note $node->safe_psql(
	'postgres',
	q{SELECT string_agg(format('%s %s: %s', action, state, n), E'\n' ORDER BY action, state)
	  FROM (SELECT action, state, sum(n) AS n FROM lives.refused GROUP BY 1, 2) r}
);
$node->stop;

done_testing();
