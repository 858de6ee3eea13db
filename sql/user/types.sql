-- What functions of accounts answer.

CREATE TYPE ecommerce.account AS (
    user_id        uuid,
    email          text,
    status         text,
    email_verified boolean
);
COMMENT ON TYPE ecommerce.account IS
    'A user, as functions that change one answer. email is the address that is stored, which '
    'letters go to. status: active, inactive or blocked.';

CREATE TYPE ecommerce.authentication AS (
    user_id        uuid,
    status         text,
    email_verified boolean
);
COMMENT ON TYPE ecommerce.authentication IS
    'What authenticate() answers, and what asks for a password. user_id: who it is, NULL unless '
    'they may come in. status: active; refused, for a wrong address, a wrong password and too many '
    'of them alike; blocked or inactive, where the password was right. email_verified: whether '
    'their address is; NULL where user_id is.';

CREATE TYPE ecommerce.issued_token AS (
    token      text,
    email      text,
    type       text,
    expires_at timestamptz
);
COMMENT ON TYPE ecommerce.issued_token IS
    'What create_email_token() answers. token: goes into the letter, and is told this once. email: '
    'where to write to. type: verification or reset. expires_at: until when it is good.';

CREATE TYPE ecommerce.token_request AS (
    type         text,
    requested_at timestamptz
);
COMMENT ON TYPE ecommerce.token_request IS
    'What request_email_token() answers, to everybody alike. type: verification or reset. '
    'requested_at: now.';

CREATE TYPE ecommerce.customer_address AS (
    id         uuid,
    user_id    uuid,
    type       text,
    is_default boolean
);
COMMENT ON TYPE ecommerce.customer_address IS
    'What functions of the address book answer. type: shipping or billing. is_default: whether it '
    'is now the one of that type that is offered first.';
