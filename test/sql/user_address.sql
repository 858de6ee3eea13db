-- The address book: one default for each type, and nobody else's.
CALL ecommerce_test.new_shop();
\set ann '01930000-0000-7000-8000-0000000000a1'
\set bob '01930000-0000-7000-8000-0000000000a2'
INSERT INTO ecommerce.users (tenant_id, id, email) VALUES (1, :'ann', 'ann@example.com'),
    (1, :'bob', 'bob@example.com');
CREATE FUNCTION place(city text, more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('first_name', 'Ann', 'last_name', 'B', 'address_line_1', 'Ermou 1',
        'city', city, 'postal_code', '10563', 'country', 'GR') || more $$;
CREATE FUNCTION book() RETURNS TABLE (who text, type text, city text, "default" boolean)
LANGUAGE sql AS $$ SELECT u.email, a.type, a.city, is_default FROM ecommerce.user_addresses a
    JOIN ecommerce.users u ON u.id = a.user_id ORDER BY 1, 2, a.id $$;
-- the first of a type is its default
SELECT type, is_default FROM ecommerce.add_address(:'ann', place('Athens'));
SELECT type, is_default, id AS patras FROM ecommerce.add_address(:'ann', place('Patras')) \gset
SELECT type, is_default FROM ecommerce.add_address(:'ann', place('Volos', '{"phone": "+30 1"}'),
    is_default => true);
SELECT type, is_default FROM ecommerce.add_address(:'ann', place('Chania'), 'billing');
SELECT type, is_default, id AS other FROM ecommerce.add_address(:'bob', place('Rhodes')) \gset
SELECT * FROM book();
SELECT is_default FROM ecommerce.set_default_address(:'patras');
SELECT is_default FROM ecommerce.set_default_address(:'patras');
SELECT * FROM book();
-- changes are of what is named
SELECT type FROM ecommerce.change_address(:'patras', '{"city": "Corinth", "company": "B & Co",
    "phone": null}');
SELECT city, company, first_name, postal_code FROM ecommerce.user_addresses WHERE id = :'patras';
SELECT is_default FROM ecommerce.remove_address(:'patras');
SELECT type, is_default FROM ecommerce.add_address(:'ann', place('Larissa'));
SELECT * FROM book();
-- plain SQL cannot have two
SELECT failure('UPDATE ecommerce.user_addresses SET is_default = true');
-- what is no address
SELECT n, failure(format('SELECT ecommerce.add_address(%L, %L, %L, %L)', :'ann', a, type, d))
FROM (VALUES (1, NULL, 'shipping', 'f'), (2, '[]', 'shipping', 'f'), (3, '{}', 'shipping', 'f'),
    (4, place('x', '{"street": "y"}')::text, 'shipping', 'f'),
    (5, place('x', '{"city": 5}')::text, 'shipping', 'f'),
    (6, place('x', '{"city": " "}')::text, 'shipping', 'f'),
    (7, place('x', '{"country": "Greece"}')::text, 'shipping', 'f'),
    (8, place('x', '{"country": "gr"}')::text, 'shipping', 'f'),
    (9, place(repeat('x', 101))::text, 'shipping', 'f'), (10, place('x')::text, 'home', 'f'),
    (11, place('x')::text, NULL, 'f'), (12, place('x')::text, 'shipping', NULL),
    (13, place('x', '{"id": "x"}')::text, 'shipping', 'f'),
    (14, place('x', '{"company": {}}')::text, 'shipping', 'f')) v (n, a, type, d) ORDER BY 1;
SELECT n, failure(format('SELECT ecommerce.change_address(%L, %L)', :'other', a))
FROM (VALUES (1, '{"is_default": true}'), (2, '{"city": null}'), (3, NULL), (4, '{}'))
    v (n, a) ORDER BY 1;
SELECT f, failure(format('SELECT ecommerce.%s', format(f, id)))
FROM (VALUES ('set_default_address(%L)'), ('remove_address(%L)'), ('change_address(%L, ''{}'')'))
    v (f), (VALUES ('01930000-0000-7000-8000-0000000000ff'), (NULL)) w (id) ORDER BY 1, id;
SELECT failure(format('SELECT ecommerce.add_address(%L, place(''x''))', who))
FROM (VALUES (NULL), ('01930000-0000-7000-8000-0000000000ff')) v (who);
DROP FUNCTION place, book;
SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
