-- The order of events, and handing them out in batches.

CREATE FUNCTION ecommerce_internal.event_number(xact xid8) RETURNS xid8
    LANGUAGE c STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'ec_event_number';
COMMENT ON FUNCTION ecommerce_internal.event_number(xid8) IS
    'A transaction of this cluster as events.xact has it. Its upper 16 bits are the generation '
    '(event_generations). Error 22003 for more than 48 bits.';

-- Without SET, which would cost more than the rest of it.
CREATE FUNCTION ecommerce_internal.event_xact() RETURNS xid8
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'ec_event_xact';
COMMENT ON FUNCTION ecommerce_internal.event_xact() IS
    'The default of events.xact: event_number() of this transaction. The first one in another '
    'cluster than the last begins a generation.';

CREATE FUNCTION ecommerce_internal.begin_event_generation(generation integer,
    system_identifier bigint) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO ecommerce.event_generations (generation, system_identifier)
    SELECT begin_event_generation.generation, c.system_identifier
    FROM pg_control_system() c
    WHERE c.system_identifier = begin_event_generation.system_identifier
      AND begin_event_generation.generation
          = (SELECT coalesce(max(g.generation), 0) + 1 FROM ecommerce.event_generations g)
    ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.begin_event_generation(integer, bigint) IS
    'For event_xact(): write down the generation of this cluster. Who comes second waits for the '
    'first, and returns false.';

CREATE FUNCTION ecommerce_internal.notify_events() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- PostgreSQL sends equal ones of a transaction once.
    PERFORM pg_notify('ecommerce_events', NEW.tenant_id::text);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.notify_events() IS
    'AFTER INSERT on events FOR EACH ROW: NOTIFY ecommerce_events, with the tenant as payload. For '
    'shops that make such a trigger.';

CREATE FUNCTION ecommerce_internal.lock_consumer(tenant_id integer, name text,
    OUT xact xid8, OUT event_id uuid, OUT leases bigint, OUT created_at timestamptz)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := lock_consumer.tenant_id;
BEGIN
    IF name IS NULL THEN
        RAISE EXCEPTION 'name must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT c.xact, c.event_id, c.leases, c.created_at INTO xact, event_id, leases, created_at
    FROM ecommerce.event_consumers c
    WHERE c.tenant_id = v_tenant AND c.name = lock_consumer.name
    FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown consumer "%"', left(name, 100)
            USING ERRCODE = 'EC038', HINT = 'ecommerce.create_consumer() makes one.';
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lock_consumer(integer, text) IS
    'Lock a consumer of events, and return how far it is. Errors: EC038 unknown, 22004 NULL.';

