// SPDX-License-Identifier: GPL-2.0
/*
 * Special mappings that may be executed. Where the instruction cache has to be
 * kept coherent, the store of such an entry is what looks at the struct page:
 * there is none, or it belongs to a driver.
 */
#include "gup_matrix.h"

static const struct kind kinds[] = {
	{ .name = "pte_order0", .memory = "pte.order0", .exec = true },
	{ .name = "pte_no_memmap", .memory = "pte.no_memmap", .exec = true },
	{ .name = "pmd_order0", .memory = "pmd.order0", .exec = true },
	{ .name = "pmd_no_memmap", .memory = "pmd.no_memmap", .exec = true },
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
