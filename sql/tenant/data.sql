-- A new shop is one shop; a shop that exists keeps the tenants that it has.

-- A new shop is one shop; a shop that exists keeps the tenants that it has.
INSERT INTO ecommerce.tenants (id, name)
SELECT 1, 'Shop' WHERE NOT EXISTS (SELECT FROM ecommerce.tenants);

INSERT INTO ecommerce.settings (tenant_id)
SELECT id FROM ecommerce.tenants ON CONFLICT DO NOTHING;
