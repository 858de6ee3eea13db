/*
 * pg_compat.h
 *	  Differences between the supported versions of PostgreSQL, 15 to 18.
 */
#ifndef EC_PG_COMPAT_H
#define EC_PG_COMPAT_H

/* 16 moved the varlena macros out of postgres.h. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 16 introduced these; the later minor versions of 15 have them, too. */
#ifndef palloc_array
#define palloc_array(type, count) ((type *) palloc(sizeof(type) * (count)))
#define palloc0_array(type, count) ((type *) palloc0(sizeof(type) * (count)))
#endif

/* 18 put this before the declaration, and named it anew. */
#ifndef pg_noreturn
#define pg_noreturn __attribute__((noreturn))
#endif

/* 17 put the parts of a virtual transaction id into a struct. */
#if PG_VERSION_NUM >= 170000
#define EcLocalTransactionId() (MyProc->vxid.lxid)
#else
#define EcLocalTransactionId() (MyProc->lxid)
#endif

/* 17 numbers backends as it numbers processes. */
#if PG_VERSION_NUM >= 170000
#define EcBackendNumber() ((uint32) MyProcNumber)
#else
#define EcBackendNumber() ((uint32) MyBackendId)
#endif

/* 16 finds settings by their names; include utils/guc_tables.h before. */
#if PG_VERSION_NUM >= 160000
#define EcFindOption(name) find_option(name, false, true, 0)
#elif defined(GUC_TABLES_H)
static inline struct config_generic *
EcFindOption(const char *name)
{
	struct config_generic **options = get_guc_variables();

	for (int i = 0; i < GetNumConfigOptions(); i++)
		if (pg_strcasecmp(options[i]->name, name) == 0)
			return options[i];
	return NULL;
}
#endif

/* 16 has one check for objects of all kinds; include utils/acl.h and the catalog's header. */
#if PG_VERSION_NUM >= 160000
#define EcOwnsTable(oid, role) object_ownercheck(RelationRelationId, oid, role)
#define EcFunctionAclCheck(oid, role) object_aclcheck(ProcedureRelationId, oid, role, ACL_EXECUTE)
#else
#define EcOwnsTable(oid, role) pg_class_ownercheck(oid, role)
#define EcFunctionAclCheck(oid, role) pg_proc_aclcheck(oid, role, ACL_EXECUTE)
#endif

/* 18 has constraints NOT NULL that are not valid. */
#if PG_VERSION_NUM >= 180000
#define EcIsNotNull(desc, i) \
	(TupleDescCompactAttr(desc, i)->attnullability == ATTNULLABLE_VALID)
#else
#define EcIsNotNull(desc, i) (TupleDescAttr(desc, i)->attnotnull)
#endif

/* 16 moved permissions out of range table entries, 18 prunes result relations. */
#if PG_VERSION_NUM >= 160000
#define EcEvalPlanQualInit(epq, estate) \
	EvalPlanQualInit(epq, estate, NULL, NIL, -1, NIL)
#else
#define EcEvalPlanQualInit(epq, estate) \
	EvalPlanQualInit(epq, estate, NULL, NIL, -1)
#endif
#if PG_VERSION_NUM >= 180000
#define EcInitRangeTable(estate, rte, updated) \
	do { \
		List	   *permissions = NIL; \
		addRTEPermissionInfo(&permissions, rte)->updatedCols = (updated); \
		ExecInitRangeTable(estate, list_make1(rte), permissions, \
						   bms_make_singleton(1)); \
	} while (0)
#elif PG_VERSION_NUM >= 160000
#define EcInitRangeTable(estate, rte, updated) \
	do { \
		List	   *permissions = NIL; \
		addRTEPermissionInfo(&permissions, rte)->updatedCols = (updated); \
		ExecInitRangeTable(estate, list_make1(rte), permissions); \
	} while (0)
#else
#define EcInitRangeTable(estate, rte, updated) \
	do { \
		(rte)->updatedCols = (updated); \
		ExecInitRangeTable(estate, list_make1(rte)); \
	} while (0)
#endif

#endif							/* EC_PG_COMPAT_H */
