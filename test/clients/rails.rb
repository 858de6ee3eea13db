# snippet
require 'active_record'

ActiveRecord::Base.establish_connection(adapter: 'postgresql')   # PGHOST, PGDATABASE and so on

class Product < ActiveRecord::Base
  self.table_name = 'ecommerce.products'
  self.primary_key = 'id'                 # not tenant_id, which has a default
  self.ignored_columns = ['attributes']   # a name that Active Record has taken
end

class OutOfStock < StandardError
end

def place_order(request, tries = 5)
  ActiveRecord::Base.connection.exec_query('SELECT * FROM ecommerce.place_order($1)', 'order',
                                           [request.to_json]).first
rescue ActiveRecord::Deadlocked, ActiveRecord::SerializationFailure
  raise unless request[:idempotency_key] && tries > 1
  place_order(request, tries - 1)
rescue ActiveRecord::StatementInvalid => e
  result = e.cause.result
  raise unless result.error_field(PG::PG_DIAG_SQLSTATE) == 'EC001'
  raise OutOfStock, result.error_field(PG::PG_DIAG_MESSAGE_DETAIL)
end
# end

$count = $failed = 0

def is(got, expected, name)
  $count += 1
  $failed += 1 if got != expected
  puts "#{got == expected ? 'ok' : 'not ok'} #{$count} - #{name}"
  puts "# got #{got.inspect}, expected #{expected.inspect}" if got != expected
end

def one(sql, *parameters)
  ActiveRecord::Base.connection.exec_query(sql, 'ask', parameters).first
end

items = [{ sku: 'LAMP', quantity: 2 }]
email = 'ann@example.org'
lamp = Product.create!(sku: 'LAMP', name: 'Lamp', price: '49.95').reload
is lamp.price, BigDecimal('49.95'), 'a product, whose price is an exact number'
is one("SELECT ecommerce.adjust_stock('LAMP', 10, 'receipt') AS available")['available'], 10,
   'stock'
cart = one('INSERT INTO ecommerce.carts (session_id) VALUES ($1) RETURNING id', 'session-1')['id']
one('INSERT INTO ecommerce.cart_items (cart_id, product_id) VALUES ($1, $2)', cart, lamp.id)
is place_order({ cart_id: cart, email: email })['gross'], BigDecimal('49.95'),
   'the order of a cart'
held = one('SELECT * FROM ecommerce.reserve_stock($1)', items.to_json)['id']
is held.length, 36, 'a reservation'
request = { reservation_id: held, email: email, idempotency_key: 'buy-1' }
order = place_order(request)
is order['gross'], BigDecimal('99.90'), 'its order, with an idempotency key'
is place_order(request)['order_number'], order['order_number'], 'a retry gets the same order'
begin
  place_order({ items: [{ sku: 'LAMP', quantity: 100 }], email: email })
  is 'an order', 'an error', 'out of stock'
rescue OutOfStock => e
  is JSON.parse(e.message), [{ 'sku' => 'LAMP', 'requested' => 100, 'available' => 7 }],
     'out of stock: EC001, whose detail lists what is short'
end
again = place_order({ items: items, email: email, notes: 'fail once', idempotency_key: 'buy-2' })
is again['gross'], BigDecimal('99.90'), 'an order whose first try meets a deadlock'
is one('SELECT * FROM ecommerce.cancel_order($1)', order['id'])['status'], 'cancelled',
   'an order is cancelled'
ActiveRecord::Base.transaction do
  one('SELECT ecommerce.use_tenant($1)', 1)
  is one('SELECT available FROM ecommerce.stock WHERE product_id = $1', lamp.id)['available'], 7,
     'what is left, in a transaction that chose its tenant'
end
puts "1..#{$count}"
exit $failed.zero?
