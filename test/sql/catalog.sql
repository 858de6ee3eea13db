-- Catalog: categories, products, pictures, reviews, and the views of them.
CREATE EXTENSION ecommerce;
\set SHOW_CONTEXT never
UPDATE ecommerce.settings SET country = 'GR';

-- SKU and slug are unique among the products that are not deleted
INSERT INTO ecommerce.products (sku, slug, name, price) VALUES
    ('LAMP', 'lamp', 'Lamp', 10), ('DESK', 'desk', 'Desk', 99.90), ('STOOL', NULL, 'Stool', 5),
    ('SHELF', NULL, 'Shelf', 5);
INSERT INTO ecommerce.products (id, sku, name, price) VALUES
    ('01900000-0000-7000-8000-000000000001', 'CHAIR', 'Chair', 5);
SELECT failure($$INSERT INTO ecommerce.products (sku, name, price)
        VALUES ('LAMP', 'X', 1)$$) AS sku,
    failure($$INSERT INTO ecommerce.products (sku, slug, name, price)
        VALUES ('LAMP2', 'lamp', 'X', 1)$$) AS slug;
-- what is deleted is not in the way of another one: medusajs/medusa#270
UPDATE ecommerce.products SET deleted_at = now() WHERE sku = 'LAMP';
INSERT INTO ecommerce.products (sku, slug, name, price) VALUES ('LAMP', 'lamp', 'New lamp', 11);
SELECT failure($$INSERT INTO ecommerce.products (sku, slug, name, price)
        VALUES ('LAMP', 'lamp3', 'X', 1)$$) AS again,
    failure('UPDATE ecommerce.products SET deleted_at = NULL') AS undelete;
SELECT sku, slug, name, deleted_at IS NOT NULL AS deleted FROM ecommerce.products
ORDER BY sku, name;
-- so either tells a product apart; a slug is never missing, and the SKU of a new product will do
INSERT INTO ecommerce.products (sku, name, price) VALUES ('LAMP', 'By SKU', 11)
ON CONFLICT (tenant_id, sku, deleted_at) DO UPDATE SET name = excluded.name
RETURNING sku, slug, name;
INSERT INTO ecommerce.products (sku, slug, name, price) VALUES ('OTHER', 'lamp', 'New lamp', 11)
ON CONFLICT (tenant_id, slug, deleted_at) DO UPDATE SET name = excluded.name
RETURNING sku, slug, name;
SELECT failure('UPDATE ecommerce.products SET slug = NULL') AS missing;
-- unless it is another product's slug, as after a product was renamed; or the shop has its own
BEGIN;
UPDATE ecommerce.products SET sku = 'LAMP-OLD', slug = 'LAMP'
WHERE sku = 'LAMP' AND deleted_at IS NULL;
INSERT INTO ecommerce.products (sku, name, price) VALUES ('LAMP', 'Again', 1)
RETURNING sku, slug ~ '^LAMP-[0-9a-f]{12}$' AS ends_like_its_id;
CREATE FUNCTION public.slugify() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN NEW.slug := lower(NEW.name); RETURN NEW; END$$;
CREATE TRIGGER slugify BEFORE INSERT ON ecommerce.products
    FOR EACH ROW WHEN (NEW.slug IS NULL) EXECUTE FUNCTION public.slugify();
INSERT INTO ecommerce.products (sku, name, price) VALUES ('B', 'Bulb', 1) RETURNING sku, slug;
ROLLBACK;
-- what is deleted is not sold
SELECT p.name,
    failure(format('SELECT ecommerce.place_order(''[{"product_id": "%s", "quantity": 1}]'')',
        id)) AS "order"
FROM ecommerce.products p WHERE deleted_at IS NOT NULL;
-- emails likewise, whatever their case
INSERT INTO ecommerce.users (email, first_name, last_name) VALUES
    ('Ann@Example.com', 'Ann', 'Lee'), ('bob@example.com', NULL, 'Ray');
SELECT failure('INSERT INTO ecommerce.users (email) VALUES (''ann@example.COM'')') AS taken;
UPDATE ecommerce.users SET deleted_at = now() WHERE lower(email) = 'ann@example.com';
INSERT INTO ecommerce.users (email, first_name) VALUES ('ann@example.com', 'Ann');

-- values that products and what belongs to them do not take
SELECT price,
    failure(format('INSERT INTO ecommerce.products (sku, name, price) VALUES (''X'', ''X'', %L)',
        price)) AS price_failure,
    failure(format($$INSERT INTO ecommerce.products (sku, name, price, original_price)
            VALUES ('X', 'X', 1, %L)$$, price)) AS original,
    failure(format($$INSERT INTO ecommerce.products (sku, name, price, cost_price)
            VALUES ('X', 'X', 1, %L)$$, price)) AS cost
FROM unnest('{-0.01, NaN, Infinity, -Infinity, 1e15, 1e131071, 0.0000000001,
    1e-16383}'::text[]) AS price;
SELECT failure($$INSERT INTO ecommerce.products (sku, name, price)
    VALUES ('X', 'X', NULL)$$) AS "no price";
