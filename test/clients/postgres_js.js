import { checkout } from './checkout.js';
// snippet
import postgres from 'postgres';

const sql = postgres();       // PGHOST, PGDATABASE and so on, or a URL

export async function placeOrder(request, tries = 5) {
  try {
    const [order] = await sql`SELECT * FROM ecommerce.place_order(${sql.json(request)})`;
    return order;
  } catch (error) {
    if (['40001', '40P01'].includes(error.code) && request.idempotency_key && tries > 1)
      return placeOrder(request, tries - 1);
    if (error.code === 'EC001') error.short = JSON.parse(error.detail);
    throw error;
  }
}
// end

const query = (text, parameters) => sql.unsafe(text, parameters);
await checkout({
  query,
  json: (value) => sql.json(value),
  addProduct: async (product) => (await sql`
    INSERT INTO ecommerce.products ${sql(product)} RETURNING id, price`)[0],
  placeOrder,
  inTenant: (tenant, work) => sql.begin(async (transaction) => {
    await transaction`SELECT ecommerce.use_tenant(${tenant})`;
    return work((text, parameters) => transaction.unsafe(text, parameters));
  }),
});
await sql.end();
