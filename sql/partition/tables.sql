-- What is known of orders whose partition was detached.

CREATE TABLE IF NOT EXISTS ecommerce.archived_partitions (
    suffix      text        NOT NULL,
    from_time   timestamptz NOT NULL,
    to_time     timestamptz NOT NULL,
    corrected_at timestamptz,
    archived_by text        NOT NULL DEFAULT session_user,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT archived_partitions_pkey PRIMARY KEY (suffix),
    CONSTRAINT archived_partitions_from_time_key UNIQUE (from_time),
    CONSTRAINT archived_partitions_time_check CHECK (from_time < to_time)
);
COMMENT ON TABLE ecommerce.archived_partitions IS
    'Times whose partitions detach_partition() took away, whether or not their tables are still '
    'there. attach_partition() takes the row away again.';
COMMENT ON COLUMN ecommerce.archived_partitions.suffix IS
    'What the names of their tables in schema ecommerce_partitions end with, e.g. 2019_q1.';
COMMENT ON COLUMN ecommerce.archived_partitions.from_time IS 'Their lower bound, inclusive.';
COMMENT ON COLUMN ecommerce.archived_partitions.to_time IS 'Their upper bound, exclusive.';
COMMENT ON COLUMN ecommerce.archived_partitions.corrected_at IS
    'When lines of these orders were cancelled last, which corrected them in that period; NULL '
    'if none was.';
COMMENT ON COLUMN ecommerce.archived_partitions.archived_by IS 'The role that was logged in.';

CREATE TABLE IF NOT EXISTS ecommerce.archived_sales (
    tenant_id       integer     NOT NULL,
    product_id      uuid        NOT NULL,
    suffix          text        NOT NULL,
    currency        text        NOT NULL,
    orders          bigint      NOT NULL,
    quantity        bigint      NOT NULL,
    net             numeric     NOT NULL,
    last_ordered_at timestamptz NOT NULL,
    CONSTRAINT archived_sales_pkey PRIMARY KEY (tenant_id, product_id, suffix, currency),
    CONSTRAINT archived_sales_partition_fkey FOREIGN KEY (suffix)
        REFERENCES ecommerce.archived_partitions (suffix) ON DELETE CASCADE
);
COMMENT ON TABLE ecommerce.archived_sales IS
    'Sales of each product in detached partitions, so that statistics keep them. Written by '
    'detach_partition().';
COMMENT ON COLUMN ecommerce.archived_sales.product_id IS 'The product.';
COMMENT ON COLUMN ecommerce.archived_sales.suffix IS 'The partition, as in archived_partitions.';
COMMENT ON COLUMN ecommerce.archived_sales.currency IS 'Currency of the orders, ISO 4217.';
COMMENT ON COLUMN ecommerce.archived_sales.orders IS 'Orders that have it, but cancelled ones.';
COMMENT ON COLUMN ecommerce.archived_sales.quantity IS 'Units of these orders.';
COMMENT ON COLUMN ecommerce.archived_sales.net IS 'Sum of net of their lines.';
COMMENT ON COLUMN ecommerce.archived_sales.last_ordered_at IS 'When it was last ordered there.';