BEGIN;
INSERT INTO ecommerce.products (sku, name, price, original_price, cost_price) VALUES
    ('FREE', 'Free', 0, 0, 0), ('CHEAP', 'Cheap', 0.000000001, NULL, NULL),
    ('DEAR', 'Dear', 999999999999999.999999999, NULL, NULL)
RETURNING sku, price; ROLLBACK;
SELECT v,
    failure(
        format('INSERT INTO ecommerce.products (sku, name, price, %s) VALUES (''X'', ''X'', 1, %s)',
            split_part(v, '=', 1), split_part(v, '=', 2))) AS failure
FROM unnest(ARRAY['tags=''{a,NULL}''', 'tags=NULL', 'tags=array_fill(''x''::text, ARRAY[101])',
    'vat_class=''zzz''', 'vat_class=NULL', 'status=''sold''', 'min_stock=-1', 'weight=-1',
    'weight=''NaN''', 'weight=''Infinity''',
    'attributes=''[]''', 'attributes=''null''', 'attributes=NULL', 'specifications=''1''',
    'dimensions=''[1, 2]''', 'metadata=''"x"''', 'slug=''''', 'slug=repeat(''x'', 256)',
    'parent_id=''01900000-0000-7000-8000-000000000000''',
    'category_id=''01900000-0000-7000-8000-000000000000''', 'id=NULL']) AS v;
SELECT failure('INSERT INTO ecommerce.products (sku, name, price) VALUES ('''', ''X'', 1)') AS sku,
    failure('INSERT INTO ecommerce.products (sku, name, price) VALUES (''X'', '''', 1)') AS name,
    failure($$INSERT INTO ecommerce.products (sku, name, price)
        VALUES (repeat('x', 101), 'X', 1)$$) AS long;
SELECT failure($$UPDATE ecommerce.products SET parent_id = id
    WHERE sku = 'DESK'$$) AS "its own variant";
BEGIN;
INSERT INTO ecommerce.products (sku, name, price, tags, attributes) VALUES
    ('X', 'X', 1, array_fill('x'::text, ARRAY[100]), '{}'),
    ('Y', 'Y', 1, '{}', '{"colour": "red", "size": null}')
RETURNING sku, cardinality(tags); ROLLBACK;

-- categories: a tree
INSERT INTO ecommerce.categories (id, name, slug) VALUES
    ('01900000-0000-7000-8000-00000000000a', 'A', 'a');
INSERT INTO ecommerce.categories (id, parent_id, name, slug) VALUES
    ('01900000-0000-7000-8000-00000000000b', '01900000-0000-7000-8000-00000000000a', 'B', 'b'),
    ('01900000-0000-7000-8000-00000000000c', '01900000-0000-7000-8000-00000000000b', 'C', 'c');
UPDATE ecommerce.categories SET parent_id = id WHERE slug = 'a';
\echo :LAST_ERROR_SQLSTATE
UPDATE ecommerce.categories SET parent_id = '01900000-0000-7000-8000-00000000000c' WHERE slug = 'a';
SELECT failure($$UPDATE ecommerce.categories SET parent_id = '01900000-0000-7000-8000-00000000000b'
        WHERE slug = 'a'$$) AS "two of them",
    failure($$UPDATE ecommerce.categories SET parent_id = '01900000-0000-7000-8000-00000000000c'
        WHERE slug = 'b'$$) AS "below",
    failure($$INSERT INTO ecommerce.categories (id, parent_id, name, slug)
        VALUES
            ('01900000-0000-7000-8000-00000000000d', '01900000-0000-7000-8000-00000000000d', 'D',
                'd')$$) AS "new and its own",
    failure($$INSERT INTO ecommerce.categories (parent_id, name, slug)
        VALUES ('01900000-0000-7000-8000-00000000dead', 'D', 'd')$$) AS "unknown",
    failure('DELETE FROM ecommerce.categories WHERE slug = ''a''') AS "has children" \gx
-- one statement that would close a circle by two rows
SELECT failure($$INSERT INTO ecommerce.categories (id, parent_id, name, slug)
        VALUES
            ('01900000-0000-7000-8000-0000000000e1', '01900000-0000-7000-8000-0000000000e2', 'E1',
                'e1'),
            ('01900000-0000-7000-8000-0000000000e2', '01900000-0000-7000-8000-0000000000e1', 'E2',
                'e2')$$) AS inserted,
    failure($$UPDATE ecommerce.categories c
        SET parent_id = (SELECT id FROM ecommerce.categories p
            WHERE p.slug = CASE c.slug WHEN 'a' THEN 'c' ELSE 'a' END)
        WHERE slug IN ('a', 'c')$$) AS updated;
-- moves that close none
UPDATE ecommerce.categories SET parent_id = '01900000-0000-7000-8000-00000000000a' WHERE slug = 'c';
UPDATE ecommerce.categories SET parent_id = '01900000-0000-7000-8000-00000000000c' WHERE slug = 'b';
WITH RECURSIVE tree AS (SELECT id, name::text AS path FROM ecommerce.categories
        WHERE parent_id IS NULL
    UNION ALL SELECT c.id, path || '/' || c.name FROM tree t
        JOIN ecommerce.categories c ON c.parent_id = t.id)
