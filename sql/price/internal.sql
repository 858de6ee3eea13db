-- What the triggers of price lists keep.

CREATE FUNCTION ecommerce_internal.write_list_price() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
DECLARE
    v_decimals integer := (SELECT c.minor_units FROM ecommerce.currencies c
        WHERE c.code = (SELECT l.currency FROM ecommerce.price_lists l
                        WHERE l.tenant_id = NEW.tenant_id AND l.id = NEW.price_list_id));
BEGIN
    -- What is no number has no scale, and is refused by the table.
    NEW.price := round(NEW.price, greatest(v_decimals, min_scale(NEW.price), 0));
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION ecommerce_internal.write_list_price() IS
    'BEFORE INSERT OR UPDATE FOR EACH ROW: gives a price the decimals of its list''s currency. '
    '12.5 becomes 12.50 where EUR is, decimals beyond those of the currency stay.';