CREATE FUNCTION ecommerce_internal.event_page(tenant_id integer, from_xact xid8, from_id uuid,
    to_xact xid8, to_id uuid, n integer, OUT last_xact xid8, OUT last_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := event_page.tenant_id;
BEGIN
    SELECT p.xact, p.id INTO last_xact, last_id
    FROM (SELECT e.xact, e.id FROM ecommerce.events e
          WHERE e.tenant_id = v_tenant AND (e.xact, e.id) > (from_xact, from_id)
            AND (e.xact, e.id) <= (to_xact, to_id)
          ORDER BY e.xact, e.id LIMIT n) p
    ORDER BY p.xact DESC, p.id DESC LIMIT 1;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.event_page(integer, xid8, uuid, xid8, uuid, integer) IS
    'The last of the next n events of a tenant between two positions; NULL if there is none. What '
    'is at from is not among them, what is at to is.';

CREATE FUNCTION ecommerce_internal.lease_events(tenant_id integer, consumer text, lease bigint,
    from_xact xid8, from_id uuid, to_xact xid8, to_id uuid, deliveries integer, duration interval,
    worker text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO ecommerce.event_batches (tenant_id, consumer, lease, from_xact, from_id,
        to_xact, to_id, deliveries, duration, worker, leased_until)
    VALUES (lease_events.tenant_id, lease_events.consumer, lease_events.lease,
            lease_events.from_xact, lease_events.from_id, lease_events.to_xact,
            lease_events.to_id, lease_events.deliveries, lease_events.duration,
            lease_events.worker, clock_timestamp() + lease_events.duration);
    PERFORM ecommerce_internal.check_written(FOUND, 'event_batches');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lease_events(integer, text, bigint, xid8, uuid, xid8, uuid,
    integer, interval, text) IS
    'For events_fetch(): write down that a worker has the events between two positions. Error '
    '27000 if a trigger leaves it out.';

CREATE FUNCTION ecommerce_internal.lease_expired(tenant_id integer, consumer text, n integer,
    duration interval, worker text, IN OUT lease bigint,
    OUT from_xact xid8, OUT from_id uuid, OUT to_xact xid8, OUT to_id uuid, OUT deliveries integer)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := lease_expired.tenant_id;
    b        record;
    p        record;
BEGIN
    LOOP
        SELECT x.* INTO b FROM ecommerce.event_batches x
        WHERE x.tenant_id = v_tenant AND x.consumer = lease_expired.consumer
          AND x.acked_at IS NULL AND x.leased_until <= clock_timestamp()
        ORDER BY x.to_xact, x.to_id LIMIT 1 FOR UPDATE;
        EXIT WHEN NOT FOUND;
        SELECT * INTO p FROM ecommerce_internal.event_page(v_tenant, b.from_xact, b.from_id,
                                                           b.to_xact, b.to_id, n);
        IF (p.last_xact, p.last_id) < (b.to_xact, b.to_id) THEN
            -- What is beyond n stays behind, under a number that nobody has.
            UPDATE ecommerce.event_batches x
            SET from_xact = p.last_xact, from_id = p.last_id, lease = lease_expired.lease
            WHERE x.tenant_id = v_tenant AND x.consumer = lease_expired.consumer
              AND x.lease = b.lease;
            lease := lease + 1;
        ELSE
            DELETE FROM ecommerce.event_batches x
            WHERE x.tenant_id = v_tenant AND x.consumer = lease_expired.consumer
              AND x.lease = b.lease;
        END IF;
        -- If there is none, their partition has gone.
        CONTINUE WHEN p.last_id IS NULL;
        from_xact := b.from_xact;
        from_id := b.from_id;
        to_xact := p.last_xact;
        to_id := p.last_id;
        deliveries := b.deliveries + 1;
        PERFORM ecommerce_internal.lease_events(v_tenant, lease_expired.consumer, lease, from_xact,
            from_id, to_xact, to_id, deliveries, duration, worker);
        EXIT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lease_expired(integer, text, integer, interval, text,
    bigint) IS
    'For events_fetch(): give what an expired lease had to another worker. It is n events of the '
    'first of such batches; NULL if there is none. The old lease is worth nothing any more.';

CREATE FUNCTION ecommerce_internal.lease_next(tenant_id integer, consumer text, n integer,
    duration interval, worker text, new_lease bigint, after_xact xid8, after_id uuid,
    OUT lease bigint, OUT from_xact xid8, OUT from_id uuid, OUT to_xact xid8, OUT to_id uuid,
    OUT deliveries integer)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    lease := new_lease;
    from_xact := after_xact;
    from_id := after_id;
    deliveries := 1;
    -- All transactions below are over, so nothing more comes before what is read.
    SELECT p.last_xact, p.last_id INTO to_xact, to_id
    FROM ecommerce_internal.event_page(tenant_id, after_xact, after_id,
        ecommerce_internal.event_number(pg_snapshot_xmin(pg_current_snapshot())),
        '00000000-0000-0000-0000-000000000000', n) p;
    IF to_id IS NOT NULL THEN
        PERFORM ecommerce_internal.lease_events(tenant_id, consumer, lease, from_xact, from_id,
            to_xact, to_id, deliveries, duration, worker);
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.lease_next(integer, text, integer, interval, text, bigint,
    xid8, uuid) IS
    'For events_fetch(): hand out the n events after a position whose transactions are over. So '
    'are all before them. to_id is NULL if there is none.';

CREATE FUNCTION ecommerce_internal.check_fetch(consumer text, n integer, lease interval,
    worker text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF num_nulls(consumer, n, lease) > 0 THEN
        RAISE EXCEPTION 'consumer, n and lease must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF n NOT BETWEEN 1 AND 100000 THEN
        RAISE EXCEPTION 'n must be from 1 to 100000, not %', n
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF lease <= '0' OR lease > '1 day' THEN
        RAISE EXCEPTION 'lease must be more than nothing, and at most a day, not %', lease
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF length(worker) > 200 THEN
        RAISE EXCEPTION 'worker must have at most 200 characters'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('It has %s.', length(worker));
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_fetch(text, integer, interval, text) IS
    'The arguments of events_fetch(): error 22004 for NULL, 22023 for what is out of range.';

CREATE FUNCTION ecommerce_internal.parse_position(consumer text, up_to text,
    OUT lease bigint, OUT xact xid8, OUT id uuid)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_parts text[] := regexp_match(up_to,
        '^([1-9][0-9]{0,17})[.](0|[1-9][0-9]{0,18})'
        '[.]([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$');
BEGIN
    IF num_nulls(consumer, up_to) > 0 THEN
        RAISE EXCEPTION 'consumer and up_to must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF v_parts IS NULL THEN
        RAISE EXCEPTION '"%" is no position of an event', left(up_to, 100)
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give a position that ecommerce.events_fetch() returned.';
    END IF;
    lease := v_parts[1]::bigint;
    xact := v_parts[2]::xid8;
    id := v_parts[3]::uuid;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.parse_position(text, text) IS
    'For events_ack(): the lease and the event in a position. Errors: 22004 NULL, 22023 anything '
    'else than a position.';

CREATE FUNCTION ecommerce_internal.refuse_lease(tenant_id integer, consumer text, lease bigint)
    RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant integer := refuse_lease.tenant_id;
    v_leases bigint := (SELECT c.leases FROM ecommerce.event_consumers c
                        WHERE c.tenant_id = v_tenant AND c.name = refuse_lease.consumer);
BEGIN
    IF v_leases IS NULL THEN
        RAISE EXCEPTION 'unknown consumer "%"', left(consumer, 100) USING ERRCODE = 'EC038',
            HINT = 'ecommerce.create_consumer() makes one.';
    ELSIF lease > v_leases THEN
        RAISE EXCEPTION 'consumer "%" has not given lease %', consumer, lease
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give a position that ecommerce.events_fetch() returned.';
    END IF;
    RAISE EXCEPTION 'consumer "%" has given the events of lease % to another worker', consumer,
                    lease
        USING ERRCODE = 'EC039',
              DETAIL = 'The lease was over, or it was acknowledged more than 1,000 leases ago.',
              HINT = 'What was done may be done again. Take longer leases, or smaller batches.';
END
$$;
COMMENT ON FUNCTION ecommerce_internal.refuse_lease(integer, text, bigint) IS
    'For events_ack(), which did not find the lease: say why. Errors: EC038 unknown consumer, '
    'EC039 it was given to another worker, 22023 there has been none of that number.';
