-- What functions about myDATA answer, and what they ask of a document.

CREATE TYPE ecommerce.mydata_answer AS (
    invoice_id          uuid,
    invoice_number      text,
    status              text,
    mark                bigint,
    uid                 text,
    qr_url              text,
    authentication_code text,
    cancelled_mark      bigint,
    errors              jsonb
);
COMMENT ON TYPE ecommerce.mydata_answer IS
    'What myDATA knows of a document, as functions that record it answer: a row of mydata_answers '
    'with the number of its document.';

CREATE TYPE ecommerce_internal.mydata_facts AS (
    invoice_id      uuid,
    invoice_number  text,
    kind            text,
    issue_date      date,
    series          text,
    number          bigint,
    currency        text,
    exchange_rate   numeric,
    vat_scheme      text,
    is_island       boolean,
    seller_country  text,
    afm             text,
    branch          integer,
    is_business     boolean,
    is_goods        boolean,
    market          text,
    base_type       text,
    mydata_type     text,
    buyer_country   text,
    buyer_vat       text,
    marks           bigint[],
    unmarked        text[]
);
COMMENT ON TYPE ecommerce_internal.mydata_facts IS
    'What the rules of myDATA ask of a document. exchange_rate: units of the currency for one '
    'euro. market: domestic, eu or third. base_type: its type, of a credit note that of what it '
    'corrects. marks: of the documents that it corrects; unmarked: those that have none.';

CREATE TYPE ecommerce_internal.mydata_response AS (
    index               integer,
    status_code         text,
    uid                 text,
    mark                bigint,
    cancellation_mark   bigint,
    authentication_code text,
    qr_url              text,
    errors              jsonb
);
COMMENT ON TYPE ecommerce_internal.mydata_response IS
    'What AADE answers about one document of a message. index: which, from 1.';
