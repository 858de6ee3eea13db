-- Prints what is wrong after so many calls for one unit and for three.
SELECT problem || ': ' || detail FROM ecommerce.verify_integrity();
SELECT 'held: ' || sum(quantity) || ' units after ' || :one || ' calls for one and ' || :three || ' for three'
FROM ecommerce.stock_reservations WHERE status = 'held' HAVING sum(quantity) <> :one + 3 * :three;
