-- What functions of events answer.

CREATE TYPE ecommerce.consumer AS (
    name       text,
    created_at timestamptz,
    open       integer
);
COMMENT ON TYPE ecommerce.consumer IS
    'A consumer of events: its name, since when it is there, and how many batches of its events '
    'are not acknowledged.';

CREATE TYPE ecommerce.fetched_event AS (
    position   text,
    id         uuid,
    created_at timestamptz,
    kind       text,
    entity_id  uuid,
    data       jsonb,
    deliveries integer
);
COMMENT ON TYPE ecommerce.fetched_event IS
    'An event that events_fetch() hands out. position: what events_ack() takes once it and all '
    'before it in the batch are done. deliveries: how often it was handed out, 1 for the first '
    'time; after that it may have been done before.';

CREATE TYPE ecommerce.acknowledgement AS (
    consumer     text,
    done         boolean,
    leased_until timestamptz
);
COMMENT ON TYPE ecommerce.acknowledgement IS
    'What events_ack() answers. done: whether that was the end of the batch; else the rest stays '
    'with the worker until leased_until, which is NULL otherwise.';
