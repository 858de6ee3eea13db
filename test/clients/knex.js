import { checkout } from './checkout.js';
// snippet
import knex from 'knex';

const db = knex({ client: 'pg', connection: {
  host: process.env.PGHOST, port: process.env.PGPORT,
  user: process.env.PGUSER, database: process.env.PGDATABASE,
} });

export async function placeOrder(request, tries = 5) {
  try {
    const { rows } = await db.raw('SELECT * FROM ecommerce.place_order(?)',
      [JSON.stringify(request)]);
    return rows[0];
  } catch (error) {
    if (['40001', '40P01'].includes(error.code) && request.idempotency_key && tries > 1)
      return placeOrder(request, tries - 1);
    if (error.code === 'EC001') error.short = JSON.parse(error.detail);
    throw error;
  }
}
// end

const ask = (connection) => async (sql, parameters = []) => (
  await connection.raw(sql.replace(/\$\d/g, '?'), parameters)).rows;
await checkout({
  query: ask(db),
  json: JSON.stringify,
  addProduct: async (product) => (await db.withSchema('ecommerce').table('products')
    .insert(product).returning(['id', 'price']))[0],
  placeOrder,
  inTenant: (tenant, work) => db.transaction(async (transaction) => {
    await transaction.raw('SELECT ecommerce.use_tenant(?)', [tenant]);
    return work(ask(transaction));
  }),
});
await db.destroy();
