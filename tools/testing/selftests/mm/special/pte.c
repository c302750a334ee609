// SPDX-License-Identifier: GPL-2.0
/*
 * Special mappings at PTE level: every kind of memory that can be behind a PTE,
 * fresh and after each thing that moves or rewrites page-table entries.
 */
#include "gup_matrix.h"

#define DEVICE(n)	{ .name = n, .memory = "pte." n }
#define SPECIAL		.special = true, .vma_refuses = true

static const struct kind kinds[] = {
	{ .name = "anon", .make = make_anon, .normal = true },
	DEVICE("compound"),
	DEVICE("order0"),
	DEVICE("highorder"),
	DEVICE("no_memmap"),
	DEVICE("fault_compound"),
	DEVICE("fault_order0"),
	DEVICE("fault_no_memmap"),
	{ .name = "pci_bar", .make = make_pci_bar, SPECIAL },
	{ .name = "devmem_ram", .make = make_devmem_ram, SPECIAL },
	{ .name = "devmem", .make = make_devmem, SPECIAL },
	{ .name = "devmem_private", .make = make_devmem, SPECIAL,
	  .readonly = true },
	/* An anonymous copy is an ordinary PTE, whatever the vma says. */
	{ .name = "devmem_cow", .make = make_devmem, .normal = true,
	  .cow = true, .vma_refuses = true },
	DEVICE("insert_page"),
	DEVICE("mixed_order0"),
	DEVICE("mixed_no_memmap"),
	{ .name = "devmap", .memory = "pte.devmap", .normal = true },
	{ .name = "devmap_dead", .memory = "pte.devmap",
	  .finish = kill_devmap },
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
