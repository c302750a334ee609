// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the mappings of pte.c, pmd.c, exec.c and dax.c, does something to them,
 * and judges what every entry point of GUP says.
 *
 * What an entry point must answer follows from the kind alone: see fast_takes()
 * and slow_answer().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "device.h"
#include "gup_matrix.h"
#include "pci.h"
#include "process.h"
#include "run.h"

static bool counted(const struct mapping *m)
{
	return m->memory.insert == PFNMAP_TEST_PAGE || is_counted(&m->memory);
}

static bool fast_takes(const struct mapping *m, const struct gup_entry *e)
{
	if (!info()->fast_gup || !(m->kind.normal || counted(m)))
		return false;
	/* The lockless walk cannot see whether devmap means a filesystem. */
	return !(m->kind.devmap && e->flags & PFNMAP_TEST_LONGTERM);
}

static long slow_answer(const struct mapping *m)
{
	if (m->kind.vma_refuses)
		return -EFAULT;
	return m->kind.normal || counted(m) ? NR_PAGES : -EFAULT;
}

static long answer(const struct mapping *m, const struct gup_entry *e)
{
	if (e->fast && fast_takes(m, e))
		return NR_PAGES;
	return e->slow ? slow_answer(m) : 0;
}

/* Where the checks have to find the entry. */
static unsigned int expected_level(const struct mapping *m)
{
	if (m->memory.level < PFNMAP_TEST_PMD || m->op->splits)
		return PFNMAP_TEST_PTE;
	/* A huge special entry that cannot be marked must not be there. */
	if (m->kind.special && !level_special(m->memory.level))
		return PFNMAP_TEST_PTE;
	return m->memory.level;
}

/* Room for the mapping, aligned so that a huge entry fits. */
static char *room(const struct mapping *m)
{
	char *addr = aligned_room(m->size, level_size(m->memory.level));

	if (!addr)
		setup_failed("mmap: %s", strerror(errno));
	return addr;
}

