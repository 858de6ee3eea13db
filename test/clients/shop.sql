-- The shop in which each client of check_clients.sh buys: a copy of this database.
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings
SET country = 'GR', currency = 'EUR', timezone = 'Europe/Athens'
WHERE tenant_id = 1;
CREATE ROLE web LOGIN;
SELECT FROM ecommerce.grant_access('web', 'service');

-- Two orders that wait for each other, without two clients: the first try fails.
CREATE SCHEMA app;
CREATE SEQUENCE app.attempts;
CREATE FUNCTION app.fail_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('app.attempts') = 1 THEN
        RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER fail_once BEFORE INSERT ON ecommerce.orders
    FOR EACH ROW WHEN (NEW.notes = 'fail once') EXECUTE FUNCTION app.fail_once();

-- snippet listen
CREATE FUNCTION app.tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('shop', NEW.kind);
    RETURN NULL;
END
$$;
CREATE TRIGGER tell AFTER INSERT ON ecommerce.events FOR EACH ROW EXECUTE FUNCTION app.tell();
-- end
