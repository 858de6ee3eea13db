import type { Functions, OrderRequest, Tables, Types } from '../../docs/reference/ecommerce';

export const request: OrderRequest = {
  items: [{ sku: 'LAMP', quantity: 2 }], email: 'ann@example.org', idempotency_key: 'buy-1',
};
export const order: Types['placed_order'] = {} as Functions['place_order']['result'];
export const gross: string = order.gross;
export const status: Tables['orders']['status'] = 'shipped';
export const step: Functions['transition_order']['args'] = { order_id: order.id, status };
export const stock: Functions['adjust_stock']['args'] = { sku: 'LAMP', quantity: 10 };
export const slots: Functions['uuid_v7']['result'] = order.id;

// @ts-expect-error no such status
export const wrong: Tables['orders']['status'] = 'sent';
// @ts-expect-error an amount is no number
export const rounded: number = order.gross;
// @ts-expect-error no such argument
export const unknown: OrderRequest = { item: [] };
// @ts-expect-error a quantity is missing
export const missing: Functions['adjust_stock']['args'] = { sku: 'LAMP' };
