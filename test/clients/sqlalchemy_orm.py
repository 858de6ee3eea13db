from checkout import checkout
# snippet
import json

from sqlalchemy import Column, FetchedValue, Numeric, Text, bindparam, create_engine, exc, text
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import Session, declarative_base

engine = create_engine('postgresql+psycopg2://')   # PGHOST, PGDATABASE and so on


class Product(declarative_base()):
    __tablename__ = 'products'
    __table_args__ = {'schema': 'ecommerce'}
    # not tenant_id
    id = Column(UUID(as_uuid=False), primary_key=True, server_default=FetchedValue())
    sku = Column(Text)
    name = Column(Text)
    price = Column(Numeric)


class OutOfStock(Exception):
    pass


PLACE_ORDER = text('SELECT * FROM ecommerce.place_order(:request)').bindparams(
    bindparam('request', type_=JSONB))


def place_order(request, tries=5):
    try:
        with engine.begin() as db:
            return db.execute(PLACE_ORDER, {'request': request}).mappings().one()
    except exc.DBAPIError as error:
        sqlstate = error.orig.pgcode
        if sqlstate in ('40001', '40P01') and 'idempotency_key' in request and tries > 1:
            return place_order(request, tries - 1)
        if sqlstate == 'EC001':
            raise OutOfStock(json.loads(error.orig.diag.message_detail)) from error
        raise
# end


def ask(db, sql, parameters):
    return [dict(row) for row in db.exec_driver_sql(sql, tuple(parameters)).mappings()]


def query(sql, parameters):
    with engine.begin() as db:
        return ask(db, sql, parameters)


def add_product(**columns):
    with Session(engine) as session:
        product = Product(**columns)
        session.add(product)
        session.commit()
        return product.id, product.price


def in_tenant(tenant, sql, parameters):
    with engine.begin() as db:
        ask(db, 'SELECT ecommerce.use_tenant(%s)', [tenant])
        return ask(db, sql, parameters)[0]['available']


checkout(query, json.dumps, add_product, place_order, in_tenant, OutOfStock)
