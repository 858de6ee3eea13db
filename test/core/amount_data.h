/*
 * amount_data.h
 *	  Cases of the unit tests of src/core/amount.c.
 */
#define E36 (E18 * E18)

#define NINES_38 "99999999999999999999999999999999999999"
#define ZEROS_38 "00000000000000000000000000000000000000"

static const struct
{
	const char *text;
	EcParseResult result;
	ec_int128	value;
	int			scale;
}			parse_cases[] = {
	{"0", EC_PARSED, 0, 0},
	{"-0", EC_PARSED, 0, 0},
	{"+0.00", EC_PARSED, 0, 0},
	{"1", EC_PARSED, 1, 0},
	{"+1", EC_PARSED, 1, 0},
	{"-1", EC_PARSED, -1, 0},
	{"100", EC_PARSED, 100, 0},
	{"19.99", EC_PARSED, 1999, 2},
	{"-19.99", EC_PARSED, -1999, 2},
	{"0.05", EC_PARSED, 5, 2},
	{"1020.3040", EC_PARSED, 1020304, 3},
	{"007", EC_PARSED, 7, 0},
	{"-007.50", EC_PARSED, -75, 1},
	{ZEROS_38 ZEROS_38 "1.5", EC_PARSED, 15, 1},
	{"1.5" ZEROS_38, EC_PARSED, 15, 1},
	{"100." ZEROS_38, EC_PARSED, 100, 0},
	{"0.000000000000000001", EC_PARSED, 1, 18},
	{"-1.123456789012345678", EC_PARSED, -1123456789012345678, 18},
	{"0.0000000000000000010", EC_PARSED, 1, 18},
	{"0.0000000000000000001", EC_OUT_OF_RANGE},
	{"0.1000000000000000001", EC_OUT_OF_RANGE},
	{"1.1234567890123456789", EC_OUT_OF_RANGE},
	{NINES_38, EC_PARSED, 100 * E36 - 1, 0},
	{"-" NINES_38, EC_PARSED, 1 - 100 * E36, 0},
	{"170141183460469231731687303715884105727", EC_PARSED, INT128_MAX, 0},
	{"-170141183460469231731687303715884105727", EC_PARSED, -INT128_MAX, 0},
	{"170141183460469231731.687303715884105727", EC_PARSED, INT128_MAX, 18},
	{"170141183460469231731687303715884105728", EC_OUT_OF_RANGE},
	{"170141183460469231731.687303715884105728", EC_OUT_OF_RANGE},
	{"1701411834604692317316873037158841057270", EC_OUT_OF_RANGE},
	{NINES_38 "9", EC_OUT_OF_RANGE},
	{"-" NINES_38 "9", EC_OUT_OF_RANGE},
	{NINES_38 NINES_38 NINES_38, EC_OUT_OF_RANGE},
	{"1000000000000000000000.000000000000000001", EC_OUT_OF_RANGE},
	{"", EC_MALFORMED},
	{"+", EC_MALFORMED},
	{"-", EC_MALFORMED},
	{".", EC_MALFORMED},
	{"-.", EC_MALFORMED},
	{"+-1", EC_MALFORMED},
	{"--1", EC_MALFORMED},
	{"1-", EC_MALFORMED},
	{"1.-5", EC_MALFORMED},
	{"1.2.3", EC_MALFORMED},
	{"1..2", EC_MALFORMED},
	{" 1", EC_MALFORMED},
	{"1 ", EC_MALFORMED},
	{"1\t", EC_MALFORMED},
	{"1,5", EC_MALFORMED},
	{"1_000", EC_MALFORMED},
	{"1e5", EC_MALFORMED},
	{"0x10", EC_MALFORMED},
	{"NaN", EC_MALFORMED},
	{"Infinity", EC_MALFORMED},
	{"1:", EC_MALFORMED},
	{"1/2", EC_MALFORMED},
	{"\331\241", EC_MALFORMED}, /* an Arabic digit in UTF-8 */
	{NINES_38 NINES_38 "x", EC_MALFORMED},
	{"0.0000000000000000001x", EC_MALFORMED},
	{".5", EC_MALFORMED},
	{"5.", EC_MALFORMED},
	{"-5.", EC_MALFORMED},

	/* What overflows to INT128_MIN has no negative. */
	{"-170141183460469231731687303715884105728", EC_OUT_OF_RANGE}
};

static const struct
{
	ec_int128	value;
	int			scale;
	const char *text;
}			format_cases[] = {
	{0, 0, "0"},
	{0, 2, "0.00"},
	{0, 18, "0.000000000000000000"},
	{7, 0, "7"},
	{-7, 0, "-7"},
	{5, 2, "0.05"},
	{-5, 2, "-0.05"},
	{50, 2, "0.50"},
	{-100, 2, "-1.00"},
	{1999, 2, "19.99"},
	{25925, 3, "25.925"},
	{1, 18, "0.000000000000000001"},
	{INT128_MAX, 0, "170141183460469231731687303715884105727"},
	{INT128_MIN, 0, "-170141183460469231731687303715884105728"},
	{INT128_MIN, 18, "-170141183460469231731.687303715884105728"}
};

