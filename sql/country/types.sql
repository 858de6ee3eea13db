-- Where a party or its goods are, for VAT.

CREATE TYPE ecommerce.vat_territory AS (
    country      text,
    region       text,
    rule         text,
    legal_reason text
);
COMMENT ON TYPE ecommerce.vat_territory IS
    'Where something is for VAT: country, region, and its rule and legal_reason of vat_regions.';
