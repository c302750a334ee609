// SPDX-License-Identifier: GPL-2.0
/*
 * Copies of a driver's pages that are in swap, among the special entries of the
 * pages that were not copied, and next to a huge one: swapoff() walks all of
 * them, and GUP finds each as it is.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>
#include "device.h"
#include "process.h"
#include "run.h"
#include "target.h"

#define SWAP		"/dev/ram0"
#define SWAP_PAGES	1024

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

/* The pages of the private mapping; every other one is copied. */
#define BACKING		0x5a
#define COPY		0x25

/**
 * struct swapped - two mappings of what a driver has
 * @huge: by a huge entry, see memory()
 * @pte: by PTEs, and private
 */
struct swapped {
	const char *huge;
	const char *pte;

	struct target target;
	struct memory memory;
	int fd;
	char *addr;
	uint64_t pfn;
};

static bool is_copy(unsigned int i)
{
	return i & 1;
}

static char *page(const struct swapped *s, unsigned int i)
{
	return s->addr + i * getpagesize();
}

static void setup(void *data)
{
	size_t size = NR_PAGES * getpagesize();
	struct swapped *s = data;
	unsigned int i;
	char *shared;

	if (access("/proc/swaps", F_OK)) {
		skip("no swap");
		return;
	}
	s->memory = memory(s->huge);
	if (!target_make(&s->target, &s->memory))
		return;
	s->memory = memory(s->pte);
	s->fd = memory_open(&s->memory, size, NULL);
	if (s->fd < 0)
		return;		/* skipped */
	s->pfn = refs_of(s->fd, 0).pfn;
	shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	s->addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, s->fd,
		       0);
	if (shared == MAP_FAILED || s->addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	memset(shared, BACKING, size);
	for (i = 0; i < NR_PAGES; i++)
		(void)*(volatile char *)page(s, i);
	if (!format_swap(SWAP, SWAP_PAGES))
		setup_failed("write to " SWAP ": %s", strerror(errno));
}

/* The pages that were not copied are as they were; so is the huge entry. */
static void same_special(struct swapped *s)
{
	struct pfnmap_test_entry e;
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++) {
		if (is_copy(i))
			continue;
		e = entry_at(page(s, i));
		if (!e.present || e.pfn != s->pfn + i ||
		    !(e.val & info()->pte_special))
			fail("page %u: present %u, entry 0x%llx", i, e.present,
			     (unsigned long long)e.val);
	}
	target_same_entry(&s->target, "afterwards");
	target_same_refs(&s->target, s->target.refs, "huge");
}

/* Copy what is to be copied, and send the copies to swap. */
static bool page_out(struct swapped *s)
{
	struct pfnmap_test_entry e;
	unsigned int i;

	if (swapon(SWAP, 0))
		setup_failed("swapon: %s", strerror(errno));
	for (i = 0; i < NR_PAGES; i++)
		if (is_copy(i))
			memset(page(s, i), COPY + i, getpagesize());
	if (madvise(s->addr, NR_PAGES * getpagesize(), MADV_PAGEOUT))
		setup_failed("MADV_PAGEOUT: %s", strerror(errno));
	for (i = 0; i < NR_PAGES; i++) {
		e = entry_at(page(s, i));
		if (!is_copy(i) || (e.val && !e.present))
			continue;
		fail("page %u is not in swap: entry 0x%llx", i,
		     (unsigned long long)e.val);
		return false;
	}
	return true;
}

/* Nothing is in swap any more, and nothing was lost. */
static void all_back(struct swapped *s)
{
	struct pfnmap_test_entry e;
	unsigned int i;
	char want;

	for (i = 0; i < NR_PAGES; i++) {
		e = entry_at(page(s, i));
		if (!e.present)
			fail("page %u is not back: entry 0x%llx", i,
			     (unsigned long long)e.val);
		want = is_copy(i) ? COPY + i : BACKING;
		if (page(s, i)[0] != want)
			fail("page %u reads 0x%02x, not 0x%02x", i,
			     page(s, i)[0], want);
	}
	same_special(s);
}

static void check_swapoff(const struct check *check, void *data)
{
	struct swapped *s = data;

	(void)check;
	page_out(s);
	same_special(s);
	if (swapoff(SWAP))
		fail("swapoff: %s", strerror(errno));
	all_back(s);
}

/* The lockless walk finds nothing, the other one brings it back. */
static void check_gup(const struct check *check, void *data)
{
	const struct gup_entry *g;
	struct swapped *s = data;
	unsigned int i, n = 0;
	long ret;

	(void)check;
	if (!page_out(s))
		return;
	for (i = 0; i < nr_gup_entries; i++) {
		g = &gup_entries[i];
		if (g->slow)
			continue;
		ret = gup(g, page(s, 1), 1, NULL);
		if (ret)
			fail("%s returned %ld", g->name, ret);
	}
	for (i = 0; i < nr_gup_entries && n < NR_PAGES; i++) {
		g = &gup_entries[i];
		if (!g->slow || g->flags || g->call >= PFNMAP_TEST_NR_CALLS)
			continue;
		while (!is_copy(n))
			n++;
		ret = gup(g, page(s, n++), 1, NULL);
		if (ret != 1)
			fail("%s returned %ld, not 1", g->name, ret);
	}
	all_back(s);
	if (swapoff(SWAP))
		fail("swapoff: %s", strerror(errno));
	all_back(s);
}

static const struct check checks[] = {
	{ "swapoff", check_swapoff, NULL },
	{ "gup", check_gup, NULL },
	{ "", NULL, NULL }
};

#define SWAPPED(n, h, p)						\
	{ n, setup, checks, &(struct swapped){ .huge = h, .pte = p } }

int main(int argc, char **argv)
{
	struct group groups[] = {
		SWAPPED("pmd_order0", "pmd.mixed_order0", "pte.mixed_order0"),
		SWAPPED("pmd_no_memmap", "pmd.mixed_no_memmap",
			"pte.mixed_no_memmap"),
		SWAPPED("pud_no_memmap", "pud.mixed_no_memmap",
			"pte.mixed_no_memmap"),
	};

	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