static const struct
{
	ec_int128	numerator;
	ec_int128	denominator;
	ec_int128	quotient;
}			divide_cases[] = {
	{0, 7, 0},
	{6, 3, 2},
	{1, 3, 0},
	{-1, 3, 0},
	{2, 3, 1},
	{-2, 3, -1},
	{1, 2, 1},
	{-1, 2, -1},
	{3, 2, 2},
	{-3, 2, -2},
	{5, 2, 3},
	{-5, 2, -3},
	{13 * 50, 100, 7},			/* VAT examples, 2 to 8 */
	{6 * 25, 100, 2},
	{6 * 75, 100, 5},
	{17 * 50, 100, 9},
	{9 * 150, 100, 14},
	{255 * 100, 1000, 26},
	{-13 * 50, 100, -7},
	{LLONG_MAX, 1, LLONG_MAX},
	{LLONG_MIN, 1, LLONG_MIN},
	{LLONG_MAX, 2, 4611686018427387904},
	{LLONG_MIN, 2, -4611686018427387904},
	{LLONG_MAX, LLONG_MAX, 1},
	{LLONG_MIN, LLONG_MAX, -1},
	{LLONG_MAX / 2, LLONG_MAX, 0},
	{LLONG_MAX / 2 + 1, LLONG_MAX, 1},
	{LLONG_MAX, (ec_int128) LLONG_MAX + 1, 1},
	{(ec_int128) LLONG_MAX + 1, 2, 4611686018427387904},
	{5 * E18, 2 * E18, 3},
	{-5 * E18, 2 * E18, -3},
	{5 * E36, 2 * E36, 3},
	{-5 * E36, 2 * E36, -3},
	{5 * E36 - 1, 2 * E36, 2},
	{1 - 5 * E36, 2 * E36, -2},
	{INT128_MAX, 1, INT128_MAX},
	{INT128_MIN, 1, INT128_MIN},
	{INT128_MAX, INT128_MAX, 1},
	{INT128_MIN, INT128_MAX, -1},
	{INT128_MAX / 2, INT128_MAX, 0},
	{INT128_MAX / 2 + 1, INT128_MAX, 1},
	{-(INT128_MAX / 2) - 1, INT128_MAX, -1}
};

static const struct
{
	EcDecimal	d;
	int			scale;
	bool		fits;
	ec_int128	rounded;
}			round_cases[] = {
	{{1005, 3}, 2, true, 101},
	{{-1005, 3}, 2, true, -101},
	{{1015, 3}, 2, true, 102},
	{{1004, 3}, 2, true, 100},
	{{10049, 4}, 2, true, 100},
	{{-10049, 4}, 2, true, -100},
	{{5, 1}, 0, true, 1},
	{{-5, 1}, 0, true, -1},
	{{25, 1}, 0, true, 3},
	{{-25, 1}, 0, true, -3},
	{{49, 2}, 0, true, 0},
	{{12345, 3}, 3, true, 12345},
	{{1, 0}, 2, true, 100},
	{{-123, 2}, 18, true, -1230000000000000000},
	{{INT128_MAX, 18}, 0, true, 170 * E18 + 141183460469231732},
	{{INT128_MAX, 0}, 0, true, INT128_MAX},
	{{INT128_MAX, 0}, 1, false},
	{{INT128_MIN, 2}, 3, false},
	{{E36, 0}, 18, false}
};

