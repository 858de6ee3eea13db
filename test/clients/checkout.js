// What every client in JavaScript does; prints TAP. The shop has
//   query(sql, parameters)  rows
//   json(value)             an array as a parameter
//   addProduct(product)     with the client's own means; answers its row
//   placeOrder(request)     from docs/clients.md
//   inTenant(tenant, work)  calls work(query) in a transaction of the tenant
//   more(is)                what this client does besides, if anything
let count = 0;
let failed = 0;

function is(got, expected, name) {
  const good = got === expected;
  count += 1;
  failed += good ? 0 : 1;
  console.log(`${good ? 'ok' : 'not ok'} ${count} - ${name}`);
  if (!good) console.log(`# got ${JSON.stringify(got)}, expected ${JSON.stringify(expected)}`);
}

export async function checkout(shop) {
  const { query, json, placeOrder } = shop;
  const one = async (sql, parameters) => (await query(sql, parameters))[0];
  const items = [{ sku: 'LAMP', quantity: 2 }];

  const lamp = await shop.addProduct({ sku: 'LAMP', name: 'Lamp', price: '49.95' });
  is(lamp.price, '49.95', 'a product, whose price is an exact string');

  const stock = await one(`SELECT ecommerce.adjust_stock('LAMP', 10, 'receipt') AS available`);
  is(stock.available, 10, 'stock');

  const cart = await one('INSERT INTO ecommerce.carts (session_id) VALUES ($1) RETURNING id',
    ['session-1']);
  await query('INSERT INTO ecommerce.cart_items (cart_id, product_id, quantity) VALUES ($1, $2, 1)',
    [cart.id, lamp.id]);
  const ordered = await placeOrder({ cart_id: cart.id, email: 'ann@example.org' });
  is(ordered.gross, '49.95', 'the order of a cart');

  const held = await one('SELECT * FROM ecommerce.reserve_stock($1)', [json(items)]);
  is(typeof held.id, 'string', 'a reservation');

  const request = { reservation_id: held.id, email: 'ann@example.org', idempotency_key: 'buy-1' };
  const order = await placeOrder(request);
  is(order.gross, '99.90', 'its order, with an idempotency key');
  is((await placeOrder(request)).order_number, order.order_number, 'a retry gets the same order');

  try {
    await placeOrder({ items: [{ sku: 'LAMP', quantity: 100 }], email: 'ann@example.org' });
    is('an order', 'an error', 'out of stock');
  } catch (error) {
    is(JSON.stringify(error.short), '[{"sku":"LAMP","requested":100,"available":7}]',
      'out of stock: EC001, whose detail lists what is short');
  }

  const again = await placeOrder({ items, email: 'ann@example.org', notes: 'fail once',
    idempotency_key: 'buy-2' });
  is(again.gross, '99.90', 'an order whose first try meets a deadlock');

  const cancelled = await one('SELECT * FROM ecommerce.cancel_order($1)', [order.id]);
  is(cancelled.status, 'cancelled', 'an order is cancelled');

  const left = await shop.inTenant(1, async (ask) => (await ask(
    'SELECT available FROM ecommerce.stock WHERE product_id = $1', [lamp.id]))[0].available);
  is(left, 7, 'what is left, in a transaction that chose its tenant');

  await shop.more?.(is);
  console.log(`1..${count}`);
  process.exitCode = failed ? 1 : 0;
}
