// SPDX-License-Identifier: GPL-2.0
/*
 * Whatever of mm user space can send over a huge special entry: see walkers.c.
 *
 * What each must answer is what it answers to the same memory when the same
 * driver maps it with PTEs, in a vma of the same type, but for those that
 * report a hole where there is a PUD; the entry afterwards is there if the PTE
 * still is, and the next access finds it huge again. References are never
 * taken. Ordinary memory shows that the call does work in this kernel at all.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "device.h"
#include "process.h"
#include "run.h"
#include "walkers.h"

/* Checks of a group: the walkers, the last one, and the end of the table. */
#define MAX_CHECKS	128

struct walked {
	struct memory memory;
	struct target huge;
	struct target pte;
};

static void setup(void *data)
{
	struct walked *d = data;

	if (target_make(&d->huge, &d->memory))
		target_make_ptes(&d->pte, &d->memory);
}

/* The kernel can do it at all; false if there is no more to say. */
static bool works(const struct walker *w)
{
	struct target t = { .size = NR_PAGES * getpagesize(), .fd = -1 };
	long ret, want = w->ordinary;

	if (w->flags & (NO_CONTROL | ONCE))
		return true;
	/* A page that keeps it apart from memory of the C library. */
	t.addr = ordinary(t.size + getpagesize());
	if (mprotect(t.addr + t.size, getpagesize(), PROT_NONE))
		setup_failed("mprotect: %s", strerror(errno));
	ret = w->run(w, &t);
	munmap(t.addr, t.size + getpagesize());
	if (w->flags & STRICT && nr_nodes() > 1)
		want = -EIO;
	if (ret == want)
		return true;
	if (ret < 0 && ret > DIFFERS(0))
		skip("not in this kernel: %s", strerror(-ret));
	else
		fail("answered %ld to ordinary memory, not %ld", ret,
		     want);
	return false;
}

static const struct walker *walker_of(const struct check *check)
{
	const struct walker *w = walkers;

	while (strcmp(w->name, check->name))
		w++;
	return w;
}

/* It is not there any more. */
static bool gone(struct walked *d)
{
	struct pfnmap_test_entry now = entry_at(d->huge.addr);

	return !now.present && !now.val;
}

/* It has become a page table of special entries, which nothing makes huge again. */
static void table_instead(struct walked *d)
{
	struct pfnmap_test_entry now = entry_at(d->huge.addr);
	uint64_t mark = level_special(PFNMAP_TEST_PTE);

	if (now.level != PFNMAP_TEST_PTE || !now.present ||
	    now.pfn != d->huge.entry.pfn || (now.val & mark) != mark)
		fail("after: entry 0x%llx, level %u, present %u",
		     (unsigned long long)now.val, now.level, now.present);
	target_map(&d->huge);
}

static void check_walker(const struct check *check, void *data)
{
	const struct walker *w = walker_of(check);
	struct walked *d = data;
	bool zapped, table;
	long huge, pte;
	uint64_t val;

	if (!works(w))
		return;
	target_touch(&d->huge);
	if (!target_same_entry(&d->huge, "before"))
		return;
	pte = w->flags & ONCE ? w->ordinary : w->run(w, &d->pte);
	val = entry_at(d->huge.addr).val;
	huge = w->run(w, &d->huge);
	zapped = gone(d) && !entry_at(d->pte.addr).present;
	if (w->flags & REFUSED && pte != -EFAULT)
		fail("answered %ld to PTEs, not %d", pte, -EFAULT);
	if (w->flags & PUD_IS_HOLE && is_mixed(&d->memory) &&
	    d->huge.entry.level == PFNMAP_TEST_PUD) {
		if (huge)
			fail("answered %ld, not 0", huge);
	} else if (huge != pte) {
		fail("answered %ld, but %ld to PTEs", huge, pte);
	}
	table = w->flags & SPLITS_PMD && is_mixed(&d->memory) &&
		d->huge.entry.level == PFNMAP_TEST_PMD;
	if (table)
		table_instead(d);
	else if (!zapped && target_same_entry(&d->huge, "after") &&
		 w->flags & UNTOUCHED && entry_at(d->huge.addr).val != val)
		fail("entry 0x%llx was 0x%llx",
		     (unsigned long long)entry_at(d->huge.addr).val,
		     (unsigned long long)val);

	target_touch(&d->huge);
	target_touch(&d->pte);
	target_same_entry(&d->huge, "at the next access");
	target_same_refs(&d->huge, d->huge.refs, "huge");
	target_same_refs(&d->pte, d->pte.refs, "other");
}

/* Nothing is left behind. */
static void check_release(const struct check *check, void *data)
{
	struct walked *d = data;

	(void)check;
	if (munmap(d->huge.addr, d->huge.size) ||
	    munmap(d->pte.addr, d->pte.size))
		fail("munmap: %s", strerror(errno));
	target_same_refs(&d->huge, d->huge.refs_unmapped, "huge");
	target_same_refs(&d->pte, d->pte.refs_unmapped, "other");
}

static const char *const kinds[] = {
	"pmd.compound",
	"pmd.order0",
	"pmd.no_memmap",
	"pmd.mixed_compound",
	"pmd.mixed_order0",
	"pmd.mixed_no_memmap",
	"pud.mmap_no_memmap",
	"pud.compound",
	"pud.order0",
	"pud.no_memmap",
	"pud.mixed_compound",
	"pud.mixed_order0",
	"pud.mixed_no_memmap",
};

static bool applies(const struct walker *w, const struct memory *m)
{
	return !(w->flags & NOT_RAM && m->backing != PFNMAP_TEST_PHYS);
}

int main(int argc, char **argv)
{
	static struct check checks[ARRAY_SIZE(kinds)][MAX_CHECKS];
	static struct group groups[ARRAY_SIZE(kinds)];
	static struct walked walked[ARRAY_SIZE(kinds)];
	unsigned int i, n;
	struct check *c;

	if (nr_walkers + 2 > MAX_CHECKS)
		setup_failed("MAX_CHECKS is too small");
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		c = checks[i];
		walked[i].memory = memory(kinds[i]);
		for (n = 0; n < nr_walkers; n++) {
			if (!applies(&walkers[n], &walked[i].memory))
				continue;
			c->name = walkers[n].name;
			c++->run = check_walker;
		}
		c->name = "release";
		c++->run = check_release;
		c->name = "";
		snprintf(groups[i].name, sizeof(groups[i].name), "%s",
			 kinds[i]);
		groups[i].setup = setup;
		groups[i].checks = checks[i];
		groups[i].data = &walked[i];
	}
	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
