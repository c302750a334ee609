/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whatever of mm user space can send over a mapping, as a table.
 */
#ifndef SPECIAL_WALKERS_H
#define SPECIAL_WALKERS_H

#include "target.h"

/* The answers of the pages differ: the number of the first such page. */
#define DIFFERS(i)		(-10000 - (long)(i))

/* The whole vma. Otherwise no more than a PMD of it: the cost is per page. */
#define WHOLE		0x1
/* Is refused for ordinary memory, or answers anything. */
#define NO_CONTROL	0x2
/* Works on the machine, not on a mapping. */
#define ONCE		0x4
/* A special PUD of VM_MIXEDMAP is a hole: 0, whatever PTEs answer. */
#define PUD_IS_HOLE	0x8
/* Maps the page frame for the kernel, which warns if that is RAM. */
#define NOT_RAM		0x10
/* With more than one node, refuses ordinary memory on another: -EIO. */
#define STRICT		0x40
/* Leaves the entry as it is, to the last bit. */
#define UNTOUCHED	0x80
/* GUP by another name: -EFAULT, in VM_MIXEDMAP as in VM_PFNMAP. */
#define REFUSED		0x100
/* Splits a PMD where it may look at the vma, which has a page table from then on. */
#define SPLITS_PMD	0x200

/**
 * struct walker - something that meets the entry
 * @name: as reported
 * @run: does it; the answer, or -errno
 * @arg: for @run
 * @flags: WHOLE and so on
 * @ordinary: what it answers for NR_PAGES of ordinary memory
 */
struct walker {
	const char *name;
	long (*run)(const struct walker *w, struct target *t);
	long arg;
	unsigned int flags;
	long ordinary;
};

extern const struct walker walkers[];
extern const unsigned int nr_walkers;

/* Nodes are numbered from 0 here. */
unsigned int nr_nodes(void);

#endif /* SPECIAL_WALKERS_H */
