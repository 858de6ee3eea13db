import { checkout } from './checkout.js';
// snippet
import pg from 'pg';

const pool = new pg.Pool();   // PGHOST, PGDATABASE and so on, or { connectionString }

export async function placeOrder(request, tries = 5) {
  try {
    const { rows } = await pool.query('SELECT * FROM ecommerce.place_order($1)', [request]);
    return rows[0];
  } catch (error) {
    if (['40001', '40P01'].includes(error.code) && request.idempotency_key && tries > 1)
      return placeOrder(request, tries - 1);
    if (error.code === 'EC001') error.short = JSON.parse(error.detail);
    throw error;
  }
}
// end

// snippet tenant
async function inTenant(tenant, work) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT ecommerce.use_tenant($1)', [tenant]);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
// end

// snippet events
// Events in the order in which they became visible, each once: none is skipped.
async function nextEvents({ xact = '0', id = '00000000-0000-0000-0000-000000000000' } = {}) {
  const { rows } = await pool.query(`
    SELECT e.xact::text, e.id, e.kind, e.entity_id, e.data
    FROM ecommerce.events e
    WHERE (e.xact, e.id) > ($1::text::xid8, $2)
      AND e.xact < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY e.xact, e.id LIMIT 100`, [xact, id]);
  return rows;              // keep xact and id of the last one where you keep what you did
}
// end

async function listens(is) {
  const client = await pool.connect();
  const heard = new Promise((resolve) => {
    client.once('notification', ({ payload }) => resolve(payload));
    setTimeout(resolve, 10000, 'nothing').unref();
  });
  await client.query('LISTEN shop');
  await placeOrder({ items: [{ sku: 'LAMP', quantity: 1 }], email: 'ann@example.org' });
  is(await heard, 'order.placed', 'a listener hears of an order');
  client.release(true);

  const events = await nextEvents();
  is(events.map(({ kind }) => kind).join(' '), 'order.placed order.placed stock.low order.placed '
    + 'stock.replenished order.cancelled order.placed', 'all events in order');
  is((await nextEvents(events[5])).length, 1, 'and those after one of them');
}

const query = async (sql, parameters) => (await pool.query(sql, parameters)).rows;
await checkout({
  query,
  json: JSON.stringify,
  addProduct: async ({ sku, name, price }) => (await query(
    'INSERT INTO ecommerce.products (sku, name, price) VALUES ($1, $2, $3) RETURNING id, price',
    [sku, name, price]))[0],
  placeOrder,
  inTenant: (tenant, work) => inTenant(tenant, (client) => work(
    async (sql, parameters) => (await client.query(sql, parameters)).rows)),
  more: listens,
});
await pool.end();
