<?php
// snippet
// PGHOST and so on, or 'pgsql:host=...;dbname=...'
$db = new PDO('pgsql:', getenv('PGUSER'), null, [
    PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
    PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
]);

class OutOfStock extends Exception
{
}

function place_order(PDO $db, array $request, int $tries = 5): array
{
    try {
        $statement = $db->prepare('SELECT * FROM ecommerce.place_order(?)');
        $statement->execute([json_encode($request, JSON_THROW_ON_ERROR)]);
        return $statement->fetch();
    } catch (PDOException $error) {
        [$sqlstate, , $message] = $error->errorInfo;
        if (in_array($sqlstate, ['40001', '40P01']) && isset($request['idempotency_key'])
            && $tries > 1) {
            return place_order($db, $request, $tries - 1);
        }
        if ($sqlstate === 'EC001' && preg_match('/^DETAIL:\s+(.*)$/m', $message, $detail)) {
            throw new OutOfStock($detail[1]);
        }
        throw $error;
    }
}
// end

$count = $failed = 0;

function is(mixed $got, mixed $expected, string $name): void
{
    global $count, $failed;
    $count++;
    $failed += $got === $expected ? 0 : 1;
    printf("%s %d - %s\n", $got === $expected ? 'ok' : 'not ok', $count, $name);
    if ($got !== $expected) {
        echo '# got ', json_encode($got), ', expected ', json_encode($expected), "\n";
    }
}

function one(string $sql, mixed ...$parameters): array|false
{
    global $db;
    $statement = $db->prepare($sql);
    $statement->execute($parameters);
    return $statement->fetch();
}

$items = [['sku' => 'LAMP', 'quantity' => 2]];
$email = 'ann@example.org';
$lamp = one('INSERT INTO ecommerce.products (sku, name, price) VALUES (?, ?, ?)
             RETURNING id, price', 'LAMP', 'Lamp', '49.95');
is($lamp['price'], '49.95', 'a product, whose price is an exact string');
is(one("SELECT ecommerce.adjust_stock('LAMP', 10, 'receipt') AS available")['available'], 10,
    'stock');
$cart = one('INSERT INTO ecommerce.carts (session_id) VALUES (?) RETURNING id', 'session-1')['id'];
one('INSERT INTO ecommerce.cart_items (cart_id, product_id) VALUES (?, ?)', $cart, $lamp['id']);
is(place_order($db, ['cart_id' => $cart, 'email' => $email])['gross'], '49.95',
    'the order of a cart');
$held = one('SELECT * FROM ecommerce.reserve_stock(?)', json_encode($items))['id'];
is(strlen($held), 36, 'a reservation');
$request = ['reservation_id' => $held, 'email' => $email, 'idempotency_key' => 'buy-1'];
$order = place_order($db, $request);
is($order['gross'], '99.90', 'its order, with an idempotency key');
is(place_order($db, $request)['order_number'], $order['order_number'],
    'a retry gets the same order');
try {
    place_order($db, ['items' => [['sku' => 'LAMP', 'quantity' => 100]], 'email' => $email]);
    is('an order', 'an error', 'out of stock');
} catch (OutOfStock $error) {
    is(json_decode($error->getMessage(), true),
        [['sku' => 'LAMP', 'requested' => 100, 'available' => 7]],
        'out of stock: EC001, whose detail lists what is short');
}
is(place_order($db, ['items' => $items, 'email' => $email, 'notes' => 'fail once',
    'idempotency_key' => 'buy-2'])['gross'], '99.90', 'an order whose first try meets a deadlock');
is(one('SELECT * FROM ecommerce.cancel_order(?)', $order['id'])['status'], 'cancelled',
    'an order is cancelled');
$db->beginTransaction();
one('SELECT ecommerce.use_tenant(?)', 1);
is(one('SELECT available FROM ecommerce.stock WHERE product_id = ?', $lamp['id'])['available'], 7,
    'what is left, in a transaction that chose its tenant');
$db->commit();
echo "1..$count\n";
exit($failed ? 1 : 0);
