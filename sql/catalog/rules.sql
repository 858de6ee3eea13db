-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('categories', 'no_cycle', 'BEFORE INSERT OR UPDATE OF parent_id',
     'FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL)', 'check_category_tree()'),
    -- After all, to see what triggers of the shop's own made of it.
    ('categories', 'nothing_hidden', 'AFTER INSERT OR UPDATE OF slug',
     'FOR EACH ROW WHEN (ecommerce_internal.hidden_in(NEW.slug) IS NOT NULL)',
     'refuse_hidden(''slug'')'),
    ('products', 'nothing_hidden', 'AFTER INSERT OR UPDATE OF sku, slug',
     'FOR EACH ROW WHEN (ecommerce_internal.hidden_in(NEW.sku) IS NOT NULL
      OR ecommerce_internal.hidden_in(NEW.slug) IS NOT NULL)',
     'refuse_hidden(''sku'', ''slug'')'),
    ('products', 'keep_id', 'BEFORE UPDATE OF id',
     'FOR EACH ROW WHEN (OLD.id <> NEW.id)', 'refuse_change(''Orders know it by its id.'')'),
    ('products', 'keep_ordered', 'BEFORE DELETE', 'FOR EACH ROW', 'check_product_delete()'),
    ('products', 'write_amounts', 'BEFORE INSERT OR UPDATE',
     'FOR EACH ROW',
     'write_amounts(''price'', ''original_price'', ''cost_price'', ''sale_price'')'),
    -- By its name it comes after a trigger of the shop's own that makes slugs.
    ('products', 'use_sku_as_slug', 'BEFORE INSERT',
     'FOR EACH ROW WHEN (NEW.slug IS NULL)', 'default_product_slug()'),
    ('product_reviews', 'keep_author', 'BEFORE UPDATE OF product_id, user_id, order_id',
     'FOR EACH ROW WHEN (NEW.product_id <> OLD.product_id OR NEW.user_id <> OLD.user_id
      OR NEW.order_id IS DISTINCT FROM OLD.order_id)',
     'refuse_change(''Who wrote a review of what never changes.'',
                    ''Delete it, and add another one.'')')
) AS rule (relation, name, event, condition, function)
