package main

import (
	"fmt"
	"os"
	"reflect"
)

// snippet
import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

type Order struct{ ID, Number, Gross string }
type OutOfStock struct{ Short []map[string]any }

func (e *OutOfStock) Error() string { return "out of stock" }

func placeOrder(ctx context.Context, db *pgx.Conn, request map[string]any, tries int) (o Order,
	err error) {
	// gross is a numeric; as text it stays exact.
	err = db.QueryRow(ctx, `SELECT id::text, order_number, gross::text
		FROM ecommerce.place_order($1::jsonb)`, request).Scan(&o.ID, &o.Number, &o.Gross)
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		again := failure.Code == "40001" || failure.Code == "40P01"
		if again && request["idempotency_key"] != nil && tries > 1 {
			return placeOrder(ctx, db, request, tries-1)
		}
		if failure.Code == "EC001" {
			var short []map[string]any
			_ = json.Unmarshal([]byte(failure.Detail), &short)
			err = &OutOfStock{short}
		}
	}
	return o, err
}

// end

type object = map[string]any

var (
	ctx           = context.Background()
	db            *pgx.Conn
	count, failed int
)

func is(got, expected any, name string) {
	count++
	if reflect.DeepEqual(got, expected) {
		fmt.Println("ok", count, "-", name)
		return
	}
	failed++
	fmt.Printf("not ok %d - %s\n# got %v, expected %v\n", count, name, got, expected)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func one(sql string, parameters ...any) (result string) {
	must(db.QueryRow(ctx, sql, parameters...).Scan(&result))
	return result
}

func order(request object) Order {
	o, err := placeOrder(ctx, db, request, 5)
	must(err)
	return o
}

func main() {
	var err error
	db, err = pgx.Connect(ctx, "") // PGHOST, PGDATABASE and so on, or a URL
	must(err)
	email := "ann@example.org"
	items := []object{{"sku": "LAMP", "quantity": 2}}

	lamp := one(`INSERT INTO ecommerce.products (sku, name, price)
		VALUES ('LAMP', 'Lamp', $1::text::numeric) RETURNING id::text`, "49.95")
	is(one("SELECT price::text FROM ecommerce.products WHERE id = $1", lamp), "49.95",
		"a product, whose price is an exact string")
	is(one("SELECT ecommerce.adjust_stock('LAMP', 10, 'receipt')::text"), "10", "stock")
	cart := one("INSERT INTO ecommerce.carts (session_id) VALUES ($1) RETURNING id::text",
		"session-1")
	_, err = db.Exec(ctx, `INSERT INTO ecommerce.cart_items (cart_id, product_id)
		VALUES ($1, $2)`, cart, lamp)
	must(err)
	is(order(object{"cart_id": cart, "email": email}).Gross, "49.95", "the order of a cart")

	held := one("SELECT id::text FROM ecommerce.reserve_stock($1::jsonb)", items)
	is(len(held), 36, "a reservation")
	request := object{"reservation_id": held, "email": email, "idempotency_key": "buy-1"}
	first := order(request)
	is(first.Gross, "99.90", "its order, with an idempotency key")
	is(order(request).Number, first.Number, "a retry gets the same order")

	_, err = placeOrder(ctx, db, object{"email": email,
		"items": []object{{"sku": "LAMP", "quantity": 100}}}, 5)
	var out *OutOfStock
	is(errors.As(err, &out) && out.Short[0]["available"] == 7.0, true,
		"out of stock: EC001, whose detail lists what is short")
	is(order(object{"items": items, "email": email, "notes": "fail once",
		"idempotency_key": "buy-2"}).Gross, "99.90", "an order whose first try meets a deadlock")
	is(one("SELECT status FROM ecommerce.cancel_order($1)", first.ID), "cancelled",
		"an order is cancelled")

	transaction, err := db.Begin(ctx)
	must(err)
	one("SELECT ecommerce.use_tenant($1)::text", 1)
	is(one("SELECT available::text FROM ecommerce.stock WHERE product_id = $1", lamp), "7",
		"what is left, in a transaction that chose its tenant")
	must(transaction.Commit(ctx))
	fmt.Printf("1..%d\n", count)
	if failed > 0 {
		os.Exit(1)
	}
}
