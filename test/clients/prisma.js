import { checkout } from './checkout.js';
// snippet
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '@prisma/client';

const db = new PrismaClient({ adapter: new PrismaPg({}) });   // PGHOST and so on, or a URL

export async function placeOrder(request, tries = 5) {
  try {
    const [order] = await db.$queryRaw`
      SELECT id::text, order_number, gross::text
      FROM ecommerce.place_order(${request}::jsonb)`;
    return order;
  } catch (failure) {
    const error = failure.meta?.driverAdapterError?.cause ?? failure;
    const code = error.originalCode ?? error.code;
    if (['40001', '40P01'].includes(code) && request.idempotency_key && tries > 1)
      return placeOrder(request, tries - 1);
    if (code === 'EC001') error.short = JSON.parse(error.detail);
    throw error;
  }
}
// end

await checkout({
  query: (sql, parameters = []) => db.$queryRawUnsafe(sql, ...parameters),
  json: JSON.stringify,
  addProduct: async (product) => {
    const row = await db.product.create({ data: product });
    return { id: row.id, price: row.price.toString() };
  },
  placeOrder,
  inTenant: (tenant, work) => db.$transaction(async (transaction) => {
    await transaction.$queryRaw`SELECT ecommerce.use_tenant(${tenant}::int)`;
    return work((sql, parameters) => transaction.$queryRawUnsafe(sql, ...parameters));
  }),
});
await db.$disconnect();
