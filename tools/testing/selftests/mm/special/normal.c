// SPDX-License-Identifier: GPL-2.0
/*
 * Huge entries that are not special stay as they are: devmap, anonymous huge
 * pages, those of shared memory and the huge zero page. And where a write makes
 * a copy, an ordinary page: the private mapping of a driver that would insert
 * huge entries.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "device.h"
#include "gup.h"
#include "memory.h"
#include "process.h"
#include "run.h"

#define DEVMAP_ALIGN	(16UL << 20)
#define RW		(PROT_READ | PROT_WRITE)

/* What the backing of a private mapping holds, and what its users write. */
#define BACKING	0x5a
#define OURS	0x25
#define CHILD	0x77

/**
 * struct normal - a mapping
 * @kind: what a driver maps, see memory(); NULL for anonymous memory
 * @flags: PFNMAP_TEST_HUGE_FAULT and so on
 * @write_first: a copy is asked for before anything is mapped
 * @fd: the device, or -1
 * @shmem: the file in shared memory
 * @addr: two entries, or one PUD
 * @size: bytes
 * @pfn: of the first page
 * @refs: of that page, before it was mapped
 */
struct normal {
	const char *kind;
	unsigned int flags;
	bool write_first;

	struct memory memory;
	int fd;
	int shmem;
	char *addr;
	size_t size;
	uint64_t pfn;
	int refs;
};

static char *huge_room(struct normal *n)
{
	uint64_t entry = level_size(n->memory.level);
	char *room;

	n->size = n->memory.level == PFNMAP_TEST_PUD ? entry : 2 * entry;
	room = aligned_room(n->size, entry);
	if (!room)
		setup_failed("mmap: %s", strerror(errno));
	return room;
}

