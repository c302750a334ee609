// SPDX-License-Identifier: GPL-2.0
/*
 * Special mappings at PTE level: every kind of memory that can be behind a PTE,
 * fresh and after each thing that moves or rewrites page-table entries.
 */
#include <errno.h>
#include "gup_matrix.h"

#define PFNMAP	.level = PFNMAP_TEST_PTE, .make = make_device, .special = true, .vma_refuses = true
#define MIXED	.level = PFNMAP_TEST_PTE, .make = make_device, .special = true, \
		.insert = PFNMAP_TEST_FAULT_MIXED, .refusal = EEXIST
/* Where there is a devmap bit, pte_mkdevmap() sets the special bit too. */
#define DEVMAP	.level = PFNMAP_TEST_PTE, .make = make_devmap, .special = true, .devmap = true, \
		.backing = PFNMAP_TEST_DEVMAP, \
		.insert = PFNMAP_TEST_FAULT_MIXED

static const struct kind kinds[] = {
	{ .name = "anon", .make = make_anon, .normal = true },
	{ .name = "compound", PFNMAP, .backing = PFNMAP_TEST_COMPOUND },
	{ .name = "order0", PFNMAP, .backing = PFNMAP_TEST_ORDER0 },
	{ .name = "highorder", PFNMAP, .backing = PFNMAP_TEST_HIGHORDER },
	{ .name = "no_memmap", PFNMAP, .backing = PFNMAP_TEST_PHYS },
	{ .name = "fault_compound", PFNMAP, .backing = PFNMAP_TEST_COMPOUND,
	  .insert = PFNMAP_TEST_FAULT_PFN },
	{ .name = "fault_order0", PFNMAP, .backing = PFNMAP_TEST_ORDER0,
	  .insert = PFNMAP_TEST_FAULT_PFN },
	{ .name = "fault_no_memmap", PFNMAP, .backing = PFNMAP_TEST_PHYS,
	  .insert = PFNMAP_TEST_FAULT_PFN },
	{ .name = "pci_bar", .make = make_pci_bar, .special = true,
	  .vma_refuses = true },
	{ .name = "devmem_ram", .make = make_devmem_ram, .special = true,
	  .vma_refuses = true },
	{ .name = "devmem", .make = make_devmem, .special = true,
	  .vma_refuses = true },
	{ .name = "devmem_private", .make = make_devmem, .special = true,
	  .vma_refuses = true, .readonly = true },
	/* An anonymous copy is an ordinary PTE, whatever the vma says. */
	{ .name = "devmem_cow", .make = make_devmem, .normal = true,
	  .cow = true, .vma_refuses = true },
	{ .name = "insert_page", .level = PFNMAP_TEST_PTE,
	  .make = make_device, .normal = true,
	  .backing = PFNMAP_TEST_ORDER0, .insert = PFNMAP_TEST_PAGE },
	{ .name = "mixed_order0", MIXED, .backing = PFNMAP_TEST_ORDER0 },
	{ .name = "mixed_no_memmap", MIXED, .backing = PFNMAP_TEST_PHYS },
	{ .name = "devmap", DEVMAP, .normal = true },
	{ .name = "devmap_dead", DEVMAP, .finish = kill_devmap,
	  .refusal = EFAULT },
	{ .name = NULL }
};

static const struct operation operations[] = {
	{ .name = "fresh", .run = op_none },
	{ .name = "mprotect", .run = op_mprotect },
	{ .name = "mprotect_none", .run = op_mprotect_none },
	{ .name = "fork", .run = op_fork },
	{ .name = "mremap", .run = op_mremap },
	{ .name = "munmap", .run = op_munmap },
	{ .name = NULL }
};

int main(int argc, char **argv)
{
	return run_mappings(kinds, operations, argc, argv);
}
