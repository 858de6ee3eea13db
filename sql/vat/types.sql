-- Rates and rules of VAT, and how a sale is taxed.

CREATE TYPE ecommerce.vat_rate_period AS (
    country    text,
    region     text,
    vat_class  text,
    rate       numeric,
    valid_from date,
    valid_to   date
);
COMMENT ON TYPE ecommerce.vat_rate_period IS
    'What set_vat_rate() answers: a rate and the days on which it is valid, with the columns of '
    'vat_rates.';

CREATE TYPE ecommerce.vat_rule AS (
    step             integer,
    rule             text,
    supply           text[],
    stock            text[],
    destination      text[],
    buyer            text[],
    seller           text[],
    sales            text[],
    special          text[],
    place            text,
    vat_category     text,
    scheme           text,
    vatex            text,
    mydata_exemption integer,
    legal_reason     text,
    note             text
);
COMMENT ON TYPE ecommerce.vat_rule IS
    'A row of the decision table of vat_rules(): the facts of a sale for which it stands, any '
    'where NULL, and what follows. Facts: supply goods, service, digital; stock (where the goods '
    'are) own, other member state, third country; destination home, eu, back (from goods abroad '
    'to the seller''s own country), third, uk (Great Britain and Northern Ireland), territory '
    '(own country, outside the VAT territory); buyer identified (valid VAT id of another member '
    'state; for a service, of the buyer''s), resident (of the country of dispatch), elsewhere '
    '(for a service, of another country than the buyer''s), business (no valid VAT id), consumer; '
    'seller regular, small, foreign; sales under, over, oss, ioss; special none, exempt, '
    'reverse_charge, excluded. place is whose VAT it is: origin or destination. Without '
    'vat_category the sale is refused, and note says why.';

CREATE TYPE ecommerce.vat_treatment AS (
    vat_category     text,
    vat_class        text,
    vat_rate         numeric,
    country          text,
    region           text,
    scheme           text,
    vatex            text,
    legal_reason     text,
    mydata_category  integer,
    mydata_exemption integer,
    note             text
);
COMMENT ON TYPE ecommerce.vat_treatment IS
    'How a sale is taxed. vat_category: code of EN 16931 (S, Z, E, AE, K, G, O). vat_rate: '
    'percent, 0 in every category but S; an invoice leaves it out in O. country and region: where '
    'the supply takes place, so whose rate it is. scheme: domestic, oss, ioss, registration (in '
    'that country), intra_eu, export, reverse_charge, outside or small_enterprise. vatex: '
    'exemption reason of EN 16931 (BT-121). legal_reason: the rule that decided. mydata_category, '
    'mydata_exemption: VAT category and exemption of myDATA, for sellers in Greece. note: what '
    'else it needs, or why it is not what one may have expected.';

CREATE TYPE ecommerce_internal.vat_facts AS (
    supply      text,
    stock       text,
    destination text,
    buyer       text,
    seller      text,
    sales       text,
    special     text
);
COMMENT ON TYPE ecommerce_internal.vat_facts IS
    'The facts of one sale, in the words of the type vat_rule.';
