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
});
await pool.end();
