// SPDX-License-Identifier: GPL-2.0
/*
 * Special mappings that may be executed. Where the instruction cache has to be
 * kept coherent, the store of such an entry is what looks at the struct page:
 * there is none, or it belongs to a driver.
 */
#include "gup_matrix.h"

#define EXEC	.make = make_device, .special = true, .vma_refuses = true, \
		.exec = true
#define PTE	EXEC, .level = PFNMAP_TEST_PTE
#define PMD	EXEC, .level = PFNMAP_TEST_PMD, .insert = PFNMAP_TEST_FAULT_PFN

static const struct kind kinds[] = {
	{ .name = "pte_order0", PTE, .backing = PFNMAP_TEST_ORDER0 },
	{ .name = "pte_no_memmap", PTE, .backing = PFNMAP_TEST_PHYS },
	{ .name = "pmd_order0", PMD, .backing = PFNMAP_TEST_ORDER0 },
	{ .name = "pmd_no_memmap", PMD, .backing = PFNMAP_TEST_PHYS },
	{ .name = NULL }
};

static const struct operation operations[] = {
	{ .name = "fresh", .run = op_none },
	{ .name = "mprotect", .run = op_mprotect },
	{ .name = "mprotect_none", .run = op_mprotect_none },
	{ .name = "mremap", .run = op_mremap },
	{ .name = NULL }
};

int main(int argc, char **argv)
{
	return run_mappings(kinds, operations, argc, argv);
}
