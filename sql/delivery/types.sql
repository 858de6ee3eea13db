-- What shipping_quote() answers.

CREATE TYPE ecommerce.shipping_offer AS (
    rate     text,
    rate_id  uuid,
    method   text,
    name     text,
    carrier  text,
    price    numeric,
    currency text,
    min_days integer,
    max_days integer
);
COMMENT ON TYPE ecommerce.shipping_offer IS
    'A rate of delivery that an order may choose. rate is its code, method and name are those of '
    'its method; price is net or gross as the prices of the order are.';
