/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests map: memory of each kind, at each level, inserted in each way.
 */
#ifndef SPECIAL_MEMORY_H
#define SPECIAL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "pfnmap_test.h"

/**
 * struct memory - what a driver maps, and how
 * @name: the level, how it is inserted if not as usual there, and what it is:
 *	"pmd.mixed_order0"
 * @level: of the entries, the highest that the driver tries
 * @insert: enum pfnmap_test_insert
 * @backing: enum pfnmap_test_backing
 * @flags: PFNMAP_TEST_HUGE_FAULT and so on
 */
struct memory {
	const char *name;
	unsigned int level;
	unsigned int insert;
	unsigned int backing;
	unsigned int flags;
};

/* The row of the table in memory.c that has the name. */
struct memory memory(const char *name);

/*
 * A file of the test device for @size bytes of it; -1 after skip() if the
 * machine has none. @phys, if not NULL, receives the address of hidden memory.
 */
int memory_open(const struct memory *m, size_t size, uint64_t *phys);
/* The same, but memory without struct pages is that at @phys. */
int memory_open_at(const struct memory *m, size_t size, uint64_t phys);

/* VM_MIXEDMAP. */
bool is_mixed(const struct memory *m);
/*
 * Where a PTE cannot be marked, vmf_insert_mixed() maps memory with a struct
 * page as vm_insert_page() does: counted, and anybody may pin it.
 */
bool is_counted(const struct memory *m);
/* From setup: if so, nothing of it is special; skip() and true. */
bool skip_counted(const struct memory *m);
/* Where its entries are: PTEs where a PMD cannot be marked. */
unsigned int entry_level(const struct memory *m);

/*
 * Shared memory of two huge pages, if the page cache has such: an ordinary file.
 * -1 and errno if it cannot be made.
 */
int huge_shmem(void);

/*
 * Hidden memory has no struct pages: special.phys=ADDR,SIZE of the kernel
 * command line; false if not given.
 */
bool hidden_memory(uint64_t *phys, uint64_t *size);
/* From setup: where in there a multiple of @align is; else skip() and false. */
bool need_hidden(uint64_t *phys, uint64_t align);

#endif /* SPECIAL_MEMORY_H */
