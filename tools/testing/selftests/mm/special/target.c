// SPDX-License-Identifier: GPL-2.0
/*
 * The mapping that walk.c and race_fault.c let things happen to, and whether it is
 * afterwards what it was before.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "device.h"
#include "process.h"
#include "run.h"
#include "target.h"

static bool map(struct target *t)
{
	return mmap(t->addr, t->size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, t->fd, 0) != MAP_FAILED;
}

void target_map(struct target *t)
{
	if (!map(t))
		setup_failed("mmap: %s", strerror(errno));
}

void target_touch(struct target *t)
{
	unsigned int i;

	if (t->no_refault && !entry_at(t->addr).present)
		target_map(t);
	for (i = 0; i < NR_PAGES; i++)
		*(volatile char *)(t->addr + i * getpagesize()) = 1;
}

static void read_refs(struct target *t, int *refs)
{
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++)
		refs[i] = refs_of(t->fd, i).refcount;
}

static bool make(struct target *t, const struct memory *m, unsigned int level)
{
	uint64_t align = level_size(m->level);
	struct memory try = *m;

	if (m->level == PFNMAP_TEST_PUD && !info()->pud_special &&
	    m->insert != PFNMAP_TEST_MMAP_HUGE) {
		skip("a PUD cannot be special");
		return false;
	}
	if (skip_counted(m))
		return false;
	if (m->insert == PFNMAP_TEST_MMAP_HUGE && level == PFNMAP_TEST_PTE)
		try.insert = PFNMAP_TEST_FAULT_PFN;
	t->no_refault = try.insert == PFNMAP_TEST_MMAP_HUGE;
	t->size = level == PFNMAP_TEST_PTE ?
		  (size_t)NR_PAGES * getpagesize() : align;
	try.level = level;
	t->fd = memory_open(&try, t->size, NULL);
	if (t->fd < 0)
		return false;
	t->addr = aligned_room(t->size, align);
	if (!t->addr) {
		skip("no room for %zu bytes: %s", t->size, strerror(errno));
		return false;
	}
	read_refs(t, t->refs_unmapped);
	if (!map(t)) {
		if (errno != EOPNOTSUPP)
			setup_failed("mmap: %s", strerror(errno));
		skip("a driver cannot insert a PUD");
		return false;
	}
	target_touch(t);
	read_refs(t, t->refs);
	t->entry = entry_at(t->addr);
	/*
	 * One that should not be there since it cannot be marked is walked
	 * all the same; pmd.c is who complains of it.
	 */
	if (!t->entry.present || (t->entry.level != level &&
				  t->entry.level != entry_level(m)))
		setup_failed("level %u, not %u, present %u, entry 0x%llx",
			     t->entry.level, level, t->entry.present,
			     (unsigned long long)t->entry.val);
	return true;
}

bool target_make(struct target *t, const struct memory *m)
{
	return make(t, m, m->level);
}

bool target_make_ptes(struct target *t, const struct memory *m)
{
	return make(t, m, PFNMAP_TEST_PTE);
}

/* However dirty and old it is now. */
bool target_same_entry(struct target *t, const char *when)
{
	struct pfnmap_test_entry now = entry_at(t->addr);
	uint64_t mark = level_special(now.level);

	if (now.present && now.level == t->entry.level &&
	    now.pfn == t->entry.pfn &&
	    (now.val & mark) == (t->entry.val & mark))
		return true;
	fail("%s: entry 0x%llx, level %u, present %u; it was 0x%llx, level %u",
	     when, (unsigned long long)now.val, now.level, now.present,
	     (unsigned long long)t->entry.val, t->entry.level);
	return false;
}

void target_same_refs(struct target *t, const int *want, const char *what)
{
	unsigned int i;
	int now[NR_PAGES];

	read_refs(t, now);
	for (i = 0; i < NR_PAGES; i++) {
		if (now[i] == want[i])
			continue;
		fail("page %u of the %s mapping has %d references, not %d", i,
		     what, now[i], want[i]);
		return;
	}
}
