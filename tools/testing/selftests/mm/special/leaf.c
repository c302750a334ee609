// SPDX-License-Identifier: GPL-2.0
/*
 * A PUD that maps memory must never be walked as a page table: whoever can
 * write to that memory would choose what gets pinned. The memory mapped here
 * does hold a page-table entry, at the place where the walk would look for one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "device.h"
#include "gup.h"
#include "memory.h"
#include "process.h"
#include "run.h"

/* The entry of the table that the walk would use. */
#define SLOT	1

struct leaf {
	char *base;		/* of the mapping, one PUD long */
	char *target;		/* an ordinary page */
	char *addr;		/* whose walk would end at that page */
};

static void setup(void *data)
{
	uint64_t pud_size = info()->pud_size, pmd_size = info()->pmd_size;
	const struct memory m = memory("pud.mmap_no_memmap");
	struct pfnmap_test_entry target;
	struct leaf *leaf = data;
	char *room;
	int fd;

	if ((size_t)pud_size != pud_size) {
		skip("a PUD maps more than the address space");
		return;
	}
	room = aligned_room(pud_size, pud_size);
	if (!room) {
		skip("no room for a PUD: %s", strerror(errno));
		return;
	}

	/* From physical address 0: RAM, so that there are struct pages. */
	fd = memory_open_at(&m, pud_size, 0);
	leaf->base = mmap(room, pud_size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, fd, 0);
	if (leaf->base == MAP_FAILED && errno == EOPNOTSUPP) {
		skip("a driver cannot insert a PUD");
		return;
	}
	if (leaf->base == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));

	leaf->target = ordinary(getpagesize());
	target = entry_at(leaf->target);
	if (target.level != PFNMAP_TEST_PTE)
		setup_failed("the target is not mapped by a PTE");
	leaf->addr = leaf->base + SLOT * pmd_size +
		     (uintptr_t)leaf->target % pmd_size;
	((unsigned long *)leaf->base)[SLOT] = target.table;
}

static void check_walk(const struct check *check, void *data)
{
	struct leaf *leaf = data;
	struct pfnmap_test_entry entry = entry_at(leaf->addr);
	struct pfnmap_test_entry target = entry_at(leaf->target);
	uint64_t pfn = 0;
	long ret;

	if (entry.level != PFNMAP_TEST_PUD || !entry.present) {
		fail("level %u, present %u, entry 0x%llx", entry.level,
		     entry.present, (unsigned long long)entry.val);
		return;
	}
	/* The page that the data in the leaf points to can be taken. */
	ret = gup(check->entry, leaf->target, 1, NULL);
	if (ret != (long)info()->fast_gup) {
		fail("returned %ld on ordinary memory", ret);
		return;
	}
	ret = gup(check->entry, leaf->addr, 1, &pfn);
	if (ret > 0 && pfn == target.pfn)
		fail("took the page that data in the mapping points to");
	else if (ret > 0 && pfn != entry.pfn)
		fail("took pfn 0x%llx, the entry maps 0x%llx",
		     (unsigned long long)pfn, (unsigned long long)entry.pfn);
	else if (ret < 0 || ret > 1)
		fail("returned %ld", ret);
}

int main(int argc, char **argv)
{
	static struct check checks[16];
	static struct leaf leaf;
	struct group group = { .name = "pud", .setup = setup, .checks = checks,
			       .data = &leaf };
	unsigned int i, n = 0;

	for (i = 0; i < nr_gup_entries; i++)
		if (gup_entries[i].fast && !gup_entries[i].slow)
			checks[n++] = (struct check){ gup_entries[i].name,
						      check_walk,
						      &gup_entries[i] };
	checks[n].name = "";
	return run_groups(&group, 1, argc, argv);
}
