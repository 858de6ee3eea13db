-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    -- 10.00 EUR would become 10.00 USD.
    ('price_lists', 'keep_currency', 'BEFORE UPDATE OF currency, prices',
     'FOR EACH ROW WHEN (NEW.currency <> OLD.currency OR NEW.prices <> OLD.prices)',
     'refuse_change(''Its prices are of that currency and kind.'', ''Make another list.'')'),
    ('prices', 'write_amounts', 'BEFORE INSERT OR UPDATE OF price, price_list_id',
     'FOR EACH ROW', 'write_list_price()')
) AS rule (relation, name, event, condition, function)
