/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A mapping with one huge special entry at its start, which comes back at the
 * next access when something has taken it away. What walk.c and race_fault.c share.
 */
#ifndef SPECIAL_TARGET_H
#define SPECIAL_TARGET_H

#include "gup.h"
#include "memory.h"

/**
 * struct target - a mapping of it
 * @addr: aligned so that a huge entry would fit
 * @size: of a PMD or a PUD, or NR_PAGES pages
 * @fd: the file that is mapped, -1 for ordinary memory
 * @no_refault: an entry that is gone needs another mmap()
 * @refs_unmapped: of the first pages, before they were mapped
 * @refs: when they were
 * @entry: of the first page
 */
struct target {
	char *addr;
	size_t size;
	int fd;
	bool no_refault;
	int refs_unmapped[NR_PAGES];
	int refs[NR_PAGES];
	struct pfnmap_test_entry entry;
};

/* Map and touch it; false, and the group is skipped, if there is none. */
bool target_make(struct target *t, const struct memory *m);
/* NR_PAGES of the same memory in the same type of vma, mapped by PTEs. */
bool target_make_ptes(struct target *t, const struct memory *m);
/* Map at @addr again what may no longer be there. */
void target_map(struct target *t);
/* Write to the first NR_PAGES. */
void target_touch(struct target *t);
/* Fails the check unless the entry is, @when, what it was in the beginning. */
bool target_same_entry(struct target *t, const char *when);
/* Fails the check unless the pages have as many references as @want says. */
void target_same_refs(struct target *t, const int *want, const char *what);

#endif /* SPECIAL_TARGET_H */
