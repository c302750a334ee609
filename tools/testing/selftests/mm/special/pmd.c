// SPDX-License-Identifier: GPL-2.0
/*
 * Huge PFN entries at PMD level, inserted from ->fault. Where a PMD can be
 * marked special it is there and marked; elsewhere the driver is told to fall
 * back, and PTEs are there. GUP answers the same either way.
 */
#include "gup_matrix.h"

#define DEVICE(n)	{ .name = n, .memory = "pmd." n }

static const struct kind kinds[] = {
	DEVICE("compound"),
	DEVICE("order0"),
	DEVICE("highorder"),
	DEVICE("no_memmap"),
	DEVICE("mixed_order0"),
	DEVICE("mixed_no_memmap"),
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