static void map_at(struct normal *n, char *room, int flags, int fd)
{
	n->addr = mmap(room, n->size, RW, flags | MAP_FIXED, fd, 0);
	if (n->addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
}

/* False if it was skipped. */
static bool open_device(struct normal *n)
{
	uint64_t phys = 0, size = 0, align = level_size(n->memory.level);

	if (n->memory.backing >= PFNMAP_TEST_PHYS) {
		if (!hidden_memory(&phys, &size)) {
			skip("no hidden memory: special.phys= is not given");
			return false;
		}
		/* What a struct dev_pagemap covers is aligned as well. */
		if (align < DEVMAP_ALIGN)
			align = DEVMAP_ALIGN;
		size -= -phys % align;
		phys += -phys % align;
		if (size < n->size) {
			skip("not enough hidden memory");
			return false;
		}
	}
	n->fd = memory_open_at(&n->memory, n->size, phys);
	if (n->fd < 0)
		return false;
	n->pfn = refs_of(n->fd, 0).pfn;
	n->refs = refs_of(n->fd, 0).refcount;
	return true;
}

static void setup_devmap(void *data)
{
	struct normal *n = data;
	char *room;

	if (!info()->devmap) {
		skip("no ZONE_DEVICE or no devmap bit");
		return;
	}
	if (n->memory.level == PFNMAP_TEST_PUD && !info()->pud_special) {
		skip("a driver cannot insert a PUD");
		return;
	}
	room = huge_room(n);
	if (!open_device(n))
		return;
	map_at(n, room, MAP_SHARED, n->fd);
	*(volatile char *)n->addr = 1;
	*(volatile char *)(n->addr + n->size / 2) = 1;
}

/* Whether there are huge pages at all: not on a machine with little RAM. */
static bool thp(void)
{
	char line[80] = "";
	FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");

	if (f && !fgets(line, sizeof(line), f))
		line[0] = 0;
	if (f)
		fclose(f);
	if (line[0] && !strstr(line, "[never]"))
		return true;
	skip("no transparent huge pages");
	return false;
}

static void map_huge(struct normal *n)
{
	map_at(n, huge_room(n), MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (madvise(n->addr, n->size, MADV_HUGEPAGE))
		setup_failed("MADV_HUGEPAGE: %s", strerror(errno));
}

static void setup_anon(void *data)
{
	size_t off, step = info()->pmd_size / 16;
	struct normal *n = data;

	n->fd = -1;
	if (!thp())
		return;
	map_huge(n);
	for (off = 0; off < n->size; off += step) {
		memset(n->addr + off, 1, step);
		progress();
	}
}

static void setup_shmem(void *data)
{
	struct pfnmap_test_entry e;
	struct normal *n = data;

	n->fd = -1;
	if (!thp())
		return;
	n->shmem = huge_shmem();
	if (n->shmem < 0)
		setup_failed("tmpfs with huge pages: %s", strerror(errno));
	map_at(n, huge_room(n), MAP_SHARED, n->shmem);
	*(volatile char *)n->addr = 1;
	*(volatile char *)(n->addr + n->size / 2) = 1;
	e = entry_at(n->addr);
	if (e.level != n->memory.level)
		skip("no huge pages of shared memory");
}

static void setup_zero(void *data)
{
	struct normal *n = data;

	n->fd = -1;
	if (!thp())
		return;
	map_huge(n);
	(void)*(volatile char *)n->addr;
	(void)*(volatile char *)(n->addr + n->size / 2);
}

/* A huge entry that anybody may pin. */
static bool plain(struct normal *n, struct pfnmap_test_entry *e)
{
	*e = entry_at(n->addr);
	if (e->level == n->memory.level && e->present &&
	    !(e->val & level_special(n->memory.level)) &&
	    (!n->pfn || e->pfn == n->pfn))
		return true;
	fail("level %u, present %u, entry 0x%llx, pfn 0x%llx", e->level,
	     e->present, (unsigned long long)e->val,
	     (unsigned long long)e->pfn);
	return false;
}

static void same_refs(struct normal *n)
{
	int refs;

	if (n->fd < 0)
		return;
	refs = refs_of(n->fd, 0).refcount;
	if (refs != n->refs)
		fail("the first page has %d references, not %d", refs, n->refs);
}

static void check_entry(const struct check *check, void *data)
{
	struct pfnmap_test_entry e;

	(void)check;
	plain(data, &e);
}

/* Call @entry and hold it to @want pages, of which the first is @pfn. */
static void takes(const struct gup_entry *entry, char *addr, long want,
		  uint64_t pfn)
{
	uint64_t took = 0;
	long ret = gup(entry, addr, NR_PAGES, &took);

	if (ret != want)
		fail("%s returned %ld, not %ld", entry->name, ret, want);
	if (ret > 0 && took && took != pfn)
		fail("%s took pfn 0x%llx, the entry maps 0x%llx", entry->name,
		     (unsigned long long)took, (unsigned long long)pfn);
}

static void check_gup(const struct check *check, void *data)
{
	const struct gup_entry *g;
	struct pfnmap_test_entry e;
	struct normal *n = data;
	unsigned int i;
	bool fast;

	(void)check;
	if (!plain(n, &e))
		return;
	for (i = 0; i < nr_gup_entries; i++) {
		g = &gup_entries[i];
		/* The lockless walk cannot see a filesystem behind devmap. */
		fast = info()->fast_gup &&
		       !(n->memory.backing == PFNMAP_TEST_DEVMAP &&
			 g->flags & PFNMAP_TEST_LONGTERM);
		takes(g, n->addr, g->slow || fast ? NR_PAGES : 0, e.pfn);
	}
	/* None of them needed another entry. */
	plain(n, &e);
	same_refs(n);
}

/* Half of the pages asked for end the huge page, behind them are a driver's. */
static void check_neighbour(const struct check *check, void *data)
{
	const struct memory special = memory("pmd.order0");
	struct normal *n = data;
	char *border = n->addr + n->size / 2;
	const struct gup_entry *g;
	struct pfnmap_test_entry e;
	unsigned int i, half = NR_PAGES / 2;
	int fd = memory_open(&special, n->size / 2, NULL);
	uint64_t last;

	(void)check;
	if (fd < 0)
		return;		/* skipped */
	if (mmap(border, n->size / 2, RW, MAP_SHARED | MAP_FIXED, fd, 0) ==
	    MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	*(volatile char *)border = 1;
	if (!plain(n, &e))
		return;
	last = e.pfn + n->size / 2 / getpagesize() - half;
	for (i = 0; i < nr_gup_entries; i++) {
		g = &gup_entries[i];
		/* What it cannot take of direct I/O the page cache does. */
		if (g->call >= PFNMAP_TEST_NR_CALLS)
			continue;
		takes(g, border - half * getpagesize(),
		      g->slow || info()->fast_gup ? half : 0, last);
		takes(g, border, g->slow ? -EFAULT : 0, 0);
	}
	plain(n, &e);
	close(fd);
	if (mmap(border, n->size / 2, RW, MAP_SHARED | MAP_FIXED, n->shmem,
		 n->size / 2) == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
}

/*
 * As a debugger sets a breakpoint: where instructions may be the caches are
 * flushed by the address.
 */
static void check_exec_mem_write(const struct check *check, void *data)
{
	struct normal *n = data;
	char *at = n->addr + n->size / 4 + sizeof(uint64_t);
	uint64_t word = 0x0123456789abcdefULL;
	struct pfnmap_test_entry e;
	long ret;

	(void)check;
	if (mprotect(n->addr, n->size, RW | PROT_EXEC))
		return fail("PROT_EXEC: %s", strerror(errno));
	if (!plain(n, &e))
		return;
	ret = proc_mem(true, at, &word, sizeof(word));
	if (ret != sizeof(word))
		fail("/proc/self/mem wrote %ld bytes", ret);
	if (memcmp(at, &word, sizeof(word)))
		fail("what was written is not there");
	plain(n, &e);
	if (mprotect(n->addr, n->size, RW))
		fail("read and write: %s", strerror(errno));
}

/* Nobody may reach the page now, but it is there all the time. */
static void check_prot_none(const struct check *check, void *data)
{
	struct pfnmap_test_entry before, e;
	struct normal *n = data;

	(void)check;
	n->addr[0] = 1;
	if (!plain(n, &before))
		return;
	if (mprotect(n->addr, n->size, PROT_NONE))
		fail("PROT_NONE: %s", strerror(errno));
	if (plain(n, &e) && e.pfn != before.pfn)
		fail("pfn 0x%llx, not 0x%llx", (unsigned long long)e.pfn,
		     (unsigned long long)before.pfn);
	if (mprotect(n->addr, n->size, RW))
		fail("read and write: %s", strerror(errno));
	if (plain(n, &e) && e.pfn != before.pfn)
		fail("pfn 0x%llx, not 0x%llx", (unsigned long long)e.pfn,
		     (unsigned long long)before.pfn);
	if (n->addr[0] != 1)
		fail("reads %d", n->addr[0]);
	/* Gone while it is PROT_NONE. */
	if (mprotect(n->addr, n->size, PROT_NONE) ||
	    munmap(n->addr, n->size / 2))
		fail("munmap: %s", strerror(errno));
}

static void check_zero_read(const struct check *check, void *data)
{
	const struct gup_entry *g;
	struct pfnmap_test_entry e;
	struct normal *n = data;
	unsigned int i;

	(void)check;
	if (!plain(n, &e))
		return;
	for (i = 0; i < nr_gup_entries; i++) {
		g = &gup_entries[i];
		if (!(g->flags & PFNMAP_TEST_WRITE))
			takes(g, n->addr, g->slow || info()->fast_gup ?
			      NR_PAGES : 0, e.pfn);
	}
	plain(n, &e);
}

/* What is written goes to a copy, and everybody else still reads zeroes. */
static void check_zero_write(const struct check *check, void *data)
{
	struct pfnmap_test_entry zero, e;
	const struct gup_entry *g;
	struct normal *n = data;
	unsigned int i, tried = 0;
	uint64_t pfn;
	long ret;

	(void)check;
	if (!plain(n, &zero))
		return;
	for (i = 0; i < nr_gup_entries; i++) {
		g = &gup_entries[i];
		if (g->flags & PFNMAP_TEST_WRITE && !g->slow)
			takes(g, n->addr, 0, 0);
	}
	for (i = 0; i < nr_gup_entries; i++) {
		g = &gup_entries[i];
		if (!(g->flags & PFNMAP_TEST_WRITE) || !g->slow ||
		    g->call >= PFNMAP_TEST_NR_CALLS)
			continue;
		/* Each on a page of its own, so that each finds a zero page. */
		ret = gup(g, n->addr + tried * getpagesize(), 1, &pfn);
		e = entry_at(n->addr + tried * getpagesize());
		if (ret != 1 || pfn != e.pfn || pfn == zero.pfn + tried)
			fail("%s returned %ld, took pfn 0x%llx, the entry maps 0x%llx",
			     g->name, ret, (unsigned long long)pfn,
			     (unsigned long long)e.pfn);
		tried++;
	}
	*(volatile char *)n->addr = 1;
	e = entry_at(n->addr + n->size / 2);
	if (e.pfn != zero.pfn || n->addr[n->size / 2])
		fail("the zero page: pfn 0x%llx, not 0x%llx, reads %d",
		     (unsigned long long)e.pfn, (unsigned long long)zero.pfn,
		     n->addr[n->size / 2]);
}

static void check_release(const struct check *check, void *data)
{
	struct normal *n = data;

	(void)check;
	if (munmap(n->addr, n->size))
		fail("munmap: %s", strerror(errno));
	same_refs(n);
	if (n->fd >= 0 && close(n->fd))
		fail("close: %s", strerror(errno));
}

/* Private mappings: each check uses a page of its own in the first entry. */
enum {
	PAGE_READ,
	PAGE_WRITE = PAGE_READ + NR_PAGES,
	PAGE_GUP = PAGE_WRITE + NR_PAGES,
	PAGE_FORK = PAGE_GUP + NR_PAGES,
	NR_COW
};

static char *cow_page(const struct normal *n, unsigned int i)
{
	return n->addr + i * getpagesize();
}

/* The backing of that page. */
static volatile char *backing(const struct normal *n, unsigned int i)
{
	char *addr = mmap(NULL, getpagesize(), RW, MAP_SHARED, n->fd,
			  (off_t)i * getpagesize());

	if (addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	return addr;
}

/* The page itself, by a special PTE: copies are made of PTEs. */
static void cow_entry(const struct normal *n, char *addr)
{
	uint64_t pfn = n->pfn + (addr - n->addr) / getpagesize();
	uint64_t special = info()->pte_special;
	struct pfnmap_test_entry e = entry_at(addr);

	if (e.level != PFNMAP_TEST_PTE || !e.present || e.pfn != pfn ||
	    (e.val & special) != special)
		fail("level %u, present %u, entry 0x%llx, pfn 0x%llx, not 0x%llx",
		     e.level, e.present, (unsigned long long)e.val,
		     (unsigned long long)e.pfn, (unsigned long long)pfn);
}

static void setup_cow(void *data)
{
	struct normal *n = data;
	unsigned int i;
	char *room;

	if (!level_special(n->memory.level) && n->memory.level == PFNMAP_TEST_PUD) {
		skip("a PUD cannot be marked special");
		return;
	}
	if (skip_counted(&n->memory))
		return;
	room = huge_room(n);
	/* Room for one huge entry: it may be all that RAM comes in. */
	n->size /= 2;
	if (!open_device(n))
		return;
	for (i = 0; i < NR_COW; i++)
		backing(n, i)[0] = BACKING;
	map_at(n, room, MAP_PRIVATE, n->fd);
	if (!n->write_first && *(volatile char *)n->addr != BACKING)
		setup_failed("reads 0x%x", *n->addr);
}

static void check_cow_read(const struct check *check, void *data)
{
	char *ordinary_page = ordinary(NR_PAGES * getpagesize());
	const struct gup_entry *g;
	struct normal *n = data;
	unsigned int i;
	long ret, want;

	(void)check;
	cow_entry(n, cow_page(n, PAGE_READ));
	for (i = 0; i < nr_gup_entries; i++) {
		g = &gup_entries[i];
		/* A write through the slow path makes copies: see below. */
		if (g->flags & PFNMAP_TEST_WRITE && g->slow)
			continue;
		want = g->slow || info()->fast_gup ? NR_PAGES : 0;
		ret = gup(g, ordinary_page, NR_PAGES, NULL);
		if (ret != want)
			fail("%s returned %ld on ordinary memory", g->name,
			     ret);
		takes(g, cow_page(n, PAGE_READ), g->slow ? -EFAULT : 0, 0);
	}
	cow_entry(n, cow_page(n, PAGE_READ));
	same_refs(n);
}

static void copied(struct normal *n, unsigned int page, char value)
{
	struct pfnmap_test_entry e = entry_at(cow_page(n, page));

	if (cow_page(n, page)[0] != value)
		fail("page %u reads 0x%x, not 0x%x", page,
		     cow_page(n, page)[0], value);
	if (backing(n, page)[0] != BACKING)
		fail("page %u: the backing has 0x%x", page,
		     backing(n, page)[0]);
	if (e.level != PFNMAP_TEST_PTE || !e.present ||
	    e.pfn == n->pfn + page || (info()->pte_special &&
				       e.val & info()->pte_special))
		fail("page %u: level %u, present %u, entry 0x%llx is no copy",
		     page, e.level, e.present, (unsigned long long)e.val);
}

static void check_cow_write(const struct check *check, void *data)
{
	struct normal *n = data;
	int sig = access_at(cow_page(n, PAGE_WRITE), true, OURS);

	(void)check;
	if (sig)
		fail("the write ended with signal %d", sig);
	copied(n, PAGE_WRITE, OURS);
	if (cow_page(n, PAGE_READ)[0] != BACKING)
		fail("its neighbour reads 0x%x", cow_page(n, PAGE_READ)[0]);
	same_refs(n);
}

/* As at PTE level, GUP that asks to write makes copies and takes those. */
static void check_cow_gup(const struct check *check, void *data)
{
	static const struct gup_entry write = {
		"get_fast_write", PFNMAP_TEST_GET_FAST, PFNMAP_TEST_WRITE,
		true, true, false
	};
	struct normal *n = data;
	const struct gup_entry *g;
	uint64_t pfn = 0;
	unsigned int i;
	long ret;

	(void)check;
	ret = gup(&write, cow_page(n, PAGE_GUP), NR_PAGES, &pfn);
	if (ret != NR_PAGES)
		fail("%s returned %ld, not %d", write.name, ret, NR_PAGES);
	for (i = 0; i < NR_PAGES; i++)
		copied(n, PAGE_GUP + i, BACKING);
	pfn = entry_at(cow_page(n, PAGE_GUP)).pfn;
	for (i = 0; i < nr_gup_entries; i++) {
		g = &gup_entries[i];
		takes(g, cow_page(n, PAGE_GUP), g->slow || info()->fast_gup ?
		      NR_PAGES : 0, pfn);
	}
	same_refs(n);
}

/* What one of them writes after fork() the other does not see. */
static void check_cow_fork(const struct check *check, void *data)
{
	volatile char *page = cow_page(data, PAGE_FORK);
	volatile char *far;
	struct normal *n = data;
	int status = 0;
	pid_t pid;

	(void)check;
	far = n->addr + n->size / 2;
	*far = OURS;
	pid = fork();
	if (!pid) {
		if (*far != OURS || *page != BACKING)
			_exit(1);
		*far = CHILD;
		*page = CHILD;
		_exit(*far == CHILD && *page == CHILD ? 0 : 2);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		fail("the child ended with status 0x%x", status);
	if (*far != OURS || *page != BACKING)
		fail("reads 0x%x and 0x%x after the child", *far, *page);
	if (backing(n, PAGE_FORK)[0] != BACKING)
		fail("the backing has 0x%x", backing(n, PAGE_FORK)[0]);
	*page = OURS;
	copied(n, PAGE_FORK, OURS);
	same_refs(n);
}

static const struct check checks[] = {
	{ "entry", check_entry, NULL },
	{ "gup", check_gup, NULL },
	{ "release", check_release, NULL },
	{ "", NULL, NULL }
};

static const struct check anon_checks[] = {
	{ "entry", check_entry, NULL },
	{ "gup", check_gup, NULL },
	{ "exec_mem_write", check_exec_mem_write, NULL },
	{ "prot_none", check_prot_none, NULL },
	{ "release", check_release, NULL },
	{ "", NULL, NULL }
};

static const struct check shmem_checks[] = {
	{ "entry", check_entry, NULL },
	{ "gup", check_gup, NULL },
	{ "neighbour", check_neighbour, NULL },
	{ "prot_none", check_prot_none, NULL },
	{ "release", check_release, NULL },
	{ "", NULL, NULL }
};

static const struct check zero_checks[] = {
	{ "entry", check_entry, NULL },
	{ "read", check_zero_read, NULL },
	{ "write", check_zero_write, NULL },
	{ "release", check_release, NULL },
	{ "", NULL, NULL }
};

/* GUP is the first to write: to what was mapped for a read. */
static const struct check cow_checks[] = {
	{ "read", check_cow_read, NULL },
	{ "gup", check_cow_gup, NULL },
	{ "write", check_cow_write, NULL },
	{ "fork", check_cow_fork, NULL },
	{ "release", check_release, NULL },
	{ "", NULL, NULL }
};

/* The write is the first access of all. */
static const struct check cow_write_checks[] = {
	{ "write", check_cow_write, NULL },
	{ "gup", check_cow_gup, NULL },
	{ "fork", check_cow_fork, NULL },
	{ "release", check_release, NULL },
	{ "", NULL, NULL }
};

#define HF	PFNMAP_TEST_HUGE_FAULT
#define RD	PFNMAP_TEST_INSERT_READ
#define WR	PFNMAP_TEST_INSERT_WRITE
#define DEVMAP(n, ...)							\
	{ n, setup_devmap, checks, &(struct normal){ .kind = __VA_ARGS__ } }
#define COW(n, ...)							\
	{ n, setup_cow, cow_checks, &(struct normal){ .kind = __VA_ARGS__ } }
#define COW_WRITE(n, ...)						\
	{ n, setup_cow, cow_write_checks,				\
	  &(struct normal){ .write_first = true, .kind = __VA_ARGS__ } }

int main(int argc, char **argv)
{
	struct group groups[] = {
		DEVMAP("devmap_fault", "pmd.devmap"),
		DEVMAP("devmap", "pmd.devmap", .flags = HF),
		DEVMAP("devmap_pud", "pud.devmap", .flags = HF),
		{ "anon", setup_anon, anon_checks, &(struct normal){ 0 } },
		{ "shmem", setup_shmem, shmem_checks, &(struct normal){ 0 } },
		{ "zero", setup_zero, zero_checks, &(struct normal){ 0 } },
		COW("cow_fault", "pmd.mixed_order0"),
		COW("cow", "pmd.mixed_order0", .flags = HF),
		COW("cow_no_memmap", "pmd.mixed_no_memmap", .flags = HF),
		COW_WRITE("cow_write_first", "pmd.mixed_order0", .flags = HF),
		COW("cow_read", "pmd.mixed_order0", .flags = HF | RD),
		COW("cow_write", "pmd.mixed_order0", .flags = HF | WR),
		COW("cow_pud", "pud.mixed_no_memmap", .flags = HF),
		COW_WRITE("cow_pud_write_first", "pud.mixed_no_memmap",
			  .flags = HF),
	};
	struct normal *n;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		n = groups[i].data;
		n->memory.level = PFNMAP_TEST_PMD;
		if (n->kind)
			n->memory = memory(n->kind);
		n->memory.flags = n->flags;
	}
	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
