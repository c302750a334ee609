// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that the tests map, as one table from which each program takes
 * what it is about, and what follows from a row of it alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "device.h"
#include "memory.h"
#include "run.h"

#define ROW(name, level, insert, backing, flags)			\
	{ name, PFNMAP_TEST_##level, PFNMAP_TEST_##insert,		\
	  PFNMAP_TEST_##backing, flags }
#define HF	PFNMAP_TEST_HUGE_FAULT

/* In hidden memory, apart from what the other rows map. */
#define DEVMAP_OFFSET	(16UL << 20)
#define DEVMAP_SIZE	(4UL << 20)

#define SHMEM_DIR	"/tmp/special.shmem"

static const struct memory table[] = {
	/* From ->mmap, as most drivers do. */
	ROW("pte.compound", PTE, REMAP, COMPOUND, 0),
	ROW("pte.order0", PTE, REMAP, ORDER0, 0),
	ROW("pte.highorder", PTE, REMAP, HIGHORDER, 0),
	ROW("pte.no_memmap", PTE, REMAP, PHYS, 0),
	ROW("pte.fault_compound", PTE, FAULT_PFN, COMPOUND, 0),
	ROW("pte.fault_order0", PTE, FAULT_PFN, ORDER0, 0),
	ROW("pte.fault_no_memmap", PTE, FAULT_PFN, PHYS, 0),
	ROW("pte.mixed_order0", PTE, FAULT_MIXED, ORDER0, 0),
	ROW("pte.mixed_no_memmap", PTE, FAULT_MIXED, PHYS, 0),
	/* Not special: anybody may take the pages. */
	ROW("pte.insert_page", PTE, PAGE, ORDER0, 0),
	ROW("pte.devmap", PTE, FAULT_MIXED, DEVMAP, 0),

	/* From ->fault, which is where any kernel has huge PFNs from. */
	ROW("pmd.compound", PMD, FAULT_PFN, COMPOUND, 0),
	ROW("pmd.order0", PMD, FAULT_PFN, ORDER0, 0),
	ROW("pmd.highorder", PMD, FAULT_PFN, HIGHORDER, 0),
	ROW("pmd.no_memmap", PMD, FAULT_PFN, PHYS, 0),
	ROW("pmd.mixed_compound", PMD, FAULT_MIXED, COMPOUND, 0),
	ROW("pmd.mixed_order0", PMD, FAULT_MIXED, ORDER0, 0),
	ROW("pmd.mixed_no_memmap", PMD, FAULT_MIXED, PHYS, 0),
	ROW("pmd.devmap", PMD, FAULT_MIXED, DEVMAP, 0),

	/* From ->huge_fault; before ->fault there is a page table already. */
	ROW("pud.compound", PUD, FAULT_PFN, COMPOUND, HF),
	ROW("pud.order0", PUD, FAULT_PFN, ORDER0, HF),
	ROW("pud.highorder", PUD, FAULT_PFN, HIGHORDER, HF),
	ROW("pud.no_memmap", PUD, FAULT_PFN, PHYS, HF),
	ROW("pud.mixed_compound", PUD, FAULT_MIXED, COMPOUND, HF),
	ROW("pud.mixed_order0", PUD, FAULT_MIXED, ORDER0, HF),
	ROW("pud.mixed_no_memmap", PUD, FAULT_MIXED, PHYS, HF),
	ROW("pud.devmap", PUD, FAULT_MIXED, DEVMAP, HF),
	/* As a driver does that makes it before anybody faults. */
	ROW("pmd.mmap_no_memmap", PMD, MMAP_HUGE, PHYS, 0),
	ROW("pud.mmap_no_memmap", PUD, MMAP_HUGE, PHYS, 0),
};

struct memory memory(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (!strcmp(table[i].name, name))
			return table[i];
	setup_failed("no row of the table is %s", name);
}

int memory_open_at(const struct memory *m, size_t size, uint64_t phys)
{
	int fd = device_map((struct pfnmap_test_map){
		.backing = m->backing,
		.insert = m->insert,
		.level = m->level,
		.flags = m->flags,
		.size = size,
		.phys = phys,
	});

	if (fd < 0)
		skip("no contiguous RAM of %zu bytes", size);
	return fd;
}

int memory_open(const struct memory *m, size_t size, uint64_t *phys)
{
	uint64_t offset, hidden = 0;

	if (m->backing == PFNMAP_TEST_DEVMAP && !info()->devmap) {
		skip("no ZONE_DEVICE or no devmap bit");
		return -1;
	}
	if (m->backing >= PFNMAP_TEST_PHYS &&
	    !need_hidden(&hidden, level_size(m->level)))
		return -1;
	if (m->backing == PFNMAP_TEST_DEVMAP) {
		size = DEVMAP_SIZE;
		offset = DEVMAP_OFFSET;
		/* One that is huge is aligned, and has all that it maps. */
		if (m->level == PFNMAP_TEST_PMD && size < info()->pmd_size)
			size = info()->pmd_size;
		if (m->level == PFNMAP_TEST_PMD && offset < info()->pmd_size)
			offset = info()->pmd_size;
		hidden += offset;
	}
	if (phys)
		*phys = hidden;
	return memory_open_at(m, size, hidden);
}

bool is_mixed(const struct memory *m)
{
	return m->insert == PFNMAP_TEST_FAULT_MIXED;
}

bool is_counted(const struct memory *m)
{
	return is_mixed(m) && m->backing < PFNMAP_TEST_PHYS &&
	       !info()->pte_special;
}

bool skip_counted(const struct memory *m)
{
	if (is_counted(m))
		skip("RAM in VM_MIXEDMAP is ordinary where a PTE cannot be special");
	return is_counted(m);
}

unsigned int entry_level(const struct memory *m)
{
	if (m->level == PFNMAP_TEST_PMD && !info()->pmd_special)
		return PFNMAP_TEST_PTE;
	return m->level;
}

int huge_shmem(void)
{
	int fd;

	mkdir(SHMEM_DIR, 0700);
	if (mount("shmem", SHMEM_DIR, "tmpfs", 0, "huge=always"))
		return -1;
	fd = open(SHMEM_DIR, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	/* The open file keeps it. */
	umount2(SHMEM_DIR, MNT_DETACH);
	if (fd >= 0 && ftruncate(fd, 2 * info()->pmd_size)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

bool hidden_memory(uint64_t *phys, uint64_t *size)
{
	static const char key[] = "special.phys=";
	char line[4096] = "", *p;
	bool found = false;
	FILE *f;

	f = fopen("/proc/cmdline", "r");
	if (f && fgets(line, sizeof(line), f)) {
		p = strstr(line, key);
		if (p) {
			*phys = strtoull(p + strlen(key), &p, 0);
			*size = *p == ',' ? strtoull(p + 1, NULL, 0) : 0;
			found = *size != 0;
		}
	}
	if (f)
		fclose(f);
	return found;
}

bool need_hidden(uint64_t *phys, uint64_t align)
{
	uint64_t size;

	if (!hidden_memory(phys, &size)) {
		skip("no hidden memory: special.phys= is not given");
		return false;
	}
	*phys += -*phys % align;
	return true;
}
