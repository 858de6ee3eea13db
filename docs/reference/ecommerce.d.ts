// Tables, types and functions of the shop, made from the catalog by "make types".
// Values are as node-pg reads them: numeric and bigint are exact strings.

export type Uuid = string;
export type Numeric = string;
export type Json = unknown;

/** What place_order() takes as one object. */
export type OrderRequest = Omit<Functions['place_order']['args'], 'tenant_id'>;

/** Rows of tables and views: Tables['orders']. */
export interface Tables {
  /** Carts with something in them that became no order, and that nobody touched for an hour. */
  abandoned_carts: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number | null;
    /** Identifies the row within its tenant. */
    id: Uuid | null;
    /** Whose it is; NULL for a guest's. */
    user_id: Uuid | null;
    /** Where to write to; NULL for a guest. */
    email: string | null;
    /** open, or abandoned once expire_carts() has seen it; cart_restore() brings that back. */
    status: string | null;
    /** Products in it. */
    lines: Numeric | null;
    /** Units of all of them. */
    units: Numeric | null;
    /** What they come to at the prices that the customer saw, before coupons and shipping. */
    value: Numeric | null;
    /** That of the shop's prices. */
    currency: string | null;
    /** When the row was made. */
    created_at: Date | null;
    /** When it, or a line of it, last changed. */
    last_changed_at: Date | null;
  };
  /** Staff of the shop. */
  admins: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** Unique in the tenant, case ignored, as that of users. */
    email: string;
    /** As the application hashed it. */
    password_hash: string;
    /** Name for people. */
    name: string;
    /** admin or super_admin. */
    role: 'admin' | 'super_admin';
    /** Picture. */
    avatar_url: string | null;
    /** Whether they may log in. */
    is_active: boolean;
    /** When they last logged in. */
    last_login: Date | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /**
   * Times whose partitions detach_partition() took away, whether or not their tables are still
   * there.
   */
  archived_partitions: {
    /** What the names of their tables in schema ecommerce_partitions end with, e.g. 2019_q1. */
    suffix: string;
    /** Their lower bound, inclusive. */
    from_time: Date;
    /** Their upper bound, exclusive. */
    to_time: Date;
    /**
     * When lines of these orders were cancelled last, which corrected them in that period; NULL
     * if none was.
     */
    corrected_at: Date | null;
    /** The role that was logged in. */
    archived_by: string;
    /** When the row was made. */
    created_at: Date;
  };
  /** Sales of each product in detached partitions, so that statistics keep them. */
  archived_sales: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The product. */
    product_id: Uuid;
    /** The partition, as in archived_partitions. */
    suffix: string;
    /** Currency of the orders, ISO 4217. */
    currency: string;
    /** Orders that have it, but cancelled ones. */
    orders: Numeric;
    /** Units of these orders. */
    quantity: Numeric;
    /** Sum of net of their lines. */
    net: Numeric;
    /** When it was last ordered there. */
    last_ordered_at: Date;
  };
  /** Wrong passwords and requests for tokens, counted, so that the next ones have to wait. */
  auth_failures: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The user; or a number below 4,096 that the address hashes to. */
    subject_id: Uuid;
    /** password or token. */
    purpose: 'password' | 'token';
    /** How often since it last went well, or was let alone for a day. */
    failed_count: number;
    /** The last time. */
    failed_at: Date;
    /** Until then all are refused, the right password, too. */
    locked_until: Date | null;
  };
  /** Everything that statements of the bank have told, once each: read_camt() writes it. */
  bank_entries: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /**
     * What makes it the same entry in every file: the bank's reference, or a hash of what it
     * says.
     */
    event_id: string;
    /** The account of the statement. */
    account_iban: string | null;
    /** The statement that told it first. */
    statement_id: string | null;
    /** The day on which the bank booked it. */
    booked_on: Date | null;
    /** credit (it came) or debit (it went). */
    direction: 'credit' | 'debit';
    /** How much, in currency. */
    amount: Numeric;
    /** ISO 4217. */
    currency: string;
    /** MsgId of the file of ours that it is of. */
    message_id: string | null;
    /** PmtInfId of its part. */
    payment_information_id: string | null;
    /** EndToEndId. */
    end_to_end_id: string | null;
    /** The creditor reference (RF), from its field or found in the text. */
    reference: string | null;
    /** What the other side wrote. */
    remittance: string | null;
    /** The other side. */
    party_name: string | null;
    /** Its account. */
    party_iban: string | null;
    /** Why it came back: AC04, AM04, MD06 and so on. */
    return_reason: string | null;
    /** The bank's reference. */
    bank_reference: string | null;
    /** The bank's code of its kind. */
    bank_code: string | null;
    /** Whether it is what the transactions of an entry leave of it, such as charges. */
    is_rest: boolean;
    /**
     * booked; unmatched, while nobody knows what it is for; or dismissed: it is no business of
     * the shop's orders.
     */
    status: 'unmatched' | 'booked' | 'dismissed';
    /**
     * What it was booked as: captured, charged_back, failed, fee (of the bank, for a return),
     * executed or transfer_failed.
     */
    outcome:
      | 'captured' | 'charged_back' | 'failed' | 'fee' | 'executed' | 'transfer_failed' | null;
    /** The payment that it is for. */
    payment_id: Uuid | null;
    /** The transfer that it is for. */
    transfer_id: Uuid | null;
    /** The file whose transactions it is for, all in one sum. */
    batch_id: Uuid | null;
    /** For people. */
    note: string | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** What is in a cart. */
  cart_items: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The cart. */
    cart_id: Uuid;
    /** The product. */
    product_id: Uuid;
    /** Units. */
    quantity: number;
    /** The price that the customer saw. */
    unit_price: Numeric | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /**
   * A cart is a user's or a session's, exactly one of them; each has at most one that is open.
   */
  carts: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** Whose cart it is, or. */
    user_id: Uuid | null;
    /** which session's. */
    session_id: string | null;
    /** open, then ordered, merged (into another cart) or abandoned. */
    status: 'open' | 'ordered' | 'merged' | 'abandoned';
    /** The order that it became. */
    order_id: Uuid | null;
    /** Coupons that its order redeems, in this order, unless place_order() is told others. */
    coupon_codes: string[];
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** Tree of categories; a trigger refuses cycles. */
  categories: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** Category above it, NULL at the top. */
    parent_id: Uuid | null;
    /** Name for people. */
    name: string;
    /** Name in URLs, unique in the tenant. */
    slug: string;
    /** Description. */
    description: string | null;
    /** Name of an icon. */
    icon: string | null;
    /** Picture. */
    image_url: string | null;
    /** Order among its siblings. */
    sort_order: number;
    /** Whether the storefront shows it. */
    is_active: boolean;
    /** Whatever the application wants to keep here, an object. */
    metadata: Json;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /**
   * Countries of ISO 3166-1, and XI for Northern Ireland, which is a territory of its own for
   * VAT on goods.
   */
  countries: {
    /**
     * Two-letter code of ISO 3166-1, e.g. GR for Greece; XI is the code the EU uses for Northern
     * Ireland.
     */
    code: string;
    /** Three-letter code of ISO 3166-1, e.g. GRC. */
    alpha3: string | null;
    /** Numeric code of ISO 3166-1, three digits with leading zeros, e.g. 300. */
    numeric_code: string | null;
    /** Short English name, in ASCII. */
    name: string;
    /**
     * The two letters before a VAT identification number (EN 16931 BT-31): the country code, but
     * EL for Greece.
     */
    vat_prefix: string | null;
    /**
     * First day in the VAT territory of the EU: the day of accession (founders 1958-01-01), for
     * XI 2021-01-01 and goods only.
     */
    eu_from: Date | null;
    /** First day no longer in the VAT territory of the EU: for GB 2021-01-01. */
    eu_to: Date | null;
  };
  /** Which orders used which coupons. */
  coupon_redemptions: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The order. */
    order_id: Uuid;
    /** orders.created_at. */
    order_created_at: Date;
    /** The coupon; each at most once in an order. */
    coupon_id: Uuid;
    /** Which of the order's coupons it was: 1, 2 and so on. */
    position: number;
    /** The customer, NULL for a guest. */
    user_id: Uuid | null;
    /** The order's email address, as case_folded() has it. */
    email: string | null;
    /** The email address that the user had then, as case_folded() has it; NULL for a guest. */
    account_email: string | null;
    /**
     * What it took off the goods, in the prices and the currency of the order; 0 for
     * free_shipping.
     */
    amount: Numeric;
    /** When the row was made. */
    created_at: Date;
    /** When the order was cancelled; NULL while the redemption counts. */
    released_at: Date | null;
  };
  /** Codes that customers redeem with an order. */
  coupons: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /**
     * In capitals as case_folded() knows them (Greek without accents, SS for a sharp s), without
     * blanks; a trigger turns it so.
     */
    code: string;
    /** percent or amount off the goods, or free_shipping. */
    kind: 'percent' | 'amount' | 'free_shipping';
    /** Percent, with at most six decimals, or amount; NULL for free_shipping. */
    value: Numeric | null;
    /** Currency of amount and minimum, ISO 4217; orders in another one cannot use it. */
    currency: string | null;
    /**
     * What the goods must come to before any discount, in the prices of the shop (net or gross).
     */
    minimum: Numeric;
    /** How often it may be redeemed in all; NULL for any number. */
    max_redemptions: number | null;
    /**
     * How often one customer may redeem it, known by user, by the address of the order, or by
     * that of the account; NULL for any number.
     */
    max_redemptions_per_user: number | null;
    /** For orders from then on. */
    valid_from: Date;
    /** Not for orders from then on. */
    valid_to: Date | null;
    /** Whether it may be redeemed. */
    is_active: boolean;
    /** Redemptions that count, if it has a limit; else 0. */
    redemptions: number;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
    /** When it was deleted softly; NULL while it is in use. */
    deleted_at: Date | null;
  };
  /**
   * How much customers may owe by payments of the method invoice; who has no row may owe
   * nothing.
   */
  credit_limits: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The customer. */
    user_id: Uuid;
    /** ISO 4217; each currency has its own limit. */
    currency: string;
    /** The most that may be open at a time. */
    amount: Numeric;
    /** Days from the payment's making until it is due. */
    payment_days: number;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /**
   * Currencies of ISO 4217, some withdrawn ones included, so that old documents keep their
   * currency.
   */
  currencies: {
    /** Alphabetic code of ISO 4217, three capital letters, e.g. EUR. */
    code: string;
    /** Numeric code of ISO 4217, three digits with leading zeros, e.g. 978. */
    numeric_code: string | null;
    /**
     * Decimal places of an amount (ISO 4217 minor units), 0 to 4: 2 for EUR, 0 for JPY, 3 for
     * KWD.
     */
    minor_units: number;
    /** English name, in ASCII. */
    name: string;
  };
  /** Customers who have something in common, such as price lists. */
  customer_groups: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** Name for people, unique in the tenant. */
    name: string;
    /** For people. */
    note: string | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** Customers that are not deleted, with their profile. */
  customers: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number | null;
    /** Identifies the row within its tenant. */
    id: Uuid | null;
    /**
     */
    email: string | null;
    /** First and last name. */
    name: string | null;
    /**
     */
    phone: string | null;
    /**
     */
    company: string | null;
    /**
     */
    vat_id: string | null;
    /**
     */
    role: string | null;
    /**
     */
    status: string | null;
    /**
     */
    email_verified: boolean | null;
    /** When the row was made. */
    created_at: Date | null;
  };
  /** Ways in which a shop delivers. */
  delivery_methods: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** Code, unique in the tenant. */
    code: string;
    /** Name for customers; the name of the order's line. */
    name: string;
    /** Who carries it, if that is to be said. */
    carrier: string | null;
    /**
     * Whose VAT it bears: proportional, that of all products of the order in their proportion;
     * or highest, the highest rate among them.
     */
    vat: 'proportional' | 'highest';
    /** Days that it takes at least. */
    min_days: number | null;
    /** Days that it takes at most. */
    max_days: number | null;
    /** Order in which they are offered. */
    sort_order: number;
    /** Whether its rates are offered. */
    is_active: boolean;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** What a method costs in a zone, for orders within its bounds. */
  delivery_rates: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** Code by which orders choose it, unique in the tenant. */
    code: string;
    /** The method. */
    method_id: Uuid;
    /** The zone. */
    zone_id: Uuid;
    /** Group of customers whom it is for; NULL for everybody. */
    group_id: Uuid | null;
    /** Currency of its amounts, ISO 4217; it is for orders in that currency. */
    currency: string;
    /** For goods that weigh more than this, in kilograms. */
    weight_above: Numeric | null;
    /** For goods that weigh no more than this, in kilograms. */
    weight_to: Numeric | null;
    /**
     * For goods that come to this or more after discounts, net or gross as the prices of the
     * order are.
     */
    goods_from: Numeric | null;
    /** For goods that come to less than this. */
    goods_below: Numeric | null;
    /** For this many units or more. */
    quantity_from: Numeric | null;
    /** For this many units or fewer. */
    quantity_to: Numeric | null;
    /** What it costs, net or gross as the prices of the order are. */
    price: Numeric;
    /**
     * What each kilogram above weight_above costs besides, one that is begun like a whole one.
     */
    price_per_kg: Numeric;
    /** It costs nothing for goods that come to this or more. */
    free_from: Numeric | null;
    /** Whether it is offered. */
    is_active: boolean;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** What is in a zone, and what is not. */
  delivery_zone_places: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The zone. */
    zone_id: Uuid;
    /** Country, ISO 3166-1 alpha-2; empty for any, the rest of the world. */
    country: string;
    /**
     * Region in it as addresses have it in state, compared without case and accents, or a region
     * or place that vat_places tells by postal code; empty for any.
     */
    region: string;
    /**
     * A postal code; a beginning with an asterisk, as 84*; or two of digits from and to, as
     * 10000-19999, also as the beginning of longer ones.
     */
    postal_code: string;
    /** Whether what it says is not in the zone. */
    is_excluded: boolean;
    /** When the row was made. */
    created_at: Date;
  };
  /** Parts of the world with rates of their own. */
  delivery_zones: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** Name for people, unique in the tenant. */
    name: string;
    /** Of zones that fit an address equally, that with the highest priority counts. */
    priority: number;
    /** Whether addresses can be in it; else it is as if it were not there. */
    is_active: boolean;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** Invoices that were to be paid before today, the shop's day, and are not: whom to remind. */
  dunning: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number | null;
    /** The invoice. */
    id: Uuid | null;
    /** Its number. */
    invoice_number: string | null;
    /** When it was issued. */
    issue_date: Date | null;
    /** Until when it was to be paid. */
    due_date: Date | null;
    /** The order. */
    order_id: Uuid | null;
    /** Its number. */
    order_number: string | null;
    /** The customer; NULL for a guest. */
    user_id: Uuid | null;
    /** ISO 4217. */
    currency: string | null;
    /** What it came to. */
    gross: Numeric | null;
    /** What of it is not paid. */
    open: Numeric | null;
    /** Days since it was due. */
    days_overdue: number | null;
    /** 1 from the first day, 2, 3 and 4 each two weeks later. */
    level: number | null;
  };
  /** Tokens sent by email to verify an address or reset a password. */
  email_tokens: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** sha256 of the token; the token itself is never stored. */
    token_hash: Uint8Array;
    /** The user whose row it is. */
    user_id: Uuid;
    /** verification or reset. */
    type: 'verification' | 'reset';
    /** Not valid from then on. */
    expires_at: Date;
    /** When it was used; it works once. */
    used_at: Date | null;
    /** The address that it is for; with another one it is void. */
    email: string | null;
    /** When the row was made. */
    created_at: Date;
  };
  /**
   * What events_fetch() handed out: stretches of events, each leased to one worker at a time.
   */
  event_batches: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The consumer. */
    consumer: string;
    /** Number of the lease. */
    lease: Numeric;
    /** events.xact of the event before its first one; what is acknowledged moves it on. */
    from_xact: string;
    /** Id of that event. */
    from_id: Uuid;
    /** events.xact of its last event. */
    to_xact: string;
    /** Id of its last event. */
    to_id: Uuid;
    /** How often its events were handed out. */
    deliveries: number;
    /** What the worker calls itself. */
    worker: string | null;
    /** How long the lease is; it begins again when a part is acknowledged. */
    duration: unknown;
    /** After this anybody may have its events. */
    leased_until: Date;
    /** When all of it was acknowledged; NULL before. */
    acked_at: Date | null;
    /** When the row was made. */
    created_at: Date;
  };
  /** Who reads all events of a tenant, each at a pace of its own. */
  event_consumers: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** Its name, e.g. mailer. */
    name: string;
    /**
     * events.xact of the last event that was handed out; with event_id the position up to which
     * that was done.
     */
    xact: string;
    /** Id of that event; all zeros if none of that transaction was. */
    event_id: Uuid;
    /** How many leases were given to its workers; the number of the last one. */
    leases: Numeric;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** The database clusters in which the shop has written events, one after the other. */
  event_generations: {
    /** The upper 16 bits of events.xact; the first cluster has 0. */
    generation: number;
    /** That of pg_control_system(), by which a cluster is known. */
    system_identifier: Numeric;
    /** When the row was made. */
    created_at: Date;
  };
  /** How far each consumer is. */
  event_lag: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number | null;
    /** The consumer. */
    consumer: string | null;
    /** events.xact of the last event of which it and all before are acknowledged. */
    xact: string | null;
    /** Id of that event. */
    event_id: Uuid | null;
    /** Batches that workers have. */
    leased: Numeric | null;
    /** Batches whose lease is over, so that the next worker gets them. */
    expired: Numeric | null;
    /** Events that were not handed out yet; 10,000 if there are as many or more. */
    unread: Numeric | null;
    /** created_at of the first event that is not acknowledged; NULL if all are. */
    oldest: Date | null;
  };
  /** Every change of state, appended by the function that made it: history and outbox in one. */
  events: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** When the entity changed; the partition key. */
    created_at: Date;
    /**
     * The transaction, so that a reader can wait for those still running: its full id in the
     * lower 48 bits, event_generations.generation in the upper 16.
     */
    xact: string;
    /** What happened: order.placed, order.cancelled and so on. */
    kind: string;
    /** The order, or whatever it happened to. */
    entity_id: Uuid;
    /** Facts that its tables do not keep. */
    data: Json;
  };
  /** Every change of a gift card's balance. */
  gift_card_entries: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** The gift card. */
    gift_card_id: Uuid;
    /** issue, redeem (an order), refund (of one), or adjust. */
    kind: 'issue' | 'redeem' | 'refund' | 'adjust';
    /** Added to the balance; negative for redeem. */
    amount: Numeric;
    /** The order that it paid for, or that was refunded. */
    order_id: Uuid | null;
    /** orders.created_at. */
    order_created_at: Date | null;
    /** Why, in words. */
    note: string | null;
    /** The key that the caller of redeem_gift_card() chose. */
    idempotency_key: string | null;
    /** sha256 of that request; the same key with another request is an error. */
    request_hash: Uint8Array | null;
    /** The role that was logged in. */
    created_by: string;
    /** When the row was made. */
    created_at: Date;
  };
  /**
   * Money paid in before: a means of payment, which changes neither the price nor the VAT of
   * an order.
   */
  gift_cards: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** sha256 of the normalized code; the code itself is never stored. */
    code_hash: Uint8Array;
    /** The last characters of the code, for people to tell cards apart. */
    last_digits: string;
    /** ISO 4217; it pays for orders in this currency. */
    currency: string;
    /** What it was issued with. */
    initial_amount: Numeric;
    /** What is left: the sum of its entries, compared at commit. */
    balance: Numeric;
    /** active or blocked. */
    status: 'active' | 'blocked';
    /** Pays for nothing from then on; NULL if it does not expire. */
    valid_to: Date | null;
    /** Whose card it is, if that is known; whoever has the code may use it. */
    user_id: Uuid | null;
    /** Whom it was sent to. */
    email: string | null;
    /** For people. */
    note: string | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** Requests that were answered, so that a retry gets the same answer. */
  idempotency_keys: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The key that the caller chose. */
    key: string;
    /** sha256 of the request; the same key with another request is an error. */
    request_hash: Uint8Array;
    /** The order that the request made. */
    order_id: Uuid;
    /** Its created_at. */
    order_created_at: Date;
    /** When the row was made. */
    created_at: Date;
  };
  /** The last number of each series and year. */
  invoice_counters: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The series. */
    series: string;
    /** The year; 0 of a series that does not begin anew. */
    year: number;
    /** The last number that was given. */
    last_number: Numeric;
    /** The day of that document; later numbers have no earlier day. */
    last_issue_date: Date | null;
  };
  /** Lines of documents, and allowances and charges of the whole document. */
  invoice_lines: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The document. */
    invoice_id: Uuid;
    /** 1, 2, 3 and so on within it (BT-126). */
    line_number: number;
    /** line; charge, of shipping and fees; allowance, a discount of these. */
    part: 'line' | 'allowance' | 'charge';
    /** The line of the order. */
    order_line: number;
    /** order_items.kind. */
    kind: 'product' | 'shipping' | 'fee';
    /** order_items.sku (BT-155). */
    sku: string | null;
    /** Its GTIN (BT-157), if the product has one. */
    gtin: string | null;
    /** order_items.name (BT-153). */
    name: string;
    /** Units (BT-129). */
    quantity: number;
    /** UN/ECE recommendation 20 (BT-130). */
    unit_code: string;
    /** Net price of base_quantity units, not rounded to the currency (BT-146). */
    unit_price: Numeric;
    /** Units that unit_price is for (BT-149). */
    base_quantity: number;
    /**
     * Net discount of the line (BT-136): net = quantity * unit_price / base_quantity -
     * allowance, rounded.
     */
    allowance: Numeric;
    /** Net amount (BT-131, BT-92, BT-99); of an allowance positive. */
    net: Numeric;
    /** Its VAT, as the line of the order has it; of an allowance positive. */
    vat: Numeric;
    /** Category code (BT-151, BT-95, BT-102). */
    vat_category: string;
    /** Percent. */
    vat_rate: Numeric;
    /**
     * Why, of an allowance (UNTDID 5189) or charge (UNTDID 7161), of the line or the document.
     */
    reason_code: string | null;
    /** That in words. */
    reason: string | null;
    /** products.supply when it was issued: goods, service or digital. */
    supply: 'goods' | 'service' | 'digital';
    /** The invoice whose line it corrects, on a credit note. */
    corrected_invoice_id: Uuid | null;
    /** That line. */
    corrected_line_number: number | null;
  };
  /** Series in which documents are numbered without gaps. */
  invoice_series: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** Its name, unique in the tenant. */
    series: string;
    /** invoice or credit_note. */
    kind: 'invoice' | 'credit_note';
    /**
     * How numbers look: text in which {series}, {year}, {yy}, {month} and {number}, or
     * {number:6} with zeros to six digits, are filled in.
     */
    format: string;
    /** Whether numbers begin at 1 again each year. */
    yearly: boolean;
    /** Whether documents of its kind get a number of it that name no series. */
    is_default: boolean;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** The VAT breakdown of documents (BG-23), a row for each category and rate. */
  invoice_vat_groups: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The document. */
    invoice_id: Uuid;
    /** Category code (BT-118). */
    vat_category: 'S' | 'Z' | 'E' | 'AE' | 'K' | 'G' | 'O';
    /** Percent (BT-119). */
    vat_rate: Numeric;
    /** Net amount of it (BT-116). */
    taxable: Numeric;
    /** VAT of it (BT-117). */
    tax: Numeric;
    /** Why there is none, a code (BT-121). */
    vatex: string | null;
    /** Why there is none, in words (BT-120). */
    reason: string | null;
    /** Why there is none, as myDATA codes it (1 to 31). */
    mydata_exemption: number | null;
  };
  /** Invoices and credit notes, as they were issued. */
  invoices: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** The series that it is numbered in. */
    series: string;
    /** The year in whose sequence it is numbered; 0 of a series that does not begin anew. */
    year: number;
    /** 1, 2, 3 and so on, without gaps. */
    number: Numeric;
    /** The number as it is written, by the format of the series (BT-1); unique in the tenant. */
    invoice_number: string;
    /** invoice or credit_note. */
    kind: 'invoice' | 'credit_note';
    /** UNTDID 1001 (BT-3): 380 an invoice, 381 a credit note. */
    type_code: string;
    /**
     * en16931; peppol (seller and buyer have electronic addresses); peppol_gr, with the rules of
     * Greek sellers.
     */
    profile: 'en16931' | 'peppol' | 'peppol_gr';
    /** The shop's day on which it was issued (BT-2). */
    issue_date: Date;
    /** Day of the supply (BT-72): of the shipment, or of the order. */
    delivery_date: Date | null;
    /** Until when it is to be paid (BT-9). */
    due_date: Date | null;
    /** The order. */
    order_id: Uuid;
    /** orders.created_at. */
    order_created_at: Date;
    /** Its number. */
    order_number: string;
    /** The shipment that it is for; NULL if it is for the order. */
    shipment_id: Uuid | null;
    /** The refund that a credit note is for; NULL if it takes back an invoice. */
    refund_id: Uuid | null;
    /** The customer; NULL for a guest. */
    user_id: Uuid | null;
    /** ISO 4217 (BT-5). */
    currency: string;
    /** Total without VAT (BT-109). */
    net: Numeric;
    /** Total VAT (BT-110). */
    vat: Numeric;
    /** Total with VAT (BT-112). */
    gross: Numeric;
    /**
     * What had been paid for it when it was issued (BT-113); gross - prepaid + rounding is to be
     * paid.
     */
    prepaid: Numeric;
    /**
     * What its lines come to beyond gross (BT-114): of a part of an order their VAT was rounded
     * one by one, and that of the document may be 1 or more from it.
     */
    rounding: Numeric;
    /** Currency in which the seller accounts for VAT, if it is another (BT-6). */
    tax_currency: string | null;
    /** Units of tax_currency for one of currency. */
    exchange_rate: Numeric | null;
    /** orders.vat_scheme. */
    vat_scheme: string;
    /** orders.country: the country whose VAT applied. */
    country: string;
    /** orders.region, the part of that country. */
    region: string;
    /** The row of sellers as it was, without what is NULL, with its country. */
    seller: Json;
    /**
     * Who bought: name, and company, address_line_1, address_line_2, city, state, postal_code,
     * country, vat_id, email, phone, registration_number, registration_scheme, endpoint_scheme,
     * endpoint_id, reference (BT-10) and purchase_order (BT-13), as far as they are known.
     */
    buyer: Json;
    /** Where it went, with the keys of an address and name; NULL if nothing was sent. */
    delivery: Json | null;
    /**
     * How it is paid: means (UNTDID 4461), method (payments.method), terms, iban, bic,
     * reference, mandate, creditor_id and debtor_iban, as far as they are known.
     */
    payment: Json;
    /** Invoices that a credit note corrects, as [{"id", "invoice_number", "issue_date"}]. */
    preceding: Json;
    /** Text for the customer (BT-22). */
    note: string | null;
    /** The key of the request that made it. */
    idempotency_key: string | null;
    /** When the row was made. */
    created_at: Date;
  };
  /** Products for sale of which no more than min_stock can be sold now. */
  low_stock: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number | null;
    /** Identifies the row within its tenant. */
    id: Uuid | null;
    /**
     */
    sku: string | null;
    /**
     */
    name: string | null;
    /** Units that can be sold now, in all warehouses. */
    available: Numeric | null;
    /**
     */
    min_stock: number | null;
  };
  /** What became of documents that were sent to myDATA, one row each. */
  mydata_answers: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The document. */
    invoice_id: Uuid;
    /** sent, accepted, rejected or cancelled. */
    status: 'sent' | 'accepted' | 'rejected' | 'cancelled';
    /** MARK, the number that AADE gave it. */
    mark: Numeric | null;
    /** What AADE knows it by, which is mydata_uid(). */
    uid: string | null;
    /** Where anybody can look it up. */
    qr_url: string | null;
    /** The signature of a provider. */
    authentication_code: string | null;
    /** The number of its cancellation. */
    cancelled_mark: Numeric | null;
    /** MARKs that it had before, the earliest first: of documents that AADE has replaced. */
    replaced_marks: Numeric[];
    /** What AADE found wrong the last time, as [{"code", "message"}]. */
    errors: Json;
    /** When it was last sent. */
    sent_at: Date | null;
    /** When the last answer was recorded. */
    answered_at: Date | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /**
   * How a shop classifies its income in myDATA, where it is not as mydata_xml() does by
   * itself.
   */
  mydata_classifications: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** product, shipping or fee. */
    kind: 'product' | 'shipping' | 'fee';
    /**
     * goods, service or digital; of shipping and fees that of the document: goods if it has
     * some.
     */
    supply: 'goods' | 'service' | 'digital';
    /** For this product only; empty for all. */
    sku: string;
    /** For lines with this rate only, percent; -1 for all. */
    vat_rate: Numeric;
    /**
     * category1_1 goods that were bought, category1_2 own products, category1_3 services,
     * category1_4 fixed assets, category1_5 other income, category1_7 for third parties,
     * category1_8 and category1_9 other years.
     */
    category: string;
    /** The line of form E3: E3_561_007 and so on. */
    type: string | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /**
   * Documents of sellers in Greece that have no MARK yet: never sent, not answered, or
   * rejected.
   */
  mydata_pending: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number | null;
    /** The document. */
    invoice_id: Uuid | null;
    /** Its number. */
    invoice_number: string | null;
    /** invoice or credit_note. */
    kind: string | null;
    /** When it was issued. */
    issue_date: Date | null;
    /** sent or rejected; NULL if it was not sent yet. */
    status: string | null;
    /** What was wrong with it. */
    errors: Json | null;
    /** When it was last sent. */
    sent_at: Date | null;
  };
  /** What an order comes to now: what was cancelled of it, what is due, and what was paid. */
  order_amounts: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number | null;
    /** Identifies the row within its tenant. */
    id: Uuid | null;
    /** When it was placed. */
    created_at: Date | null;
    /**
     */
    order_number: string | null;
    /**
     */
    status: string | null;
    /**
     */
    currency: string | null;
    /** What it came to when it was placed. */
    gross: Numeric | null;
    /** Of lines that were cancelled; all of it, once the order is. */
    cancelled: Numeric | null;
    /**
     * What it comes to now: gross less, line by line, what was cancelled or came back, or was
     * refunded if that is more.
     */
    due: Numeric | null;
    /** What was paid and neither refunded nor charged back. */
    paid: Numeric | null;
    /** due - paid: what the customer owes, or negative, what is to be given back. */
    balance: Numeric | null;
  };
  /** Units of lines that were cancelled before they were shipped, by cancel_order_items(). */
  order_cancellations: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The order. */
    order_id: Uuid;
    /** orders.created_at; the partition key. */
    order_created_at: Date;
    /** 1, 2, 3 and so on: the lines that one call cancelled have one number. */
    cancellation_number: number;
    /** The line, as in order_items. */
    line_number: number;
    /** Units that were cancelled. */
    quantity: number;
    /**
     * What the customer need not pay for them, net: by refund_amount(), so that all units of a
     * line come to what the line does.
     */
    net: Numeric;
    /** The VAT in it. */
    vat: Numeric;
    /**
     * Units that went back to each warehouse, {"warehouse": units}; NULL if all are of warehouse
     * 1.
     */
    allocation: Json | null;
    /** Why, for people. */
    reason: string | null;
    /** The key of the request, by which a retry finds its answer. */
    idempotency_key: string | null;
    /** When the row was made. */
    created_at: Date;
  };
  /** Everything an order charges is a line: products, shipping, fees. */
  order_items: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The order. */
    order_id: Uuid;
    /** orders.created_at; the partition key. */
    order_created_at: Date;
    /** 1, 2, 3 and so on, as ordered. */
    line_number: number;
    /** product, shipping or fee. */
    kind: 'product' | 'shipping' | 'fee';
    /** The product. */
    product_id: Uuid | null;
    /** Its SKU when it was ordered; of shipping by a rate of delivery, the code of that. */
    sku: string | null;
    /** Its name when it was ordered. */
    name: string;
    /** Units. */
    quantity: number;
    /** Price of base_quantity units, net or gross as orders.prices says. */
    unit_price: Numeric;
    /** Share of the order's discounts, net or gross as orders.prices says. */
    discount: Numeric;
    /** Category code of EN 16931 (BT-151). */
    vat_category: 'S' | 'Z' | 'E' | 'AE' | 'K' | 'G' | 'O';
    /** Percent, as it was on the day of the order. */
    vat_rate: Numeric;
    /** Net amount after discount. */
    net: Numeric;
    /** Share of the VAT of its category and rate, which is rounded once for the order. */
    vat: Numeric;
    /** Whether place_order() took it from stock; cancel_order() gives back what it took. */
    from_stock: boolean;
    /** Units from each warehouse, {"warehouse": units}; NULL if all are from warehouse 1. */
    allocation: Json | null;
    /** How many units the unit_price was for (BT-149 of EN 16931). */
    base_quantity: number;
    /** What a unit was, a code of UN/ECE recommendation 20 (BT-130, BT-150). */
    unit_code: string;
  };
  /** What people wrote about an order after it was placed, by add_order_note(). */
  order_notes: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The order. */
    order_id: Uuid;
    /** orders.created_at; the partition key. */
    order_created_at: Date;
    /** UUIDv7. */
    id: Uuid;
    /** The text. */
    note: string;
    /** Who wrote it, as the shop calls them; of a customer "customer". */
    author: string;
    /** The customer who wrote it; NULL for staff. */
    user_id: Uuid | null;
    /** Whether customers must not see it. */
    is_internal: boolean;
    /** When the row was made. */
    created_at: Date;
  };
  /** Orders. */
  orders: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7; its time is created_at, so an id alone finds its partition. */
    id: Uuid;
    /** When it was placed, to the millisecond; the partition key. */
    created_at: Date;
    /** Number for people, made by order_number() from the id and the shop's day. */
    order_number: string;
    /** The customer, NULL for a guest. */
    user_id: Uuid | null;
    /** Where to write to about it. */
    email: string | null;
    /** Phone number. */
    phone: string | null;
    /**
     * pending, processing, shipped, delivered, cancelled or refunded; a trigger guards the
     * transitions.
     */
    status:
      | 'pending' | 'processing' | 'shipped' | 'delivered' | 'cancelled' | 'refunded';
    /** pending, paid, failed or refunded. */
    payment_status: 'pending' | 'paid' | 'failed' | 'refunded';
    /** ISO 4217; all its amounts have the minor units of it. */
    currency: string;
    /** Whether unit prices and discounts of its lines are net or gross. */
    prices: 'net' | 'gross';
    /** Sum of net over its lines. */
    net: Numeric;
    /** Sum of vat over its lines. */
    vat: Numeric;
    /** What the customer pays: net + vat. */
    gross: Numeric;
    /** Captured so far, by all its payments. */
    amount_paid: Numeric;
    /** Refunded so far, as providers confirmed. */
    amount_refunded: Numeric;
    /** Taken back from the shop: chargebacks and direct debits that a bank returned. */
    amount_charged_back: Numeric;
    /** Country where the supply takes place for VAT: that whose rates applied, or would have. */
    country: string;
    /** Region of it whose VAT rates applied (vat_regions.region), or empty. */
    region: string;
    /**
     * How it was taxed, as vat_treatment() says: domestic, oss, ioss, registration (in that
     * country), intra_eu, export, reverse_charge, outside or small_enterprise.
     */
    vat_scheme:
      | 'domestic' | 'oss' | 'ioss' | 'registration' | 'intra_eu' | 'export'
      | 'reverse_charge' | 'outside' | 'small_enterprise';
    /**
     * Why it bears no VAT, as EN 16931 codes it (BT-121), e.g. VATEX-EU-IC; NULL if there is no
     * code for it.
     */
    vatex: string | null;
    /**
     * The rules that decided how it is taxed; NULL for a sale at home with the seller's own
     * rates.
     */
    vat_reason: string | null;
    /**
     * Exemption code of myDATA (mydata_exemptions()) of lines without Greek VAT, for sellers in
     * Greece; NULL like vat_reason.
     */
    mydata_exemption: number | null;
    /**
     * VAT identification number of the buyer, in the form of vat_id_normalize() if it is
     * well-formed.
     */
    buyer_vat_id: string | null;
    /** Address as it was, with the keys of user_addresses. */
    billing_address: Json | null;
    /** Address as it was, with the keys of user_addresses. */
    shipping_address: Json | null;
    /** Notes of the customer. */
    notes: string | null;
    /** Whatever the application wants to keep here, an object. */
    metadata: Json | null;
    /** When it became shipped. */
    shipped_at: Date | null;
    /** When it became delivered. */
    delivered_at: Date | null;
    /** When it became cancelled. */
    cancelled_at: Date | null;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /**
   * Every movement of money, and every step of a payment that moves none yet: who, when, how
   * much, why, by which event of which provider.
   */
  payment_entries: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** The payment. */
    payment_id: Uuid;
    /** Money that comes: captured, won_back (a chargeback that was lost by the customer). */
    kind:
      | 'submitted' | 'authorized' | 'voided' | 'captured' | 'failed' | 'refunded'
      | 'refund_failed' | 'charged_back' | 'won_back' | 'fee';
    /** How much, in the currency of the payment. */
    amount: Numeric;
    /** Who reported it; NULL for the shop. */
    provider: string | null;
    /** The provider's id of the event: what has been booked once is not booked again. */
    event_id: string | null;
    /** The refund that it belongs to. */
    refund_id: Uuid | null;
    /** Why, a code or words. */
    reason: string | null;
    /** sha256 of what was reported; the same event with another content is an error. */
    request_hash: Uint8Array | null;
    /** What else the provider reported. */
    data: Json | null;
    /** When it happened, as the provider says; NULL if it does not say. */
    occurred_at: Date | null;
    /** When it was booked. */
    created_at: Date;
    /** The role that was logged in. */
    created_by: string;
  };
  /** What pays for orders, by any method. */
  payments: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** The order that it pays; NULL while it is not known what the money is for. */
    order_id: Uuid | null;
    /** orders.created_at. */
    order_created_at: Date | null;
    /** The customer of the order; NULL for a guest. */
    user_id: Uuid | null;
    /**
     * card, wallet, online (whatever a provider offers besides), sepa_debit, bank_transfer,
     * cash, cash_on_delivery, invoice (with terms), gift_card or other.
     */
    method:
      | 'card' | 'wallet' | 'online' | 'sepa_debit' | 'bank_transfer' | 'cash'
      | 'cash_on_delivery' | 'invoice' | 'gift_card' | 'other';
    /** Who moves the money and reports it, as the shop calls them: stripe, bank. */
    provider: string | null;
    /**
     * What the provider knows it by, unique for that; of bank transfers the creditor reference
     * (RF, ISO 11649) that the customer quotes.
     */
    reference: string | null;
    /** The order that its provider names, while there is none of that id or number. */
    order_reference: string | null;
    /** ISO 4217; that of the order. */
    currency: string;
    /** What the customer was asked for; 0 if only a provider told of it. */
    amount: Numeric;
    /**
     * created, submitted (to the bank), authorized, captured (in part or whole), refunded,
     * returned (charged back, or a direct debit that came back), voided or failed.
     */
    status:
      | 'created' | 'submitted' | 'authorized' | 'captured' | 'refunded' | 'returned'
      | 'voided' | 'failed';
    /** Authorized less what was voided of it. */
    amount_authorized: Numeric;
    /** Money that came. */
    amount_captured: Numeric;
    /** Money that the shop gave back. */
    amount_refunded: Numeric;
    /** Money that was taken back: charged back or returned by a bank, less what was won back. */
    amount_charged_back: Numeric;
    /** What the provider charged the shop for it. */
    fee: Numeric;
    /** Refunds that were requested and neither confirmed nor failed. */
    refunds_requested: Numeric;
    /** Until when it is to be paid, or when a direct debit is to be collected. */
    due_date: Date | null;
    /** The gift card that pays. */
    gift_card_id: Uuid | null;
    /** The SEPA mandate by which it is collected. */
    mandate_id: Uuid | null;
    /** Why it failed or came back, as last told: code or words. */
    failure_reason: string | null;
    /** For people. */
    note: string | null;
    /** Whatever the application wants to keep here, an object. */
    metadata: Json;
    /** The key of the request that made it. */
    idempotency_key: string | null;
    /** sha256 of that request; the same key with another request is an error. */
    request_hash: Uint8Array | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** What is searched for, and how often, in all that the history has. */
  popular_searches: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number | null;
    /** The words, whatever their case, with one blank between them. */
    search_term: string | null;
    /** How often. */
    searches: Numeric | null;
    /** By how many users and sessions. */
    people: Numeric | null;
    /** How often nothing was found. */
    without_results: Numeric | null;
    /** The last time. */
    last_at: Date | null;
  };
  /** Prices for a customer group or for everybody, while they are valid. */
  price_lists: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** Name for people, unique in the tenant. */
    name: string;
    /** The customer group that it is for; NULL for everybody. */
    group_id: Uuid | null;
    /** Currency of its prices, ISO 4217. */
    currency: string;
    /** Whether its prices are net (without VAT) or gross. */
    prices: 'net' | 'gross';
    /** From when it applies (inclusive); NULL: always has. */
    valid_from: Date | null;
    /** Until when it applies (exclusive); NULL: for good. */
    valid_to: Date | null;
    /**
     * Of lists that are all of the group, or all for everybody, the highest one that has a
     * product goes first.
     */
    priority: number;
    /** Whether it applies at all. */
    is_active: boolean;
    /** For people. */
    note: string | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** What a product costs in a price list, from a quantity on. */
  prices: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The product. */
    product_id: Uuid;
    /** The price list. */
    price_list_id: Uuid;
    /** Units from which on it applies; all lines of the product count together. */
    min_quantity: number;
    /**
     * Price of products.base_quantity units, in the currency of the list, net or gross as the
     * list says.
     */
    price: Numeric;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** Pictures of products. */
  product_images: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** The product. */
    product_id: Uuid;
    /** Where the picture is. */
    url: string;
    /** What it shows, for those who cannot see it. */
    alt_text: string | null;
    /** At most one for each product. */
    is_primary: boolean;
    /** Order among the pictures of a product. */
    sort_order: number;
    /** When the row was made. */
    created_at: Date;
  };
  /** Products that are for sale, as a storefront shows them. */
  product_listing: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number | null;
    /** Identifies the row within its tenant. */
    id: Uuid | null;
    /**
     */
    sku: string | null;
    /**
     */
    slug: string | null;
    /**
     */
    name: string | null;
    /**
     */
    short_description: string | null;
    /** Name of its category. */
    category: string | null;
    /**
     * Its sale price during a sale, else its list price; price lists have others, which
     * product_prices() tells.
     */
    price: Numeric | null;
    /**
     * Price before a reduction, to be shown struck through: during a sale the list price, unless
     * the product says another one.
     */
    original_price: Numeric | null;
    /**
     */
    base_quantity: number | null;
    /**
     */
    unit_code: string | null;
    /** Currency of its prices. */
    currency: string | null;
    /** Units that can be sold now; NULL where stock is not tracked. */
    stock: Numeric | null;
    /** Average of its approved reviews, NULL without any. */
    rating: Numeric | null;
    /** Number of its approved reviews. */
    review_count: Numeric | null;
    /** Its primary picture. */
    image_url: string | null;
    /**
     */
    is_featured: boolean | null;
    /** When the row was made. */
    created_at: Date | null;
  };
  /** Ratings by customers, one for each product, user and order. */
  product_reviews: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** The product. */
    product_id: Uuid;
    /** Who wrote it. */
    user_id: Uuid;
    /** The order by which they bought it. */
    order_id: Uuid | null;
    /** 1 to 5. */
    rating: number;
    /** Title. */
    title: string | null;
    /** Text. */
    comment: string | null;
    /** Whether they are known to have bought it. */
    is_verified: boolean;
    /** Whether the storefront shows it and ratings count it. */
    is_approved: boolean;
    /** How many found it helpful. */
    helpful_count: number;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** Rows of product_stats of current_tenant(): what roles of a tenant may read. */
  product_sales: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number | null;
    /** Identifies the row within its tenant. */
    id: Uuid | null;
    /**
     */
    name: string | null;
    /**
     */
    total_orders: Numeric | null;
    /**
     */
    total_quantity_sold: Numeric | null;
    /**
     */
    revenue: Numeric | null;
    /**
     */
    last_ordered_at: Date | null;
  };
  /** Sales of each product, as of its last refresh. */
  product_stats: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number | null;
    /** The product. */
    id: Uuid | null;
    /** Its name. */
    name: string | null;
    /** Orders that have it; 0 if it was never sold. */
    total_orders: Numeric | null;
    /** Units sold; 0 if it was never sold. */
    total_quantity_sold: Numeric | null;
    /** Sum of net, of orders in settings.currency; 0 if it was never sold. */
    revenue: Numeric | null;
    /** When it was last ordered, NULL if never. */
    last_ordered_at: Date | null;
  };
  /** What the shop sells. */
  products: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** The product that this one is a variant of. */
    parent_id: Uuid | null;
    /** Its category. */
    category_id: Uuid | null;
    /** Stock keeping unit, unique among the products of a tenant that are not deleted. */
    sku: string;
    /** Name in URLs, unique like sku. */
    slug: string;
    /** Name for people. */
    name: string;
    /** Description. */
    description: string | null;
    /** Description for lists. */
    short_description: string | null;
    /**
     * List price of base_quantity units, in settings.currency, net or gross as settings.prices
     * says.
     */
    price: Numeric;
    /** Price before a reduction, to be shown struck through. */
    original_price: Numeric | null;
    /** What base_quantity units cost the shop, net. */
    cost_price: Numeric | null;
    /** Price instead of the list price, while it is lower, from sale_from until sale_to. */
    sale_price: Numeric | null;
    /** From when the sale price applies (inclusive); NULL: always has. */
    sale_from: Date | null;
    /** Until when the sale price applies (exclusive); NULL: for good. */
    sale_to: Date | null;
    /**
     * How many units the prices are for (BT-149 of EN 16931): 1000 for what is counted in grams
     * and priced by the kilogram.
     */
    base_quantity: number;
    /**
     * What a unit is, the smallest that is sold and the one that quantities count: a code of
     * UN/ECE recommendation 20 (BT-130, BT-150), such as C62 (one), GRM, MTR, MLT.
     */
    unit_code: string;
    /**
     * Which of a country's VAT rates applies (vat_classes tells what each is for); exempt has
     * none.
     */
    vat_class:
      | 'standard' | 'reduced' | 'reduced2' | 'super_reduced' | 'super_reduced2'
      | 'parking' | 'zero' | 'accommodation' | 'books' | 'bread' | 'culture' | 'energy'
      | 'food' | 'fruit' | 'hairdressing' | 'heating' | 'housing' | 'hygiene'
      | 'medicine' | 'oil' | 'pasta' | 'plants' | 'press' | 'repair' | 'restaurant'
      | 'solar' | 'transport' | 'exempt';
    /**
     * What it is for VAT: goods, service (of the general rule of Art. 44 and 45, performed where
     * the seller is established) or digital (telecommunication, broadcasting, electronic).
     */
    supply: 'goods' | 'service' | 'digital';
    /** Whether it can be out of stock; false for services and downloads. */
    track_stock: boolean;
    /** Stock is low when no more than this can be sold. */
    min_stock: number;
    /**
     * Rows that its stock is spread over in each warehouse; NULL lets it spread while many buy
     * it at once.
     */
    stock_slots: number | null;
    /** Weight of one unit in kilograms. */
    weight: Numeric | null;
    /** Length, width and height, as the shop writes them. */
    dimensions: Json | null;
    /** Attributes to filter by, an object. */
    attributes: Json;
    /** Specifications to show, an object. */
    specifications: Json;
    /** Tags. */
    tags: string[];
    /** active (for sale), inactive or draft. */
    status: 'active' | 'inactive' | 'draft';
    /** Whether the storefront features it. */
    is_featured: boolean;
    /** Title for search engines. */
    meta_title: string | null;
    /** Description for search engines. */
    meta_description: string | null;
    /** Whatever the application wants to keep here, an object. */
    metadata: Json;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
    /** When it was deleted softly; NULL while it is in use. */
    deleted_at: Date | null;
  };
  /** Quotes, which become orders at their price while they are valid. */
  quotes: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** Number for people, made like order_number from the id: Q-261129-7K3QX9M2TV. */
    quote_number: string;
    /** open; then ordered, expired or withdrawn. */
    status: 'open' | 'ordered' | 'expired' | 'withdrawn';
    /** The customer, NULL for a guest. */
    user_id: Uuid | null;
    /** Where to write to about it. */
    email: string | null;
    /**
     * What place_order() is asked for when it is accepted: that of create_quote(), with the
     * products and unit prices of the document for items.
     */
    request: Json;
    /** What quote_order() answered. */
    document: Json;
    /** ISO 4217. */
    currency: string;
    /** Net total of the document, and of the order. */
    net: Numeric;
    /** VAT in its total. */
    vat: Numeric;
    /** What the customer pays: net + vat. */
    gross: Numeric;
    /** Until when it can be accepted, exclusive. */
    valid_until: Date;
    /** The order that it became. */
    order_id: Uuid | null;
    /** The key with which it was accepted, by which a retry gets the same order. */
    idempotency_key: string | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** How current the built-in reference data is: one row per table. */
  reference_data: {
    /**
     * The table: currencies, countries, vat_regions (with vat_places) or vat_rates (with
     * vat_classes).
     */
    name: string;
    /** The day whose state the built-in rows describe. */
    as_of: Date;
    /** Sources of the built-in rows, with their licences. */
    source: string | null;
  };
  /** What of a refund is for which line of the order, so that its VAT is known. */
  refund_items: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The refund. */
    refund_id: Uuid;
    /** The line, as in order_items. */
    line_number: number;
    /** Units that are refunded; 0 for a share of an amount, and of shipping and fees. */
    quantity: number;
    /** Net amount that is given back. */
    net: Numeric;
    /** VAT that is given back. */
    vat: Numeric;
  };
  /** By which payments a refund goes back, a part each. */
  refund_payments: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The refund. */
    refund_id: Uuid;
    /** 1, 2, 3 and so on within the refund. */
    part_number: number;
    /** The payment whose money goes back. */
    payment_id: Uuid;
    /** How much of it. */
    amount: Numeric;
    /** requested; then confirmed or failed, each exactly once. */
    status: 'requested' | 'confirmed' | 'failed';
    /** What the provider knows this part by. */
    reference: string | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** Money that is given back for an order. */
  refunds: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** The order. */
    order_id: Uuid;
    /** orders.created_at. */
    order_created_at: Date;
    /** 1, 2, 3 and so on within the order. */
    refund_number: number;
    /** The return that it is for, if it is for one. */
    return_id: Uuid | null;
    /** That of the order, ISO 4217. */
    currency: string;
    /** What is given back: the sum of refund_payments. */
    amount: Numeric;
    /** How much of it had been paid above what the order came to, so that it is for no line. */
    overpaid: Numeric;
    /** What of it went back. */
    amount_confirmed: Numeric;
    /**
     * requested; then confirmed, or failed if nothing is on its way any more and not all of it
     * arrived.
     */
    status: 'requested' | 'confirmed' | 'failed';
    /** return, cancellation, overpayment, goodwill, duplicate, fraud or other. */
    reason:
      | 'return' | 'cancellation' | 'overpayment' | 'goodwill' | 'duplicate' | 'fraud'
      | 'other';
    /** Why, for people. */
    note: string | null;
    /** The key of the request that made it. */
    idempotency_key: string | null;
    /** sha256 of that request; the same key with another request is an error. */
    request_hash: Uint8Array | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** What is to come back with a return. */
  return_items: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The return. */
    return_id: Uuid;
    /** Its order. */
    order_id: Uuid;
    /** orders.created_at; the partition key. */
    order_created_at: Date;
    /** The line of the order. */
    line_number: number;
    /** Units of it. */
    quantity: number;
    /**
     * Why: withdrawal (customers need give no reason), damaged, defective, wrong_item,
     * not_as_described, too_late, undelivered or other.
     */
    reason:
      | 'withdrawal' | 'damaged' | 'defective' | 'wrong_item' | 'not_as_described'
      | 'too_late' | 'undelivered' | 'other';
  };
  /**
   * What came of a return, and what is to be refunded for it; lines of shipping and fees have
   * their part of the refund here, and no units.
   */
  return_receipts: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The return. */
    return_id: Uuid;
    /** 1, 2, 3 and so on within the return: it may come in several parcels. */
    receipt_number: number;
    /** The line of the order. */
    line_number: number;
    /** Its order. */
    order_id: Uuid;
    /** orders.created_at; the partition key. */
    order_created_at: Date;
    /** Units that came and can be sold again. */
    back_to_stock: number;
    /** Units that came and cannot be sold again. */
    written_off: number;
    /** Units of a shipment that never arrived, and will not come. */
    lost: number;
    /** That of the order, ISO 4217. */
    currency: string;
    /** Net amount to be refunded for them. */
    net: Numeric;
    /** VAT to be refunded for them. */
    vat: Numeric;
    /** When the row was made. */
    created_at: Date;
  };
  /** Returns of units of an order that were shipped. */
  returns: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7 with the time of the order, so that the id alone finds its partition. */
    id: Uuid;
    /** The order. */
    order_id: Uuid;
    /** orders.created_at; the partition key. */
    order_created_at: Date;
    /** 1, 2, 3 and so on within the order. */
    return_number: number;
    /**
     * The shipment that it settles, because it was lost or returned to sender; NULL for what a
     * customer sends back.
     */
    shipment_id: Uuid | null;
    /** requested, approved, rejected or received; a trigger guards the transitions. */
    status: 'requested' | 'approved' | 'rejected' | 'received';
    /** What whoever wants it has to say. */
    note: string | null;
    /** What the shop has to say to the customer. */
    answer: string | null;
    /** The order that the customer gets for it, if it is an exchange. */
    exchange_order_id: Uuid | null;
    /** Its created_at. */
    exchange_order_created_at: Date | null;
    /** The key of the request that made it. */
    idempotency_key: string | null;
    /** When the row was made. */
    created_at: Date;
    /** When it was approved or rejected. */
    decided_at: Date | null;
    /** When the first of it came. */
    received_at: Date | null;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** Who found which review helpful, once each. */
  review_votes: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The review. */
    review_id: Uuid;
    /** Who found it helpful. */
    user_id: Uuid;
    /** When the row was made. */
    created_at: Date;
  };
  /** What was searched for. */
  search_history: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** Who searched, if known. */
    user_id: Uuid | null;
    /** The session, if no user is known. */
    session_id: string | null;
    /** As typed. */
    search_term: string;
    /**
     * The same, case folded, with one blank between words, so that equal searches are counted
     * together; NULL is as typed.
     */
    words: string | null;
    /** How many products were found. */
    results_count: number;
    /** When the row was made. */
    created_at: Date;
  };
  /** Who a tenant is on its documents, one row each. */
  sellers: {
    /** The tenant. */
    tenant_id: number;
    /** Legal name (BT-27). */
    name: string;
    /** Name it is known by, if it is another (BT-28). */
    trade_name: string | null;
    /** Street and number (BT-35). */
    address_line_1: string | null;
    /** More of the address (BT-36). */
    address_line_2: string | null;
    /** Town (BT-37). */
    city: string | null;
    /** Region or state, where addresses have it (BT-39). */
    state: string | null;
    /** Postal code (BT-38). */
    postal_code: string | null;
    /** ISO 3166-1 alpha-2 (BT-40); NULL for that of the settings. */
    country: string | null;
    /** VAT identification number, with its prefix (BT-31); EL for Greece. */
    vat_id: string | null;
    /** Tax number of who has no VAT id, or another one besides (BT-32). */
    tax_number: string | null;
    /** Number in the register of companies (BT-30). */
    registration_number: string | null;
    /** What kind of number that is, a code of ISO 6523 (ICD). */
    registration_scheme: string | null;
    /** What law wants on paper besides: capital, court, managers (BT-33). */
    legal_note: string | null;
    /** Person or department to ask (BT-41). */
    contact_name: string | null;
    /** Where to write to (BT-43). */
    email: string | null;
    /** Number to call (BT-42). */
    phone: string | null;
    /** Account for bank transfers (BT-84), and of SEPA files. */
    iban: string | null;
    /** Its bank (BT-86). */
    bic: string | null;
    /** Creditor identifier for SEPA direct debits (BT-90). */
    sepa_creditor_id: string | null;
    /** Kind of electronic address, a code of the EAS list (BT-34-1): 9933 in Greece. */
    endpoint_scheme: string | null;
    /** Electronic address in the Peppol network (BT-34). */
    endpoint_id: string | null;
    /** Number of the branch in the Greek register, 0 for the seat. */
    mydata_branch: number;
    /** Days from the day of an invoice until it is due. */
    payment_days: number;
    /** Terms of payment in words (BT-20). */
    payment_terms: string | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /**
   * The transactions of files: payments that are collected, transfers that are ordered, each
   * in one file only, for ever.
   */
  sepa_batch_items: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The file. */
    batch_id: Uuid;
    /** 1, 2, 3 and so on within it. */
    item_number: number;
    /** PmtInfId of the part of the file in which it is. */
    payment_information_id: string;
    /** EndToEndId, by which the bank tells what became of it. */
    end_to_end_id: string;
    /** The payment that is collected. */
    payment_id: Uuid | null;
    /** The transfer that is ordered. */
    transfer_id: Uuid | null;
    /** How much, in euro. */
    amount: Numeric;
    /** By which mandate. */
    mandate_id: Uuid | null;
    /** FRST, RCUR, OOFF or FNAL. */
    sequence_type: 'FRST' | 'RCUR' | 'OOFF' | 'FNAL' | null;
    /**
     * What the file told of changes of the mandate: original_reference, original_iban (or SMNDA,
     * if the account was at another bank).
     */
    amendment: Json | null;
  };
  /** Files for the bank, made by sepa_debit_batch() and sepa_credit_batch(). */
  sepa_batches: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** debit (pain.008.001.08) or credit (pain.001.001.09). */
    kind: 'debit' | 'credit';
    /** CORE or B2B, of debits. */
    scheme: 'CORE' | 'B2B' | null;
    /** MsgId, unique for ever. */
    message_id: string;
    /** The day on which the money is to move. */
    execution_date: Date;
    /** How many transactions it has. */
    transaction_count: number;
    /** The sum of their amounts. */
    control_sum: Numeric;
    /** The file. */
    xml: string;
    /** When the row was made. */
    created_at: Date;
    /** The role that was logged in. */
    created_by: string;
  };
  /** Every reference that a mandate has or had, so that none is given twice. */
  sepa_mandate_references: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The reference. */
    mandate_reference: string;
    /** Whose it is or was. */
    mandate_id: Uuid;
    /** When the row was made. */
    created_at: Date;
  };
  /** Mandates by which direct debits are collected. */
  sepa_mandates: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** The customer whose orders it pays. */
    user_id: Uuid;
    /** What the customer and the banks know it by; never given twice. */
    mandate_reference: string;
    /** Whose account it is; NULL once it was forgotten. */
    account_holder: string | null;
    /** The account, in electronic form; NULL once it was forgotten. */
    iban: string | null;
    /** Its last four characters, which is all that a storefront is told. */
    iban_end: string | null;
    /** The bank, where it is known. */
    bic: string | null;
    /** Street and number of the holder. */
    address_line_1: string | null;
    /** More of the address. */
    address_line_2: string | null;
    /** Town; accounts outside the European Economic Area need it. */
    city: string | null;
    /** Postal code. */
    postal_code: string | null;
    /** ISO 3166-1 alpha-2; accounts outside the European Economic Area need it. */
    country: string | null;
    /** CORE, or B2B among businesses. */
    scheme: 'CORE' | 'B2B';
    /** recurrent, or one_off: for a single collection. */
    kind: 'recurrent' | 'one_off';
    /** The day on which it was signed. */
    signed_on: Date;
    /**
     * active; then used (one_off, or after the last collection), revoked, or lapsed: 36 months
     * after its signature or last collection.
     */
    status: 'active' | 'lapsed' | 'revoked' | 'used';
    /** Whether the next collection is the last one (FNAL). */
    is_final: boolean;
    /** The day of its last collection; NULL before the first. */
    last_used_on: Date | null;
    /** The account that the bank knows, while the next collection has to tell of another one. */
    original_iban: string | null;
    /**
     * The reference that the bank knows, while the next collection has to tell of another one.
     */
    original_reference: string | null;
    /** When it was used up, revoked or lapsed; NULL while it is active. */
    ended_at: Date | null;
    /** The key of the request that made it. */
    idempotency_key: string | null;
    /** sha256 of that request; the same key with another request is an error. */
    request_hash: Uint8Array | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** Credit transfers: refunds and payouts. */
  sepa_transfers: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7; its digits are the end-to-end id. */
    id: Uuid;
    /** refund or payout. */
    kind: 'refund' | 'payout';
    /** The refund that it carries out. */
    refund_id: Uuid | null;
    /** Which part of it, in refund_payments. */
    part_number: number | null;
    /** Who gets it. */
    name: string;
    /** The account, in electronic form. */
    iban: string;
    /** The bank, where it is known. */
    bic: string | null;
    /** Street and number. */
    address_line_1: string | null;
    /** More of the address. */
    address_line_2: string | null;
    /** Town. */
    city: string | null;
    /** Postal code. */
    postal_code: string | null;
    /** ISO 3166-1 alpha-2. */
    country: string | null;
    /** How much, 0.01 to 999999999.99. */
    amount: Numeric;
    /** EUR. */
    currency: string;
    /** What the receiver is told: text, or a creditor reference (RF, ISO 11649). */
    reference: string;
    /** requested, submitted (in a file), executed or failed. */
    status: 'requested' | 'submitted' | 'executed' | 'failed';
    /** Why it failed, as the bank says. */
    failure_reason: string | null;
    /** The key of the request that made it. */
    idempotency_key: string | null;
    /** sha256 of that request; the same key with another request is an error. */
    request_hash: Uint8Array | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** How a tenant sells, one row each. */
  settings: {
    /** The tenant. */
    tenant_id: number;
    /** Where the seller is established, ISO 3166-1 alpha-2; its VAT rates apply. */
    country: string | null;
    /**
     * Region where it is established, if that has rates of its own: a name of vat_regions, or
     * empty.
     */
    region: string;
    /**
     * Place of vat_places in that region where it is established, if the region has not always
     * had it: the region counts on the days on which the place is in it.
     */
    place: string | null;
    /** Currency of product prices, ISO 4217. */
    currency: string;
    /** Whether product prices are net (without VAT) or gross (with VAT). */
    prices: 'net' | 'gross';
    /**
     * Time zone in which a day begins for the seller, and with it a new VAT rate: a name of
     * pg_timezone_names, which a trigger looks for.
     */
    timezone: string;
    /**
     * Whether sales of goods and digital services to consumers in other member states are above
     * the threshold of Art. 59c, in this calendar year or the last.
     */
    distance_sales_exceed_threshold: boolean;
    /**
     * Whether the seller is registered for the one-stop shop and uses it, for crossing the
     * threshold or by choice.
     */
    oss: boolean;
    /** Whether the seller is a small enterprise that is exempt from VAT (Art. 284). */
    small_enterprise: boolean;
    /**
     * Whether who may not write orders itself, such as a storefront, has to choose a rate of
     * delivery for an order of goods.
     */
    shipping_required: boolean;
    /** How long a reservation holds its stock unless told otherwise. */
    reservation_ttl: unknown;
    /** How long a cart may lie unchanged until expire_carts() takes it for abandoned. */
    cart_ttl: unknown;
    /** Cost of new password hashes, as bcrypt counts: one more takes twice the time. */
    password_cost: number;
    /** Whether the shop approves reviews before anybody sees them. */
    review_approval: boolean;
    /** Calendar years after that of an order for which it keeps whom it was for. */
    retention_years: number;
    /** Until how many days after the day of delivery customers may ask for a return. */
    return_days: number;
    /**
     * Whether shipping and fees are refunded with returns: never, with a full_return, when all
     * goods that were sent came back, or proportional to the value of what comes back.
     */
    return_shipping: 'never' | 'full_return' | 'proportional';
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** What is in a shipment. */
  shipment_items: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The shipment. */
    shipment_id: Uuid;
    /** Its order. */
    order_id: Uuid;
    /** orders.created_at; the partition key. */
    order_created_at: Date;
    /** The line of the order. */
    line_number: number;
    /** Units of it. */
    quantity: number;
  };
  /** Parcels of orders, each from one warehouse. */
  shipments: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7 with the time of the order, so that the id alone finds its partition. */
    id: Uuid;
    /** The order. */
    order_id: Uuid;
    /** orders.created_at; the partition key. */
    order_created_at: Date;
    /** 1, 2, 3 and so on within the order. */
    shipment_number: number;
    /** The warehouse that it leaves. */
    warehouse_id: number;
    /** The lost shipment of the same order that this one replaces; NULL for an ordinary one. */
    replaces_id: Uuid | null;
    /**
     * pending, shipped, delivered, lost, returned_to_sender or cancelled; a trigger guards the
     * transitions.
     */
    status:
      | 'pending' | 'shipped' | 'delivered' | 'lost' | 'returned_to_sender'
      | 'cancelled';
    /** Who carries it. */
    carrier: string | null;
    /** The carrier's number of it. */
    tracking_number: string | null;
    /** Where it can be followed: an address that begins with http:// or https://. */
    tracking_url: string | null;
    /** The key of the request that made it. */
    idempotency_key: string | null;
    /** When the row was made. */
    created_at: Date;
    /** When it became shipped, the last time. */
    shipped_at: Date | null;
    /** When it was delivered. */
    delivered_at: Date | null;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** What can be sold now. */
  stock: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The product. */
    product_id: Uuid;
    /** The warehouse. */
    warehouse_id: number;
    /**
     * Stock that many want at once is spread over several rows, so that buyers lock different
     * ones; slot 0 is always there.
     */
    slot: number;
    /** Units that can be sold now: neither sold nor held. */
    available: number;
    /** Units that may be sold before they are there; set_backorder_limit() sets it. */
    backorder_limit: number;
  };
  /**
   * Products whose event stock.low was written, until their stock is above products.min_stock
   * again.
   */
  stock_alerts: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The product. */
    product_id: Uuid;
    /** When the row was made. */
    created_at: Date;
  };
  /**
   * What the ledger of stock came to at the last closings, so that a proof need not begin at
   * the first day.
   */
  stock_balances: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The product. */
    product_id: Uuid;
    /** The warehouse. */
    warehouse_id: number;
    /** It counts what happened before. */
    closed_at: Date;
    /** Units by stock_ledger: there and not sold, held ones included. */
    quantity: Numeric;
  };
  /** What came and went: movements, sales and their cancellations. */
  stock_ledger: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number | null;
    /** The product. */
    product_id: Uuid | null;
    /** The warehouse. */
    warehouse_id: number | null;
    /** When the row was made. */
    created_at: Date | null;
    /** Reason of a movement, or sale or cancellation. */
    kind: string | null;
    /** Units that came (positive) or went (negative). */
    quantity: number | null;
    /** The order, of a sale or a return. */
    order_id: Uuid | null;
    /** Number of the order, or reference of the movement. */
    reference: string | null;
  };
  /** Every change of stock other than a sale. */
  stock_movements: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** The product. */
    product_id: Uuid;
    /** The warehouse. */
    warehouse_id: number;
    /** Units that came (positive) or went (negative). */
    quantity: number;
    /**
     * receipt, adjustment, return, write_off, transfer, or archive: sales of a detached
     * partition, which reference names, or their return to the ledger.
     */
    reason:
      | 'receipt' | 'adjustment' | 'return' | 'write_off' | 'transfer' | 'archive';
    /** The order of which units came back, or for which they went. */
    order_id: Uuid | null;
    /** Delivery note, stocktaking, return, as the caller named it. */
    reference: string | null;
    /** For people. */
    note: string | null;
    /** Database role that made it. */
    created_by: string;
    /** When the row was made. */
    created_at: Date;
  };
  /**
   * Stock that is held for somebody, one row for each product and warehouse of a reservation.
   */
  stock_reservations: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7 of the reservation. */
    id: Uuid;
    /** The product. */
    product_id: Uuid;
    /** The warehouse that it was taken from. */
    warehouse_id: number;
    /** Units held. */
    quantity: number;
    /**
     * held, then committed (ordered), released or expired; committed, then consumed (shipped) or
     * released.
     */
    status: 'held' | 'committed' | 'consumed' | 'released' | 'expired';
    /** For whom: a user, a session, a cart, as the caller named it. */
    owner: string | null;
    /** The order that committed it. */
    order_id: Uuid | null;
    /** A hold may be taken back from then on. */
    expires_at: Date;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** The shops in this database. */
  tenants: {
    /** First column of every key of shop data. */
    id: number;
    /** Name for people, of one tenant only. */
    name: string;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** Address book. */
  user_addresses: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /** The user whose row it is. */
    user_id: Uuid;
    /** shipping or billing. */
    type: 'shipping' | 'billing';
    /** First name. */
    first_name: string;
    /** Last name. */
    last_name: string;
    /** Company. */
    company: string | null;
    /** Street and number. */
    address_line_1: string;
    /** Floor, flat, care of. */
    address_line_2: string | null;
    /** City. */
    city: string;
    /** State or region, where the country has them. */
    state: string | null;
    /** Postal code. */
    postal_code: string;
    /** ISO 3166-1 alpha-2. */
    country: string;
    /** Phone number for the carrier. */
    phone: string | null;
    /** At most one default for each user and type. */
    is_default: boolean;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** Password hashes, apart from users so that reading users never reveals one. */
  user_credentials: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The user whose row it is. */
    user_id: Uuid;
    /** As the application hashed it (bcrypt, scrypt, argon2, or crypt() of pgcrypto). */
    password_hash: string;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** What a customer tells about themselves. */
  user_profiles: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The user whose row it is. */
    user_id: Uuid;
    /** Phone number, as written. */
    phone: string | null;
    /** Picture. */
    avatar_url: string | null;
    /** Preferred language, BCP 47. */
    language: string | null;
    /** Date of birth. */
    birth_date: Date | null;
    /** Company name of a business customer. */
    company: string | null;
    /** VAT identification number, with its country prefix. */
    vat_id: string | null;
    /** Number in the register of companies (BT-47). */
    registration_number: string | null;
    /** What kind of number that is, a code of ISO 6523 (ICD). */
    registration_scheme: string | null;
    /** Kind of electronic address, a code of the EAS list (BT-49-1). */
    endpoint_scheme: string | null;
    /** Electronic address for invoices, in the Peppol network (BT-49). */
    endpoint_id: string | null;
    /** What the customer wants to read on invoices, such as the Leitweg-ID (BT-10). */
    buyer_reference: string | null;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** Customers. */
  users: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** UUIDv7. */
    id: Uuid;
    /**
     * Unique among the users of a tenant that are not deleted, case ignored: to find one,
     * compare ecommerce_internal.case_folded(email).
     */
    email: string;
    /** First name. */
    first_name: string | null;
    /** Last name. */
    last_name: string | null;
    /** customer, business or producer. */
    role: 'customer' | 'business' | 'producer';
    /** active, inactive or blocked. */
    status: 'active' | 'inactive' | 'blocked';
    /** The customer group whose price lists apply to them; NULL for none. */
    group_id: Uuid | null;
    /** Whether the address was proved to be theirs; another address is not, says a trigger. */
    email_verified: boolean;
    /** Whatever the application wants to keep here, an object. */
    metadata: Json;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
    /** When it was deleted softly; NULL while it is in use. */
    deleted_at: Date | null;
    /** When erase_customer() took what told who it was; then the row never changes again. */
    erased_at: Date | null;
  };
  /**
   * What each class of VAT rates is for in a country: the same goods for all time, so that no
   * product changes its rate because the name of a class was used again.
   */
  vat_classes: {
    /** Country (countries.code). */
    country: string;
    /** Class, as in vat_rates. */
    vat_class: string;
    /** What it is for there, in English; law has the details. */
    goods: string;
    /** Classes that have these goods now, where the class has ended. */
    moved_to: string[] | null;
  };
  /**
   * How an address tells that it is in a region: by the name of a place, by a country code of
   * its own, or by a postal code.
   */
  vat_places: {
    /** The country of the region. */
    country: string;
    /** Name of the place, in English and in ASCII. */
    place: string;
    /** The region that it is in. */
    region: string;
    /**
     * Country code that an address there may bear instead of the country's, e.g. MC for Monaco.
     */
    code: string | null;
    /**
     * Regular expression for the postal codes that only it has, in capital letters and digits,
     * without blanks and hyphens.
     */
    postal_code: string | null;
    /**
     * Regular expression for postal codes that other places have, too, so that somebody must say
     * which it is.
     */
    postal_code_shared: string | null;
    /** First day on which it is in the region. */
    valid_from: Date;
    /** First day on which it is no longer in the region. */
    valid_to: Date | null;
    /** What else addresses call it. */
    other_names: string[];
  };
  /** VAT rates by country, region, class and time; their periods cannot overlap. */
  vat_rates: {
    /** Country that levies the VAT (countries.code). */
    country: string;
    /**
     * Part of the country with rates of its own (vat_regions.region); the empty string is the
     * country at large.
     */
    region: string;
    /**
     * Class of rate, which products name: a level of law (standard, reduced, reduced2,
     * super_reduced, super_reduced2, parking, zero), or goods that law has moved between levels
     * (press, books, accommodation and so on).
     */
    vat_class:
      | 'standard' | 'reduced' | 'reduced2' | 'super_reduced' | 'super_reduced2'
      | 'parking' | 'zero' | 'accommodation' | 'books' | 'bread' | 'culture' | 'energy'
      | 'food' | 'fruit' | 'hairdressing' | 'heating' | 'housing' | 'hygiene'
      | 'medicine' | 'oil' | 'pasta' | 'plants' | 'press' | 'repair' | 'restaurant'
      | 'solar' | 'transport';
    /** Rate in percent of the net amount, 0 to 100, e.g. 5.5. */
    rate: Numeric;
    /** First day of the rate, by tax point. */
    valid_from: Date;
    /** First day on which it is no longer the rate. */
    valid_to: Date | null;
    /**
     * Where the row comes from, separated by semicolons; "memory" means that no source was at
     * hand.
     */
    source: string | null;
    /** How sure the row is: A (several sources agree), B (one source), C (unsure). */
    confidence: 'A' | 'B' | 'C' | null;
    /** Scope, doubts and exceptions, in English. */
    note: string | null;
  };
  /**
   * The VAT rates of today (the session's day), what follows them, and how current the
   * built-in ones are.
   */
  vat_rates_current: {
    /**
     */
    country: string | null;
    /**
     */
    region: string | null;
    /**
     */
    vat_class: string | null;
    /**
     */
    rate: Numeric | null;
    /**
     */
    valid_from: Date | null;
    /**
     */
    valid_to: Date | null;
    /** The rate after it, if that is known. */
    next_rate: Numeric | null;
    /** First day of that. */
    next_from: Date | null;
    /**
     * The day whose state a built-in rate describes (reference_data.as_of); NULL for a rate of
     * your own.
     */
    as_of: Date | null;
    /**
     */
    source: string | null;
    /**
     */
    confidence: string | null;
    /**
     */
    note: string | null;
    /** What the class is for there (vat_classes.goods). */
    goods: string | null;
  };
  /**
   * Parts of countries that VAT treats in their own way, and each country at large as the
   * region that is an empty string.
   */
  vat_regions: {
    /** The country (countries.code). */
    country: string;
    /**
     * Name of the region, one for all time: its rates may change, and the places in it
     * (vat_places), but not its name.
     */
    region: string;
    /**
     * When it matters: country (never: the country's rates apply), place (rates of its own for
     * what is supplied in it), islands (rates of its own if seller and goods are there, or if
     * the buyer is a business there: Greece), overseas (outside the VAT territory of the EU,
     * with rates of its own), outside (no VAT of the country).
     */
    rule: 'country' | 'place' | 'islands' | 'overseas' | 'outside';
    /**
     * First day for which vat_places knows which places are in it; NULL if they never changed.
     */
    places_from: Date | null;
    /** The law that makes it a region. */
    legal_reason: string | null;
    /** Where the row comes from, separated by semicolons. */
    source: string | null;
    /** How sure the row is: A (several sources agree), B (one source), C (unsure). */
    confidence: 'A' | 'B' | 'C' | null;
    /** Scope, doubts and exceptions, in English. */
    note: string | null;
  };
  /** Where stock lies. */
  warehouses: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** Identifies the row within its tenant. */
    id: number;
    /** Name for people. */
    name: string;
    /**
     * Orders take from the warehouse with the lowest number first, then from the one with the
     * lowest id.
     */
    priority: number;
    /** Where it is, with the keys of user_addresses. */
    address: Json;
    /** When the row was made. */
    created_at: Date;
    /** When the row last changed, set by trigger. */
    updated_at: Date;
  };
  /** What a user would like to have. */
  wishlist_items: {
    /** The tenant whose row it is; never changes. */
    tenant_id: number;
    /** The user. */
    user_id: Uuid;
    /** The product. */
    product_id: Uuid;
    /** When the row was made. */
    created_at: Date;
  };
}

