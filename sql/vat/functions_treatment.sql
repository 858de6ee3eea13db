-- How a sale is taxed.
--
-- vat_territory() finds out where a party or its goods are; vat_rules() is the
-- law as a decision table; vat_treatment() states the facts of a sale, looks
-- them up in it, and fetches the rate.  docs/vat.md explains the rules.

CREATE FUNCTION ecommerce.mydata_exemptions()
    RETURNS TABLE (code integer, article text, formerly text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
VALUES
    ( 1, 'Art. 2, 3',   'Art. 3'),
    ( 2, 'Art. 5',      NULL),
    ( 3, 'Art. 17',     'Art. 13'),
    ( 4, 'Art. 18',     'Art. 14'),
    ( 5, 'Art. 21',     'Art. 16'),
    ( 6, 'Art. 24',     'Art. 19'),
    ( 7, 'Art. 27',     'Art. 22'),
    ( 8, 'Art. 29',     'Art. 24'),
    ( 9, 'Art. 30',     'Art. 25'),
    (10, 'Art. 31',     'Art. 26'),
    (11, 'Art. 32',     'Art. 27'),
    (12, 'Art. 32',     'Art. 27'),
    (13, 'Art. 32',     'Art. 27'),
    (14, 'Art. 33',     'Art. 28'),
    (15, 'Art. 44',     'Art. 39'),
    (16, 'Art. 45',     'Art. 39a'),
    (17, 'Art. 47',     'Art. 40'),
    (18, 'Art. 48',     'Art. 41'),
    (19, 'Art. 54',     'Art. 47'),
    (20, 'Art. 50',     'Art. 43'),
    (21, 'Art. 51',     'Art. 44'),
    (22, 'Art. 52',     'Art. 45'),
    (23, 'Art. 53',     'Art. 46'),
    (24, 'Art. 8',      'Art. 6'),
    (25, 'POL.1029/1995', NULL),
    (26, 'POL.1167/2015', NULL),
    (27, NULL,          NULL),
    (28, 'Art. 29(1)(b)', NULL),
    (29, 'Art. 56',     'Art. 47b'),
    (30, 'Art. 57',     'Art. 47c'),
    (31, 'Art. 58',     'Art. 47d');
$$;
COMMENT ON FUNCTION ecommerce.mydata_exemptions() IS
    'Codes of myDATA (AADE) for a line without VAT. With each is the article of the Greek VAT Code '
    '(L.5144/2024), and what it was in L.2859/2000. 27 is any other.';

CREATE FUNCTION ecommerce.vat_rules() RETURNS SETOF ecommerce.vat_rule
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp ROWS 50
AS $$
BEGIN
    -- In plpgsql, because that keeps its plan.
    RETURN QUERY VALUES
    -- a customer whose place is unknown
    (5, 'unclear customer', '{service,digital}'::text[], NULL::text[], NULL::text[],
     '{elsewhere}'::text[], NULL::text[], NULL::text[], NULL::text[],
     NULL, NULL, NULL, NULL, NULL::integer, NULL,
     'The VAT id is of another country than the buyer, so it is unclear which of its '
     'establishments receives the service (Art. 44).'),

    -- whatever it is, in one country
    (10, 'small enterprise', NULL, '{own}', '{home}', NULL, '{small}', NULL, '{none,excluded}',
     'origin', 'E', 'small_enterprise', NULL, 15, 'Art. 284', NULL),
    (11, 'exempt', NULL, '{own}', '{home}', NULL, NULL, NULL, '{exempt}',
     'origin', 'E', 'domestic', NULL, 7, 'Art. 132 to 136',
     'Which exemption it is, and its VATEX code, depend on the product.'),
    (12, 'domestic reverse charge', NULL, '{own}', '{home}', '{identified,resident,business}',
     '{regular}', NULL, '{reverse_charge}',
     'origin', 'AE', 'reverse_charge', 'VATEX-EU-AE', 16, 'Art. 199, 199a',
     'That it is on the national list is for the seller to know.'),
    (13, 'domestic reverse charge', NULL, NULL, NULL, NULL, NULL, NULL, '{reverse_charge}',
     NULL, NULL, NULL, NULL, NULL, NULL,
     'A domestic reverse charge is between a seller and a business in the same country.'),
    (14, 'domestic goods', '{goods}', '{own}', '{home}', NULL, NULL, NULL, NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 31, 32', NULL),

    -- what is not covered, whatever is sold
    (20, 'seller outside', NULL, NULL, '{eu,back,third,uk,territory}', NULL,
     '{foreign}', NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL,
     'The seller is not established in the VAT territory of the EU, and sells across a border.'),
    (21, 'seller outside', NULL, '{other,third}', NULL, NULL, '{foreign}', NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL,
     'The seller is not established in the VAT territory of the EU, and its goods are in another '
     'country.'),
    (22, 'within the United Kingdom', NULL, NULL, '{uk}', NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL,
     'Sales between Great Britain and Northern Ireland follow the law of the United Kingdom.'),
    (23, 'own territory', '{service,digital}', NULL, '{territory}', NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL,
     'Services to a part of the seller''s country that is outside the VAT territory follow '
     'national law.'),
    (25, 'small enterprise', NULL, '{other,third}', NULL, NULL, '{small}', NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, 'A small enterprise with goods in another country.'),

    -- services at home
    (30, 'domestic service', '{service,digital}', NULL, '{home}', '{identified,business}',
     NULL, NULL, NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 44', NULL),
    (31, 'domestic service', '{service}', NULL, '{home}', NULL, NULL, NULL, NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 45', NULL),
    (32, 'domestic service', '{digital}', NULL, '{home}', NULL, NULL, NULL, NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 58', NULL),

    -- exempt and excluded products across a border
    (40, 'exempt', '{service}', NULL, '{eu}', '{business,consumer}', NULL, NULL, '{exempt}',
     'origin', 'E', 'domestic', NULL, 7, 'Art. 45, 132 to 136',
     'Which exemption it is, and its VATEX code, depend on the product.'),
    (41, 'exempt', '{service}', NULL, '{third}', '{consumer}', NULL, NULL, '{exempt}',
     'origin', 'E', 'domestic', NULL, 7, 'Art. 45, 132 to 136',
     'Which exemption it is, and its VATEX code, depend on the product.'),
    (42, 'exempt', '{goods,digital}', '{own}', '{eu}', '{business,consumer}',
     NULL, '{under}', '{exempt}',
     'origin', 'E', 'domestic', NULL, 7, 'Art. 59c(1), 132 to 136',
     'Which exemption it is, and its VATEX code, depend on the product.'),
    (43, 'exempt', NULL, NULL, NULL, NULL, NULL, NULL, '{exempt}',
     NULL, NULL, NULL, NULL, NULL, NULL,
     'What is exempt in the seller''s country is sold to another one, which may not exempt it.'),
    (44, 'excluded goods', '{goods}', NULL, '{eu,back}', '{resident,business,consumer}',
     NULL, NULL, '{excluded}',
     NULL, NULL, NULL, NULL, NULL, NULL,
     'New means of transport are no distance sale (Art. 14(4)(b)), and tobacco bears excise duty.'),

    -- goods that are not in the seller's country
    (50, 'import', '{goods}', '{third}', '{eu}', '{business,consumer}', NULL, '{ioss}', NULL,
     'destination', 'S', 'ioss', NULL, 31, 'Art. 33(b), (c)',
     'Declared in the import one-stop shop: consignments of up to 150 EUR.'),
    (51, 'import', '{goods}', '{third}', NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL,
     'The goods are outside the VAT territory of the EU, and not sold under the import one-stop '
     'shop.'),
    (52, 'stock abroad', '{goods}', '{other}', '{home}', '{consumer}', NULL, NULL, NULL,
     'origin', 'S', 'registration', NULL, 3, 'Art. 31, 32', 'Needs a VAT registration in %s.'),
    (53, 'stock abroad', '{goods}', '{other}', '{home}', NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL,
     'Whether a business owes the VAT of a seller that is established in another member state is '
     'national law (Art. 194).'),
    (54, 'stock abroad', '{goods}', '{other}', '{eu,back}', '{resident}', NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL,
     'Whether a business owes the VAT of a seller that is established in another member state is '
     'national law (Art. 194).'),
    (55, 'stock abroad', '{goods}', '{other}', '{back}', '{business,consumer}', NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL,
     'Goods abroad are sold to a consumer in the seller''s own country.'),
    (56, 'stock abroad', '{goods}', '{other}', '{eu}', '{business,consumer}', NULL, '{under}', NULL,
     NULL, NULL, NULL, NULL, NULL, NULL,
     'The threshold of Art. 59c is for goods that are sent from the seller''s own country.'),

    -- goods to another member state
    (60, 'small enterprise', '{goods}', NULL, '{eu}', '{identified}', '{small}', NULL, NULL,
     'origin', 'E', 'small_enterprise', NULL, 15, 'Art. 139(1), 284', NULL),
    (61, 'intra-EU supply', '{goods}', NULL, '{eu,back}', '{identified}', NULL, NULL, NULL,
     'origin', 'K', 'intra_eu', 'VATEX-EU-IC', 14, 'Art. 138(1)',
     'Needs proof of dispatch (Reg. 282/2011 Art. 45a) and a recapitulative statement.'),
    (62, 'small enterprise', '{goods}', NULL, '{eu}', '{resident}', '{small}', NULL, NULL,
     'origin', 'E', 'small_enterprise', NULL, 15, 'Art. 284', NULL),
    (63, 'no acquisition abroad', '{goods}', NULL, '{eu}', '{resident}', NULL, NULL, NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 32',
     'The VAT id is of the country of dispatch, which Art. 138(1)(b) does not exempt.'),

    -- goods and digital services to consumers in another member state, and to
    -- those who are treated like them for lack of a valid VAT id
    (70, 'small enterprise', '{goods,digital}', NULL, '{eu}', '{business,consumer}',
     '{small}', '{under}', NULL,
     'origin', 'E', 'small_enterprise', NULL, 15, 'Art. 59c(1), 284', NULL),
    (71, 'small enterprise', '{goods,digital}', NULL, '{eu}', '{business,consumer}',
     '{small}', NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL,
     'A small enterprise above the threshold of Art. 59c, or in another member state '
     '(Art. 284(2)).'),
    (72, 'below the threshold', '{goods}', NULL, '{eu}', '{business,consumer}',
     NULL, '{under}', NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 32, 59c(1)', NULL),
    (73, 'distance sale', '{goods}', NULL, '{eu}', '{business,consumer}', NULL, '{oss}', NULL,
     'destination', 'S', 'oss', NULL, 30, 'Art. 33(a)', 'Declared in the one-stop shop.'),
    (74, 'distance sale', '{goods}', NULL, '{eu}', '{business,consumer}', NULL, '{over}', NULL,
     'destination', 'S', 'registration', NULL, 3, 'Art. 33(a)',
     'Needs a VAT registration in %s, or the one-stop shop.'),
    (75, 'below the threshold', '{digital}', NULL, '{eu}', '{business,consumer}',
     NULL, '{under}', NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 45, 59c(1)', NULL),
    (76, 'digital service', '{digital}', NULL, '{eu}', '{business,consumer}', NULL, '{oss}', NULL,
     'destination', 'S', 'oss', NULL, 30, 'Art. 58', 'Declared in the one-stop shop.'),
    (77, 'digital service', '{digital}', NULL, '{eu}', '{business,consumer}', NULL, '{over}', NULL,
     'destination', 'S', 'registration', NULL, 4, 'Art. 58',
     'Needs a VAT registration in %s, or the one-stop shop.'),

    -- goods that leave the EU
    (80, 'small enterprise', '{goods}', NULL, '{third,territory}', NULL, '{small}', NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, 'Exports of a small enterprise.'),
    (81, 'export', '{goods}', NULL, '{third,territory}', NULL, NULL, NULL, NULL,
     'origin', 'G', 'export', 'VATEX-EU-G', 8, 'Art. 146(1)', 'Needs proof of export.'),

    -- services
    (90, 'reverse charge', '{service,digital}', NULL, '{eu}', '{identified}', NULL, NULL, NULL,
     'destination', 'AE', 'reverse_charge', 'VATEX-EU-AE', 4, 'Art. 44, 196',
     'Needs a recapitulative statement.'),
    (91, 'small enterprise', '{service}', NULL, '{eu}', '{business,consumer}',
     '{small}', NULL, NULL,
     'origin', 'E', 'small_enterprise', NULL, 15, 'Art. 45, 284', NULL),
    (92, 'service', '{service}', NULL, '{eu}', '{business,consumer}', NULL, NULL, NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 45', NULL),
    (93, 'service outside the EU', '{service,digital}', NULL, '{third}', '{business}',
     NULL, NULL, NULL,
     'destination', 'O', 'outside', 'VATEX-EU-O', 4, 'Art. 44', NULL),
    (94, 'small enterprise', '{service}', NULL, '{third}', '{consumer}', '{small}', NULL, NULL,
     'origin', 'E', 'small_enterprise', NULL, 15, 'Art. 45, 284',
     'Services of Art. 59 are taxed where the customer is, instead.'),
    (95, 'service', '{service}', NULL, '{third}', '{consumer}', NULL, NULL, NULL,
     'origin', 'S', 'domestic', NULL, NULL, 'Art. 45',
     'Services of Art. 59 are taxed where the customer is, instead.'),
    (96, 'digital service outside the EU', '{digital}', NULL, '{third}', '{consumer}',
     NULL, NULL, NULL,
     'destination', 'O', 'outside', 'VATEX-EU-O', 4, 'Art. 58', NULL);
END
$$;
COMMENT ON FUNCTION ecommerce.vat_rules() IS
    'The rules of vat_treatment() as a decision table. Of the rows whose facts are those of the '
    'sale, the one with the lowest step decides. Articles without a name are of Directive '
    '2006/112/EC.';

CREATE FUNCTION ecommerce.vat_treatment(
    seller_country text,
    buyer_country text,
    vat_class text DEFAULT 'standard',
    supply text DEFAULT 'goods',
    on_date date DEFAULT ecommerce_internal.shop_day(),
    seller_region text DEFAULT '',
    buyer_region text DEFAULT NULL,
    buyer_postal_code text DEFAULT NULL,
    buyer_is_business boolean DEFAULT NULL,
    buyer_vat_id text DEFAULT NULL,
    buyer_vat_id_valid boolean DEFAULT NULL,
    stock_country text DEFAULT NULL,
    stock_region text DEFAULT NULL,
    distance_sales_exceed_threshold boolean DEFAULT false,
    oss boolean DEFAULT false,
    ioss boolean DEFAULT false,
    small_enterprise boolean DEFAULT false,
    domestic_reverse_charge boolean DEFAULT false,
    excluded_goods boolean DEFAULT false) RETURNS ecommerce.vat_treatment
    -- place_order() turns sequential scans off; with the costs of those that remain
    -- a query would be worth compiling (jit).
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = on
AS $$
DECLARE
    v_excluded   boolean := coalesce(excluded_goods, false);
    v_seller     ecommerce.vat_territory;
    v_stock      ecommerce.vat_territory;    -- goods, or where a service is performed
    v_origin     ecommerce.vat_territory;
    v_buyer      ecommerce.vat_territory;
    v_eu         text[];
    v_id_country text;
    f            ecommerce_internal.vat_facts;
    r            ecommerce.vat_rule;
    t            ecommerce.vat_treatment;
BEGIN
    PERFORM ecommerce_internal.check_vat_arguments(seller_country, buyer_country, vat_class,
        supply, on_date, stock_country, small_enterprise, domestic_reverse_charge);

    -- Where everybody is.  Northern Ireland is not in the EU for services.
    v_seller := ecommerce.vat_territory(seller_country, seller_region, NULL::text, on_date);
    v_buyer  := ecommerce.vat_territory(buyer_country, buyer_region, buyer_postal_code, on_date);
    v_stock  := ecommerce.vat_territory(
        coalesce(stock_country, seller_country),
        coalesce(stock_region, CASE WHEN stock_country IS NULL OR stock_country = seller_country
                                    THEN seller_region END), NULL::text, on_date);
    IF supply <> 'goods' THEN
        v_seller.country := CASE v_seller.country WHEN 'XI' THEN 'GB' ELSE v_seller.country END;
        v_buyer.country  := CASE v_buyer.country WHEN 'XI' THEN 'GB' ELSE v_buyer.country END;
    END IF;
    v_origin := CASE supply WHEN 'goods' THEN v_stock ELSE v_seller END;
    SELECT coalesce(array_agg(c.code), '{}') INTO v_eu FROM ecommerce.countries c
    WHERE c.eu_from <= on_date AND (c.eu_to IS NULL OR c.eu_to > on_date)
      AND (c.code <> 'XI' OR supply = 'goods');

    -- A VAT id counts if VIES knows it, and the buyer does not buy in private.
    v_id_country := CASE WHEN buyer_vat_id_valid THEN
                        ecommerce_internal.vat_id_country(buyer_vat_id) END;
    f := ecommerce_internal.vat_facts(supply, vat_class, v_seller, v_origin, v_buyer, v_eu,
        coalesce(buyer_is_business, buyer_vat_id_valid, false), v_id_country,
        distance_sales_exceed_threshold, oss, ioss, small_enterprise, domestic_reverse_charge,
        v_excluded);
    r := ecommerce_internal.vat_rule_of(f);
    PERFORM ecommerce_internal.check_vat_covered(r, f, v_seller, v_stock, v_buyer, on_date,
                                                 small_enterprise, v_excluded);

    t.country := CASE r.place WHEN 'origin' THEN v_origin.country ELSE v_buyer.country END;
    SELECT '', r.vat_category, vat_treatment.vat_class, 0
    INTO t.region, t.vat_category, t.vat_class, t.vat_rate;
    IF r.vat_category = 'S' THEN
        SELECT p.region, p.note INTO t.region, t.note
        FROM ecommerce_internal.vat_rate_region(r, f, v_seller, v_stock, v_buyer, stock_region,
                                                v_excluded) p;
        t.vat_rate := ecommerce.vat_rate_on(t.country, vat_class, on_date, t.region);
        t.vat_category := CASE t.vat_rate WHEN 0 THEN 'Z' ELSE 'S' END;
        IF r.place = 'destination' AND vat_class <> 'standard' THEN
            t.note := format('Taken for class "%s" in %s, too: what the reduced rates are for '
                             'differs between countries.', vat_class, t.country);
        END IF;
        IF f.destination = 'home' AND 'place' IN (v_origin.rule, v_buyer.rule)
           AND v_origin.region <> v_buyer.region AND t.vat_rate
               <> ecommerce.vat_rate_on(t.country, vat_class, on_date, v_buyer.region) THEN
            PERFORM ecommerce_internal.refuse_vat_treatment(format(
                'Sales between parts of %s that have different rates follow national law.',
                t.country));
        END IF;
    END IF;

    t := ecommerce_internal.add_vat_reason(t, r, f, v_buyer);
    IF v_seller.country = 'GR' THEN
        t := ecommerce_internal.add_mydata_codes(t, r, f);
    END IF;
    RETURN t;
END
$$;
COMMENT ON FUNCTION ecommerce.vat_treatment(text, text, text, text, date, text, text, text,
    boolean, text, boolean, text, text, boolean, boolean, boolean, boolean, boolean, boolean) IS
    'How a sale is taxed, by where its parties and goods are. See the type vat_treatment for the '
    'result, and docs/vat.md for the rules. seller_country and buyer_country: codes of countries. '
    'vat_class: class of the product where it is taxed, or exempt. supply: goods, service '
    '(general rule of Art. 44 and 45) or digital (telecommunication, broadcasting, electronic). '
    'on_date: by default today, in settings.timezone. seller_region and buyer_region: names of '
    'vat_regions or vat_places. buyer_postal_code: as people write it. buyer_is_business: by '
    'default whether the VAT id is valid. buyer_vat_id: the buyer''s VAT identification number. '
    'buyer_vat_id_valid: what VIES said, NULL if it was not asked. stock_country, stock_region: '
    'where the goods are, by default with the seller; for a service, where it is performed. '
    'distance_sales_exceed_threshold: whether the seller''s are above 10 000 EUR, this sale '
    'included (Art. 59c). oss, ioss: whether the seller is registered for it, and uses it. '
    'small_enterprise: whether the seller is exempt by Art. 284. domestic_reverse_charge: whether '
    'the sale is on the national list. excluded_goods: whether they are tobacco or means of '
    'transport. Errors: 0A000 not covered, EC012 no rate is known, 22023 wrong argument, 22004 '
    'NULL.';
