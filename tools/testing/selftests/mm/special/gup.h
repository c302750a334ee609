/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SPECIAL_GUP_H
#define SPECIAL_GUP_H

#include <stdbool.h>
#include <stdint.h>
#include "pfnmap_test.h"

/* Pages per call of an entry point; mappings are twice as long. */
#define NR_PAGES	4

/**
 * struct gup_entry - a way into GUP
 * @name: as reported
 * @call: enum pfnmap_test_call, or one of the O_DIRECT pair below
 * @flags: PFNMAP_TEST_WRITE, PFNMAP_TEST_LONGTERM
 * @fast: tries the lockless walk first
 * @slow: falls back to, or starts with, the walk under mmap_lock
 * @pin: takes FOLL_PIN references
 */
struct gup_entry {
	const char *name;
	unsigned int call;
	unsigned int flags;
	bool fast;
	bool slow;
	bool pin;
};

#define CALL_ODIRECT_READ	(PFNMAP_TEST_NR_CALLS + 0)
#define CALL_ODIRECT_WRITE	(PFNMAP_TEST_NR_CALLS + 1)

extern const struct gup_entry gup_entries[];
extern const unsigned int nr_gup_entries;

/*
 * Call @entry on @nr pages at @addr. Returns the number of pages it took, or
 * -errno, as the entry point itself reports it (O_DIRECT: bytes are turned
 * into pages). @pfn, if not NULL, receives the first page frame.
 */
long gup(const struct gup_entry *entry, void *addr, unsigned int nr,
	 uint64_t *pfn);

#endif /* SPECIAL_GUP_H */
