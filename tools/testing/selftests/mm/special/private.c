// SPDX-License-Identifier: GPL-2.0
/*
 * A private mapping of memory that a driver inserts. What is written to it, by
 * the process or by who may do so in its place, belongs to a copy. Of huge
 * entries copies are made of PTEs. Of what cannot be read there is none: a
 * write is refused, and never makes a page that holds something else.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "device.h"
#include "memory.h"
#include "process.h"
#include "run.h"

/* What is written where, and a page that is only read. */
#define OURS	'o'
#define THEIRS	't'
#define WRITTEN	0
#define READ	1

struct mapping {
	const char *memory;
	bool write_first;
	struct memory m;
	char *shared, *private;
};

static char *map(int fd, size_t size, int flags)
{
	char *room = aligned_room(size, size);

	if (!room)
		setup_failed("no room: %s", strerror(errno));
	room = mmap(room, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd,
		    0);
	if (room == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	return room;
}

static void setup(void *data)
{
	struct mapping *p = data;
	size_t size;
	int fd;

	p->m = memory(p->memory);
	p->m.flags |= PFNMAP_TEST_HUGE_FAULT;
	if (!level_special(p->m.level)) {
		skip("an entry of that level cannot be marked special");
		return;
	}
	size = level_size(p->m.level);
	fd = memory_open(&p->m, size, NULL);
	if (fd < 0)
		return;
	p->shared = map(fd, size, MAP_SHARED);
	p->private = map(fd, size, MAP_PRIVATE);
	p->shared[WRITTEN * getpagesize()] = THEIRS;
	p->shared[READ * getpagesize()] = THEIRS;

	if (p->write_first)
		p->private[WRITTEN * getpagesize()] = OURS;
	if (p->private[READ * getpagesize()] != THEIRS)
		setup_failed("it does not map what the shared mapping does");
	if (!p->write_first)
		p->private[WRITTEN * getpagesize()] = OURS;
}

/* Or else it shows nothing that the private mapping has none. */
static void check_shared(const struct check *check, void *data)
{
	struct mapping *p = data;
	struct pfnmap_test_entry e = entry_at(p->shared);

	(void)check;
	if (e.level != p->m.level || !e.present)
		fail("level %u, not %u", e.level, p->m.level);
}

static void check_entry(const struct check *check, void *data)
{
	struct mapping *p = data;
	struct pfnmap_test_entry e = entry_at(p->private +
					      READ * getpagesize());

	(void)check;
	if (e.level != PFNMAP_TEST_PTE || !e.present)
		fail("level %u, not %u", e.level, PFNMAP_TEST_PTE);
}

static void check_copy(const struct check *check, void *data)
{
	struct mapping *p = data;

	(void)check;
	if (p->private[WRITTEN * getpagesize()] != OURS)
		fail("what was written is lost");
	if (p->shared[WRITTEN * getpagesize()] != THEIRS)
		fail("what was written went to the driver's memory");
}

static const struct check checks[] = {
	{ .name = "shared", .run = check_shared },
	{ .name = "entry", .run = check_entry },
	{ .name = "copy", .run = check_copy },
	{ .name = "" }
};

/* A page of which one word is written, and what its words hold before. */
#define WORD	1
#define OLD(n)	(0x0123456789ab0000ULL + (n))
#define NEW	0x5a5a5a5a5a5a5a5aULL

struct page {
	const char *memory;
	bool copied;		/* has a struct page that a copy is made of */
	struct memory m;
	int fd;
	size_t size;
	uint64_t *theirs;	/* as the driver has it */
};

static void setup_page(void *data)
{
	struct page *p = data;

	p->m = memory(p->memory);
	p->copied = p->m.backing == PFNMAP_TEST_DEVMAP || is_counted(&p->m);
	p->size = getpagesize();
	p->fd = memory_open(&p->m, p->size, NULL);
	if (p->fd < 0)
		return;
	p->theirs = (uint64_t *)map(p->fd, p->size, MAP_SHARED);
}

/* A private mapping of it that has been read: its entry is the driver's. */
static uint64_t *map_page(struct page *p)
{
	uint64_t *ours = (uint64_t *)map(p->fd, p->size, MAP_PRIVATE);
	struct pfnmap_test_entry e, theirs;
	unsigned int i;

	for (i = 0; i < p->size / sizeof(*ours); i++)
		p->theirs[i] = OLD(i);
	theirs = entry_at(p->theirs);
	(void)*(volatile uint64_t *)ours;
	e = entry_at(ours);
	if (!e.present || e.level != PFNMAP_TEST_PTE || e.pfn != theirs.pfn)
		setup_failed("level %u, entry 0x%llx, that of the driver 0x%llx",
			     e.level, (unsigned long long)e.val,
			     (unsigned long long)theirs.val);
	return ours;
}

static void protect(struct page *p, uint64_t *ours, int prot)
{
	if (mprotect(ours, p->size, prot))
		setup_failed("mprotect: %s", strerror(errno));
}

/*
 * After a write that answered @ret: there is a copy, which differs in the word
 * that was written, or the entry is still the driver's, and nothing differs.
 */
static void judge_page(struct page *p, uint64_t *ours, long ret)
{
	bool written = ret == sizeof(*ours);
	uint64_t pfn = entry_at(ours).pfn, want;
	unsigned int i;

	protect(p, ours, PROT_READ);
	if ((pfn != entry_at(p->theirs).pfn) != written)
		fail("returned %ld, and the page is %s", ret,
		     written ? "the driver's" : "a copy");
	for (i = 0; i < p->size / sizeof(*ours); i++) {
		want = written && i == WORD ? NEW : OLD(i);
		if (ours[i] != want) {
			fail("returned %ld, word %u is 0x%llx, not 0x%llx",
			     ret, i, (unsigned long long)ours[i],
			     (unsigned long long)want);
			break;
		}
	}
	for (i = 0; i < p->size / sizeof(*ours); i++) {
		if (p->theirs[i] != OLD(i)) {
			fail("word %u of the driver's page was written", i);
			break;
		}
	}
	munmap(ours, p->size);
}

/* What @ret must be where the process could not have read the page itself. */
static void judge_answer(struct page *p, long ret, long refusal)
{
	if (ret != sizeof(uint64_t) && (p->copied || ret != refusal))
		fail("returned %ld", ret);
}

static void check_page_write(const struct check *check, void *data)
{
	struct page *p = data;
	uint64_t *ours = map_page(p);

	(void)check;
	*(volatile uint64_t *)&ours[WORD] = NEW;
	judge_page(p, ours, sizeof(*ours));
}

/* It may be read, so the copy has all that is there. */
static void check_page_forced_read(const struct check *check, void *data)
{
	struct page *p = data;
	uint64_t *ours = map_page(p), word = NEW;
	long ret;

	(void)check;
	protect(p, ours, PROT_READ);
	ret = proc_mem(true, (char *)&ours[WORD], &word, sizeof(word));
	if (ret != sizeof(word))
		fail("returned %ld", ret);
	judge_page(p, ours, ret);
}

static void check_page_forced_none(const struct check *check, void *data)
{
	struct page *p = data;
	uint64_t *ours = map_page(p), word = NEW;
	struct pfnmap_test_entry e;
	long ret;

	(void)check;
	protect(p, ours, PROT_NONE);
	e = entry_at(ours);
	if (!e.present || e.pfn != entry_at(p->theirs).pfn)
		setup_failed("entry 0x%llx after PROT_NONE",
			     (unsigned long long)e.val);
	ret = proc_mem(true, (char *)&ours[WORD], &word, sizeof(word));
	judge_answer(p, ret, -EIO);
	judge_page(p, ours, ret);
}

/* Another process, which has something of its own at the same address. */
static void write_to_parent(struct page *p, uint64_t *addr, long *ret)
{
	uint64_t word = NEW;
	struct iovec here = { &word, sizeof(word) };
	struct iovec there = { &addr[WORD], sizeof(word) };

	if (mmap(addr, p->size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != addr)
		_exit(1);
	memset(addr, OURS, p->size);
	*ret = process_vm_writev(getppid(), &here, 1, &there, 1, 0);
	if (*ret < 0)
		*ret = -errno;
	_exit(0);
}

static void check_page_remote(const struct check *check, void *data)
{
	struct page *p = data;
	uint64_t *ours = map_page(p);
	long *ret;
	int status;
	pid_t pid;

	(void)check;
	ret = mmap(NULL, sizeof(*ret), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (ret == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		setup_failed("fork: %s", strerror(errno));
	if (!pid)
		write_to_parent(p, ours, ret);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		setup_failed("the other process ended with status 0x%x",
			     status);
	judge_answer(p, *ret, -EFAULT);
	judge_page(p, ours, *ret);
	munmap(ret, sizeof(*ret));
}

static const struct check checks_page[] = {
	{ .name = "write", .run = check_page_write },
	{ .name = "forced_read", .run = check_page_forced_read },
	{ .name = "forced_none", .run = check_page_forced_none },
	{ .name = "remote", .run = check_page_remote },
	{ .name = "" }
};

int main(int argc, char **argv)
{
	static struct mapping mappings[] = {
		{ .memory = "pmd.mixed_no_memmap" },
		{ .memory = "pmd.mixed_no_memmap", .write_first = true },
		{ .memory = "pud.mixed_no_memmap" },
		{ .memory = "pud.mixed_no_memmap", .write_first = true },
	};
	static struct page pages[] = {
		{ .memory = "pte.mixed_order0" },
		{ .memory = "pte.mixed_no_memmap" },
		{ .memory = "pte.devmap" },
	};
	static struct group groups[] = {
		{ .name = "pmd_read" }, { .name = "pmd_write" },
		{ .name = "pud_read" }, { .name = "pud_write" },
		{ "pte_mixed_order0", setup_page, checks_page, &pages[0] },
		{ "pte_mixed_no_memmap", setup_page, checks_page, &pages[1] },
		{ "pte_devmap", setup_page, checks_page, &pages[2] },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mappings); i++) {
		groups[i].setup = setup;
		groups[i].checks = checks;
		groups[i].data = &mappings[i];
	}
	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
