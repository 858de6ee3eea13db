-- What the totals of lines are.

CREATE TYPE ecommerce.order_total AS (
    net       numeric,
    vat       numeric,
    gross     numeric,
    breakdown jsonb
);
COMMENT ON TYPE ecommerce.order_total IS
    'Totals of lines. breakdown is an array of {"rate", "taxable", "tax"}, one for each VAT rate, '
    'highest first.';
