-- Triggers of its tables; install() makes them.

SELECT * FROM (VALUES
    ('coupons', 'check_coupon',
     'BEFORE INSERT OR UPDATE OF code, kind, value, currency, '
     'max_redemptions, max_redemptions_per_user',
     'FOR EACH ROW', 'check_coupon()'),
    ('coupons', 'write_amounts', 'BEFORE INSERT OR UPDATE OF minimum, currency',
     'FOR EACH ROW', 'write_amounts(''minimum'')'),
    ('coupons', 'write_value', 'BEFORE INSERT OR UPDATE OF kind, value, currency',
     'FOR EACH ROW WHEN (NEW.kind = ''amount'')', 'write_amounts(''value'')'),
    ('coupons', 'keep_id', 'BEFORE UPDATE OF id',
     'FOR EACH ROW WHEN (OLD.id <> NEW.id)', 'refuse_change(''Orders know it by its id.'')'),
    ('coupons', 'keep_coupons', 'BEFORE DELETE',
     'FOR EACH ROW',
     'refuse_change(''Its rows are business records.'', ''Set deleted_at instead.'')'),
    ('coupons', 'no_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT', 'refuse_change()'),
    ('coupon_redemptions', 'released_once', 'BEFORE UPDATE',
     'FOR EACH ROW WHEN (OLD.released_at IS NOT NULL OR NEW.released_at IS NULL
      OR NEW.order_id <> OLD.order_id OR NEW.order_created_at <> OLD.order_created_at
      OR NEW.coupon_id <> OLD.coupon_id OR NEW.position <> OLD.position
      OR NEW.user_id IS DISTINCT FROM OLD.user_id OR NEW.email IS DISTINCT FROM OLD.email
      OR NEW.account_email IS DISTINCT FROM OLD.account_email
      OR NEW.amount <> OLD.amount)',
     'refuse_change()'),
    ('coupon_redemptions', 'append_only', 'BEFORE DELETE',
     'FOR EACH ROW', 'refuse_change(''Its rows are a record of what happened.'')'),
    ('coupon_redemptions', 'no_truncate', 'BEFORE TRUNCATE',
     'FOR EACH STATEMENT', 'refuse_change()'),
    ('gift_cards', 'write_amounts', 'BEFORE INSERT OR UPDATE OF initial_amount, balance',
     'FOR EACH ROW', 'write_amounts(''initial_amount'', ''balance'')'),
    ('gift_cards', 'check_email', 'BEFORE INSERT OR UPDATE OF email',
     'FOR EACH ROW WHEN (NOT ecommerce_internal.email_valid(NEW.email))', 'check_email()'),
    ('gift_cards', 'keep_card', 'BEFORE UPDATE OF id, currency, initial_amount',
     'FOR EACH ROW WHEN (NEW.id <> OLD.id OR NEW.currency <> OLD.currency
      OR NEW.initial_amount <> OLD.initial_amount)',
     'refuse_change()'),
    ('gift_card_entries', 'append_only', 'BEFORE UPDATE OR DELETE',
     'FOR EACH ROW', 'refuse_change(''Its rows are a record of what happened.'')'),
    ('gift_card_entries', 'no_truncate', 'BEFORE TRUNCATE',
     'FOR EACH STATEMENT', 'refuse_change()'),
    -- The balance of a gift card is the sum of its entries, whoever writes them.
    ('gift_cards', 'books_match', 'AFTER INSERT OR UPDATE',
     'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW', 'check_gift_card_balance()'),
    ('gift_card_entries', 'books_match', 'AFTER INSERT',
     'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW', 'check_gift_card_entry()')
) AS rule (relation, name, event, condition, function)
