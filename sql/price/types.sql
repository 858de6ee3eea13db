-- What functions of prices answer.

CREATE TYPE ecommerce.priced_item AS (
    line          integer,
    product_id    uuid,
    sku           text,
    quantity      integer,
    currency      text,
    prices        text,
    unit_price    numeric,
    base_quantity integer,
    unit_code     text,
    amount        numeric,
    rule          text,
    price_list    text,
    min_quantity  integer
);
COMMENT ON TYPE ecommerce.priced_item IS
    'What product_prices() answers. line: place among the items, from 1. prices: whether the price '
    'is net or gross. unit_price: price of base_quantity units. unit_code: what a unit is. amount: '
    'quantity * unit_price / base_quantity, rounded once. rule: where the price is from, which is '
    'list (the product), sale (its sale price) or price_list. price_list: name of that list. '
    'min_quantity: tier of that list. A product without a price in the currency has none of '
    'prices, unit_price, amount and rule.';
