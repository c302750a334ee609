// SPDX-License-Identifier: GPL-2.0
/*
 * Who takes all access from memory that a driver maps leaves a page frame in
 * an entry that is not present. On a processor with L1TF that must be a
 * harmless one, unless the caller may do worse anyway; of every level alike.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "device.h"
#include "memory.h"
#include "process.h"
#include "run.h"

#define NOBODY	65534

struct protected {
	const char *kind;
	bool high;		/* beyond what the processor can cache */

	struct memory memory;
	char *addr;
	size_t size;
};

/* A PUD that cannot be marked comes as PMDs, and those as PTEs. */
static unsigned int highest_level(const struct protected *m)
{
	unsigned int level = m->memory.level;

	if (level == PFNMAP_TEST_PUD && !info()->pud_special)
		level = PFNMAP_TEST_PMD;
	if (level == PFNMAP_TEST_PMD && !info()->pmd_special)
		level = PFNMAP_TEST_PTE;
	return level;
}

/* In the upper half of physical addresses, where no machine of ours has RAM. */
static uint64_t upper_half(void)
{
	FILE *f = fopen("/proc/cpuinfo", "r");
	unsigned int bits = 0;
	char line[4096];

	while (f && !bits && fgets(line, sizeof(line), f))
		if (sscanf(line, "address sizes : %u bits physical", &bits) != 1)
			bits = 0;
	if (f)
		fclose(f);
	return bits ? 3ULL << (bits - 2) : 0;
}

static void touch(struct protected *m)
{
	unsigned int level = highest_level(m);
	struct pfnmap_test_entry entry;

	(void)*(volatile char *)m->addr;
	entry = entry_at(m->addr);
	if (!entry.present || entry.level != level)
		fail("level %u, not %u, present %u, entry 0x%llx", entry.level,
		     level, entry.present, (unsigned long long)entry.val);
}

static void setup(void *data)
{
	struct protected *m = data;
	uint64_t phys;
	int fd;

	m->memory = memory(m->kind);
	m->memory.flags = PFNMAP_TEST_HUGE_FAULT;
	m->size = level_size(m->memory.level);
	if (m->memory.level == PFNMAP_TEST_PUD && !info()->pud_special)
		m->size = info()->pmd_size;
	if (!need_hidden(&phys, m->size))
		return;
	/* What the processor does not say nobody looks at either. */
	if (m->high && upper_half())
		phys = upper_half();
	phys += -phys % m->size;
	fd = memory_open_at(&m->memory, m->size, phys);
	m->addr = aligned_room(m->size, m->size);
	if (!m->addr)
		setup_failed("mmap: %s", strerror(errno));
	m->addr = mmap(m->addr, m->size, PROT_READ, MAP_SHARED | MAP_FIXED, fd,
		       0);
	if (m->addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	touch(m);
}

static void try(struct protected *m, bool refused)
{
	struct pfnmap_test_entry before, after;
	int ret;

	touch(m);
	before = entry_at(m->addr);
	ret = mprotect(m->addr, m->size, PROT_NONE) ? errno : 0;
	after = entry_at(m->addr);
	if (ret != (refused ? EACCES : 0))
		fail("mprotect: %s", strerror(ret));
	if (refused && after.val != before.val)
		fail("the entry is 0x%llx now, it was 0x%llx",
		     (unsigned long long)after.val,
		     (unsigned long long)before.val);
	if (mprotect(m->addr, m->size, PROT_READ))
		fail("mprotect back: %s", strerror(errno));
	else
		touch(m);
}

static void check_root(const struct check *check, void *data)
{
	(void)check;
	try(data, false);
}

static void check_user(const struct check *check, void *data)
{
	struct protected *m = data;

	(void)check;
	if (setuid(NOBODY))
		fail("setuid: %s", strerror(errno));
	try(m, m->high && has_l1tf());
}

int main(int argc, char **argv)
{
	static const struct check checks[] = {
		{ "root", check_root, NULL },
		{ "user", check_user, NULL },
		{ "", NULL, NULL }
	};
	static struct protected mappings[] = {
		{ .kind = "pte.fault_no_memmap" },
		{ .kind = "pte.fault_no_memmap", .high = true },
		{ .kind = "pmd.no_memmap" },
		{ .kind = "pmd.no_memmap", .high = true },
		{ .kind = "pud.no_memmap" },
		{ .kind = "pud.no_memmap", .high = true },
	};
	struct group groups[] = {
		{ "pte.low", setup, checks, &mappings[0] },
		{ "pte.high", setup, checks, &mappings[1] },
		{ "pmd.low", setup, checks, &mappings[2] },
		{ "pmd.high", setup, checks, &mappings[3] },
		{ "pud.low", setup, checks, &mappings[4] },
		{ "pud.high", setup, checks, &mappings[5] },
	};

	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
