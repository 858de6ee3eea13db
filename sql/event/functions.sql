-- Reading events: each consumer all of them, its workers a part each.

CREATE FUNCTION ecommerce.create_consumer(name text, from_start boolean DEFAULT false,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.consumer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant   integer := ecommerce_internal.check_tenant(tenant_id);
    v_consumer ecommerce.consumer;
BEGIN
    IF num_nulls(name, from_start) > 0 THEN
        RAISE EXCEPTION 'name and from_start must not be NULL'
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF length(name) NOT BETWEEN 1 AND 100 THEN
        RAISE EXCEPTION 'name must have 1 to 100 characters'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('It has %s.', length(name));
    END IF;
    INSERT INTO ecommerce.event_consumers (tenant_id, name, xact, event_id)
    VALUES (v_tenant, create_consumer.name,
            CASE WHEN from_start THEN '0'
                 ELSE ecommerce_internal.event_number(pg_snapshot_xmin(pg_current_snapshot())) END,
            '00000000-0000-0000-0000-000000000000')
    ON CONFLICT DO NOTHING
    RETURNING event_consumers.name, event_consumers.created_at, 0 INTO v_consumer;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is a consumer "%" already', name
            USING ERRCODE = 'unique_violation',
                  HINT = 'Use it, or call ecommerce.drop_consumer() to begin anew.';
    END IF;
    RETURN v_consumer;
END
$$;
COMMENT ON FUNCTION ecommerce.create_consumer(text, boolean, integer) IS
    'Begin to read the events of a tenant under a name of 1 to 100 characters. from_start: whether '
    'all that are there are read; else those from now on, which are all of transactions that are '
    'not over yet, and perhaps some that have just ended. Returns the consumer. Errors: 23505 it '
    'is there already, 22023 its name is too long or empty, 22004 NULL, EC011 another tenant.';

CREATE FUNCTION ecommerce.drop_consumer(name text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.consumer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_tenant   integer := ecommerce_internal.check_tenant(tenant_id);
    v_consumer ecommerce.consumer;
BEGIN
    SELECT drop_consumer.name, c.created_at,
           (SELECT count(*) FROM ecommerce.event_batches b
            WHERE b.tenant_id = v_tenant AND b.consumer = drop_consumer.name
              AND b.acked_at IS NULL)
    INTO v_consumer
    FROM ecommerce_internal.lock_consumer(v_tenant, drop_consumer.name) c;
    DELETE FROM ecommerce.event_consumers c
    WHERE c.tenant_id = v_tenant AND c.name = drop_consumer.name;
    PERFORM ecommerce_internal.check_written(FOUND, 'event_consumers');
    RETURN v_consumer;
END
$$;
COMMENT ON FUNCTION ecommerce.drop_consumer(text, integer) IS
    'Forget a consumer with all that its workers have. name: the consumer. Events stay. Returns '
    'the consumer as it was. Errors: EC038 unknown consumer, 22004 NULL, EC011 another tenant.';

CREATE FUNCTION ecommerce.events_fetch(consumer text, n integer DEFAULT 100,
    lease interval DEFAULT '5 minutes', worker text DEFAULT NULL,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS SETOF ecommerce.fetched_event
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER ROWS 100
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off
    SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    c        record;
    b        record;
BEGIN
    PERFORM ecommerce_internal.check_fetch(consumer, n, lease, worker);
    SELECT * INTO c FROM ecommerce_internal.lock_consumer(v_tenant, consumer);
    SELECT * INTO b FROM ecommerce_internal.lease_expired(v_tenant, consumer, n, lease, worker,
                                                          c.leases + 1);
    IF b.to_id IS NULL THEN
        SELECT * INTO b FROM ecommerce_internal.lease_next(v_tenant, consumer, n, lease, worker,
                                                           c.leases + 1, c.xact, c.event_id);
    END IF;
    IF b.to_id IS NULL THEN
        RETURN;
    END IF;
    UPDATE ecommerce.event_consumers t
    SET leases = b.lease,
        xact = CASE WHEN b.deliveries = 1 THEN b.to_xact ELSE t.xact END,
        event_id = CASE WHEN b.deliveries = 1 THEN b.to_id ELSE t.event_id END
    WHERE t.tenant_id = v_tenant AND t.name = consumer;
    PERFORM ecommerce_internal.check_written(FOUND, 'event_consumers');
    DELETE FROM ecommerce.event_batches x
    WHERE x.tenant_id = v_tenant AND x.consumer = events_fetch.consumer
      AND x.lease <= b.lease - 1000 AND x.acked_at IS NOT NULL;
    RETURN QUERY
    SELECT concat_ws('.', b.lease, e.xact, e.id), e.id, e.created_at, e.kind, e.entity_id, e.data,
           b.deliveries
    FROM ecommerce.events e
    WHERE e.tenant_id = v_tenant AND (e.xact, e.id) > (b.from_xact, b.from_id)
      AND (e.xact, e.id) <= (b.to_xact, b.to_id)
    ORDER BY e.xact, e.id;
END
$$;
COMMENT ON FUNCTION ecommerce.events_fetch(text, integer, interval, text, integer) IS
    'Hand the next events of a consumer to a worker, in their order. What an expired lease had '
    'comes first; else what no worker has had yet, of transactions that are over and have none '
    'before them still running. So nothing is skipped, whoever commits when. n: at most so many, '
    '1 to 100,000. lease: how long the worker has them for itself, at most a day; after that '
    'others get them. worker: what it calls itself, for people. Returns no row if there is '
    'nothing. Workers of one consumer wait for each other until the end of the transaction, so '
    'commit before the work. Errors: EC038 unknown consumer; 22023 n, lease or worker out of '
    'range; 22004 NULL; EC011 another tenant.';

CREATE FUNCTION ecommerce.events_ack(consumer text, up_to text,
    tenant_id integer DEFAULT ecommerce.current_tenant()) RETURNS ecommerce.acknowledgement
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_tenant integer := ecommerce_internal.check_tenant(tenant_id);
    p        record;
    b        record;
BEGIN
    SELECT * INTO p FROM ecommerce_internal.parse_position(consumer, up_to);
    SELECT x.* INTO b FROM ecommerce.event_batches x
    WHERE x.tenant_id = v_tenant AND x.consumer = events_ack.consumer AND x.lease = p.lease
    FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM ecommerce_internal.refuse_lease(v_tenant, consumer, p.lease);
    ELSIF (p.xact, p.id) > (b.to_xact, b.to_id) THEN
        RAISE EXCEPTION 'position "%" is not one of its lease', up_to
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Give the position of the last event that is done, as it was fetched.';
    ELSIF b.acked_at IS NOT NULL THEN
        RETURN ROW(consumer, true, NULL::timestamptz);
    ELSIF (p.xact, p.id) = (b.to_xact, b.to_id) THEN
        UPDATE ecommerce.event_batches x SET acked_at = clock_timestamp()
        WHERE x.tenant_id = v_tenant AND x.consumer = events_ack.consumer AND x.lease = p.lease;
        PERFORM ecommerce_internal.check_written(FOUND, 'event_batches');
        RETURN ROW(consumer, true, NULL::timestamptz);
    ELSIF (p.xact, p.id) > (b.from_xact, b.from_id) THEN
        UPDATE ecommerce.event_batches x
        SET from_xact = p.xact, from_id = p.id,
            leased_until = clock_timestamp() + x.duration
        WHERE x.tenant_id = v_tenant AND x.consumer = events_ack.consumer AND x.lease = p.lease
        RETURNING x.leased_until INTO b.leased_until;
        PERFORM ecommerce_internal.check_written(FOUND, 'event_batches');
    END IF;
    RETURN ROW(consumer, false, b.leased_until);
END
$$;
COMMENT ON FUNCTION ecommerce.events_ack(text, text, integer) IS
    'Acknowledge what events_fetch() handed out: it is done, and not handed out again. consumer: '
    'whose. up_to: the position of the last event that is done; all before it in the batch are '
    'done, too. Before the end of the batch the lease of the rest begins anew. Nothing happens if '
    'it is acknowledged already. Errors: EC039 the lease was over and its events went to another '
    'worker, or it is too old; EC038 unknown consumer; 22023 no position, or not of its lease; '
    '22004 NULL; EC011 another tenant.';
