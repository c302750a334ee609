// SPDX-License-Identifier: GPL-2.0
/*
 * Huge PFN entries at PMD level, inserted from ->fault. Where a PMD can be
 * marked special it is there and marked; elsewhere the driver is told to fall
 * back, and PTEs are there. GUP answers the same either way.
 */
#include <errno.h>
#include "gup_matrix.h"

#define PFNMAP	.level = PFNMAP_TEST_PMD, .make = make_device, \
		.insert = PFNMAP_TEST_FAULT_PFN, .special = true, \
		.vma_refuses = true
#define MIXED	.level = PFNMAP_TEST_PMD, .make = make_device, \
		.insert = PFNMAP_TEST_FAULT_MIXED, .special = true, \
		.refusal = EEXIST

static const struct kind kinds[] = {
	{ .name = "compound", PFNMAP, .backing = PFNMAP_TEST_COMPOUND },
	{ .name = "order0", PFNMAP, .backing = PFNMAP_TEST_ORDER0 },
	{ .name = "highorder", PFNMAP, .backing = PFNMAP_TEST_HIGHORDER },
	{ .name = "no_memmap", PFNMAP, .backing = PFNMAP_TEST_PHYS },
	{ .name = "mixed_order0", MIXED, .backing = PFNMAP_TEST_ORDER0 },
	{ .name = "mixed_no_memmap", MIXED, .backing = PFNMAP_TEST_PHYS },
	{ .name = NULL }
};

static const struct operation operations[] = {
	{ .name = "fresh", .run = op_none },
	{ .name = "mprotect", .run = op_mprotect },
	{ .name = "mprotect_none", .run = op_mprotect_none },
	/* Shared huge entries are not copied: the child faults. */
	{ .name = "fork", .run = op_fork, .refaults = true },
	{ .name = "mremap", .run = op_mremap },
	{ .name = "munmap", .run = op_munmap, .refaults = true,
	  .splits = true },
	{ .name = NULL }
};

int main(int argc, char **argv)
{
	return run_mappings(kinds, operations, argc, argv);
}
