"""What every client in Python does; prints TAP.

query(sql, parameters) answers rows as dictionaries, json(value) makes a parameter of a list,
add_product(**columns) takes the client's own means, place_order(request) is from docs/clients.md,
in_tenant(tenant, sql, parameters) asks in a transaction of the tenant.
"""
import sys
from decimal import Decimal

count = failed = 0


def equal(got, expected, name):
    global count, failed
    count += 1
    failed += got != expected
    print('ok' if got == expected else 'not ok', count, '-', name)
    if got != expected:
        print(f'# got {got!r}, expected {expected!r}')


def checkout(query, json, add_product, place_order, in_tenant, out_of_stock):
    items = [{'sku': 'LAMP', 'quantity': 2}]
    lamp, price = add_product(sku='LAMP', name='Lamp', price=Decimal('49.95'))
    equal(repr(price), "Decimal('49.95')", 'a product, whose price is an exact number')

    stock = query("SELECT ecommerce.adjust_stock('LAMP', 10, 'receipt') AS available", [])
    equal(stock[0]['available'], 10, 'stock')

    cart = query('INSERT INTO ecommerce.carts (session_id) VALUES (%s) RETURNING id',
                 ['session-1'])[0]
    query('INSERT INTO ecommerce.cart_items (cart_id, product_id) VALUES (%s, %s) '
          'RETURNING quantity', [cart['id'], lamp])
    order = place_order({'cart_id': str(cart['id']), 'email': 'ann@example.org'})
    equal(order['gross'], Decimal('49.95'), 'the order of a cart')

    held = query('SELECT * FROM ecommerce.reserve_stock(%s)', [json(items)])[0]
    equal(len(str(held['id'])), 36, 'a reservation')

    request = {'reservation_id': str(held['id']), 'email': 'ann@example.org',
               'idempotency_key': 'buy-1'}
    order = place_order(request)
    equal(order['gross'], Decimal('99.90'), 'its order, with an idempotency key')
    equal(place_order(request)['order_number'], order['order_number'],
          'a retry gets the same order')

    try:
        place_order({'items': [{'sku': 'LAMP', 'quantity': 100}], 'email': 'ann@example.org'})
        short = None
    except out_of_stock as error:
        short = error.args[0]
    equal(short, [{'sku': 'LAMP', 'requested': 100, 'available': 7}],
          'out of stock: EC001, whose detail lists what is short')

    again = place_order({'items': items, 'email': 'ann@example.org', 'notes': 'fail once',
                         'idempotency_key': 'buy-2'})
    equal(again['gross'], Decimal('99.90'), 'an order whose first try meets a deadlock')

    cancelled = query('SELECT * FROM ecommerce.cancel_order(%s)', [order['id']])[0]
    equal(cancelled['status'], 'cancelled', 'an order is cancelled')

    left = in_tenant(1, 'SELECT available FROM ecommerce.stock WHERE product_id = %s', [lamp])
    equal(left, 7, 'what is left, in a transaction that chose its tenant')

    print(f'1..{count}')
    sys.exit(failed > 0)
