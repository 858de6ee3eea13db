import { checkout } from './checkout.js';
// snippet
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { numeric, pgSchema, text, uuid } from 'drizzle-orm/pg-core';
import pg from 'pg';

const products = pgSchema('ecommerce').table('products', {
  id: uuid().primaryKey().default(sql`ecommerce.uuid_v7()`),
  sku: text().notNull(),
  name: text().notNull(),
  price: numeric().notNull(),
});
const pool = new pg.Pool();
const db = drizzle(pool);

export async function placeOrder(request, tries = 5) {
  try {
    const { rows } = await db.execute(
      sql`SELECT * FROM ecommerce.place_order(${JSON.stringify(request)})`);
    return rows[0];
  } catch ({ cause: error }) {
    if (['40001', '40P01'].includes(error.code) && request.idempotency_key && tries > 1)
      return placeOrder(request, tries - 1);
    if (error.code === 'EC001') error.short = JSON.parse(error.detail);
    throw error;
  }
}
// end

// "$1" and its parameter, as Drizzle writes it
const asked = (text, parameters = []) => sql.join(text.split(/\$\d/).flatMap((part, i) => (
  i < parameters.length ? [sql.raw(part), sql`${parameters[i]}`] : [sql.raw(part)])));
const query = async (text, parameters) => (await db.execute(asked(text, parameters))).rows;
await checkout({
  query,
  json: JSON.stringify,
  addProduct: async (product) => (await db.insert(products).values(product).returning())[0],
  placeOrder,
  inTenant: (tenant, work) => db.transaction(async (transaction) => {
    await transaction.execute(sql`SELECT ecommerce.use_tenant(${tenant})`);
    return work(async (text, parameters) => (
      await transaction.execute(asked(text, parameters))).rows);
  }),
});
await pool.end();
