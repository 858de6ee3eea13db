from checkout import checkout
# snippet
import json

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

db = psycopg.connect(autocommit=True, row_factory=dict_row)   # PGHOST and so on, or a URL


class OutOfStock(Exception):
    pass


def place_order(request, tries=5):
    try:
        return db.execute('SELECT * FROM ecommerce.place_order(%s)', [Jsonb(request)]).fetchone()
    except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected):
        if 'idempotency_key' not in request or tries == 1:
            raise
        return place_order(request, tries - 1)
    except psycopg.Error as error:
        if error.sqlstate == 'EC001':
            raise OutOfStock(json.loads(error.diag.message_detail)) from error
        raise
# end


# snippet tenant
def in_tenant(tenant, sql, parameters):
    with db.transaction():
        db.execute('SELECT ecommerce.use_tenant(%s)', [tenant])
        return db.execute(sql, parameters).fetchone()
# end


def query(sql, parameters):
    cursor = db.execute(sql, parameters)
    return cursor.fetchall() if cursor.description else []


def add_product(**product):
    row = query('INSERT INTO ecommerce.products (sku, name, price) VALUES (%s, %s, %s) '
                'RETURNING id, price', list(product.values()))[0]
    return row['id'], row['price']


checkout(query, Jsonb, add_product, place_order,
         lambda *asked: in_tenant(*asked)['available'], OutOfStock)
