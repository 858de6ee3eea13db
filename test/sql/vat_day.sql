-- Today is the shop's day, in settings.timezone, wherever a day is left out.  Clocks of these
-- two zones never show the same one.
SET TimeZone = 'Etc/GMT+12';
CREATE EXTENSION ecommerce;
UPDATE ecommerce.settings SET country = 'US', timezone = 'Pacific/Kiritimati';
SELECT (now() AT TIME ZONE 'Pacific/Kiritimati')::date AS today \gset
SELECT :'today'::date > current_date;

-- The first day of a rate, and of a region
SELECT (ecommerce.set_vat_rate('US', 'standard', 1, :'today'::date - 100)).rate,
    (ecommerce.set_vat_rate('US', 'standard', 2, :'today'::date)).rate;
SELECT ecommerce.vat_rate_on('US', 'standard'),
    ecommerce.vat_rate_on('US', 'standard', current_date),
    (ecommerce.vat_treatment('US', 'US')).vat_rate,
    (ecommerce.vat_treatment('US', 'US', on_date => current_date)).vat_rate;
UPDATE ecommerce.vat_places SET valid_from = :'today' WHERE place = 'Chios';
SELECT (ecommerce.vat_territory('GR', 'Chios')).region,
    (ecommerce.vat_territory('GR', 'Chios', on_date => current_date)).region;

-- Whose day it is must be known
SELECT ecommerce.create_tenant('Second', 'GR');
SELECT failure('SELECT ecommerce.vat_rate_on(''US'', ''standard'')'),
    ecommerce.vat_rate_on('US', 'standard', :'today');
BEGIN;
SELECT ecommerce.use_tenant(1);
SELECT ecommerce.vat_rate_on('US', 'standard');
COMMIT;

SET client_min_messages = warning;
DROP EXTENSION ecommerce CASCADE;
DROP SCHEMA ecommerce, ecommerce_partitions CASCADE;
