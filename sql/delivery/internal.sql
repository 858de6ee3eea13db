-- Which zone an address is in, and what is offered there.

CREATE FUNCTION ecommerce_internal.postal_pattern(country text, pattern text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_written text := upper(btrim(pattern) COLLATE "C");
    v_parts   text[] := string_to_array(v_written, '-');
    v_half    integer := cardinality(v_parts) / 2;
    v_from    text := array_to_string(v_parts[:v_half], '');
    v_to      text := array_to_string(v_parts[v_half + 1:], '');
BEGIN
    IF v_written = '' THEN
        RETURN '';
    ELSIF v_written ~ '[^ -~]' OR v_written !~ '[A-Z0-9]' THEN
        RAISE EXCEPTION 'postal_code "%" is none', pattern
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'It has no letter or digit, or a character that is not ASCII.';
    ELSIF v_written ~ '[*]' THEN
        v_written := regexp_replace(v_written, '[- ]', '', 'g');
        IF v_written !~ '^[A-Z0-9]{1,30}[*]$' THEN
            RAISE EXCEPTION 'postal_code "%" is no beginning of postal codes', pattern
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Write letters or digits and one asterisk, as 84*.';
        END IF;
        RETURN v_written;
    -- Two halves of one form are a range: no country has codes with a hyphen in the middle of
    -- such, as 105-63, 1000-001 and 1012-AB show.
    ELSIF cardinality(v_parts) % 2 = 0 AND v_from <> ''
          AND regexp_replace(regexp_replace(v_from, '[^A-Z0-9]', '', 'g'), '[0-9]', '0', 'g')
              ~ '0'
          AND regexp_replace(regexp_replace(v_from, ' ', '', 'g'), '[0-9]', '0', 'g')
              = regexp_replace(regexp_replace(v_to, ' ', '', 'g'), '[0-9]', '0', 'g') THEN
        v_from := ecommerce_internal.postal_code(country, v_from);
        v_to := ecommerce_internal.postal_code(country, v_to);
        IF v_from !~ '^[0-9]+$' OR v_to !~ '^[0-9]+$' OR length(v_from) <> length(v_to)
           OR v_from COLLATE "C" >= v_to COLLATE "C" THEN
            RAISE EXCEPTION 'postal_code "%" is no range of postal codes', pattern
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Write two codes of as many digits, as 10000-19999, '
                             'or the beginning of codes, as 84*.';
        END IF;
        RETURN v_from || '-' || v_to;
    END IF;
    RETURN ecommerce_internal.postal_code(country, pattern);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.postal_pattern(text, text) IS
    'The one form of what delivery_zone_places.postal_code says of postal codes of a country. '
    'Error 22023 if it is neither a code, nor the beginning of codes, nor a range of them.';

CREATE FUNCTION ecommerce_internal.postal_pattern_fits(pattern text, code text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE
        WHEN pattern = ''       THEN true
        WHEN code IS NULL       THEN false
        WHEN pattern LIKE '%*'  THEN starts_with(code, rtrim(pattern, '*'))
        WHEN pattern LIKE '%-%' THEN
            left(code, strpos(pattern, '-') - 1) COLLATE "C"
            BETWEEN split_part(pattern, '-', 1) AND split_part(pattern, '-', 2)
        ELSE code = pattern END;
COMMENT ON FUNCTION ecommerce_internal.postal_pattern_fits(text, text) IS
    'Whether a postal code, in the form of postal_code() or NULL, is one of those that a pattern '
    'of postal_pattern() says.';

CREATE FUNCTION ecommerce_internal.delivery_place_closeness(country text, region text,
    pattern text) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    RETURN CASE WHEN region <> '' THEN 2 WHEN country <> '' THEN 1 ELSE 0 END
        + CASE
            WHEN pattern = ''       THEN 0
            WHEN pattern LIKE '%*'  THEN 10 * length(pattern) - 10
            -- A hundred codes are as many as there are with two digits less before an asterisk.
            WHEN pattern LIKE '%-%' THEN
                10 * (strpos(pattern, '-') - 1)
                - 10 * log(split_part(pattern, '-', 2)::numeric
                           - split_part(pattern, '-', 1)::numeric + 1)
            ELSE 1000 END;
COMMENT ON FUNCTION ecommerce_internal.delivery_place_closeness(text, text, text) IS
    'How closely a place of delivery_zone_places fits what it fits. A postal code does more than '
    'the beginning of few, that more than the beginning of many, then a region, a country, any.';

CREATE FUNCTION ecommerce_internal.delivery_regions(country text, region text, code text)
    RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_key  text := ecommerce_internal.place_key(region);
    v_keys text[];
BEGIN
    SELECT array_agg(DISTINCT k.key) INTO v_keys
    FROM ecommerce.vat_places p
    CROSS JOIN LATERAL (VALUES (ecommerce_internal.place_key(p.region)),
                               (ecommerce_internal.place_key(p.place))) AS k (key)
    WHERE p.country = delivery_regions.country
      AND (delivery_regions.code ~ p.postal_code
           OR v_key IN (SELECT ecommerce_internal.place_key(n)
                        FROM unnest(array[p.place] || p.other_names) n));
    RETURN array_remove(v_keys || v_key, '');
END
$$;
COMMENT ON FUNCTION ecommerce_internal.delivery_regions(text, text, text) IS
    'For delivery_zone(): what regions may be named that an address is in, each as place_key() has '
    'it. country, region and code (as postal_code() has it) are the address''s.';

CREATE FUNCTION ecommerce_internal.check_delivery_address(tenant_id integer, country text,
    region text, code text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_code   boolean;
    v_region boolean;
BEGIN
    -- An empty region says that it is in none, as in vat_territory().
    SELECT bool_or(p.postal_code <> '' AND check_delivery_address.code IS NULL),
           bool_or(p.region <> '' AND check_delivery_address.region IS NULL AND NOT EXISTS (
               SELECT FROM ecommerce.vat_places q
               WHERE q.country = p.country AND q.postal_code IS NOT NULL
                 AND check_delivery_address.code IS NOT NULL
                 AND ecommerce_internal.place_key(p.region)
                     IN (ecommerce_internal.place_key(q.region),
                         ecommerce_internal.place_key(q.place))))
    INTO v_code, v_region
    FROM ecommerce.delivery_zone_places p
    JOIN ecommerce.delivery_zones z ON z.tenant_id = check_delivery_address.tenant_id
                                   AND z.id = p.zone_id
    WHERE p.tenant_id = check_delivery_address.tenant_id
      AND p.country = check_delivery_address.country AND z.is_active;
    IF v_code OR v_region THEN
        RAISE EXCEPTION 'shipping_address.% must be given',
            CASE WHEN v_code THEN 'postal_code' ELSE 'state' END
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('What shipping to %s costs depends on it.', country),
                  HINT = CASE WHEN v_code THEN 'It is that of where the goods go.'
                              ELSE 'An empty string says that it is in no region.' END;
    END IF;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.check_delivery_address(integer, text, text, text) IS
    'For delivery_zone(): error 22023 if an address lacks what zones are told by. That is its '
    'postal code where active zones of its country have one, or its region where they have one '
    'that the postal code does not tell. country, region and code (as postal_code() has it) are '
    'the address''s.';

CREATE FUNCTION ecommerce_internal.delivery_zone(tenant_id integer, country text, region text,
    postal_code text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_code    text := nullif(ecommerce_internal.postal_code(country, postal_code), '');
    v_regions text[] := ecommerce_internal.delivery_regions(country, region, v_code);
BEGIN
    PERFORM ecommerce_internal.check_delivery_address(tenant_id, country, region, v_code);
    RETURN (
        SELECT z.id
        FROM (SELECT DISTINCT ON (p.zone_id) p.zone_id, p.is_excluded, c.closeness
              FROM ecommerce.delivery_zone_places p
              CROSS JOIN LATERAL ecommerce_internal.delivery_place_closeness(
                  p.country, p.region, p.postal_code) AS c (closeness)
              WHERE p.tenant_id = delivery_zone.tenant_id
                AND p.country IN ('', delivery_zone.country)
                AND (p.region = '' OR ecommerce_internal.place_key(p.region) = ANY (v_regions))
                AND ecommerce_internal.postal_pattern_fits(p.postal_code, v_code)
              ORDER BY p.zone_id, c.closeness DESC, p.is_excluded DESC) b
        JOIN ecommerce.delivery_zones z ON z.tenant_id = delivery_zone.tenant_id
                                       AND z.id = b.zone_id
        WHERE z.is_active AND NOT b.is_excluded
        ORDER BY b.closeness DESC, z.priority DESC, z.name COLLATE "C" LIMIT 1);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.delivery_zone(integer, text, text, text) IS
    'The zone that an address is in; NULL if it is in none. country, region and postal_code are '
    'the address''s, as people write them. Error 22023 if the postal code is none of the country; '
    'and those of check_delivery_address().';

-- Customers have no groups yet.
CREATE FUNCTION ecommerce_internal.user_group(tenant_id integer, user_id uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $$
BEGIN
    RETURN (SELECT u.group_id FROM ecommerce.users u
            WHERE u.tenant_id = user_group.tenant_id AND u.id = user_group.user_id);
END
$$;
COMMENT ON FUNCTION ecommerce_internal.user_group(integer, uuid) IS
    'The group of customers that a user of a tenant is in; NULL for none, and for a guest.';

CREATE FUNCTION ecommerce_internal.shipping_offers(tenant_id integer, user_id uuid,
    products uuid[], quantities integer[], goods numeric, currency text, country text,
    region text, postal_code text)
    RETURNS TABLE (rate text, rate_id uuid, method text, name text, carrier text, price numeric,
                   min_days integer, max_days integer, vat text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_zone     uuid := ecommerce_internal.delivery_zone(tenant_id, country, region, postal_code);
    v_group    uuid := ecommerce_internal.user_group(tenant_id, user_id);
    v_weight   numeric;
    v_quantity bigint;
BEGIN
    SELECT coalesce(sum(p.weight * i.quantity), 0), sum(i.quantity) INTO v_weight, v_quantity
    FROM unnest(products, quantities) AS i (product_id, quantity)
    JOIN ecommerce.products p ON p.tenant_id = shipping_offers.tenant_id AND p.id = i.product_id;
    RETURN QUERY
    SELECT o.code, o.id, o.method_code, o.method_name, o.method_carrier, o.amount,
           o.days_from, o.days_to, o.method_vat
    FROM (SELECT DISTINCT ON (m.id) r.code, r.id, m.code AS method_code, m.name AS method_name,
                 m.carrier AS method_carrier, a.amount, m.min_days AS days_from,
                 m.max_days AS days_to, m.vat AS method_vat, m.sort_order
          FROM ecommerce.delivery_rates r
          JOIN ecommerce.delivery_methods m ON m.tenant_id = shipping_offers.tenant_id
                                           AND m.id = r.method_id
          CROSS JOIN LATERAL (SELECT ecommerce.round_amount(
              CASE WHEN goods >= r.free_from THEN 0
                   ELSE r.price + r.price_per_kg
                        * greatest(ceil(v_weight - coalesce(r.weight_above, 0)), 0) END,
              shipping_offers.currency)) AS a (amount)
          WHERE r.tenant_id = shipping_offers.tenant_id AND r.zone_id = v_zone
            AND r.is_active AND m.is_active AND r.currency = shipping_offers.currency
            AND (r.group_id IS NULL OR r.group_id = v_group)
            AND (r.weight_above IS NULL OR v_weight > r.weight_above)
            AND (r.weight_to IS NULL OR v_weight <= r.weight_to)
            AND (r.goods_from IS NULL OR goods >= r.goods_from)
            AND (r.goods_below IS NULL OR goods < r.goods_below)
            AND (r.quantity_from IS NULL OR v_quantity >= r.quantity_from)
            AND (r.quantity_to IS NULL OR v_quantity <= r.quantity_to)
          ORDER BY m.id, r.group_id IS NULL, a.amount, r.code COLLATE "C") o
    ORDER BY o.sort_order, o.method_code COLLATE "C";
END
$$;
COMMENT ON FUNCTION ecommerce_internal.shipping_offers(integer, uuid, uuid[], integer[], numeric,
    text, text, text, text) IS
    'For place_order() and shipping_quote(): the rate of each method at which goods are shipped. '
    'products and quantities are what is shipped, goods what it comes to after discounts; country, '
    'region and postal_code are those of the address. vat: how its VAT follows from that of the '
    'products. Products without a weight weigh nothing. Errors: those of delivery_zone().';