/* Where caches alias, the kernel knows best which addresses will do for a PTE. */
void map_fd(struct mapping *m, int fd, int prot, int flags, off_t off)
{
	char *addr = NULL;

	if (m->memory.level > PFNMAP_TEST_PTE) {
		addr = room(m);
		flags |= MAP_FIXED;
	}
	m->addr = mmap(addr, m->size, prot, flags, fd, off);
	if (m->addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
}

/*
 * Fault everything in; entries that a driver inserts at once are there. Of
 * more than a PMD only a page of each: it would be as much of the host's RAM.
 */
static void touch(struct mapping *m)
{
	size_t off, page = getpagesize();
	size_t step = m->size > info()->pmd_size ? info()->pmd_size : page;

	for (off = 0; off < m->size; off += off < NR_PAGES * page ? page : step) {
		if (m->kind.readonly)
			(void)*(volatile char *)(m->addr + off);
		else
			*(volatile char *)(m->addr + off) = 1;
	}
}

void read_refs(struct mapping *m, int *refs)
{
	int i;

	for (i = 0; m->fd >= 0 && i < MAP_PAGES; i++)
		refs[i] = refs_of(m->fd, i).refcount;
}

static void make_device(struct mapping *m)
{
	int prot = PROT_READ | PROT_WRITE | (m->kind.exec ? PROT_EXEC : 0);

	m->fd = memory_open(&m->memory, m->size, NULL);
	if (m->fd < 0)
		return;		/* skipped */
	m->pfn = refs_of(m->fd, 0).pfn;
	read_refs(m, m->refs_unmapped);
	map_fd(m, m->fd, prot, MAP_SHARED, 0);
}

void kill_devmap(struct mapping *m)
{
	if (ioctl(m->fd, PFNMAP_TEST_KILL))
		setup_failed("PFNMAP_TEST_KILL: %s", strerror(errno));
	m->fd = -1;
}

void make_anon(struct mapping *m)
{
	m->addr = ordinary(m->size);
}

static int devmem_open(void)
{
	int fd = open("/dev/mem", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		setup_failed("/dev/mem: %s; is CONFIG_DEVMEM set?",
			     strerror(errno));
	return fd;
}

/* RAM that belongs to the test device, seen through /dev/mem. */
void make_devmem_ram(struct mapping *m)
{
	m->fd = device_map((struct pfnmap_test_map){
		.backing = PFNMAP_TEST_ORDER0,
		.insert = PFNMAP_TEST_REMAP,
		.level = PFNMAP_TEST_PTE,
		.size = m->size,
	});
	m->pfn = refs_of(m->fd, 0).pfn;
	read_refs(m, m->refs_unmapped);
	m->addr = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       devmem_open(), m->pfn * getpagesize());
	/* EINVAL: x86 with PAT; EPERM: CONFIG_STRICT_DEVMEM. */
	if (m->addr == MAP_FAILED && (errno == EINVAL || errno == EPERM)) {
		skip("/dev/mem does not map RAM: %s", strerror(errno));
		m->addr = NULL;
	} else if (m->addr == MAP_FAILED) {
		setup_failed("mmap: %s", strerror(errno));
	}
}

void make_devmem(struct mapping *m)
{
	bool private = m->kind.cow || m->kind.readonly;
	uint64_t phys;

	if (!need_hidden(&phys, getpagesize()))
		return;
	m->pfn = phys / getpagesize();
	map_fd(m, devmem_open(), PROT_READ | PROT_WRITE,
	       private ? MAP_PRIVATE : MAP_SHARED, phys);
	/* A hypervisor may know that it is RAM, and want it to be cached. */
	if (access_at(m->addr, false, 0)) {
		skip("/dev/mem cannot be used for memory without struct pages");
		m->addr = NULL;
	}
}

void make_pci_bar(struct mapping *m)
{
	uint64_t phys;
	int fd = pci_bar(m->size, &phys);

	if (fd < 0) {
		skip("no PCI device with a memory BAR that can be mapped");
		return;
	}
	m->pfn = phys / getpagesize();
	map_fd(m, fd, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
}

static void protect(struct mapping *m, int prot)
{
	if (m->kind.exec && prot != PROT_NONE)
		prot |= PROT_EXEC;
	if (mprotect(m->addr, m->size, prot))
		setup_failed("mprotect: %s", strerror(errno));
}

void op_mprotect(struct mapping *m)
{
	protect(m, PROT_READ);
	protect(m, PROT_READ | PROT_WRITE);
}

void op_mprotect_none(struct mapping *m)
{
	protect(m, PROT_NONE);
	protect(m, PROT_READ | PROT_WRITE);
}

/* The checks go on in the child, which shares the fate of its parent. */
void op_fork(struct mapping *m)
{
	pid_t pid;

	pid = fork();
	if (!pid)
		return;
	if (pid < 0 && m->kind.cow) {
		m->addr = NULL;
		skip("fork() of a copied page failed: %s", strerror(errno));
		return;
	}
	if (pid < 0)
		setup_failed("fork: %s", strerror(errno));
	end_as_child(pid);
}

void op_mremap(struct mapping *m)
{
	size_t align = level_size(PFNMAP_TEST_PMD);
	char *to;

	/* At the same place in another PMD: of the same colour, so to say. */
	if (m->memory.level > PFNMAP_TEST_PMD)
		align = level_size(m->memory.level);
	to = aligned_room(m->size + align, align);
	if (!to)
		setup_failed("mmap: %s", strerror(errno));
	to += (uintptr_t)m->addr % align;
	if (mremap(m->addr, m->size, m->size, MREMAP_MAYMOVE | MREMAP_FIXED,
		   to) == MAP_FAILED)
		setup_failed("mremap: %s", strerror(errno));
	m->addr = to;
}

void op_munmap(struct mapping *m)
{
	m->size /= 2;
	if (munmap(m->addr + m->size, m->size))
		setup_failed("munmap: %s", strerror(errno));
}

void op_none(struct mapping *m)
{
	(void)m;
}

static void setup(void *data)
{
	struct mapping *m = data;

	stay_on_one_cpu();
	m->size = m->memory.level < PFNMAP_TEST_PMD ?
		  (size_t)MAP_PAGES * getpagesize() :
		  level_size(m->memory.level);
	m->fd = -1;
	m->kind.make(m);
	if (!m->addr)
		return;		/* skipped */
	touch(m);
	read_refs(m, m->refs_mapped);
	m->op->run(m);
	if (!m->addr)
		return;		/* skipped */
	/* fork and mprotect leave anonymous memory to the next write fault. */
	if (m->op->refaults || (!m->kind.special && !m->kind.devmap) ||
	    (m->op->splits_pud && m->memory.level == PFNMAP_TEST_PUD))
		touch(m);
	if (m->op->run != op_none)
		read_refs(m, m->refs_mapped);
	if (m->kind.finish)
		m->kind.finish(m);
}

/* An entry of the right level is installed and maps what the kind says. */
static bool installed(struct mapping *m, struct pfnmap_test_entry *entry,
		      unsigned int i)
{
	*entry = entry_at(m->addr + i * getpagesize());
	if (entry->level != expected_level(m) || !entry->present) {
		fail("page %u: level %u, not %u, present %u, entry 0x%llx", i,
		     entry->level, expected_level(m), entry->present,
		     (unsigned long long)entry->val);
		return false;
	}
	if (m->pfn && (entry->pfn == m->pfn + i) == m->kind.cow) {
		fail("page %u: entry 0x%llx maps pfn 0x%llx, backing is 0x%llx",
		     i, (unsigned long long)entry->val,
		     (unsigned long long)entry->pfn,
		     (unsigned long long)(m->pfn + i));
		return false;
	}
	return true;
}

static void check_entry(const struct check *check, void *data)
{
	struct pfnmap_test_entry entry;
	struct mapping *m = data;
	uint64_t bit = level_special(expected_level(m));
	bool want = m->kind.special && bit;
	unsigned int i;

	(void)check;
	for (i = 0; i < NR_PAGES; i++) {
		if (!installed(m, &entry, i))
			return;
		if (!!(entry.val & bit) != want) {
			fail("page %u: entry 0x%llx is %sspecial", i,
			     (unsigned long long)entry.val, want ? "not " : "");
			return;
		}
	}
}

static void same_refs(struct mapping *m, const int *want, unsigned int nr)
{
	unsigned int i;
	int refs;

	for (i = 0; m->fd >= 0 && i < nr; i++) {
		refs = refs_of(m->fd, i).refcount;
		if (refs != want[i]) {
			fail("page %u has %d references, not %d", i, refs,
			     want[i]);
			return;
		}
	}
}

static void check_gup(const struct check *check, void *data)
{
	const struct gup_entry *e = check->entry;
	struct pfnmap_test_entry entry;
	struct mapping *m = data;
	long want = answer(m, e), ret;
	unsigned long pins = 0;
	uint64_t pfn = 0;

	/* An entry of the wrong level fails the check, and is tried as well. */
	if (!installed(m, &entry, 0) && !entry.present)
		return;
	/* The same call, on memory that it must take: the path is really run. */
	ret = gup(e, ordinary(NR_PAGES * getpagesize()), NR_PAGES, NULL);
	if (ret != (e->slow || info()->fast_gup ? NR_PAGES : 0)) {
		fail("returned %ld on ordinary memory", ret);
		return;
	}

	if (e->pin)
		pins = pins_acquired();
	ret = gup(e, m->addr, NR_PAGES, &pfn);
	if (ret != want)
		fail("returned %ld, not %ld", ret, want);
	if (ret > 0 && pfn && pfn != entry.pfn)
		fail("took pfn 0x%llx, the entry maps 0x%llx",
		     (unsigned long long)pfn, (unsigned long long)entry.pfn);
	if (e->pin && want <= 0 && pins_acquired() != pins)
		fail("%lu pins were taken", pins_acquired() - pins);
	if (!m->kind.cow)
		same_refs(m, m->refs_mapped, NR_PAGES);
}

/* Nothing is left behind, and nothing that was not taken is given back. */
static void check_release(const struct check *check, void *data)
{
	struct mapping *m = data;
	int i, want[MAP_PAGES];

	(void)check;
	if (munmap(m->addr, m->size)) {
		fail("munmap: %s", strerror(errno));
		return;
	}
	for (i = 0; i < MAP_PAGES; i++) {
		want[i] = m->refs_unmapped[i];
		/* The parent's mapping is still there. */
		if (counted(m) && m->op->run == op_fork)
			want[i]++;
	}
	same_refs(m, want, MAP_PAGES);
}

/* What follows from the memory. */
static void complete(struct mapping *m, const struct kind *k)
{
	bool inserts_pages;

	m->kind = *k;
	if (!k->memory) {
		m->memory.level = k->level;
		return;
	}
	m->memory = memory(k->memory);
	inserts_pages = m->memory.insert == PFNMAP_TEST_PAGE;
	m->kind.make = make_device;
	m->kind.normal |= inserts_pages;
	/* Where there is a devmap bit, pte_mkdevmap() sets the special bit too. */
	m->kind.special = !inserts_pages;
	m->kind.devmap = m->memory.backing == PFNMAP_TEST_DEVMAP;
	m->kind.vma_refuses = !inserts_pages && !is_mixed(&m->memory);
}

int run_mappings_and(const struct kind *kinds,
		     const struct operation *operations,
		     const struct group *more, unsigned int nr, int argc,
		     char **argv)
{
	static struct group groups[MAX_MAPPINGS];
	static struct mapping mappings[MAX_MAPPINGS];
	static struct check checks[64];
	const struct operation *op;
	unsigned int i, n = 0;
	const struct kind *k;

	checks[n++] = (struct check){ "entry", check_entry, NULL };
	for (i = 0; i < nr_gup_entries; i++)
		checks[n++] = (struct check){ gup_entries[i].name, check_gup,
					      &gup_entries[i] };
	checks[n++] = (struct check){ "release", check_release, NULL };
	checks[n].name = "";

	n = 0;
	for (k = kinds; k->name; k++) {
		for (op = operations; op->name; op++, n++) {
			if (n == MAX_MAPPINGS)
				setup_failed("MAX_MAPPINGS is too small");
			complete(&mappings[n], k);
			mappings[n].op = op;
			snprintf(groups[n].name, sizeof(groups[n].name),
				 "%s.%s", k->name, op->name);
			groups[n].setup = setup;
			groups[n].checks = checks;
			groups[n].data = &mappings[n];
		}
	}
	if (n + nr > MAX_MAPPINGS)
		setup_failed("MAX_MAPPINGS is too small");
	if (nr)
		memcpy(&groups[n], more, nr * sizeof(*more));
	return run_groups(groups, n + nr, argc, argv);
}

int run_mappings(const struct kind *kinds, const struct operation *operations,
		 int argc, char **argv)
{
	return run_mappings_and(kinds, operations, NULL, 0, argc, argv);
}
