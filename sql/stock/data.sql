-- Every tenant has a warehouse.

INSERT INTO ecommerce.warehouses (tenant_id, id, name)
SELECT t.id, 1, 'Main' FROM ecommerce.tenants t ON CONFLICT DO NOTHING;
