/*
 * ecommerce.c
 *	  The module itself.
 */
#include "postgres.h"

#include "fmgr.h"

#include "customer.h"
#include "db/table.h"
#include "ecommerce.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

/* Called when a backend loads the module. */
void
_PG_init(void)
{
	ec_tenant_init();
	ec_customer_init();
	ec_table_init();
	ec_error_context_init();
}
