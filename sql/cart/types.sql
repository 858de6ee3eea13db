-- What functions of carts and wishlists answer.

CREATE TYPE ecommerce.cart_line AS (
    cart_id    uuid,
    product_id uuid,
    sku        text,
    name       text,
    quantity   integer,
    unit_price numeric,
    price      numeric,
    available  bigint,
    for_sale   boolean
);
COMMENT ON TYPE ecommerce.cart_line IS
    'A line of a cart. quantity: units, 0 if it is not in the cart any more. unit_price: the price '
    'that the customer saw. price: that of now, NULL for what is not for sale. available: units '
    'that could be ordered now, NULL if its stock is not tracked; less than quantity is too '
    'little. for_sale: whether it is, still.';

CREATE TYPE ecommerce.cart_contents AS (
    cart_id uuid,
    lines   bigint,
    units   bigint,
    changed bigint
);
COMMENT ON TYPE ecommerce.cart_contents IS
    'What is in a cart after a change. cart_id: NULL if there is none. lines: products in it. '
    'units: of all of them. changed: lines, or codes, that were changed.';

CREATE TYPE ecommerce.merged_cart AS (
    cart_id uuid,
    lines   bigint,
    units   bigint,
    merged  bigint,
    capped  bigint
);
COMMENT ON TYPE ecommerce.merged_cart IS
    'What cart_merge() and cart_restore() answer. cart_id: the open cart; NULL if there is none. '
    'lines: products in it. units: of all of them. merged: lines that came. capped: lines of '
    'these that have fewer units than both carts together, because no more can be sold.';

CREATE TYPE ecommerce.wish AS (
    user_id    uuid,
    product_id uuid,
    sku        text,
    name       text,
    price      numeric,
    available  bigint,
    for_sale   boolean,
    is_wished  boolean
);
COMMENT ON TYPE ecommerce.wish IS
    'A product on a wishlist, with price, available and for_sale as in cart_line. is_wished: '
    'whether it is on the list now.';