/** Rows that functions answer with: Types['placed_order']. */
export interface Types {
  /** A user, as functions that change one answer. */
  account: {
    /**
     */
    user_id: Uuid | null;
    /**
     */
    email: string | null;
    /**
     */
    status: string;
    /**
     */
    email_verified: boolean;
  };
  /** What events_ack() answers. */
  acknowledgement: {
    /**
     */
    consumer: string;
    /**
     */
    done: boolean | null;
    /**
     */
    leased_until: Date;
  };
  /**
   * What add_order_note() answers: the order, the id of the note, and whether customers must
   * not see it.
   */
  added_note: {
    /**
     */
    order_id: Uuid | null;
    /**
     */
    id: Uuid;
    /**
     */
    author: string;
    /**
     */
    is_internal: boolean;
    /**
     */
    created_at: Date;
  };
  /** What authenticate() answers, and what asks for a password. */
  authentication: {
    /**
     */
    user_id: Uuid | null;
    /**
     */
    status: string;
    /**
     */
    email_verified: boolean;
  };
  /** What was done with an entry of the bank: a row of bank_entries. */
  bank_booking: {
    /**
     */
    entry_id: Uuid | null;
    /**
     */
    booked_on: Date | null;
    /**
     */
    direction: string;
    /**
     */
    amount: Numeric;
    /**
     */
    currency: string | null;
    /**
     */
    outcome: string | null;
    /**
     */
    payment_id: Uuid | null;
    /**
     */
    transfer_id: Uuid | null;
    /**
     */
    batch_id: Uuid | null;
    /**
     */
    reason: string | null;
  };
  /**
   * What cancel_order_items() answers: the order and its statuses, what it cancelled (net,
   * vat, gross; order_cancellations has it under cancellation_number), and what is still due.
   */
  cancelled_items: {
    /**
     */
    id: Uuid;
    /**
     */
    order_number: string;
    /**
     */
    cancellation_number: number;
    /**
     */
    status: string;
    /**
     */
    payment_status: string;
    /**
     */
    currency: string | null;
    /**
     */
    net: Numeric;
    /**
     */
    vat: Numeric;
    /**
     */
    gross: Numeric;
    /**
     */
    due: Numeric | null;
  };
  /** What is in a cart after a change. */
  cart_contents: {
    /**
     */
    cart_id: Uuid;
    /**
     */
    lines: Numeric | null;
    /**
     */
    units: Numeric | null;
    /**
     */
    changed: Numeric | null;
  };
  /** A line of a cart. */
  cart_line: {
    /**
     */
    cart_id: Uuid | null;
    /**
     */
    product_id: Uuid | null;
    /**
     */
    sku: string | null;
    /**
     */
    name: string | null;
    /**
     */
    quantity: number | null;
    /**
     */
    unit_price: Numeric | null;
    /**
     */
    price: Numeric | null;
    /**
     */
    available: Numeric | null;
    /**
     */
    for_sale: boolean | null;
  };
  /** What change_order_address() answers: the addresses that the order has now. */
  changed_address: {
    /**
     */
    id: Uuid;
    /**
     */
    order_number: string;
    /**
     */
    billing_address: Json | null;
    /**
     */
    shipping_address: Json | null;
  };
  /** What clear_searches() and trim_search_history() answer: how many searches were deleted. */
  cleared_searches: {
    /**
     */
    deleted: Numeric | null;
  };
  /**
   * A consumer of events: its name, since when it is there, and how many batches of its events
   * are not acknowledged.
   */
  consumer: {
    /**
     */
    name: string;
    /**
     */
    created_at: Date;
    /**
     */
    open: number | null;
  };
  /** What set_credit_limit() answers: amount is the limit, used what the customer owes of it. */
  credit_state: {
    /**
     */
    user_id: Uuid | null;
    /**
     */
    currency: string | null;
    /**
     */
    amount: Numeric;
    /**
     */
    payment_days: number;
    /**
     */
    used: Numeric | null;
  };
  /** What functions of the address book answer. */
  customer_address: {
    /**
     */
    id: Uuid;
    /**
     */
    user_id: Uuid | null;
    /**
     */
    type: string | null;
    /**
     */
    is_default: boolean;
  };
  /** What erase_customer() answers. */
  erasure: {
    /**
     */
    user_id: Uuid | null;
    /**
     */
    erased_at: Date | null;
    /**
     */
    orders_kept: Numeric | null;
    /**
     */
    keep_until: Date | null;
  };
  /** What erase_expired() answers. */
  expired_orders: {
    /**
     */
    orders: Numeric;
  };
  /** An event that events_fetch() hands out. */
  fetched_event: {
    /**
     */
    position: string;
    /**
     */
    id: Uuid;
    /**
     */
    created_at: Date;
    /**
     */
    kind: string;
    /**
     */
    entity_id: Uuid;
    /**
     */
    data: Json | null;
    /**
     */
    deliveries: number;
  };
  /** What order_fulfilment() answers. */
  fulfilment_state: {
    /**
     */
    fulfilment: string | null;
    /**
     */
    ordered: Numeric | null;
    /**
     */
    pending: Numeric | null;
    /**
     */
    shipped: Numeric | null;
    /**
     */
    delivered: Numeric | null;
    /**
     */
    undelivered: Numeric | null;
    /**
     */
    returned: Numeric | null;
  };
  /** What set_invoice_series() answers: a series as it is then. */
  invoice_series_state: {
    /**
     */
    series: string;
    /**
     */
    kind: string;
    /**
     */
    format: string;
    /**
     */
    yearly: boolean;
    /**
     */
    is_default: boolean;
  };
  /** A new gift card: its id, and its code, which is not kept anywhere. */
  issued_gift_card: {
    /**
     */
    id: Uuid;
    /**
     */
    code: string | null;
  };
  /** What issue_invoice() and issue_credit_note() answer: a document as it was issued. */
  issued_invoice: {
    /**
     */
    id: Uuid;
    /**
     */
    invoice_number: string;
    /**
     */
    kind: string;
    /**
     */
    issue_date: Date;
    /**
     */
    due_date: Date | null;
    /**
     */
    currency: string | null;
    /**
     */
    net: Numeric;
    /**
     */
    vat: Numeric;
    /**
     */
    gross: Numeric;
    /**
     */
    payable: Numeric | null;
  };
  /** What create_email_token() answers. */
  issued_token: {
    /**
     */
    token: string | null;
    /**
     */
    email: string | null;
    /**
     */
    type: string | null;
    /**
     */
    expires_at: Date;
  };
  /** What functions that make or change a mandate answer. */
  mandate_state: {
    /**
     */
    id: Uuid;
    /**
     */
    mandate_reference: string;
    /**
     */
    user_id: Uuid | null;
    /**
     */
    iban_end: string | null;
    /**
     */
    scheme: string | null;
    /**
     */
    kind: string;
    /**
     */
    signed_on: Date;
    /**
     */
    status: string;
  };
  /** What cart_merge() and cart_restore() answer. */
  merged_cart: {
    /**
     */
    cart_id: Uuid;
    /**
     */
    lines: Numeric | null;
    /**
     */
    units: Numeric | null;
    /**
     */
    merged: Numeric | null;
    /**
     */
    capped: Numeric | null;
  };
  /**
   * What myDATA knows of a document, as functions that record it answer: a row of
   * mydata_answers with the number of its document.
   */
  mydata_answer: {
    /**
     */
    invoice_id: Uuid;
    /**
     */
    invoice_number: string;
    /**
     */
    status: string;
    /**
     */
    mark: Numeric | null;
    /**
     */
    uid: string | null;
    /**
     */
    qr_url: string | null;
    /**
     */
    authentication_code: string | null;
    /**
     */
    cancelled_mark: Numeric | null;
    /**
     */
    errors: Json;
  };
  /** What order_as_of() answers: an order as it was at a moment. */
  order_state: {
    /**
     */
    id: Uuid | null;
    /**
     */
    order_number: string | null;
    /**
     */
    at: Date | null;
    /**
     */
    status: string | null;
    /**
     */
    payment_status: string | null;
    /**
     */
    currency: string | null;
    /**
     */
    net: Numeric | null;
    /**
     */
    vat: Numeric | null;
    /**
     */
    gross: Numeric | null;
    /**
     */
    cancelled: Numeric | null;
    /**
     */
    due: Numeric | null;
    /**
     */
    amount_paid: Numeric | null;
    /**
     */
    amount_refunded: Numeric | null;
    /**
     */
    shipping_address: Json | null;
    /**
     */
    billing_address: Json | null;
    /**
     */
    not_known: string[] | null;
  };
  /** Totals of lines. */
  order_total: {
    /**
     */
    net: Numeric | null;
    /**
     */
    vat: Numeric | null;
    /**
     */
    gross: Numeric | null;
    /**
     */
    breakdown: Json | null;
  };
  /** What transition_order() and cancel_order() answer. */
  order_transition: {
    /**
     */
    id: Uuid;
    /**
     */
    order_number: string;
    /**
     */
    previous_status: string | null;
    /**
     */
    status: string;
    /**
     */
    payment_status: string;
  };
  /** What functions that make or change a payment answer: the columns of payments. */
  payment_state: {
    /**
     */
    id: Uuid;
    /**
     */
    order_id: Uuid | null;
    /**
     */
    method: string;
    /**
     */
    provider: string | null;
    /**
     */
    reference: string | null;
    /**
     */
    previous_status: string | null;
    /**
     */
    status: string;
    /**
     */
    currency: string | null;
    /**
     */
    amount: Numeric;
    /**
     */
    amount_authorized: Numeric;
    /**
     */
    amount_captured: Numeric;
    /**
     */
    amount_refunded: Numeric;
    /**
     */
    amount_charged_back: Numeric;
    /**
     */
    due_date: Date | null;
    /**
     */
    order_payment_status: string | null;
    /**
     */
    booked: boolean | null;
  };
  /** What place_order() answers. */
  placed_order: {
    /**
     */
    id: Uuid;
    /**
     */
    order_number: string;
    /**
     */
    created_at: Date;
    /**
     */
    currency: string | null;
    /**
     */
    net: Numeric;
    /**
     */
    vat: Numeric;
    /**
     */
    gross: Numeric;
  };
  /** What popular_terms() answers: words, and how often they were searched for. */
  popular_term: {
    /**
     */
    search_term: string | null;
    /**
     */
    searches: Numeric | null;
  };
  /** What product_prices() answers. */
  priced_item: {
    /**
     */
    line: number | null;
    /**
     */
    product_id: Uuid | null;
    /**
     */
    sku: string | null;
    /**
     */
    quantity: number | null;
    /**
     */
    currency: string | null;
    /**
     */
    prices: string | null;
    /**
     */
    unit_price: Numeric | null;
    /**
     */
    base_quantity: number | null;
    /**
     */
    unit_code: string | null;
    /**
     */
    amount: Numeric | null;
    /**
     */
    rule: string | null;
    /**
     */
    price_list: string | null;
    /**
     */
    min_quantity: number | null;
  };
  /** What create_quote() and withdraw_quote() answer: a quote as it is then. */
  quote_state: {
    /**
     */
    id: Uuid;
    /**
     */
    quote_number: string;
    /**
     */
    status: string;
    /**
     */
    currency: string | null;
    /**
     */
    net: Numeric;
    /**
     */
    vat: Numeric;
    /**
     */
    gross: Numeric;
    /**
     */
    valid_until: Date;
  };
  /** A search, as record_search() and recent_searches() answer. */
  recorded_search: {
    /**
     */
    id: Uuid | null;
    /**
     */
    search_term: string | null;
    /**
     */
    results_count: number | null;
    /**
     */
    created_at: Date | null;
  };
  /** What functions that make or change a refund answer: the columns of refunds. */
  refund_state: {
    /**
     */
    id: Uuid;
    /**
     */
    order_id: Uuid | null;
    /**
     */
    refund_number: number;
    /**
     */
    previous_status: string | null;
    /**
     */
    status: string;
    /**
     */
    currency: string | null;
    /**
     */
    amount: Numeric;
    /**
     */
    amount_confirmed: Numeric;
    /**
     */
    overpaid: Numeric;
    /**
     */
    net: Numeric;
    /**
     */
    vat: Numeric;
    /**
     */
    order_payment_status: string | null;
  };
  /** What return_refund() answers. */
  refund_sum: {
    /**
     */
    currency: string | null;
    /**
     */
    net: Numeric;
    /**
     */
    vat: Numeric;
    /**
     */
    gross: Numeric;
    /**
     */
    charges: Numeric | null;
  };
  /**
   * A reservation that holds nothing any more: its id, and the units that it gave back; 0 if
   * it had given them back before.
   */
  released_reservation: {
    /**
     */
    id: Uuid;
    /**
     */
    quantity: Numeric;
  };
  /** A reservation: its id, and until when it holds. */
  reservation: {
    /**
     */
    id: Uuid;
    /**
     */
    expires_at: Date;
  };
  /** What functions that make or change a return answer. */
  return_state: {
    /**
     */
    id: Uuid;
    /**
     */
    order_id: Uuid | null;
    /**
     */
    order_number: string;
    /**
     */
    return_number: number;
    /**
     */
    previous_status: string | null;
    /**
     */
    status: string;
    /**
     */
    quantity: Numeric;
    /**
     */
    received: Numeric | null;
    /**
     */
    currency: string | null;
    /**
     */
    net: Numeric;
    /**
     */
    vat: Numeric;
    /**
     */
    gross: Numeric;
  };
  /** What sepa_debit_batch() and sepa_credit_batch() answer: the row of sepa_batches. */
  sepa_file: {
    /**
     */
    id: Uuid;
    /**
     */
    kind: string;
    /**
     */
    message_id: string | null;
    /**
     */
    execution_date: Date;
    /**
     */
    transaction_count: number;
    /**
     */
    control_sum: Numeric;
    /**
     */
    xml: string;
    /**
     */
    left_out: Json | null;
  };
  /** What functions that make or change a shipment answer. */
  shipment_state: {
    /**
     */
    id: Uuid;
    /**
     */
    order_id: Uuid | null;
    /**
     */
    order_number: string;
    /**
     */
    shipment_number: number;
    /**
     */
    warehouse_id: number;
    /**
     */
    previous_status: string | null;
    /**
     */
    status: string;
    /**
     */
    quantity: Numeric;
    /**
     */
    order_status: string | null;
  };
  /** A rate of delivery that an order may choose. */
  shipping_offer: {
    /**
     */
    rate: string | null;
    /**
     */
    rate_id: Uuid | null;
    /**
     */
    method: string | null;
    /**
     */
    name: string | null;
    /**
     */
    carrier: string | null;
    /**
     */
    price: Numeric | null;
    /**
     */
    currency: string | null;
    /**
     */
    min_days: number | null;
    /**
     */
    max_days: number | null;
  };
  /** What request_email_token() answers, to everybody alike. */
  token_request: {
    /**
     */
    type: string | null;
    /**
     */
    requested_at: Date | null;
  };
  /** What request_sepa_transfer() answers. */
  transfer_state: {
    /**
     */
    id: Uuid;
    /**
     */
    kind: string;
    /**
     */
    name: string;
    /**
     */
    amount: Numeric;
    /**
     */
    currency: string | null;
    /**
     */
    reference: string | null;
    /**
     */
    status: string;
  };
  /**
   * What set_vat_rate() answers: a rate and the days on which it is valid, with the columns of
   * vat_rates.
   */
  vat_rate_period: {
    /**
     */
    country: string | null;
    /**
     */
    region: string;
    /**
     */
    vat_class: string;
    /**
     */
    rate: Numeric;
    /**
     */
    valid_from: Date | null;
    /**
     */
    valid_to: Date | null;
  };
  /**
   * A row of the decision table of vat_rules(): the facts of a sale for which it stands, any
   * where NULL, and what follows.
   */
  vat_rule: {
    /**
     */
    step: number | null;
    /**
     */
    rule: string | null;
    /**
     */
    supply: string[] | null;
    /**
     */
    stock: string[] | null;
    /**
     */
    destination: string[] | null;
    /**
     */
    buyer: string[] | null;
    /**
     */
    seller: string[] | null;
    /**
     */
    sales: string[] | null;
    /**
     */
    special: string[] | null;
    /**
     */
    place: string | null;
    /**
     */
    vat_category: string | null;
    /**
     */
    scheme: string | null;
    /**
     */
    vatex: string | null;
    /**
     */
    mydata_exemption: number | null;
    /**
     */
    legal_reason: string | null;
    /**
     */
    note: string | null;
  };
  /**
   * Where something is for VAT: country, region, and its rule and legal_reason of vat_regions.
   */
  vat_territory: {
    /**
     */
    country: string | null;
    /**
     */
    region: string | null;
    /**
     */
    rule: string | null;
    /**
     */
    legal_reason: string | null;
  };
  /** How a sale is taxed. */
  vat_treatment: {
    /**
     */
    vat_category: string | null;
    /**
     */
    vat_class: string | null;
    /**
     */
    vat_rate: Numeric | null;
    /**
     */
    country: string | null;
    /**
     */
    region: string | null;
    /**
     */
    scheme: string | null;
    /**
     */
    vatex: string | null;
    /**
     */
    legal_reason: string | null;
    /**
     */
    mydata_category: number | null;
    /**
     */
    mydata_exemption: number | null;
    /**
     */
    note: string | null;
  };
  /** A product on a wishlist, with price, available and for_sale as in cart_line. */
  wish: {
    /**
     */
    user_id: Uuid | null;
    /**
     */
    product_id: Uuid | null;
    /**
     */
    sku: string | null;
    /**
     */
    name: string;
    /**
     */
    price: Numeric;
    /**
     */
    available: Numeric;
    /**
     */
    for_sale: boolean | null;
    /**
     */
    is_wished: boolean | null;
  };
  /** A review, as functions that change one answer. */
  written_review: {
    /**
     */
    id: Uuid;
    /**
     */
    product_id: Uuid | null;
    /**
     */
    order_id: Uuid | null;
    /**
     */
    rating: number;
    /**
     */
    is_approved: boolean;
    /**
     */
    helpful_count: number;
  };
}

