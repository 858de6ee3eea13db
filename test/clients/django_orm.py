import os
import uuid

import django
from django.conf import settings

from checkout import checkout

settings.configure(DATABASES={'default': {
    'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['PGDATABASE']}})
django.setup()
# snippet
import json

from django.db import DatabaseError, connection, models, transaction


class Product(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)   # not tenant_id
    sku = models.TextField()
    name = models.TextField()
    price = models.DecimalField(max_digits=24, decimal_places=9)

    class Meta:
        app_label = 'shop'
        managed = False                        # no migration touches the table
        db_table = 'ecommerce"."products'      # schema and table


class OutOfStock(Exception):
    pass


def place_order(request, tries=5):
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute('SELECT * FROM ecommerce.place_order(%s)', [json.dumps(request)])
            return dict(zip([c.name for c in cursor.description], cursor.fetchone()))
    except DatabaseError as error:
        cause = error.__cause__                # of psycopg2, or of psycopg
        sqlstate = cause.pgcode if hasattr(cause, 'pgcode') else cause.sqlstate
        if sqlstate in ('40001', '40P01') and 'idempotency_key' in request and tries > 1:
            return place_order(request, tries - 1)
        if sqlstate == 'EC001':
            raise OutOfStock(json.loads(cause.diag.message_detail)) from error
        raise
# end


def query(sql, parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [dict(zip([c.name for c in cursor.description], row)) for row in cursor]


def add_product(**columns):
    Product.objects.create(**columns)
    product = Product.objects.get(sku=columns['sku'])
    return product.id, product.price


def in_tenant(tenant, sql, parameters):
    with transaction.atomic():
        query('SELECT ecommerce.use_tenant(%s)', [tenant])
        return query(sql, parameters)[0]['available']


checkout(query, json.dumps, add_product, place_order, in_tenant, OutOfStock)
