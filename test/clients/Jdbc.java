import java.math.BigDecimal;
import java.sql.*;
import java.util.*;
import org.postgresql.util.PSQLException;

class Jdbc {
    // snippet
    // In Kotlin, Scala and under Spring's JdbcTemplate it is the same driver.
    static Map<String, Object> placeOrder(Connection db, String request, int tries)
            throws SQLException {
        // A string is a varchar to PostgreSQL, hence the cast.
        String sql = "SELECT * FROM ecommerce.place_order(?::jsonb)";
        try (PreparedStatement statement = db.prepareStatement(sql)) {
            statement.setString(1, request);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return Map.of("id", row.getObject("id", UUID.class),
                        "order_number", row.getString("order_number"),
                        "gross", row.getBigDecimal("gross"));
            }
        } catch (PSQLException error) {
            boolean again = Set.of("40001", "40P01").contains(error.getSQLState());
            if (again && request.contains("\"idempotency_key\"") && tries > 1) {
                return placeOrder(db, request, tries - 1);
            }
            if ("EC001".equals(error.getSQLState())) {
                throw new OutOfStock(error.getServerErrorMessage().getDetail());
            }
            throw error;
        }
    }
    // end

    static class OutOfStock extends SQLException {
        OutOfStock(String detail) {
            super(detail);
        }
    }

    static int count;
    static int failed;
    static Connection db;

    static void is(Object got, Object expected, String name) {
        boolean good = expected.equals(got);
        count++;
        failed += good ? 0 : 1;
        System.out.printf("%s %d - %s%n", good ? "ok" : "not ok", count, name);
        if (!good) {
            System.out.printf("# got %s, expected %s%n", got, expected);
        }
    }

    static ResultSet one(String sql, Object... parameters) throws SQLException {
        PreparedStatement statement = db.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        ResultSet row = statement.executeQuery();
        row.next();
        return row;
    }

    static Map<String, Object> order(String request) throws SQLException {
        return placeOrder(db, request, 5);
    }

    public static void main(String[] arguments) throws SQLException {
        db = DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/"
                        + System.getenv("PGDATABASE"),
                System.getenv("PGUSER"), System.getenv("PGPASSWORD"));
        String email = "\"email\": \"ann@example.org\"";
        String items = "[{\"sku\": \"LAMP\", \"quantity\": 2}]";
        ResultSet lamp = one("INSERT INTO ecommerce.products (sku, name, price) "
                + "VALUES (?, ?, ?) RETURNING id, price", "LAMP", "Lamp", new BigDecimal("49.95"));
        Object id = lamp.getObject("id");
        is(lamp.getBigDecimal("price"), new BigDecimal("49.95"),
                "a product, whose price is an exact number");
        is(one("SELECT ecommerce.adjust_stock('LAMP', 10, 'receipt')").getInt(1), 10, "stock");
        Object cart = one("INSERT INTO ecommerce.carts (session_id) VALUES (?) RETURNING id",
                "session-1").getObject(1);
        one("INSERT INTO ecommerce.cart_items (cart_id, product_id) VALUES (?, ?) "
                + "RETURNING quantity", cart, id);
        is(order("{\"cart_id\": \"" + cart + "\", " + email + "}").get("gross"),
                new BigDecimal("49.95"), "the order of a cart");
        String held = one("SELECT * FROM ecommerce.reserve_stock(?::jsonb)", items)
                .getString("id");
        is(held.length(), 36, "a reservation");
        String request = "{\"reservation_id\": \"" + held + "\", " + email
                + ", \"idempotency_key\": \"buy-1\"}";
        Map<String, Object> order = order(request);
        is(order.get("gross"), new BigDecimal("99.90"), "its order, with an idempotency key");
        is(order(request).get("order_number"), order.get("order_number"),
                "a retry gets the same order");
        try {
            order("{\"items\": [{\"sku\": \"LAMP\", \"quantity\": 100}], " + email + "}");
            is("an order", "an error", "out of stock");
        } catch (OutOfStock error) {
            is(error.getMessage(), "[{\"sku\": \"LAMP\", \"requested\": 100, \"available\": 7}]",
                    "out of stock: EC001, whose detail lists what is short");
        }
        is(order("{\"items\": " + items + ", " + email + ", \"notes\": \"fail once\", "
                + "\"idempotency_key\": \"buy-2\"}").get("gross"), new BigDecimal("99.90"),
                "an order whose first try meets a deadlock");
        is(one("SELECT * FROM ecommerce.cancel_order(?)", order.get("id")).getString("status"),
                "cancelled", "an order is cancelled");
        db.setAutoCommit(false);
        one("SELECT ecommerce.use_tenant(?)", 1);
        is(one("SELECT available FROM ecommerce.stock WHERE product_id = ?", id).getInt(1), 7,
                "what is left, in a transaction that chose its tenant");
        db.commit();
        System.out.println("1.." + count);
        System.exit(failed == 0 ? 0 : 1);
    }
}
