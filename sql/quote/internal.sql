-- What triggers of quotes keep, and what only functions of quotes call.

CREATE FUNCTION ecommerce_internal.check_new_quote() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.status <> 'open' THEN
        RAISE EXCEPTION 'a quote is open when it is made, not %', NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'quotes_status_check',
                  SCHEMA = 'ecommerce', TABLE = 'quotes';
    ELSIF (NEW.document ->> 'currency', (NEW.document #>> '{totals,net}')::numeric,
           (NEW.document #>> '{totals,vat}')::numeric,
           (NEW.document #>> '{totals,gross}')::numeric)
          IS DISTINCT FROM (NEW.currency, NEW.net, NEW.vat, NEW.gross) THEN
        RAISE EXCEPTION 'a quote must have the totals of its document'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'quotes_document_check',
                  SCHEMA = 'ecommerce', TABLE = 'quotes',
                  DETAIL = format('It has %s %s, and the document %s.', NEW.gross, NEW.currency,
                                  NEW.document #>> '{totals,gross}');
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_new_quote() IS
    'Lets a new quote be open only, with the totals of its document: error 23514.';

CREATE FUNCTION ecommerce_internal.check_quote() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_time timestamptz := ecommerce_internal.id_time(NEW.order_id);
BEGIN
    -- Of a quote that is over, the request may lose what says whose it was.
    IF (NEW.id, NEW.quote_number, NEW.currency, NEW.net, NEW.vat, NEW.gross, NEW.document,
        NEW.valid_until, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.quote_number, OLD.currency, OLD.net, OLD.vat, OLD.gross, OLD.document,
        OLD.valid_until, OLD.created_at)
       OR OLD.status = 'open' AND (NEW.request, NEW.user_id, NEW.email)
                                  IS DISTINCT FROM (OLD.request, OLD.user_id, OLD.email)
       OR OLD.status = NEW.status AND (NEW.order_id, NEW.idempotency_key)
                                      IS DISTINCT FROM (OLD.order_id, OLD.idempotency_key)
    THEN
        RAISE EXCEPTION 'UPDATE on quotes is refused'
            USING ERRCODE = 'EC017', DETAIL = 'What was promised never changes.',
                  HINT = 'Withdraw it, and make another one.';
    ELSIF NEW.status = OLD.status THEN
        RETURN NEW;
    ELSIF OLD.status <> 'open' OR NEW.status NOT IN ('ordered', 'expired', 'withdrawn') THEN
        RAISE EXCEPTION 'a quote cannot go from % to %', OLD.status, NEW.status
            USING ERRCODE = 'EC037', DETAIL = format('Quote %s.', OLD.quote_number);
    ELSIF NEW.status = 'expired' AND NEW.valid_until > clock_timestamp() THEN
        RAISE EXCEPTION 'a quote expires when its time is over'
            USING ERRCODE = 'EC037',
                  DETAIL = format('Quote %s is valid until %s.', OLD.quote_number,
                                  OLD.valid_until),
                  HINT = 'Use ecommerce.withdraw_quote() before that.';
    ELSIF NEW.status = 'ordered' AND NOT EXISTS (
              SELECT FROM ecommerce.orders o
              WHERE o.tenant_id = NEW.tenant_id AND o.id = NEW.order_id
                AND o.created_at BETWEEN v_time - interval '24 hours'
                                     AND v_time + interval '24 hours'
                AND (o.currency, o.net, o.vat, o.gross)
                    = (NEW.currency, NEW.net, NEW.vat, NEW.gross)) THEN
        RAISE EXCEPTION 'a quote becomes an order that comes to the same'
            USING ERRCODE = 'EC037',
                  DETAIL = format('Quote %s comes to %s %s.', OLD.quote_number, OLD.gross,
                                  OLD.currency),
                  HINT = 'Use ecommerce.accept_quote().';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_quote() IS
    'Guards the state machine of quotes (error EC037) and what never changes about one (error '
    'EC017). open becomes ordered, by an order that comes to the same; expired, once its time is '
    'over; or withdrawn.';

CREATE FUNCTION ecommerce_internal.quote_number(id uuid, tenant_id integer) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN 'Q-' || ecommerce.order_number(id, tenant_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.quote_number(uuid, integer) IS
    'The number of a quote of this id.';

CREATE FUNCTION ecommerce_internal.find_quote(tenant_id integer, quote_number text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_id uuid := (SELECT q.id FROM ecommerce.quotes q
                  WHERE q.tenant_id = find_quote.tenant_id
                    AND q.quote_number = find_quote.quote_number);
BEGIN
    IF v_id IS NULL AND quote_number ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' THEN
        RETURN quote_number::uuid;
    ELSIF v_id IS NULL AND quote_number IS NOT NULL THEN
        RAISE EXCEPTION 'unknown quote "%"', left(quote_number, 100) USING ERRCODE = 'EC037';
    END IF;
    RETURN v_id;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.find_quote(integer, text) IS
    'For functions that take a quote by its number: its id. What has the form of an id is one. '
    'NULL for NULL. Error EC037 unknown quote.';

CREATE FUNCTION ecommerce_internal.lock_quote(tenant_id integer, quote_id uuid,
    OUT quote_number text, OUT status text, OUT request jsonb, OUT currency text, OUT net numeric,
    OUT vat numeric, OUT gross numeric, OUT valid_until timestamptz, OUT order_id uuid,
    OUT idempotency_key text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    q record;
BEGIN
    IF quote_id IS NULL THEN
        RAISE EXCEPTION 'quote_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT k.* INTO q FROM ecommerce.quotes k
    WHERE k.tenant_id = lock_quote.tenant_id AND k.id = lock_quote.quote_id
      AND (k.user_id = ecommerce.current_customer()
           OR NOT ecommerce_internal.acts_for_customer())
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown quote "%"', quote_id USING ERRCODE = 'EC037';
    END IF;
    SELECT q.quote_number, q.status, q.request, q.currency, q.net, q.vat, q.gross, q.valid_until,
           q.order_id, q.idempotency_key
    INTO lock_quote.quote_number, lock_quote.status, lock_quote.request, lock_quote.currency,
         lock_quote.net, lock_quote.vat, lock_quote.gross, lock_quote.valid_until,
         lock_quote.order_id, lock_quote.idempotency_key;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_quote(integer, uuid) IS
    'For functions that end a quote: lock it and read it. Staff may take any, whoever acts for a '
    'customer those of that one: others are unknown. Errors: EC037 unknown quote, 22004 NULL.';

CREATE FUNCTION ecommerce_internal.quoted_request(request jsonb, document jsonb, tenant_id integer)
    RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_cart uuid := (request ->> 'cart_id')::uuid;
BEGIN
    RETURN request - '{cart_id,items}'::text[]
        || jsonb_build_object('items', (
               SELECT jsonb_agg(jsonb_build_object('product_id', l -> 'product_id',
                          'quantity', l -> 'quantity', 'unit_price', l -> 'unit_price')
                          ORDER BY (l ->> 'line')::integer)
               FROM jsonb_array_elements(document -> 'lines') l
               WHERE l ->> 'kind' = 'product'))
        || CASE WHEN v_cart IS NULL THEN '{}' ELSE jsonb_strip_nulls(jsonb_build_object('user_id',
               coalesce(request ->> 'user_id', (
                   SELECT c.user_id::text FROM ecommerce.carts c
                   WHERE c.tenant_id = quoted_request.tenant_id AND c.id = v_cart)))) END;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.quoted_request(jsonb, jsonb, integer) IS
    'For create_quote(): the request of the order that accepts it. Items are those of the document '
    'at its unit prices, also if they came from a cart, whose user is the customer then.';

CREATE FUNCTION ecommerce_internal.place_quoted_order(request jsonb, tenant_id integer)
    RETURNS ecommerce.placed_order
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    AS 'MODULE_PATHNAME', 'ec_place_quoted_order';
COMMENT ON FUNCTION ecommerce_internal.place_quoted_order(jsonb, integer) IS
    'For accept_quote(), which has locked the quote: place_order() at the prices of a request. It '
    'believes the customer, allowances and charges, too, whoever calls.';

CREATE FUNCTION ecommerce_internal.accepted_order(tenant_id integer, order_id uuid)
    RETURNS ecommerce.placed_order
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_created timestamptz := ecommerce_internal.order_time(tenant_id, order_id);
    v_placed  ecommerce.placed_order;
BEGIN
    SELECT o.id, o.order_number, o.created_at, o.currency, o.net, o.vat, o.gross INTO v_placed
    FROM ecommerce.orders o
    WHERE o.tenant_id = accepted_order.tenant_id AND o.id = accepted_order.order_id
      AND o.created_at = v_created;
    RETURN v_placed;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.accepted_order(integer, uuid) IS
    'For accept_quote(): what it answered, for a retry. Errors: EC024 archived.';

CREATE FUNCTION ecommerce_internal.expire_tenant_quotes(max_count integer, tenant_id integer)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_ids uuid[];
BEGIN
    v_ids := ARRAY(SELECT q.id FROM ecommerce.quotes q
                   WHERE q.tenant_id = expire_tenant_quotes.tenant_id AND q.status = 'open'
                     AND q.valid_until <= clock_timestamp()
                   ORDER BY q.id LIMIT max_count FOR NO KEY UPDATE SKIP LOCKED);
    UPDATE ecommerce.quotes q SET status = 'expired'
    WHERE q.tenant_id = expire_tenant_quotes.tenant_id AND q.id = ANY (v_ids);
    INSERT INTO ecommerce.events (tenant_id, kind, entity_id)
    SELECT expire_tenant_quotes.tenant_id, 'quote.expired', i.id FROM unnest(v_ids) AS i (id);
    RETURN cardinality(v_ids);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.expire_tenant_quotes(integer, integer) IS
    'For expire_quotes(): what it does for one tenant.';

CREATE FUNCTION ecommerce_internal.quote_visible(tenant_id integer, quote_id uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
BEGIN
    RETURN quote_id IS NULL OR NOT ecommerce_internal.acts_for_customer()
        OR EXISTS (SELECT FROM ecommerce.quotes q
                   WHERE q.tenant_id = quote_visible.tenant_id AND q.id = quote_visible.quote_id
                     AND q.user_id = ecommerce.current_customer());
END
$$;
COMMENT ON FUNCTION ecommerce_internal.quote_visible(integer, uuid) IS
    'For accept_quote(): whether the caller may know a quote, as lock_quote() decides. What is '
    'asked for by number is told to be unknown by that number, whether it is there or not.';
