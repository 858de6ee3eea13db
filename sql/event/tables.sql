-- What happened, for whoever wants to be told.  Partitioned by time.

CREATE TABLE IF NOT EXISTS ecommerce.event_generations (
    generation        integer     NOT NULL CONSTRAINT event_generations_pkey PRIMARY KEY
        CONSTRAINT event_generations_generation_check CHECK (generation BETWEEN 0 AND 65535),
    system_identifier bigint      NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ecommerce.event_generations IS
    'The database clusters in which the shop has written events, one after the other. The first '
    'event in a cluster that is not the last of them adds its row. They are of no tenant: clusters '
    'are not, and the default of events.xact, which reads them, knows none.';
COMMENT ON COLUMN ecommerce.event_generations.generation IS
    'The upper 16 bits of events.xact; the first cluster has 0.';
COMMENT ON COLUMN ecommerce.event_generations.system_identifier IS
    'That of pg_control_system(), by which a cluster is known.';

CREATE TABLE IF NOT EXISTS ecommerce.events (
    tenant_id  integer     NOT NULL,
    id         uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    xact       xid8        NOT NULL,
    kind       text        NOT NULL,
    entity_id  uuid        NOT NULL,
    data       jsonb       NOT NULL DEFAULT '{}',
    CONSTRAINT events_pkey PRIMARY KEY (id, tenant_id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX IF NOT EXISTS idx_events_entity ON ecommerce.events (tenant_id, entity_id, created_at);
CREATE INDEX IF NOT EXISTS idx_events_position ON ecommerce.events (tenant_id, xact, id);
COMMENT ON TABLE ecommerce.events IS
    'Every change of state, appended by the function that made it: history and outbox in one. Rows '
    'never change, but that erasing takes former addresses from order.address_changed.';
COMMENT ON COLUMN ecommerce.events.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.events.created_at IS 'When the entity changed; the partition key.';
COMMENT ON COLUMN ecommerce.events.xact IS
    'The transaction, so that a reader can wait for those still running: its full id in the lower '
    '48 bits, event_generations.generation in the upper 16. With the id it is the order in which '
    'events are read.';
COMMENT ON COLUMN ecommerce.events.kind IS
    'What happened: order.placed, order.cancelled and so on.';
COMMENT ON COLUMN ecommerce.events.entity_id IS 'The order, or whatever it happened to.';
COMMENT ON COLUMN ecommerce.events.data IS 'Facts that its tables do not keep.';

CREATE TABLE IF NOT EXISTS ecommerce.event_consumers (
    tenant_id  integer     NOT NULL
        CONSTRAINT event_consumers_tenant_fkey REFERENCES ecommerce.tenants (id),
    name       text        NOT NULL
        CONSTRAINT event_consumers_name_check CHECK (length(name) BETWEEN 1 AND 100),
    xact       xid8        NOT NULL,
    event_id   uuid        NOT NULL,
    leases     bigint      NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT event_consumers_pkey PRIMARY KEY (tenant_id, name)
);
COMMENT ON TABLE ecommerce.event_consumers IS
    'Who reads all events of a tenant, each at a pace of its own. Changed by events_fetch().';
COMMENT ON COLUMN ecommerce.event_consumers.name IS 'Its name, e.g. mailer.';
COMMENT ON COLUMN ecommerce.event_consumers.xact IS
    'events.xact of the last event that was handed out; with event_id the position up to which '
    'that was done.';
COMMENT ON COLUMN ecommerce.event_consumers.event_id IS
    'Id of that event; all zeros if none of that transaction was.';
COMMENT ON COLUMN ecommerce.event_consumers.leases IS
    'How many leases were given to its workers; the number of the last one.';

CREATE TABLE IF NOT EXISTS ecommerce.event_batches (
    tenant_id    integer     NOT NULL,
    consumer     text        NOT NULL,
    lease        bigint      NOT NULL,
    from_xact    xid8        NOT NULL,
    from_id      uuid        NOT NULL,
    to_xact      xid8        NOT NULL,
    to_id        uuid        NOT NULL,
    deliveries   integer     NOT NULL DEFAULT 1
        CONSTRAINT event_batches_deliveries_check CHECK (deliveries > 0),
    worker       text
        CONSTRAINT event_batches_worker_check CHECK (length(worker) <= 200),
    duration     interval    NOT NULL,
    leased_until timestamptz NOT NULL,
    acked_at     timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT event_batches_pkey PRIMARY KEY (tenant_id, consumer, lease),
    CONSTRAINT event_batches_consumer_fkey FOREIGN KEY (tenant_id, consumer)
        REFERENCES ecommerce.event_consumers (tenant_id, name) ON DELETE CASCADE,
    CONSTRAINT event_batches_range_check CHECK ((from_xact, from_id) < (to_xact, to_id))
);
CREATE INDEX IF NOT EXISTS idx_event_batches_open ON ecommerce.event_batches
    (tenant_id, consumer, to_xact, to_id) WHERE acked_at IS NULL;
COMMENT ON TABLE ecommerce.event_batches IS
    'What events_fetch() handed out: stretches of events, each leased to one worker at a time. '
    'The last 1,000 leases of a consumer stay after their acknowledgement.';
COMMENT ON COLUMN ecommerce.event_batches.consumer IS 'The consumer.';
COMMENT ON COLUMN ecommerce.event_batches.lease IS
    'Number of the lease. It is another one when the batch is handed out again.';
COMMENT ON COLUMN ecommerce.event_batches.from_xact IS
    'events.xact of the event before its first one; what is acknowledged moves it on.';
COMMENT ON COLUMN ecommerce.event_batches.from_id IS 'Id of that event.';
COMMENT ON COLUMN ecommerce.event_batches.to_xact IS 'events.xact of its last event.';
COMMENT ON COLUMN ecommerce.event_batches.to_id IS 'Id of its last event.';
COMMENT ON COLUMN ecommerce.event_batches.deliveries IS 'How often its events were handed out.';
COMMENT ON COLUMN ecommerce.event_batches.worker IS 'What the worker calls itself.';
COMMENT ON COLUMN ecommerce.event_batches.duration IS
    'How long the lease is; it begins again when a part is acknowledged.';
COMMENT ON COLUMN ecommerce.event_batches.leased_until IS
    'After this anybody may have its events.';
COMMENT ON COLUMN ecommerce.event_batches.acked_at IS
    'When all of it was acknowledged; NULL before.';

DO $view$
BEGIN
    IF to_regclass('ecommerce.event_lag') IS NULL THEN
        CREATE VIEW ecommerce.event_lag WITH (security_invoker = true) AS
        SELECT c.tenant_id, c.name AS consumer, p.xact, p.event_id, p.leased, p.expired, n.unread,
               (SELECT e.created_at FROM ecommerce.events e
                WHERE e.tenant_id = c.tenant_id AND (e.xact, e.id) > (p.xact, p.event_id)
                ORDER BY e.xact, e.id LIMIT 1) AS oldest
        FROM ecommerce.event_consumers c
        CROSS JOIN LATERAL (
            SELECT coalesce((array_agg(b.from_xact ORDER BY b.to_xact, b.to_id))[1], c.xact)
                       AS xact,
                   coalesce((array_agg(b.from_id ORDER BY b.to_xact, b.to_id))[1], c.event_id)
                       AS event_id,
                   count(*) FILTER (WHERE b.leased_until > clock_timestamp()) AS leased,
                   count(*) FILTER (WHERE b.leased_until <= clock_timestamp()) AS expired
            FROM ecommerce.event_batches b
            WHERE b.tenant_id = c.tenant_id AND b.consumer = c.name AND b.acked_at IS NULL) p
        CROSS JOIN LATERAL (
            SELECT count(*) AS unread
            FROM (SELECT FROM ecommerce.events e
                  WHERE e.tenant_id = c.tenant_id AND (e.xact, e.id) > (c.xact, c.event_id)
                  LIMIT 10000) u) n;
    END IF;
END
$view$;
COMMENT ON VIEW ecommerce.event_lag IS
    'How far each consumer is. Its position is where all before has been acknowledged.';
COMMENT ON COLUMN ecommerce.event_lag.consumer IS 'The consumer.';
COMMENT ON COLUMN ecommerce.event_lag.xact IS
    'events.xact of the last event of which it and all before are acknowledged.';
COMMENT ON COLUMN ecommerce.event_lag.event_id IS 'Id of that event.';
COMMENT ON COLUMN ecommerce.event_lag.leased IS 'Batches that workers have.';
COMMENT ON COLUMN ecommerce.event_lag.expired IS
    'Batches whose lease is over, so that the next worker gets them.';
COMMENT ON COLUMN ecommerce.event_lag.unread IS
    'Events that were not handed out yet; 10,000 if there are as many or more.';
COMMENT ON COLUMN ecommerce.event_lag.oldest IS
    'created_at of the first event that is not acknowledged; NULL if all are.';
