/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mappings as data: a program names the kinds and the operations, and every
 * combination of them goes through every entry point of GUP.
 */
#ifndef SPECIAL_GUP_MATRIX_H
#define SPECIAL_GUP_MATRIX_H

#include <sys/types.h>
#include "gup.h"
#include "memory.h"

/* At PTE level. Of a huge entry, one of the machine's size, as many are looked at. */
#define MAP_PAGES	(2 * NR_PAGES)
#define MAX_MAPPINGS	256

struct mapping;

/**
 * struct kind - a kind of mapping
 * @name: as reported
 * @memory: the test device maps that, see memory(); or NULL
 * @level: without @memory, that of its entries
 * @make: without @memory, sets @addr, and @fd or @pfn, of the mapping
 * @finish: after the operation, before the checks; may be NULL
 * @cow: what is mapped is an anonymous copy
 * @readonly: the entry permits reading only
 * @exec: the entry permits execution as well
 * @special: the entry carries the special bit, where the machine has one
 * @normal: GUP may take the page that the entry maps
 * @devmap: the page belongs to a struct dev_pagemap
 * @vma_refuses: VM_PFNMAP or VM_IO: the slow path refuses whatever is mapped
 *
 * With @memory the last four follow from it, but for a page that may be taken.
 */
struct kind {
	const char *name;
	const char *memory;
	unsigned int level;
	void (*make)(struct mapping *m);
	void (*finish)(struct mapping *m);
	bool cow;
	bool readonly;
	bool exec;
	bool special;
	bool normal;
	bool devmap;
	bool vma_refuses;
};

/**
 * struct operation - what is done to a mapping before the checks
 * @name: as reported
 * @run: does it
 * @refaults: leaves entries to the next fault
 * @splits: what is left is too small for a huge entry
 * @splits_pud: leaves a huge PUD to the next fault
 */
struct operation {
	const char *name;
	void (*run)(struct mapping *m);
	bool refaults;
	bool splits;
	bool splits_pud;
};

struct mapping {
	struct kind kind;
	struct memory memory;
	const struct operation *op;
	char *addr;
	size_t size;
	int fd;			/* device that owns RAM pages, or -1 */
	uint64_t pfn;		/* of the first page behind the mapping */
	int refs_unmapped[MAP_PAGES];
	int refs_mapped[MAP_PAGES];
};

void make_anon(struct mapping *m);
void make_devmem(struct mapping *m);
void make_devmem_ram(struct mapping *m);
void make_pci_bar(struct mapping *m);
void kill_devmap(struct mapping *m);

/* For a @make elsewhere: map @fd at the right place; count references. */
void map_fd(struct mapping *m, int fd, int prot, int flags, off_t off);
void read_refs(struct mapping *m, int *refs);

void op_none(struct mapping *m);
void op_mprotect(struct mapping *m);
void op_mprotect_none(struct mapping *m);
void op_fork(struct mapping *m);
void op_mremap(struct mapping *m);
void op_munmap(struct mapping *m);

/* Both tables end with an entry that has no name. */
int run_mappings(const struct kind *kinds, const struct operation *operations,
		 int argc, char **argv);
/* And what does not fit into the tables: @more, of @nr groups. */
struct group;
int run_mappings_and(const struct kind *kinds,
		     const struct operation *operations,
		     const struct group *more, unsigned int nr, int argc,
		     char **argv);

#endif /* SPECIAL_GUP_MATRIX_H */