/** Arguments by name, and results: Functions['place_order']['result']. */
export interface Functions {
  /** Like accept_quote(quote_id, ...), by the quote's number or an id without a type. */
  accept_quote: {
    args: {
      quote_number: string;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['placed_order'];
  } | {
    args: {
      quote_id: Uuid;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['placed_order'];
  };
  /** Who may do what with tables, views and functions. */
  access_matrix: {
    args: Record<string, never>;
    result: {
      kind: string | null;
      name: string | null;
      columns: string[] | null;
      public: string | null;
      storefront: string | null;
      back_office: string | null;
      reporting: string | null;
      service: string | null;
      storefront_rows: string | null;
    }[];
  };
  /** Add an address to a user's book. */
  add_address: {
    args: {
      user_id: Uuid;
      address: Json;
      type?: 'shipping' | 'billing' | null;
      is_default?: boolean | null;
      tenant_id?: number | null;
    };
    result: Types['customer_address'];
  };
  /** Like add_order_note(order_id, ...), by the order's number or an id without a type. */
  add_order_note: {
    args: {
      order_number: string;
      note: string;
      is_internal?: boolean | null;
      author?: string | null;
      tenant_id?: number | null;
    };
    result: Types['added_note'];
  } | {
    args: {
      order_id: Uuid;
      note: string;
      is_internal?: boolean | null;
      author?: string | null;
      tenant_id?: number | null;
    };
    result: Types['added_note'];
  };
  /** Like add_review(product_id, ...), by SKU and the order's number, or ids without a type. */
  add_review: {
    args: {
      sku: string;
      rating: number;
      title?: string | null;
      comment?: string | null;
      order_number?: string | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['written_review'];
  } | {
    args: {
      product_id: Uuid;
      rating: number;
      title?: string | null;
      comment?: string | null;
      order_id?: Uuid | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['written_review'];
  };
  /**
   * Add an amount to a gift card, or take it off if it is negative, and return the new
   * balance.
   */
  adjust_gift_card: {
    args: {
      gift_card_id: Uuid;
      amount: string | number;
      note?: string | null;
      tenant_id?: number | null;
    };
    result: Numeric;
  };
  /** Add units that came to a warehouse (or, negative, went) and record the movement. */
  adjust_stock: {
    args: {
      sku: string;
      quantity: string | number;
      reason?: string | null;
      reference?: string | null;
      note?: string | null;
      warehouse_id?: number | null;
      order_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: number;
  } | {
    args: {
      product_id: Uuid;
      quantity: string | number;
      reason?: string | null;
      reference?: string | null;
      note?: string | null;
      warehouse_id?: number | null;
      order_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: number;
  };
  /**
   * An amount divided in proportion to weights by the largest remainder, ties to the earlier;
   * the shares sum to it exactly.
   */
  allocate_amount: {
    args: {
      total: string | number;
      weights: (string | number)[];
      currency: string;
    };
    result: Numeric[] | null;
  };
  /** Change an active mandate: what is NULL stays. */
  amend_sepa_mandate: {
    args: {
      mandate_id: Uuid;
      iban?: string | null;
      mandate_reference?: string | null;
      account_holder?: string | null;
      bic?: string | null;
      is_final?: boolean | null;
      tenant_id?: number | null;
    };
    result: Types['mandate_state'];
  };
  /** Let a return that was requested come. */
  approve_return: {
    args: {
      return_id: Uuid;
      answer?: string | null;
      tenant_id?: number | null;
    };
    result: Types['return_state'];
  };
  /**
   * Show a review and count its rating, or no longer, and append review.approved or
   * review.hidden.
   */
  approve_review: {
    args: {
      review_id: Uuid;
      approved?: boolean | null;
      tenant_id?: number | null;
    };
    result: Types['written_review'];
  };
  /** Say which payment an unmatched entry of the bank is for. */
  assign_bank_entry: {
    args: {
      entry_id: Uuid;
      payment_id: Uuid;
      tenant_id?: number | null;
    };
    result: Types['bank_booking'];
  };
  /**
   * Like assign_payment(payment_id, order_id), by the order's number or an id without a type.
   */
  assign_payment: {
    args: {
      payment_id: Uuid;
      order_number: string;
      tenant_id?: number | null;
    };
    result: Types['payment_state'];
  } | {
    args: {
      payment_id: Uuid;
      order_id: Uuid;
      tenant_id?: number | null;
    };
    result: Types['payment_state'];
  };
  /** Give payments that came before their orders to these, and return how many. */
  assign_payments: {
    args: {
      tenant_id?: number | null;
    };
    result: Numeric;
  };
  /** Bring an archived partition back: the reverse of detach_partition(). */
  attach_partition: {
    args: {
      leaf: string;
    };
    result: {
      partition: string | null;
      lower_bound: Date | null;
      upper_bound: Date | null;
      moved_rows: Numeric | null;
    }[];
  };
  /**
   * Who comes with this address and password; then use_customer() is for the application to
   * call.
   */
  authenticate: {
    args: {
      email: string;
      password: string;
      tenant_id?: number | null;
    };
    result: Types['authentication'];
  };
  /** Like available_stock(product_id), by SKU or an id without a type. */
  available_stock: {
    args: {
      sku: string;
      tenant_id?: number | null;
    };
    result: number | null;
  } | {
    args: {
      product_id: Uuid;
      tenant_id?: number | null;
    };
    result: number | null;
  };
  /** Totals, VAT breakdown and lines of a document of net or gross prices. */
  calculate_totals: {
    args: {
      document: Json;
    };
    result: Json | null;
  };
  /** Cancel an order that is pending or processing. */
  cancel_order: {
    args: {
      order_number: string;
      reason?: string | null;
      tenant_id?: number | null;
    };
    result: Types['order_transition'];
  } | {
    args: {
      order_id: Uuid;
      reason?: string | null;
      tenant_id?: number | null;
    };
    result: Types['order_transition'];
  };
  /**
   * Cancel units of lines of an order that is pending or processing, and give their stock
   * back.
   */
  cancel_order_items: {
    args: {
      order_number: string;
      items: Json;
      reason?: string | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['cancelled_items'];
  } | {
    args: {
      order_id: Uuid;
      items: Json;
      reason?: string | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['cancelled_items'];
  };
  /**
   * Unpack a shipment that is pending; its units are still the order's and may be packed
   * again.
   */
  cancel_shipment: {
    args: {
      shipment_id: Uuid;
      reason?: string | null;
      tenant_id?: number | null;
    };
    result: Types['shipment_state'];
  };
  /**
   * Say that money came for a payment of which the shop itself knows: cash, cash on delivery,
   * a bank transfer, an invoice.
   */
  capture_payment: {
    args: {
      payment_id: Uuid;
      amount?: string | number | null;
      note?: string | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['payment_state'];
  };
  /** Take the prices of now for those that the customer has seen, and return the cart. */
  cart_accept_prices: {
    args: {
      cart_id?: Uuid | null;
      session_id?: string | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['cart_contents'];
  };
  /** Like cart_add(product_id, ...), by SKU or an id without a type. */
  cart_add: {
    args: {
      sku: string;
      quantity?: string | number | null;
      cart_id?: Uuid | null;
      session_id?: string | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['cart_line'];
  } | {
    args: {
      product_id: Uuid;
      quantity?: string | number | null;
      cart_id?: Uuid | null;
      session_id?: string | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['cart_line'];
  };
  /** Take everything out of a cart, its coupons included. */
  cart_clear: {
    args: {
      cart_id?: Uuid | null;
      session_id?: string | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['cart_contents'];
  };
  /**
   * The lines of a cart, in the order in which they came, with the price of now and how many
   * can be sold.
   */
  cart_lines: {
    args: {
      cart_id?: Uuid | null;
      session_id?: string | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['cart_line'][];
  };
  /** At login: add the cart of a session to that of a user, and return it. */
  cart_merge: {
    args: {
      session_id: string;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['merged_cart'];
  };
  /** Like cart_remove(product_id, ...), by SKU or an id without a type. */
  cart_remove: {
    args: {
      sku: string;
      cart_id?: Uuid | null;
      session_id?: string | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['cart_line'];
  } | {
    args: {
      product_id: Uuid;
      cart_id?: Uuid | null;
      session_id?: string | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['cart_line'];
  };
  /**
   * Add an abandoned cart to the open one of the same user, as cart_merge() does, and return
   * that.
   */
  cart_restore: {
    args: {
      cart_id: Uuid;
      tenant_id?: number | null;
    };
    result: Types['merged_cart'];
  };
  /** Keep codes of coupons on a cart, for cart_totals() and its order. */
  cart_set_coupons: {
    args: {
      codes: string[];
      cart_id?: Uuid | null;
      session_id?: string | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['cart_contents'];
  };
  /** Let a cart have so many units of a product, and return the line. */
  cart_set_quantity: {
    args: {
      sku: string;
      quantity: string | number;
      cart_id?: Uuid | null;
      session_id?: string | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['cart_line'];
  } | {
    args: {
      product_id: Uuid;
      quantity: string | number;
      cart_id?: Uuid | null;
      session_id?: string | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['cart_line'];
  };
  /** Like cart_to_wishlist(product_id, ...), by SKU or an id without a type. */
  cart_to_wishlist: {
    args: {
      sku: string;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['wish'];
  } | {
    args: {
      product_id: Uuid;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['wish'];
  };
  /**
   * What an order of a cart would come to now, computed as quote_order() does; nothing is
   * written or locked.
   */
  cart_totals: {
    args: {
      cart_id?: Uuid | null;
      shipping_address?: Json | null;
      coupon_codes?: string[] | null;
      session_id?: string | null;
      user_id?: Uuid | null;
      request?: Json | null;
      tenant_id?: number | null;
    };
    result: Json | null;
  };
  /** Change what is named of an address. */
  change_address: {
    args: {
      address_id: Uuid;
      address: Json;
      tenant_id?: number | null;
    };
    result: Types['customer_address'];
  };
  /** Give a user another email address, which is not verified, and append user.email_changed. */
  change_email: {
    args: {
      user_id: Uuid;
      password: string;
      email: string;
      tenant_id?: number | null;
    };
    result: Types['authentication'];
  };
  /**
   * Change the addresses of an order that is pending or processing, of which nothing was
   * shipped.
   */
  change_order_address: {
    args: {
      order_number: string;
      shipping_address?: Json | null;
      billing_address?: Json | null;
      tenant_id?: number | null;
    };
    result: Types['changed_address'];
  } | {
    args: {
      order_id: Uuid;
      shipping_address?: Json | null;
      billing_address?: Json | null;
      tenant_id?: number | null;
    };
    result: Types['changed_address'];
  };
  /** Set a new password for a user who has the old one, and append user.password_changed. */
  change_password: {
    args: {
      user_id: Uuid;
      old_password: string;
      new_password: string;
      tenant_id?: number | null;
    };
    result: Types['authentication'];
  };
  /** Write a review anew, and append review.changed. */
  change_review: {
    args: {
      review_id: Uuid;
      rating: number;
      title?: string | null;
      comment?: string | null;
      tenant_id?: number | null;
    };
    result: Types['written_review'];
  };
  /** Forget what a user, or a session without one, searched for. */
  clear_searches: {
    args: {
      session_id?: string | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['cleared_searches'];
  };
  /** Write down what the ledger of stock comes to for each product and warehouse. */
  close_stock_books: {
    args: {
      closed_at?: Date | string | null;
      tenant_id?: number | null;
    };
    result: Numeric;
  };
  /**
   * Say that the parts of a refund went back that the shop itself pays: in cash, or by its
   * bank.
   */
  confirm_refund: {
    args: {
      refund_id: Uuid;
      note?: string | null;
      tenant_id?: number | null;
    };
    result: Types['refund_state'];
  };
  /**
   * Write plain wrappers of the functions into a schema of yours, for tools that leave out
   * extensions.
   */
  create_api: {
    args: {
      schema: string;
      role?: string | null;
    };
    result: number;
  };
  /** Begin to read the events of a tenant under a name of 1 to 100 characters. */
  create_consumer: {
    args: {
      name: string;
      from_start?: boolean | null;
      tenant_id?: number | null;
    };
    result: Types['consumer'];
  };
  /** Like create_email_token(user_id, ...), by the address or an id without a type. */
  create_email_token: {
    args: {
      email: string;
      type?: string | null;
      ttl?: string | null;
      tenant_id?: number | null;
    };
    result: Types['issued_token'];
  } | {
    args: {
      user_id: Uuid;
      type?: string | null;
      ttl?: string | null;
      tenant_id?: number | null;
    };
    result: Types['issued_token'];
  };
  /** Like create_payment(order_id, ...), by the order's number or an id without a type. */
  create_payment: {
    args: {
      request: Json;
      tenant_id?: number | null;
    };
    result: Types['payment_state'];
  } | {
    args: {
      order_number: string;
      amount?: string | number | null;
      method?: string | null;
      provider?: string | null;
      reference?: string | null;
      currency?: string | null;
      due_date?: Date | string | null;
      mandate_id?: Uuid | null;
      allow_overpayment?: boolean | null;
      note?: string | null;
      metadata?: Json | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['payment_state'];
  } | {
    args: {
      order_id?: Uuid | null;
      amount?: string | number | null;
      method?: string | null;
      provider?: string | null;
      reference?: string | null;
      currency?: string | null;
      due_date?: Date | string | null;
      mandate_id?: Uuid | null;
      allow_overpayment?: boolean | null;
      note?: string | null;
      metadata?: Json | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['payment_state'];
  };
  /** Promise a price until a moment. */
  create_quote: {
    args: {
      request: Json;
      valid_until: Date | string;
      tenant_id?: number | null;
    };
    result: Types['quote_state'];
  };
  /**
   * Make a mandate, by which payments of a customer's orders are collected from their account.
   */
  create_sepa_mandate: {
    args: {
      user_id: Uuid;
      iban: string;
      account_holder: string;
      signed_on?: Date | string | null;
      bic?: string | null;
      address?: Json | null;
      scheme?: 'CORE' | 'B2B' | null;
      kind?: 'recurrent' | 'one_off' | null;
      mandate_reference?: string | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['mandate_state'];
  };
  /** Like create_shipment(order_id, ...), by the order's number or an id without a type. */
  create_shipment: {
    args: {
      order_number: string;
      items?: Json | null;
      carrier?: string | null;
      tracking_number?: string | null;
      tracking_url?: string | null;
      warehouse_id?: number | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['shipment_state'];
  } | {
    args: {
      order_id: Uuid;
      items?: Json | null;
      carrier?: string | null;
      tracking_number?: string | null;
      tracking_url?: string | null;
      warehouse_id?: number | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['shipment_state'];
  };
  /** Make a tenant with its settings and its warehouse, and return its id. */
  create_tenant: {
    args: {
      name: string;
      country?: string | null;
      currency?: string | null;
      prices?: string | null;
    };
    result: number;
  };
  /** The customer that use_customer() chose in this transaction; NULL if nobody. */
  current_customer: {
    args: Record<string, never>;
    result: Uuid | null;
  };
  /** The tenant of this transaction. */
  current_tenant: {
    args: Record<string, never>;
    result: number | null;
  };
  /** Archive the orders of a partition of the past, with all that is theirs. */
  detach_partition: {
    args: {
      leaf: string;
    };
    result: {
      partition: string | null;
      lower_bound: Date | null;
      upper_bound: Date | null;
    }[];
  };
  /**
   * Say that an unmatched entry of the bank is no business of the shop's orders, such as rent.
   */
  dismiss_bank_entry: {
    args: {
      entry_id: Uuid;
      note?: string | null;
      tenant_id?: number | null;
    };
    result: Types['bank_booking'];
  };
  /** Forget a consumer with all that its workers have. */
  drop_consumer: {
    args: {
      name: string;
      tenant_id?: number | null;
    };
    result: Types['consumer'];
  };
  /** Drop all events of partitions that end before a time and that all have read. */
  drop_events: {
    args: {
      before: Date | string;
    };
    result: {
      partition: string | null;
      lower_bound: Date | null;
      upper_bound: Date | null;
      bytes: Numeric | null;
      held_by: string[] | null;
    }[];
  };
  /** Create the partitions of orders, events and the like that a range of time lacks. */
  ensure_partitions: {
    args: {
      from_time?: Date | string | null;
      to_time?: Date | string | null;
      every?: string | null;
    };
    result: {
      partition: string | null;
      lower_bound: Date | null;
      upper_bound: Date | null;
      moved_rows: Numeric | null;
    }[];
  };
  /** Forget a customer, and append user.erased. */
  erase_customer: {
    args: {
      user_id: Uuid;
      tenant_id?: number | null;
    };
    result: Types['erasure'];
  };
  /** Take what tells of customers from orders and invoices that need not tell any more. */
  erase_expired: {
    args: {
      max_count?: number | null;
      tenant_id?: number | null;
    };
    result: Types['expired_orders'];
  };
  /**
   * All that a letter about an event needs, as it is now: a document whose parts are null
   * where the event is not about them.
   */
  event_notification: {
    args: {
      event_id: Uuid;
      tenant_id?: number | null;
    };
    result: Json | null;
  };
  /** Acknowledge what events_fetch() handed out: it is done, and not handed out again. */
  events_ack: {
    args: {
      consumer: string;
      up_to: string;
      tenant_id?: number | null;
    };
    result: Types['acknowledgement'];
  };
  /** Hand the next events of a consumer to a worker, in their order. */
  events_fetch: {
    args: {
      consumer: string;
      n?: number | null;
      lease?: string | null;
      worker?: string | null;
      tenant_id?: number | null;
    };
    result: Types['fetched_event'][];
  };
  /** Place the order that a customer gets for an approved or received return. */
  exchange_return: {
    args: {
      return_id: Uuid;
      request: Json;
      tenant_id?: number | null;
    };
    result: Types['placed_order'];
  };
  /**
   * Take open carts that nobody changed for settings.cart_ttl for abandoned, and return how
   * many carts went.
   */
  expire_carts: {
    args: {
      max_count?: number | null;
      tenant_id?: number | null;
    };
    result: Numeric;
  };
  /** Let open quotes whose time is over become expired, and return how many. */
  expire_quotes: {
    args: {
      max_count?: number | null;
      tenant_id?: number | null;
    };
    result: Numeric;
  };
  /** Give the stock of expired holds back, and return how many. */
  expire_reservations: {
    args: {
      max_count?: number | null;
      tenant_id?: number | null;
    };
    result: Numeric;
  };
  /**
   * Let active mandates lapse that nothing was collected by for 36 months, and return how
   * many.
   */
  expire_sepa_mandates: {
    args: {
      max_count?: number | null;
      tenant_id?: number | null;
    };
    result: Numeric;
  };
  /** All that the shop keeps about a customer. */
  export_customer: {
    args: {
      user_id: Uuid;
      tenant_id?: number | null;
    };
    result: Json | null;
  };
  /** Let a reservation hold longer. */
  extend_reservation: {
    args: {
      reservation_id: Uuid;
      ttl?: string | null;
      tenant_id?: number | null;
    };
    result: Types['reservation'];
  };
  /**
   * An amount that is given in minor units of its currency, as many providers of payments do.
   */
  from_minor_units: {
    args: {
      minor_units: string | number;
      currency: string;
    };
    result: Numeric | null;
  };
  /** An invoice or credit note as one document. */
  get_invoice: {
    args: {
      invoice_number: string;
      tenant_id?: number | null;
    };
    result: Json | null;
  } | {
    args: {
      invoice_id: Uuid;
      tenant_id?: number | null;
    };
    result: Json | null;
  };
  /** All that is known of an order, as one document. */
  get_order: {
    args: {
      order_number: string;
      tenant_id?: number | null;
    };
    result: Json;
  } | {
    args: {
      order_id: Uuid;
      tenant_id?: number | null;
    };
    result: Json | null;
  };
  /**
   * What a gift card can pay for: its balance, or 0 if it is blocked or has expired; NULL for
   * an unknown code.
   */
  gift_card_balance: {
    args: {
      code: string;
      tenant_id?: number | null;
    };
    result: Numeric | null;
  };
  /** Give a role a profile, as access_matrix() says. */
  grant_access: {
    args: {
      role: string;
      profile: 'storefront' | 'back_office' | 'reporting' | 'service';
    };
    result: {
      tables: number | null;
      functions: number | null;
      row_filters: number | null;
    };
  };
  /** Gross amount of a net one: net + round(net * rate / 100), rate in percent. */
  gross_from_net: {
    args: {
      net: string | number;
      rate: string | number;
      currency: string;
    };
    result: Numeric | null;
  };
  /** An IBAN in its electronic form: capitals without spaces. */
  iban_normalize: {
    args: {
      iban: string;
    };
    result: string | null;
  };
  /** Whether an IBAN is well-formed (ISO 13616). */
  iban_valid: {
    args: {
      iban: string;
    };
    result: boolean | null;
  };
  /** Create what the shop lacks. */
  install: {
    args: Record<string, never>;
    result: Numeric;
  };
  /**
   * An invoice or credit note as UN/CEFACT CII, the XML of Factur-X and ZUGFeRD in their
   * profile EN 16931.
   */
  invoice_cii: {
    args: {
      invoice_number: string;
      tenant_id?: number | null;
    };
    result: string | null;
  } | {
    args: {
      invoice_id: Uuid;
      tenant_id?: number | null;
    };
    result: string | null;
  };
  /** Totals of one EN 16931 document, and the rules that it violates. */
  invoice_totals: {
    args: {
      document: Json;
    };
    result: Json | null;
  };
  /**
   * The rules of EN 16931 that a document of invoice_totals() violates, by what it states
   * itself.
   */
  invoice_violations: {
    args: {
      document: Json;
    };
    result: {
      rule: string | null;
      detail: string | null;
    }[];
  };
  /** An invoice or credit note as UBL 2.1, by the rules of EN 16931 and those of its profile. */
  invoice_xml: {
    args: {
      invoice_number: string;
      tenant_id?: number | null;
    };
    result: string | null;
  } | {
    args: {
      invoice_id: Uuid;
      tenant_id?: number | null;
    };
    result: string | null;
  };
  /** Whether banks move euros on a day. */
  is_target_day: {
    args: {
      day: Date | string;
    };
    result: boolean | null;
  };
  /** Issue a credit note, and return it. */
  issue_credit_note: {
    args: {
      invoice_number: string;
      request?: Json | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['issued_invoice'];
  } | {
    args: {
      invoice_id?: Uuid | null;
      refund_id?: Uuid | null;
      request?: Json | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['issued_invoice'];
  };
  /** Make a gift card and return its id and its code. */
  issue_gift_card: {
    args: {
      amount: string | number;
      currency?: string | null;
      valid_to?: Date | string | null;
      code?: string | null;
      user_id?: Uuid | null;
      email?: string | null;
      note?: string | null;
      tenant_id?: number | null;
    };
    result: Types['issued_gift_card'];
  };
  /** Issue the invoice of an order, or of one of its shipments, and return it. */
  issue_invoice: {
    args: {
      order_number: string;
      shipment_id?: Uuid | null;
      request?: Json | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['issued_invoice'];
  } | {
    args: {
      order_id: Uuid;
      shipment_id?: Uuid | null;
      request?: Json | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['issued_invoice'];
  };
  /**
   * Issue invoices of orders that were placed from from_time until to_time, exclusive, and
   * have none.
   */
  issue_invoices: {
    args: {
      from_time: Date | string;
      to_time: Date | string;
      request?: Json | null;
      statuses?: string[] | null;
      max_count?: number | null;
      tenant_id?: number | null;
    };
    result: {
      order_id: Uuid | null;
      order_number: string | null;
      invoice_id: Uuid | null;
      invoice_number: string | null;
      gross: Numeric | null;
      error_code: string | null;
      message: string | null;
      detail: string | null;
    }[];
  } | {
    args: {
      order_ids: Uuid[];
      request?: Json | null;
      tenant_id?: number | null;
    };
    result: {
      order_id: Uuid | null;
      order_number: string | null;
      invoice_id: Uuid | null;
      invoice_number: string | null;
      gross: Numeric | null;
      error_code: string | null;
      message: string | null;
      detail: string | null;
    }[];
  };
  /** Issue the invoice of a shipment: issue_invoice() by the shipment alone. */
  issue_shipment_invoice: {
    args: {
      shipment_id: Uuid;
      request?: Json | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['issued_invoice'];
  };
  /** A shipment has arrived. */
  mark_delivered: {
    args: {
      shipment_id: Uuid;
      delivered_at?: Date | string | null;
      tenant_id?: number | null;
    };
    result: Types['shipment_state'];
  };
  /** A shipment does not arrive. */
  mark_lost: {
    args: {
      shipment_id: Uuid;
      reason?: string | null;
      tenant_id?: number | null;
    };
    result: Types['shipment_state'];
  };
  /** A shipment comes back, because nobody took it. */
  mark_returned_to_sender: {
    args: {
      shipment_id: Uuid;
      reason?: string | null;
      tenant_id?: number | null;
    };
    result: Types['shipment_state'];
  };
  /**
   * Try once more to find out what unmatched entries of the bank are for: payments may have
   * been made since.
   */
  match_bank_entries: {
    args: {
      max_count?: number | null;
      tenant_id?: number | null;
    };
    result: Types['bank_booking'][];
  };
  /** Codes of myDATA (AADE) for a line without VAT. */
  mydata_exemptions: {
    args: Record<string, never>;
    result: {
      code: number | null;
      article: string | null;
      formerly: string | null;
    }[];
  };
  /** Like mydata_uid(invoice_id, ...), by the document's number or an id without a type. */
  mydata_uid: {
    args: {
      afm: string;
      issue_date: Date | string;
      branch: number;
      mydata_type: string;
      series: string;
      number: string | number;
      variation?: number | null;
    };
    result: string | null;
  } | {
    args: {
      invoice_number: string;
      tenant_id?: number | null;
    };
    result: string | null;
  } | {
    args: {
      invoice_id: Uuid;
      tenant_id?: number | null;
    };
    result: string | null;
  };
  /**
   * Like mydata_xml(invoice_ids, ...), of one document, by its number or an id without a type.
   */
  mydata_xml: {
    args: {
      invoice_number: string;
      transmission_failure?: boolean | null;
      tenant_id?: number | null;
    };
    result: string | null;
  } | {
    args: {
      invoice_id: Uuid;
      transmission_failure?: boolean | null;
      tenant_id?: number | null;
    };
    result: string | null;
  } | {
    args: {
      invoice_ids: Uuid[];
      transmission_failure?: boolean | null;
      tenant_id?: number | null;
    };
    result: string | null;
  };
  /** Net part of a gross amount: gross - round(gross * rate / (100 + rate)), rate in percent. */
  net_from_gross: {
    args: {
      gross: string | number;
      rate: string | number;
      currency: string;
    };
    result: Numeric | null;
  };
  /** The day so many TARGET days after a day. */
  next_target_day: {
    args: {
      day: Date | string;
      count?: number | null;
    };
    result: Date | null;
  };
  /** An order as it was at a moment. */
  order_as_of: {
    args: {
      order_number: string;
      at: Date | string;
      tenant_id?: number | null;
    };
    result: Types['order_state'];
  } | {
    args: {
      order_id: Uuid;
      at: Date | string;
      tenant_id?: number | null;
    };
    result: Types['order_state'] | null;
  };
  /** How much of the goods of an order has left and arrived. */
  order_fulfilment: {
    args: {
      order_number: string;
      tenant_id?: number | null;
    };
    result: Types['fulfilment_state'];
  } | {
    args: {
      order_id: Uuid;
      tenant_id?: number | null;
    };
    result: Types['fulfilment_state'];
  };
  /** Like order_history(order_id), by the order's number or an id without a type. */
  order_history: {
    args: {
      order_number: string;
      tenant_id?: number | null;
    };
    result: {
      at: Date | null;
      kind: string | null;
      from_status: string | null;
      to_status: string | null;
      data: Json | null;
    }[];
  } | {
    args: {
      order_id: Uuid;
      tenant_id?: number | null;
    };
    result: {
      at: Date | null;
      kind: string | null;
      from_status: string | null;
      to_status: string | null;
      data: Json | null;
    }[];
  };
  /** The order number that an order of this id gets. */
  order_number: {
    args: {
      id: Uuid;
      tenant_id?: number | null;
    };
    result: string | null;
  };
  /**
   * What a seller declares in the One Stop Shop for a quarter (1 to 4): its sales of the
   * scheme oss.
   */
  oss_return: {
    args: {
      year: number;
      quarter: number;
      tenant_id?: number | null;
    };
    result: {
      country: string | null;
      currency: string | null;
      vat_rate: Numeric | null;
      orders: Numeric | null;
      net: Numeric | null;
      vat: Numeric | null;
      corrects: Date | null;
    }[];
  };
  /** The partitions of orders, of what grows with them, and of events. */
  partitions: {
    args: Record<string, never>;
    result: {
      parent: string | null;
      partition: string | null;
      from_time: Date | null;
      to_time: Date | null;
      estimated_rows: Numeric | null;
      bytes: Numeric | null;
    }[];
  };
  /**
   * Place an order: take the stock, freeze prices and VAT, write the order, its lines and its
   * event, all or nothing.
   */
  place_order: {
    args: {
      items?: Json | null;
      cart_id?: Uuid | null;
      reservation_id?: Uuid | null;
      user_id?: Uuid | null;
      email?: string | null;
      phone?: string | null;
      billing_address?: Json | null;
      shipping_address?: Json | null;
      buyer_vat_id?: string | null;
      buyer_vat_id_valid?: boolean | null;
      currency?: string | null;
      expected_total?: string | number | null;
      allowances?: Json | null;
      charges?: Json | null;
      shipping_rate?: string | null;
      coupon_codes?: string[] | null;
      notes?: string | null;
      metadata?: Json | null;
      placed_at?: Date | string | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['placed_order'];
  };
  /**
   * Like place_orders(jsonb[]), for what has no type: literals, and parameters as drivers send
   * them.
   */
  place_orders: {
    args: {
      orders: Json;
      tenant_id?: number | null;
    };
    result: Types['placed_order'][];
  } | {
    args: {
      orders: Json[];
      tenant_id?: number | null;
    };
    result: Types['placed_order'][];
  } | {
    args: {
      orders: string;
      tenant_id?: number | null;
    };
    result: Types['placed_order'][];
  };
  /**
   * The order that place_order() placed last in this transaction, or found again by its key;
   * else NULL.
   */
  placed_order_id: {
    args: Record<string, never>;
    result: Uuid | null;
  };
  /** What is searched for most, and found, by three people at least. */
  popular_terms: {
    args: {
      max_count?: number | null;
      since?: string | null;
      tenant_id?: number | null;
    };
    result: Types['popular_term'][];
  };
  /**
   * Empty a shop that CREATE EXTENSION has just made, so that rows of another one can be
   * loaded.
   */
  prepare_restore: {
    args: Record<string, never>;
    result: Numeric;
  };
  /** Like product_price(product_id, ...), by SKU or an id without a type. */
  product_price: {
    args: {
      sku: string;
      quantity?: number | null;
      user_id?: Uuid | null;
      at?: Date | string | null;
      currency?: string | null;
      tenant_id?: number | null;
    };
    result: Types['priced_item'] | null;
  } | {
    args: {
      product_id: Uuid;
      quantity?: number | null;
      user_id?: Uuid | null;
      at?: Date | string | null;
      currency?: string | null;
      tenant_id?: number | null;
    };
    result: Types['priced_item'] | null;
  };
  /**
   * What products cost, one row for each item in their order; place_order() charges the same.
   */
  product_prices: {
    args: {
      items: Json;
      user_id?: Uuid | null;
      at?: Date | string | null;
      currency?: string | null;
      tenant_id?: number | null;
    };
    result: Types['priced_item'][];
  };
  /** What place_order() would answer to the same request, while nothing is written or locked. */
  quote_order: {
    args: {
      request: Json;
      tenant_id?: number | null;
    };
    result: Json | null;
  };
  /** Like read_camt(document text, ...), of a document that is xml already. */
  read_camt: {
    args: {
      document: string;
      tenant_id?: number | null;
    };
    result: Types['bank_booking'][];
  } | {
    args: {
      document: string;
      tenant_id?: number | null;
    };
    result: Types['bank_booking'][];
  };
  /** Gather the stock of products that nobody is buying at this moment. */
  rebalance_stock: {
    args: {
      max_products?: number | null;
      tenant_id?: number | null;
    };
    result: number;
  };
  /** Goods of an approved return came. */
  receive_return: {
    args: {
      return_id: Uuid;
      items?: Json | null;
      reference?: string | null;
      note?: string | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['return_state'];
  };
  /** What a user, or a session without one, searched for, the latest first, each words once. */
  recent_searches: {
    args: {
      max_count?: number | null;
      session_id?: string | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['recorded_search'][];
  };
  /** What orders of a period come to, against what was paid, given back and invoiced. */
  reconcile: {
    args: {
      from_date: Date | string;
      to_date: Date | string;
      tenant_id?: number | null;
    };
    result: {
      subject: string | null;
      entity_id: Uuid | null;
      number: string | null;
      currency: string | null;
      expected: Numeric | null;
      actual: Numeric | null;
      difference: Numeric | null;
      reason: string | null;
      is_error: boolean | null;
    }[];
  };
  /**
   * Like record_mydata_answer(invoice_ids, ...), about one document, by its number or an id
   * without a type.
   */
  record_mydata_answer: {
    args: {
      invoice_number: string;
      answer: string;
      tenant_id?: number | null;
    };
    result: Types['mydata_answer'][];
  } | {
    args: {
      invoice_id: Uuid;
      answer: string;
      tenant_id?: number | null;
    };
    result: Types['mydata_answer'][];
  } | {
    args: {
      invoice_ids: Uuid[];
      answer: string;
      tenant_id?: number | null;
    };
    result: Types['mydata_answer'][];
  };
  /** Note that documents were sent to myDATA, before the answer is there. */
  record_mydata_sent: {
    args: {
      invoice_ids: Uuid[];
      tenant_id?: number | null;
    };
    result: Types['mydata_answer'][];
  };
  /**
   * Book what a provider reports of a payment, once, in whatever order and however often it
   * comes.
   */
  record_payment_event: {
    args: {
      event: Json;
      tenant_id?: number | null;
    };
    result: Types['payment_state'];
  } | {
    args: {
      provider: string;
      event_id: string;
      kind: string;
      amount?: string | number | null;
      currency?: string | null;
      reference?: string | null;
      payment_id?: Uuid | null;
      order_id?: Uuid | null;
      order_number?: string | null;
      refund_id?: Uuid | null;
      reason?: string | null;
      method?: string | null;
      data?: Json | null;
      occurred_at?: Date | string | null;
      tenant_id?: number | null;
    };
    result: Types['payment_state'];
  };
  /** Note what somebody searched for. */
  record_search: {
    args: {
      search_term: string;
      results_count: number;
      session_id?: string | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['recorded_search'];
  };
  /**
   * Like redeem_gift_card(code, order_id, ...), by the order's number or an id without a type.
   */
  redeem_gift_card: {
    args: {
      code: string;
      order_number: string;
      amount?: string | number | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Numeric;
  } | {
    args: {
      code: string;
      order_id: Uuid;
      amount?: string | number | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Numeric;
  };
  /** Recompute product_stats while others read it. */
  refresh_product_stats: {
    args: Record<string, never>;
    result: Date;
  };
  /** What is refunded of an amount when some of its units come back after others did. */
  refund_amount: {
    args: {
      amount: string | number;
      quantity: string | number;
      returned_before: string | number;
      returned_now: string | number;
      currency: string;
    };
    result: Numeric | null;
  };
  /**
   * Give money back for an order: for items, for a return, an amount, or else all that is
   * left.
   */
  refund_order: {
    args: {
      order_number: string;
      items?: Json | null;
      amount?: string | number | null;
      reason?: string | null;
      return_id?: Uuid | null;
      payment_id?: Uuid | null;
      note?: string | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['refund_state'];
  } | {
    args: {
      order_id: Uuid;
      items?: Json | null;
      amount?: string | number | null;
      reason?: string | null;
      return_id?: Uuid | null;
      payment_id?: Uuid | null;
      note?: string | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['refund_state'];
  };
  /**
   * Give back an amount, or all, of what gift cards paid for an order, to the same cards, the
   * last one first; returns it.
   */
  refund_to_gift_card: {
    args: {
      order_number: string;
      amount?: string | number | null;
      tenant_id?: number | null;
    };
    result: Numeric;
  } | {
    args: {
      order_id: Uuid;
      amount?: string | number | null;
      tenant_id?: number | null;
    };
    result: Numeric;
  };
  /**
   * Make an account, whose address is not verified yet, and append the event user.registered.
   */
  register_user: {
    args: {
      email: string;
      password?: string | null;
      first_name?: string | null;
      last_name?: string | null;
      password_hash?: string | null;
      tenant_id?: number | null;
    };
    result: Types['account'];
  };
  /**
   * Refuse a return, or give one up that was approved and never came; its units may be in
   * another return then.
   */
  reject_return: {
    args: {
      return_id: Uuid;
      answer?: string | null;
      tenant_id?: number | null;
    };
    result: Types['return_state'];
  };
  /**
   * Give the stock of a held reservation back, and return how many units; none if that was
   * done already.
   */
  release_reservation: {
    args: {
      reservation_id: Uuid;
      tenant_id?: number | null;
    };
    result: Types['released_reservation'];
  };
  /** Take an address out of its user's book, and answer what it was. */
  remove_address: {
    args: {
      address_id: Uuid;
      tenant_id?: number | null;
    };
    result: Types['customer_address'];
  };
  /** Take a review back, with the votes on it, append review.removed, and answer what it was. */
  remove_review: {
    args: {
      review_id: Uuid;
      tenant_id?: number | null;
    };
    result: Types['written_review'];
  };
  /** Send units of a shipment that was lost again, in a new shipment. */
  replace_shipment: {
    args: {
      shipment_id: Uuid;
      items?: Json | null;
      carrier?: string | null;
      tracking_number?: string | null;
      tracking_url?: string | null;
      warehouse_id?: number | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['shipment_state'];
  };
  /** Ask for a letter to an address. */
  request_email_token: {
    args: {
      email: string;
      type?: string | null;
      tenant_id?: number | null;
    };
    result: Types['token_request'];
  };
  /** Ask to send units of an order back that were shipped. */
  request_return: {
    args: {
      order_number: string;
      items: Json;
      note?: string | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['return_state'];
  } | {
    args: {
      order_id: Uuid;
      items: Json;
      note?: string | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['return_state'];
  };
  /** Ask for a credit transfer, which the next sepa_credit_batch() takes. */
  request_sepa_transfer: {
    args: {
      name: string;
      iban: string;
      amount: string | number;
      reference: string;
      refund_id?: Uuid | null;
      part_number?: number | null;
      bic?: string | null;
      address?: Json | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Types['transfer_state'];
  };
  /** Hold stock of all items, or of none. */
  reserve_stock: {
    args: {
      items: Json;
      owner?: string | null;
      ttl?: string | null;
      tenant_id?: number | null;
    };
    result: Types['reservation'];
  };
  /** Use the token of a letter to set a password, and append user.password_reset. */
  reset_password: {
    args: {
      token: string;
      new_password: string;
      tenant_id?: number | null;
    };
    result: Types['account'];
  };
  /** Send again what of a refund failed. */
  retry_refund: {
    args: {
      refund_id: Uuid;
      payment_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['refund_state'];
  };
  /** What is to be refunded for a return by what came of it so far; money is moved elsewhere. */
  return_refund: {
    args: {
      return_id: Uuid;
      tenant_id?: number | null;
    };
    result: Types['refund_sum'];
  };
  /**
   * Settle a shipment that was lost or returned to sender by a return, so that it is refunded.
   */
  return_shipment: {
    args: {
      shipment_id: Uuid;
      items?: Json | null;
      reference?: string | null;
      note?: string | null;
      tenant_id?: number | null;
    };
    result: Types['return_state'];
  };
  /** Like return_stock(order_id, ...), by the order's number or an id without a type. */
  return_stock: {
    args: {
      order_number: string;
      items: Json;
      reference?: string | null;
      note?: string | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Numeric;
  } | {
    args: {
      order_id: Uuid;
      items: Json;
      reference?: string | null;
      note?: string | null;
      idempotency_key?: string | null;
      tenant_id?: number | null;
    };
    result: Numeric;
  };
  /** Take every privilege in the schemas of the shop from a role. */
  revoke_access: {
    args: {
      role: string;
    };
    result: {
      tables: number | null;
      functions: number | null;
      row_filters: number | null;
    };
  };
  /** End a mandate: nothing is put into a file for the bank by it from now on. */
  revoke_sepa_mandate: {
    args: {
      mandate_id: Uuid;
      reason?: string | null;
      tenant_id?: number | null;
    };
    result: Types['mandate_state'];
  };
  /**
   * A creditor reference (RF, ISO 11649), which customers quote when they pay by bank
   * transfer.
   */
  rf_reference: {
    args: {
      reference: string;
    };
    result: string | null;
  };
  /**
   * Whether a creditor reference (RF, ISO 11649) is well-formed; blanks and case do not
   * matter.
   */
  rf_reference_valid: {
    args: {
      reference: string;
    };
    result: boolean | null;
  };
  /** An amount rounded half away from zero to the minor units of its currency (ISO 4217). */
  round_amount: {
    args: {
      amount: string | number;
      currency: string;
    };
    result: Numeric | null;
  };
  /** Make a file of credit transfers (pain.001.001.09) and return it. */
  sepa_credit_batch: {
    args: {
      execution_date?: Date | string | null;
      max_count?: number | null;
      tenant_id?: number | null;
    };
    result: Types['sepa_file'][];
  };
  /**
   * Whether a creditor identifier is well-formed: country, check digits, business code and
   * national number.
   */
  sepa_creditor_id_valid: {
    args: {
      id: string;
    };
    result: boolean | null;
  };
  /** Make a file of direct debits (pain.008.001.08) and return it. */
  sepa_debit_batch: {
    args: {
      collection_date?: Date | string | null;
      scheme?: 'CORE' | 'B2B' | null;
      max_count?: number | null;
      tenant_id?: number | null;
    };
    result: Types['sepa_file'][];
  };
  /** A text in the characters that SEPA files have, cut to max_length of them. */
  sepa_text: {
    args: {
      value: string;
      max_length: number;
    };
    result: string | null;
  };
  /** Let a product be sold before it is there, up to so many units of a warehouse. */
  set_backorder_limit: {
    args: {
      sku: string;
      quantity: string | number;
      warehouse_id?: number | null;
      tenant_id?: number | null;
    };
    result: number;
  } | {
    args: {
      product_id: Uuid;
      quantity: string | number;
      warehouse_id?: number | null;
      tenant_id?: number | null;
    };
    result: number;
  };
  /** Say how much a customer may owe by payments of the method invoice; 0 is nothing. */
  set_credit_limit: {
    args: {
      user_id: Uuid;
      amount: string | number;
      currency?: string | null;
      payment_days?: number | null;
      tenant_id?: number | null;
    };
    result: Types['credit_state'];
  };
  /** Offer this address first among those of its user and type, in place of the one that was. */
  set_default_address: {
    args: {
      address_id: Uuid;
      tenant_id?: number | null;
    };
    result: Types['customer_address'];
  };
  /** Make a series of documents, or change how its numbers look from the next one on. */
  set_invoice_series: {
    args: {
      series: string;
      kind: 'invoice' | 'credit_note';
      format: string;
      yearly?: boolean | null;
      is_default?: boolean | null;
      tenant_id?: number | null;
    };
    result: Types['invoice_series_state'];
  };
  /** Like set_stock_slots(product_id, ...), by SKU or an id without a type. */
  set_stock_slots: {
    args: {
      sku: string;
      slots: number;
      tenant_id?: number | null;
    };
    result: number;
  } | {
    args: {
      product_id: Uuid;
      slots: number;
      tenant_id?: number | null;
    };
    result: number;
  };
  /** Let a user in or keep them out, and append the event user.active, .inactive or .blocked. */
  set_user_status: {
    args: {
      user_id: Uuid;
      status: 'active' | 'inactive' | 'blocked';
      reason?: string | null;
      tenant_id?: number | null;
    };
    result: Types['account'];
  };
  /**
   * Let a VAT rate in percent apply from a day on, until the next change that is known
   * already.
   */
  set_vat_rate: {
    args: {
      country: string;
      vat_class: string;
      rate: string | number;
      valid_from: Date | string;
      region?: string | null;
      note?: string | null;
    };
    result: Types['vat_rate_period'];
  };
  /** A pending shipment leaves, or one that was returned to sender leaves again. */
  ship_shipment: {
    args: {
      shipment_id: Uuid;
      carrier?: string | null;
      tracking_number?: string | null;
      tracking_url?: string | null;
      tenant_id?: number | null;
    };
    result: Types['shipment_state'];
  };
  /**
   * Like shipping_quote(request, ...), for what has no type: literals, and parameters as
   * drivers send them.
   */
  shipping_quote: {
    args: {
      request: Json;
      address?: Json | null;
      tenant_id?: number | null;
    };
    result: Types['shipping_offer'][];
  } | {
    args: {
      request: string;
      address?: Json | null;
      tenant_id?: number | null;
    };
    result: Types['shipping_offer'][];
  } | {
    args: {
      cart_id: Uuid;
      address?: Json | null;
      tenant_id?: number | null;
    };
    result: Types['shipping_offer'][];
  };
  /** Like stock_at(product_id, at), by SKU or an id without a type. */
  stock_at: {
    args: {
      sku: string;
      at: Date | string;
      tenant_id?: number | null;
    };
    result: Numeric | null;
  } | {
    args: {
      product_id: Uuid;
      at: Date | string;
      tenant_id?: number | null;
    };
    result: Numeric | null;
  };
  /** An amount in the minor units of its currency: 10.50 EUR is 1050. */
  to_minor_units: {
    args: {
      amount: string | number;
      currency: string;
    };
    result: Numeric | null;
  };
  /** Like transfer_stock(product_id, ...), by SKU or an id without a type. */
  transfer_stock: {
    args: {
      sku: string;
      quantity: string | number;
      from_warehouse: number;
      to_warehouse: number;
      reference?: string | null;
      note?: string | null;
      tenant_id?: number | null;
    };
    result: number;
  } | {
    args: {
      product_id: Uuid;
      quantity: string | number;
      from_warehouse: number;
      to_warehouse: number;
      reference?: string | null;
      note?: string | null;
      tenant_id?: number | null;
    };
    result: number;
  };
  /** Bring an order to its next status and append the event. */
  transition_order: {
    args: {
      order_number: string;
      status: string;
      reason?: string | null;
      tenant_id?: number | null;
    };
    result: Types['order_transition'];
  } | {
    args: {
      order_id: Uuid;
      status:
      | 'pending' | 'processing' | 'shipped' | 'delivered' | 'cancelled' | 'refunded';
      reason?: string | null;
      tenant_id?: number | null;
    };
    result: Types['order_transition'];
  };
  /** Forget searches that are older, and failures of passwords that count no more. */
  trim_search_history: {
    args: {
      keep?: string | null;
      max_count?: number | null;
      tenant_id?: number | null;
    };
    result: Types['cleared_searches'];
  };
  /** Choose the customer of this transaction, until it ends, and return the id. */
  use_customer: {
    args: {
      user_id: Uuid;
      tenant_id?: number | null;
    };
    result: Uuid;
  };
  /** Choose the tenant of this transaction, until it ends, and return it. */
  use_tenant: {
    args: {
      tenant_id: number;
    };
    result: number;
  };
  /**
   * A new UUIDv7 (RFC 9562): milliseconds since 1970, then a part of a millisecond, then 62
   * random bits.
   */
  uuid_v7: {
    args: Record<string, never>;
    result: Uuid;
  } | {
    args: {
      at: Date | string;
      seed: Uint8Array;
    };
    result: Uuid | null;
  };
  /** The time in a UUIDv7, to the millisecond. */
  uuid_v7_time: {
    args: {
      id: Uuid;
    };
    result: Date | null;
  };
  /** VAT on a net amount: round(net * rate / 100), rate in percent (EN 16931 BR-CO-17). */
  vat_amount: {
    args: {
      net: string | number;
      rate: string | number;
      currency: string;
    };
    result: Numeric | null;
  };
  /** A VAT identification number in its one form, to store and to compare. */
  vat_id_normalize: {
    args: {
      id: string;
    };
    result: string | null;
  };
  /**
   * Whether a VAT identification number is well-formed: country prefix, structure and check
   * digits.
   */
  vat_id_valid: {
    args: {
      id: string;
    };
    result: boolean | null;
  };
  /** The VAT rate in percent of a country's class on a day. */
  vat_rate_on: {
    args: {
      country: string;
      vat_class: string;
      on_date?: Date | string | null;
      region?: string | null;
    };
    result: Numeric | null;
  };
  /** Net and VAT of the sales of a period, as documents say, and of orders that have none. */
  vat_return: {
    args: {
      from_date: Date | string;
      to_date: Date | string;
      tenant_id?: number | null;
    };
    result: {
      country: string | null;
      region: string | null;
      vat_scheme: string | null;
      currency: string | null;
      vat_category: string | null;
      vat_rate: Numeric | null;
      orders: Numeric | null;
      net: Numeric | null;
      vat: Numeric | null;
    }[];
  };
  /** The rules of vat_treatment() as a decision table. */
  vat_rules: {
    args: Record<string, never>;
    result: Types['vat_rule'][];
  };
  /** Where an address is for VAT on a day. */
  vat_territory: {
    args: {
      country: string;
      region?: string | null;
      postal_code?: string | null;
      on_date?: Date | string | null;
    };
    result: Types['vat_territory'] | null;
  };
  /** How a sale is taxed, by where its parties and goods are. */
  vat_treatment: {
    args: {
      seller_country: string;
      buyer_country: string;
      vat_class?: string | null;
      supply?: string | null;
      on_date?: Date | string | null;
      seller_region?: string | null;
      buyer_region?: string | null;
      buyer_postal_code?: string | null;
      buyer_is_business?: boolean | null;
      buyer_vat_id?: string | null;
      buyer_vat_id_valid?: boolean | null;
      stock_country?: string | null;
      stock_region?: string | null;
      distance_sales_exceed_threshold?: boolean | null;
      oss?: boolean | null;
      ioss?: boolean | null;
      small_enterprise?: boolean | null;
      domestic_reverse_charge?: boolean | null;
      excluded_goods?: boolean | null;
    };
    result: Types['vat_treatment'] | null;
  };
  /**
   * Use the token of a letter to verify that the address is the user's, and append
   * user.email_verified.
   */
  verify_email: {
    args: {
      token: string;
      tenant_id?: number | null;
    };
    result: Types['account'];
  };
  /**
   * Every equation of the books that does not hold, with the product or order that it is
   * about.
   */
  verify_integrity: {
    args: {
      since?: Date | string | null;
    };
    result: {
      problem: string | null;
      tenant_id: number | null;
      entity_id: Uuid | null;
      detail: Json | null;
    }[];
  };
  /** Give up a payment for which nothing came, and that no provider has. */
  void_payment: {
    args: {
      payment_id: Uuid;
      note?: string | null;
      tenant_id?: number | null;
    };
    result: Types['payment_state'];
  };
  /** Find a review helpful, once for each user, however often it is said. */
  vote_review: {
    args: {
      review_id: Uuid;
      helpful?: boolean | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['written_review'];
  };
  /** Like wishlist_add(product_id, ...), by SKU or an id without a type. */
  wishlist_add: {
    args: {
      sku: string;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['wish'];
  } | {
    args: {
      product_id: Uuid;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['wish'];
  };
  /** Like wishlist_remove(product_id, ...), by SKU or an id without a type. */
  wishlist_remove: {
    args: {
      sku: string;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['wish'];
  } | {
    args: {
      product_id: Uuid;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['wish'];
  };
  /** Like wishlist_to_cart(product_id, ...), by SKU or an id without a type. */
  wishlist_to_cart: {
    args: {
      sku: string;
      quantity?: string | number | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['cart_line'];
  } | {
    args: {
      product_id: Uuid;
      quantity?: string | number | null;
      user_id?: Uuid | null;
      tenant_id?: number | null;
    };
    result: Types['cart_line'];
  };
  /** Like withdraw_quote(quote_id, ...), by the quote's number or an id without a type. */
  withdraw_quote: {
    args: {
      quote_number: string;
      reason?: string | null;
      tenant_id?: number | null;
    };
    result: Types['quote_state'];
  } | {
    args: {
      quote_id: Uuid;
      reason?: string | null;
      tenant_id?: number | null;
    };
    result: Types['quote_state'];
  };
}
