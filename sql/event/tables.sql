-- What happened, for whoever wants to be told.  Partitioned by time.

CREATE TABLE IF NOT EXISTS ecommerce.events (
    tenant_id  integer     NOT NULL,
    id         uuid        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    xact       xid8        NOT NULL DEFAULT pg_current_xact_id(),
    kind       text        NOT NULL,
    entity_id  uuid        NOT NULL,
    data       jsonb       NOT NULL DEFAULT '{}',
    CONSTRAINT events_pkey PRIMARY KEY (id, tenant_id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX IF NOT EXISTS idx_events_entity ON ecommerce.events (tenant_id, entity_id, created_at);
COMMENT ON TABLE ecommerce.events IS
    'Every change of state, appended by the function that made it: history and outbox in one.';
COMMENT ON COLUMN ecommerce.events.id IS 'UUIDv7.';
COMMENT ON COLUMN ecommerce.events.created_at IS 'When the entity changed; the partition key.';
COMMENT ON COLUMN ecommerce.events.xact IS
    'The transaction, so that a reader can wait for those still running.';
COMMENT ON COLUMN ecommerce.events.kind IS
    'What happened: order.placed, order.cancelled and so on.';
COMMENT ON COLUMN ecommerce.events.entity_id IS 'The order, or whatever it happened to.';
COMMENT ON COLUMN ecommerce.events.data IS 'Facts that its tables do not keep.';