static const struct
{
	const char *name;
	EcDecimal	a;
	EcDecimal	b;
	EcDecimal	per;
	int			scale;
	bool		fits;
	ec_int128	product;
}			product_cases[] = {
	{"example 1: 3 x 19.99", {3, 0}, {1999, 2}, {1, 0}, 2, true, 5997},
	{"example 11: 16 x 348.35", {16, 0}, {34835, 2}, {1, 0}, 2, true, 557360},
	{"example 38: 0.345 x 12.90", {345, 3}, {129, 1}, {1, 0}, 2, true, 445},
	{"example 39: 250 x 12.35 / 100", {250, 0}, {1235, 2}, {100, 0}, 2, true, 3088},
	{"its credit", {-250, 0}, {1235, 2}, {100, 0}, 2, true, -3088},
	{"example 40: 3 x 0.335", {3, 0}, {335, 3}, {1, 0}, 2, true, 101},
	{"its credit", {3, 0}, {-335, 3}, {1, 0}, 2, true, -101},
	{"example 41: 0.333 x 10.00", {333, 3}, {10, 0}, {1, 0}, 2, true, 333},
	{"example 42: 0 x 9.99", {0, 0}, {999, 2}, {1, 0}, 2, true, 0},
	{"example 42: 5 x 0.00", {5, 0}, {0, 0}, {1, 0}, 2, true, 0},
	{"333 g at 3.00 per kg", {333, 0}, {3, 0}, {1000, 0}, 2, true, 100},
	{"3 at 0.333", {3, 0}, {333, 3}, {1, 0}, 2, true, 100},
	{"1 of 3 at 1.00 per 3", {1, 0}, {1, 0}, {3, 0}, 2, true, 33},
	{"5 mm at 3.00 per m: 0.015", {5, 0}, {3, 0}, {1000, 0}, 2, true, 2},
	{"most units at the highest price per unit", {1000000000, 0},
	{(ec_int128) 999999999999999999LL * 1000000 + 999999, 9}, {1, 0}, 4, true,
	((ec_int128) 999999999999999999LL * 1000000 + 999999) * 10000},
	{"and per a billion of them", {1000000000, 0},
	{(ec_int128) 999999999999999999LL * 1000000 + 999999, 9}, {1000000000, 0}, 4, true,
	(ec_int128) 1000000000000000LL * 10000},
	{"example 43: 2 x 12.345, 3 decimals", {2, 0}, {12345, 3}, {1, 0}, 3, true, 24690},
	{"no decimals", {3, 0}, {1115, 1}, {1, 0}, 0, true, 335},
	{"a third", {1, 0}, {10, 0}, {3, 0}, 2, true, 333},
	{"two thirds", {2, 0}, {10, 0}, {3, 0}, 2, true, 667},
	{"per a fraction", {1, 0}, {10, 0}, {25, 2}, 2, true, 4000},
	{"rounded once, not twice", {1, 0}, {10049, 4}, {1, 0}, 2, true, 100},
	{"two negatives", {-3, 0}, {-1999, 2}, {1, 0}, 2, true, 5997},
	{"the smallest", {1, 18}, {1, 18}, {1, 0}, 2, true, 0},
	{"18 decimals", {1, 18}, {1, 0}, {1, 18}, 18, true, E18},
	{"the largest", {INT128_MAX, 0}, {1, 0}, {1, 0}, 0, true, INT128_MAX},
	{"product too large", {100 * E18, 0}, {100 * E18, 0}, {1, 0}, 0, false},
	{"product just too large", {INT128_MIN, 0}, {-1, 0}, {1, 0}, 0, false},
	{"result too large", {100 * E36, 0}, {1, 0}, {1, 0}, 2, false},
	{"result too small", {-100 * E36, 0}, {1, 0}, {1, 0}, 2, false},
	{"divisor too large", {1, 18}, {1, 18}, {1000 * E18, 0}, 2, false}
};

static const struct
{
	long long	a;
	long long	b;
	int			shift;
	bool		fits;
	long long	product;
}			small_cases[] = {
	{3, 19990000, 2, true, 599700},
	{3, 335, 1, true, 101},
	{3, -335, 1, true, -101},
	{-3, -334, 1, true, 100},
	{3, 20, -2, true, 6000},
	{0, 20, -2, true, 0},
	{7, 1, 0, true, 7},
	{1, 5, 18, true, 0},
	{1, 500000000000000000, 18, true, 1},
	{-1, 500000000000000000, 18, true, -1},
	{1, -499999999999999999, 18, true, 0},
	{1, 1, -18, true, 1000000000000000000},
	{10, 1, -18, false},
	{-10, 1, -18, false},
	{LLONG_MAX, 1, 0, true, LLONG_MAX},
	{LLONG_MIN, 1, 0, true, LLONG_MIN},
	{LLONG_MAX, 2, 0, false},
	{LLONG_MIN, -1, 0, false},
	{3037000499, 3037000499, 0, true, 9223372030926249001},
	{3037000500, 3037000500, 0, false},
	{LLONG_MAX - 5, 1, 1, true, 922337203685477580},
	{LLONG_MAX - 4, 1, 1, false},	/* what rounds it is too much */
	{LLONG_MIN + 5, 1, 1, true, -922337203685477580},
	{LLONG_MIN + 4, 1, 1, false}
};

static const struct
{
	EcDecimal	d;
	EcDecimal	normal;
}			normalize_cases[] = {
	{{0, 5}, {0, 0}},
	{{100, 2}, {1, 0}},
	{{100, 1}, {10, 0}},
	{{100, 0}, {100, 0}},
	{{-150, 2}, {-15, 1}},
	{{1050, 3}, {105, 2}},
	{{105, 3}, {105, 3}}
};