SELECT path FROM tree ORDER BY path;
SELECT failure('INSERT INTO ecommerce.categories (name, slug) VALUES (''X'', ''a'')') AS slug,
    failure('INSERT INTO ecommerce.categories (name, slug) VALUES ('''', ''x'')') AS name;
UPDATE ecommerce.products SET category_id = '01900000-0000-7000-8000-00000000000b'
WHERE sku IN ('LAMP', 'DESK');
SELECT failure('DELETE FROM ecommerce.categories WHERE slug = ''b''') AS "has products";

-- one primary picture
INSERT INTO ecommerce.product_images (product_id, url, is_primary, sort_order)
SELECT id, 'https://example.com/' || n || '.jpg', n = 2, n
FROM ecommerce.products, generate_series(1, 3) AS n WHERE sku = 'DESK';
SELECT failure('UPDATE ecommerce.product_images SET is_primary = true
        WHERE sort_order = 1') AS second,
    failure($$INSERT INTO ecommerce.product_images (product_id, url)
        VALUES ('01900000-0000-7000-8000-00000000dead', 'x')$$) AS "unknown product",
    failure('UPDATE ecommerce.product_images SET url = ''''') AS url;

-- reviews
INSERT INTO ecommerce.product_reviews (product_id, user_id, rating, is_approved)
SELECT p.id, u.id, v.rating, v.approved
FROM ecommerce.products p, ecommerce.users u, (VALUES
    ('bob@example.com', 4, true), ('ann@example.com', 5, true),
    ('Ann@Example.com', 1, false)) AS v (email, rating, approved)
WHERE p.sku = 'DESK' AND u.email = v.email;
SELECT rating,
    failure(format('UPDATE ecommerce.product_reviews SET rating = %s WHERE rating = 5',
        rating)) AS failure
FROM unnest('{0, 6, -1}'::integer[]) AS rating;
SELECT failure('INSERT INTO ecommerce.product_reviews (product_id, user_id, rating)
        SELECT product_id, user_id, 3
        FROM ecommerce.product_reviews LIMIT 1') AS "again without an order",
    failure($$INSERT INTO ecommerce.product_reviews (product_id, user_id, order_id, rating)
        SELECT product_id, user_id, '01900000-0000-7000-8000-000000000001', 3
        FROM ecommerce.product_reviews WHERE rating = 4$$) AS "of an order",
    failure($$INSERT INTO ecommerce.product_reviews (product_id, user_id, order_id, rating)
        SELECT product_id, user_id, '01900000-0000-7000-8000-000000000001', 3
        FROM ecommerce.product_reviews WHERE rating = 4$$) AS "again of it",
    failure('UPDATE ecommerce.product_reviews SET helpful_count = -1') AS helpful \gx

-- the views
UPDATE ecommerce.products SET status = CASE sku WHEN 'STOOL' THEN 'draft' ELSE 'inactive' END
WHERE sku IN ('STOOL', 'SHELF');
UPDATE ecommerce.products SET track_stock = false, original_price = 7 WHERE sku = 'CHAIR';
SELECT ecommerce.adjust_stock('DESK', 7);
SELECT sku, slug, name, category, price, original_price, currency, stock, rating, review_count,
    image_url
FROM ecommerce.product_listing ORDER BY sku;
INSERT INTO ecommerce.user_profiles (user_id, phone, company, vat_id)
SELECT id, '+30 210', 'Ray Ltd', 'EL094259216' FROM ecommerce.users WHERE email = 'bob@example.com';
SELECT email, name, phone, company, vat_id, role, status, email_verified FROM ecommerce.customers
ORDER BY email;

-- a product that was ordered stays
SELECT gross
FROM ecommerce.place_order('[{"sku": "DESK", "quantity": 1}, {"sku": "CHAIR", "quantity": 2}]');
DELETE FROM ecommerce.products WHERE sku = 'CHAIR';
\echo :LAST_ERROR_SQLSTATE
SELECT failure('DELETE FROM ecommerce.products WHERE sku = ''DESK''') AS "in stock",
    failure($$UPDATE ecommerce.products SET id = ecommerce.uuid_v7()
        WHERE sku = 'CHAIR'$$) AS "another id";
UPDATE ecommerce.products SET deleted_at = now() WHERE sku IN ('DESK', 'CHAIR');
SELECT sku FROM ecommerce.product_listing ORDER BY sku;
-- so does one that has a history of stock; any other goes, with its pictures
SELECT ecommerce.adjust_stock('STOOL', 1), ecommerce.adjust_stock('STOOL', -1);
SELECT failure('DELETE FROM ecommerce.products WHERE sku = ''STOOL''') AS "was in stock";
INSERT INTO ecommerce.product_images (product_id, url)
SELECT id, 'x' FROM ecommerce.products WHERE sku = 'SHELF';
DELETE FROM ecommerce.products WHERE sku = 'SHELF';
SELECT count(*) FROM ecommerce.product_images WHERE url = 'x';

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
