// SPDX-License-Identifier: GPL-2.0
/*
 * The page-table walkers that look inside a VM_MIXEDMAP vma meet its huge PFN
 * entries. None of them may look for a struct page, and the entry stays as it
 * is. (VM_PFNMAP they leave out altogether.)
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "special.h"

#ifndef MADV_COLD
#define MADV_COLD	20
#define MADV_PAGEOUT	21
#endif

struct walked {
	unsigned int backing;
	char *addr;
	size_t size;
	int fd;
	int refs;
	struct pfnmap_test_entry entry;
};

static void setup(void *data)
{
	uint64_t phys = 0, size = 0, align = info()->pmd_size;
	struct walked *w = data;
	char *room;

	w->size = align;
	if (w->backing == PFNMAP_TEST_PHYS) {
		if (!hidden_memory(&phys, &size)) {
			skip("no hidden memory: special.phys= is not given");
			return;
		}
		phys += -phys % align;
	}
	w->fd = device_map((struct pfnmap_test_map){
		.backing = w->backing,
		.insert = PFNMAP_TEST_FAULT_MIXED,
		.level = PFNMAP_TEST_PMD,
		.size = w->size,
		.phys = phys,
	});
	if (w->fd < 0) {
		skip("no contiguous RAM of %zu bytes", w->size);
		return;
	}
	room = aligned_room(w->size, align);
	if (!room)
		setup_failed("mmap: %s", strerror(errno));
	w->addr = mmap(room, w->size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED, w->fd, 0);
	if (w->addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	*(volatile char *)w->addr = 1;
	w->refs = refs_of(w->fd, 0).refcount;
	w->entry = entry_at(w->addr);
	if (!w->entry.present ||
	    (info()->pmd_special && w->entry.level != PFNMAP_TEST_PMD))
		setup_failed("level %u, present %u", w->entry.level,
			     w->entry.present);
}

/* What every walk must leave behind; hardware may set the accessed bit. */
static void unchanged(struct walked *w)
{
	struct pfnmap_test_entry now = entry_at(w->addr);

	if (now.level != w->entry.level || now.pfn != w->entry.pfn)
		fail("the entry is 0x%llx now, level %u",
		     (unsigned long long)now.val, now.level);
	if (refs_of(w->fd, 0).refcount != w->refs)
		fail("the first page has %d references, not %d",
		     refs_of(w->fd, 0).refcount, w->refs);
}

static void check_smaps(const struct check *check, void *data)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	struct walked *w = data;
	unsigned long start, rss;
	bool inside = false, found = false;
	char line[512];

	(void)check;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%*x", &start) == 1 && strchr(line, '-'))
			inside = start == (unsigned long)w->addr;
		if (inside && sscanf(line, "Rss: %lu", &rss) == 1) {
			found = true;
			/* Without a special PTE, RAM in there is ordinary. */
			if (rss && info()->pte_special)
				fail("smaps counts %lu kB", rss);
		}
	}
	if (!found)
		fail("smaps does not show the mapping");
	if (f)
		fclose(f);
	unchanged(w);
}

static void check_pagemap(const struct check *check, void *data)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	struct walked *w = data;
	uint64_t pme = 0;
	off_t off = (uintptr_t)w->addr / getpagesize() * sizeof(pme);

	(void)check;
	if (pread(fd, &pme, sizeof(pme), off) != sizeof(pme))
		fail("pagemap: %s", strerror(errno));
	else if (!(pme >> 63))
		fail("pagemap says 0x%llx, not present",
		     (unsigned long long)pme);
	close(fd);
	unchanged(w);
}

static void check_clear_refs(const struct check *check, void *data)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY);

	(void)check;
	if (write(fd, "1", 1) != 1)
		fail("clear_refs: %s", strerror(errno));
	close(fd);
	unchanged(data);
}

static void advise(struct walked *w, int advice)
{
	if (madvise(w->addr, w->size, advice))
		fail("madvise: %s", strerror(errno));
	unchanged(w);
}

static void check_cold(const struct check *check, void *data)
{
	(void)check;
	advise(data, MADV_COLD);
}

static void check_pageout(const struct check *check, void *data)
{
	(void)check;
	advise(data, MADV_PAGEOUT);
}

int main(int argc, char **argv)
{
	static const struct check checks[] = {
		{ "smaps", check_smaps, NULL },
		{ "pagemap", check_pagemap, NULL },
		{ "clear_refs", check_clear_refs, NULL },
		{ "cold", check_cold, NULL },
		{ "pageout", check_pageout, NULL },
		{ "", NULL, NULL }
	};
	static struct walked walked[] = {
		{ .backing = PFNMAP_TEST_ORDER0 },
		{ .backing = PFNMAP_TEST_PHYS },
	};
	struct group groups[] = {
		{ "order0", setup, checks, &walked[0] },
		{ "no_memmap", setup, checks, &walked[1] },
	};

	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
