-- What functions of shipments answer.

CREATE TYPE ecommerce.shipment_state AS (
    id              uuid,
    order_id        uuid,
    order_number    text,
    shipment_number integer,
    warehouse_id    integer,
    previous_status text,
    status          text,
    quantity        bigint,
    order_status    text
);
COMMENT ON TYPE ecommerce.shipment_state IS
    'What functions that make or change a shipment answer. previous_status is the status that it '
    'had before: status itself if it was there already, NULL for a new one. quantity: its units. '
    'order_status: the status of its order now.';

CREATE TYPE ecommerce.fulfilment_state AS (
    fulfilment  text,
    ordered     bigint,
    pending     bigint,
    shipped     bigint,
    delivered   bigint,
    undelivered bigint,
    returned    bigint
);
COMMENT ON TYPE ecommerce.fulfilment_state IS
    'What order_fulfilment() answers. fulfilment: unfulfilled, partial or fulfilled, or NULL if '
    'nothing of the order is to be shipped. The others are units: ordered and not cancelled, in '
    'shipments that are pending, on their way, delivered, or lost or returned to sender and not '
    'replaced, and units that came back.';
