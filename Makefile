# make                          build the extension
# make install                  install it into the PostgreSQL that PG_CONFIG names
# make uninstall, installcheck, clean
#                               as for any extension
#
# These install the packages that are missing, and run on a server of their own:
#
# make demo [KEEP=1]            a small shop, step by step; KEEP=1 leaves it to you
# make check [TESTS='topic|test|file...'] [PROVE_FLAGS=-v]
#                               all tests, or some
# make check-faults             minutes of load while the server is killed in many ways
# make check-arguments [CALLS=50000] [SEED=1]
#                               every function with arguments that nobody should pass
# make check-lives [LIVES=100000] [SEED=1] [JOBS=2]
#                               random lives of orders: paid, refunded, charged back
# make check-clients [CLIENTS='node_pg Jdbc...']
#                               buys with each client of docs/clients.md, in five languages
# make accept TESTS='topic|test...'
#                               what tests print now becomes expected/
# make docs                     write docs/reference, of the comments in sql/
# make types, make snippets     write docs/reference/ecommerce.d.ts; the code in docs/clients.md
# make lint                     layout, warnings, static analysis, what every object has
# make bench [ROUNDS=3]         how fast, as ratios to other ways
# make replay DATA=file         a year of real invoices (UCI Online Retail as CSV)
# make fuzz [FUZZ_SECONDS=60]   src/core, each target of test/fuzz
#
# PG_CONFIG=/usr/lib/postgresql/17/bin/pg_config behind each chooses the PostgreSQL.

EXTENSION = ecommerce
EXTVERSION = 0.1.0

PG_CONFIG ?= pg_config
export PG_CONFIG

HARNESS = accept check check-arguments check-clients check-faults check-lives docs lint types \
	snippets demo bench replay fuzz help

ifneq (,$(filter $(HARNESS),$(MAKECMDGOALS)))

# These run before PostgreSQL is there, so without PGXS.

.PHONY: $(HARNESS) setup

setup:
	@scripts/setup.sh $(or $(PROFILE),run)

check: PROFILE = test
check: setup
	@scripts/throwaway.sh scripts/check.sh $(TESTS)

accept: PROFILE = test
accept: setup
	@scripts/throwaway.sh -r expected scripts/check.sh -a $(TESTS)

check-faults: PROFILE = test
check-faults: setup
	@FAULTS=full scripts/throwaway.sh scripts/check.sh test/t/faults.pl

check-arguments: PROFILE = test
check-arguments: setup
	@CALLS=$(or $(CALLS),50000) scripts/throwaway.sh scripts/check.sh \
		test/t/arguments.pl

check-lives: PROFILE = test
check-lives: setup
	@LIVES=$(or $(LIVES),100000) scripts/throwaway.sh scripts/check.sh \
		test/t/payment_lives.pl

docs: setup
	@scripts/throwaway.sh -r docs/reference scripts/reference.pl docs/reference

check-clients: PROFILE = clients
check-clients: setup
	@scripts/throwaway.sh -t scripts/check_clients.sh $(CLIENTS)

lint: PROFILE = lint
lint: setup
	@scripts/lint.sh

types: setup
	@scripts/throwaway.sh -r docs/reference scripts/typescript.sh

snippets:
	@scripts/snippets.sh

demo: setup
	@scripts/throwaway.sh $(if $(KEEP),-k) scripts/demo.sh

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

# Durable, as in production, and large enough not to measure checkpoints.
bench: setup
	@scripts/throwaway.sh -o fsync=on -o shared_buffers=1GB \
		-o max_wal_size=8GB -o checkpoint_timeout=1h -o work_mem=64MB \
		-o maintenance_work_mem=512MB -o max_connections=200 \
		-o autovacuum_naptime=10s bench/run.sh

replay: setup
	@test -n "$(DATA)" || { echo "usage: make replay DATA=file" >&2; exit 2; }
	@scripts/throwaway.sh -i "$(DATA)" scripts/replay.sh

fuzz: PROFILE = fuzz
fuzz: setup
	@scripts/fuzz.sh

# "make clean check"
OTHERS = $(filter-out $(HARNESS),$(MAKECMDGOALS))
ifneq (,$(OTHERS))
.PHONY: $(OTHERS)
$(OTHERS):
	@$(MAKE) $@
setup: $(OTHERS)
endif

else

MODULE_big = ecommerce
OBJS := $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
PG_CPPFLAGS = -I$(srcdir)/src

SCRIPT = sql/$(EXTENSION)--$(EXTVERSION).sql
DATA_built = $(SCRIPT)
# Released versions and updates; "override" because of "make replay DATA=..."
override DATA = $(filter-out $(SCRIPT),$(wildcard sql/$(EXTENSION)--*.sql))

REGRESS := $(sort $(basename $(notdir $(wildcard test/sql/*.sql))))
REGRESS_OPTS = --inputdir=test --load-extension=ecommerce_test
ISOLATION := $(sort $(basename $(notdir $(wildcard test/specs/*.spec))))
ISOLATION_OPTS = --inputdir=test --outputdir=. --load-extension=ecommerce_test
EXTRA_CLEAN = .server build src/errors.h

PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
ifeq (,$(wildcard $(PGXS)))
$(error no PostgreSQL to build with: run "scripts/setup.sh", or set PG_CONFIG)
endif
include $(PGXS)

$(SCRIPT): scripts/build_sql.sh sql/topics $(wildcard sql/*/*.sql)
	scripts/build_sql.sh >$@

# PGXS tracks neither headers nor the server version that objects are made for.
$(OBJS) $(OBJS:.o=.bc): $(sort src/errors.h $(wildcard src/*.h src/*/*.h)) .server

src/errors.h: src/errors.txt scripts/errors.sh
	scripts/errors.sh header >$@

.server: FORCE
	@echo '$(PG_CONFIG) $(VERSION_NUM) $(CFLAGS)' | cmp -s - $@ || \
		echo '$(PG_CONFIG) $(VERSION_NUM) $(CFLAGS)' >$@

# What tests share is an extension, too; it is not there for others.
TEST_EXTENSION = $(wildcard test/lib/ecommerce_test*)

install-tests:
	@for file in $(TEST_EXTENSION); do \
		cmp -s "$$file" "$(DESTDIR)$(datadir)/extension/$${file##*/}" || \
		$(INSTALL_DATA) "$$file" "$(DESTDIR)$(datadir)/extension/" || exit 1; \
	done

installcheck: install-tests

.PHONY: FORCE install-tests
.DELETE_ON_ERROR:

endif
