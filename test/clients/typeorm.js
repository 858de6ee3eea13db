import { checkout } from './checkout.js';
// snippet
import { DataSource, EntitySchema } from 'typeorm';

const Product = new EntitySchema({
  name: 'Product', schema: 'ecommerce', tableName: 'products',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },   // not tenant_id: it has a default
    sku: { type: 'text' },
    name: { type: 'text' },
    price: { type: 'numeric' },
  },
});
const db = await new DataSource({
  type: 'postgres', host: process.env.PGHOST, port: +process.env.PGPORT,
  username: process.env.PGUSER, database: process.env.PGDATABASE,
  entities: [Product], synchronize: false, installExtensions: false,
}).initialize();

export async function placeOrder(request, tries = 5) {
  try {
    const [order] = await db.query('SELECT * FROM ecommerce.place_order($1)', [request]);
    return order;
  } catch ({ driverError: error }) {
    if (['40001', '40P01'].includes(error.code) && request.idempotency_key && tries > 1)
      return placeOrder(request, tries - 1);
    if (error.code === 'EC001') error.short = JSON.parse(error.detail);
    throw error;
  }
}
// end

await checkout({
  // Of a RETURNING, TypeORM answers the rows and their number.
  query: async (sql, parameters) => {
    const result = await db.query(sql, parameters);
    return Array.isArray(result[0]) ? result[0] : result;
  },
  json: JSON.stringify,
  addProduct: async (product) => {
    const { id } = await db.getRepository(Product).save(product);
    return db.getRepository(Product).findOneBy({ id });
  },
  placeOrder,
  inTenant: (tenant, work) => db.transaction(async (manager) => {
    await manager.query('SELECT ecommerce.use_tenant($1)', [tenant]);
    return work((sql, parameters) => manager.query(sql, parameters));
  }),
});
await db.destroy();
