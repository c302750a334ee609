// SPDX-License-Identifier: GPL-2.0
/*
 * Huge PFN entries through the life of a mapping: faults, fork, mprotect,
 * mremap, munmap, zap and what switches huge pages off, at PMD and at PUD
 * level. The test keeps a model of the vmas, and from that alone follows which
 * level an address must be mapped at, what may be done there, and that nobody
 * may pin it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "device.h"
#include "gup.h"
#include "memory.h"
#include "pci.h"
#include "process.h"
#include "run.h"

#define MAX_GROUPS	320
#define MAX_SEGMENTS	8
#define NR_PROBES	6
#define NR_REFS		4
#define NOBODY		65534
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif
#define THP_SWITCH	"/sys/kernel/mm/transparent_hugepage/enabled"

#define RW	(PROT_READ | PROT_WRITE)
#define GONE	(-1)		/* instead of a protection: nothing is mapped */

/* What the pages of a probe hold, by offset in the page. */
enum { BYTE_TOUCH, BYTE_OTHER, BYTE_HERE, BYTE_THERE };

enum set { ONE, CORE, ALL };

/**
 * struct kind - a kind of mapping
 * @name: as reported
 * @memory: what the driver maps, see memory()
 * @flags: PFNMAP_TEST_HUGE_FAULT and so on, in place of those of @memory
 * @pci: PFNMAP_TEST_PHYS of a PCI BAR instead of hidden memory
 * @set: the scenarios that it goes through
 */
struct kind {
	const char *name;
	const char *memory;
	unsigned int flags;
	bool pci;
	enum set set;
};

struct huge;

/**
 * struct scenario - what happens to a mapping
 * @name: as reported
 * @before: before the first access; may be NULL
 * @run: after it; may be NULL
 * @set: the kinds that go through it
 * @read_first: the first access is a read
 * @misaligned: address and page frame are not congruent
 * @shorter: the last page is not mapped
 * @mixed: for VM_MIXEDMAP only
 */
struct scenario {
	const char *name;
	void (*before)(struct huge *h);
	void (*run)(struct huge *h);
	enum set set;
	bool read_first;
	bool misaligned;
	bool shorter;
	bool mixed;
};

/**
 * struct segment - a vma, or what used to be one
 * @addr: where it starts
 * @size: bytes
 * @off: of @addr in the file
 * @prot: PROT_*, or GONE
 * @max: no entry is of a higher level than this
 */
struct segment {
	char *addr;
	size_t size;
	size_t off;
	int prot;
	unsigned int max;
};

/* Several processes judge, one reports. */
struct verdicts {
	char kept[160];
	char access[160];
	char entry[160];
};

struct huge {
	const struct kind *kind;
	struct memory memory;
	const struct scenario *scenario;
	int fd;
	uint64_t pfn;
	size_t size;
	struct segment seg[MAX_SEGMENTS];
	unsigned int nr_segs;
	struct pfnmap_test_refs refs[NR_REFS];
	struct verdicts *verdicts;
	char other;		/* what the other process has written */
};

static size_t page_size(void)
{
	return getpagesize();
}

/* In the middle of the mapping: at the border of a PMD, ... */
static size_t half(const struct huge *h)
{
	return h->size / 2 / page_size() * page_size();
}

/* ... and one page further, where there is no border. */
static size_t odd_page(const struct huge *h)
{
	return half(h) + page_size();
}

/* One PMD of a PUD, one of the PMDs otherwise. */
static size_t part(const struct huge *h)
{
	size_t rest = h->size - half(h);

	return rest < info()->pmd_size ? rest : info()->pmd_size;
}

static size_t probe(const struct huge *h, unsigned int i)
{
	const size_t off[NR_PROBES] = {
		0, page_size(), h->size / 4 / page_size() * page_size(),
		half(h), odd_page(h), h->size - page_size(),
	};

	return off[i];
}

static void __attribute__((format(printf, 2, 3)))
complain(char *text, const char *fmt, ...)
{
	va_list ap;

	/* The first complaint is the one that counts. */
	if (text[0])
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(((struct verdicts *)0)->kept), fmt, ap);
	va_end(ap);
}

/* The model of the vmas. */

static void cut(struct huge *h, size_t off)
{
	struct segment *s;
	unsigned int i;

	for (i = 0; i < h->nr_segs; i++) {
		s = &h->seg[i];
		if (s->prot == GONE || off <= s->off || off >= s->off + s->size)
			continue;
		if (h->nr_segs == MAX_SEGMENTS)
			setup_failed("MAX_SEGMENTS is too small");
		h->seg[h->nr_segs] = *s;
		h->seg[h->nr_segs].addr += off - s->off;
		h->seg[h->nr_segs].size -= off - s->off;
		h->seg[h->nr_segs].off = off;
		h->nr_segs++;
		s->size = off - s->off;
		return;
	}
}

/* The segment that is exactly this range, as the kernel will cut it too. */
static struct segment *segment(struct huge *h, size_t off, size_t size)
{
	unsigned int i;

	cut(h, off);
	cut(h, off + size);
	for (i = 0; i < h->nr_segs; i++)
		if (h->seg[i].prot != GONE && h->seg[i].off == off &&
		    h->seg[i].size == size)
			return &h->seg[i];
	setup_failed("no vma of %zu bytes at 0x%zx", size, off);
}

/* What a fault there must install: the largest entry that fits. */
static unsigned int expected_level(const struct huge *h,
				   const struct segment *s, size_t off)
{
	char *addr = s->addr + (off - s->off), *start;
	unsigned int level;
	uint64_t size;

	for (level = h->memory.level; level > PFNMAP_TEST_PTE; level--) {
		size = level_size(level);
		if (level > s->max || !level_special(level))
			continue;
		start = addr - (uintptr_t)addr % size;
		if (start < s->addr || start + size > s->addr + s->size)
			continue;
		if (((uintptr_t)addr - h->pfn * page_size() - off) % size)
			continue;
		return level;
	}
	return PFNMAP_TEST_PTE;
}

/* A write that the driver has made slow may be answered with PTEs. */
static bool any_level(const struct huge *h)
{
	const unsigned int flags = PFNMAP_TEST_INSERT_READ |
				   PFNMAP_TEST_MKWRITE;

	return (h->memory.flags & flags) == flags;
}

/* Is an entry that is there what it must be? */
static void judge_entry(const struct huge *h, const struct segment *s,
			size_t off, const char *who, char *text)
{
	struct pfnmap_test_entry e = entry_at(s->addr + (off - s->off));
	uint64_t bit = level_special(e.level), size = level_size(e.level);
	uint64_t start = e.addr - e.addr % size;

	if (!e.present && !e.val)
		return;
	if (s->prot == GONE) {
		complain(text, "%s: 0x%zx is unmapped, but has entry 0x%llx, level %u",
			 who, off, (unsigned long long)e.val, e.level);
	} else if (!e.present) {
		complain(text, "%s: 0x%zx: entry 0x%llx is not present", who,
			 off, (unsigned long long)e.val);
	} else if (e.pfn != h->pfn + off / page_size()) {
		complain(text, "%s: 0x%zx: pfn 0x%llx, not 0x%llx, level %u",
			 who, off, (unsigned long long)e.pfn,
			 (unsigned long long)(h->pfn + off / page_size()),
			 e.level);
	} else if ((e.val & bit) != bit) {
		complain(text, "%s: 0x%zx: entry 0x%llx of level %u is not special",
			 who, off, (unsigned long long)e.val, e.level);
	} else if (e.level > PFNMAP_TEST_PTE &&
		   (start < (uintptr_t)s->addr ||
		    start + size > (uintptr_t)s->addr + s->size)) {
		complain(text, "%s: 0x%zx: entry 0x%llx of level %u maps more than the vma",
			 who, off, (unsigned long long)e.val, e.level);
	}
}

static void judge_access(const struct segment *s, size_t off, bool write,
			 const char *who, char *text)
{
	bool may = s->prot != GONE &&
		   s->prot & (write ? PROT_WRITE : PROT_READ);
	int sig = access_at(s->addr + (off - s->off) + BYTE_TOUCH, write, 1);

	if (sig != (may ? 0 : SIGSEGV))
		complain(text, "%s: 0x%zx: %s ended with signal %d, not %d", who,
			 off, write ? "write" : "read", sig, may ? 0 : SIGSEGV);
}

static void judge_level(const struct huge *h, const struct segment *s,
			size_t off, const char *who, char *text)
{
	struct pfnmap_test_entry e = entry_at(s->addr + (off - s->off));
	unsigned int want = expected_level(h, s, off);

	if (!e.present)
		complain(text, "%s: 0x%zx: no entry after the access", who,
			 off);
	else if (e.level > want || (e.level < want && !any_level(h)))
		complain(text, "%s: 0x%zx: level %u, not %u, entry 0x%llx", who,
			 off, e.level, want, (unsigned long long)e.val);
	else
		judge_entry(h, s, off, who, text);
}

enum stage { KEPT, WRITE, READ, LEVEL };

static void judge_stage(struct huge *h, enum stage now, const char *who)
{
	struct verdicts *v = h->verdicts;
	struct segment *s;
	unsigned int i, j;
	size_t off;

	for (i = 0; i < h->nr_segs; i++) {
		s = &h->seg[i];
		for (j = 0; j < NR_PROBES; j++) {
			off = probe(h, j);
			if (off < s->off || off >= s->off + s->size)
				continue;
			if (now == KEPT)
				judge_entry(h, s, off, who, v->kept);
			else if (now != LEVEL)
				judge_access(s, off, now == WRITE, who,
					     v->access);
			else if (s->prot != GONE && s->prot & PROT_READ)
				judge_level(h, s, off, who, v->entry);
		}
	}
}

/* Before any access, by accesses, and after them. */
static void judge(struct huge *h, const char *who, bool read_only)
{
	judge_stage(h, KEPT, who);
	if (!read_only)
		judge_stage(h, WRITE, who);
	judge_stage(h, READ, who);
	judge_stage(h, LEVEL, who);
}

/* Where nothing may be left. */
static void emptied(struct huge *h, size_t off, size_t size)
{
	struct pfnmap_test_entry e;
	unsigned int i;
	size_t at;

	for (i = 0; i < NR_PROBES; i++) {
		at = probe(h, i);
		if (at < off || at >= off + size)
			continue;
		e = entry_at(h->seg[0].addr + at);
		if (e.present || e.val)
			complain(h->verdicts->kept,
				 "0x%zx: entry 0x%llx of level %u is left", at,
				 (unsigned long long)e.val, e.level);
	}
}

/* Operations: on the mapping and on the model. */

static void protect(struct huge *h, size_t off, size_t size, int prot)
{
	struct segment *s = segment(h, off, size);

	if (mprotect(s->addr, s->size, prot))
		setup_failed("mprotect: %s", strerror(errno));
	s->prot = prot;
}

static void unmap(struct huge *h, size_t off, size_t size)
{
	struct segment *s = segment(h, off, size);

	if (munmap(s->addr, s->size))
		setup_failed("munmap: %s", strerror(errno));
	s->prot = GONE;
}

static void move(struct huge *h, size_t off, size_t size, size_t shift)
{
	struct segment *s = segment(h, off, size);
	char *to = aligned_room(size + shift, level_size(h->memory.level));

	if (!to)
		setup_failed("mmap: %s", strerror(errno));
	to += shift;
	if (mremap(s->addr, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	    MAP_FAILED)
		setup_failed("mremap: %s", strerror(errno));
	if (h->nr_segs == MAX_SEGMENTS)
		setup_failed("MAX_SEGMENTS is too small");
	h->seg[h->nr_segs] = *s;
	h->seg[h->nr_segs].prot = GONE;
	h->nr_segs++;
	s->addr = to;
}

static void advise(struct huge *h, size_t off, size_t size, int advice)
{
	if (madvise(h->seg[0].addr + off, size, advice))
		setup_failed("madvise: %s", strerror(errno));
}

static void zap(struct huge *h, size_t off, size_t size)
{
	struct pfnmap_test_zap arg = { .offset = off, .size = size };

	if (ioctl(h->fd, PFNMAP_TEST_ZAP, &arg))
		setup_failed("PFNMAP_TEST_ZAP: %s", strerror(errno));
	emptied(h, off, size);
}

/* What was read first is writable then, without a further fault. */
static void populate_write(struct huge *h)
{
	struct rusage before, after;

	advise(h, 0, h->size, MADV_POPULATE_WRITE);
	getrusage(RUSAGE_SELF, &before);
	*(volatile char *)(h->seg[0].addr + BYTE_TOUCH) = 1;
	getrusage(RUSAGE_SELF, &after);
	if (after.ru_minflt + after.ru_majflt !=
	    before.ru_minflt + before.ru_majflt)
		complain(h->verdicts->access,
			 "a write faults after MADV_POPULATE_WRITE");
}

static void protect_ro(struct huge *h)
{
	protect(h, 0, h->size, PROT_READ);
}

static void protect_none(struct huge *h)
{
	protect(h, 0, h->size, PROT_NONE);
}

static void protect_ro_rw(struct huge *h)
{
	protect(h, 0, h->size, PROT_READ);
	protect(h, 0, h->size, RW);
}

static void protect_none_rw(struct huge *h)
{
	protect(h, 0, h->size, PROT_NONE);
	protect(h, 0, h->size, RW);
}

/* Faulted in while it was read-only. */
static void protect_ro_read_rw(struct huge *h)
{
	protect(h, 0, h->size, PROT_READ);
	judge(h, "read-only", true);
	protect(h, 0, h->size, RW);
}

static void protect_ro_part(struct huge *h)
{
	protect(h, half(h), part(h), PROT_READ);
}

static void protect_none_part(struct huge *h)
{
	protect(h, half(h), part(h), PROT_NONE);
}

static void protect_ro_rw_part(struct huge *h)
{
	protect(h, half(h), part(h), PROT_READ);
	protect(h, half(h), part(h), RW);
}

static void protect_ro_page(struct huge *h)
{
	protect(h, odd_page(h), page_size(), PROT_READ);
}

static void protect_none_page(struct huge *h)
{
	protect(h, odd_page(h), page_size(), PROT_NONE);
}

static void protect_ro_rw_page(struct huge *h)
{
	protect(h, odd_page(h), page_size(), PROT_READ);
	protect(h, odd_page(h), page_size(), RW);
}

/* Without CAP_SYS_ADMIN mprotect() may have to look at every page frame. */
static void protect_none_unprivileged(struct huge *h)
{
	if (seteuid(NOBODY))
		setup_failed("seteuid: %s", strerror(errno));
	protect_none_rw(h);
	if (seteuid(0))
		setup_failed("seteuid: %s", strerror(errno));
}

static void unmap_half(struct huge *h)
{
	unmap(h, half(h), h->size - half(h));
}

static void unmap_page(struct huge *h)
{
	unmap(h, odd_page(h), page_size());
}

static void move_aligned(struct huge *h)
{
	move(h, 0, h->size, 0);
}

static void move_misaligned(struct huge *h)
{
	move(h, 0, h->size, page_size());
}

static void move_half(struct huge *h)
{
	move(h, half(h), h->size - half(h), 0);
}

static void move_page(struct huge *h)
{
	move(h, odd_page(h), page_size(), 0);
}

/* The page tables that the PTEs needed come along and are in the way. */
static void move_into_place(struct huge *h)
{
	move(h, 0, h->size, 0);
	h->seg[0].max = PFNMAP_TEST_PTE;
}

static void dontneed(struct huge *h)
{
	advise(h, 0, h->size, MADV_DONTNEED);
	emptied(h, 0, h->size);
}

static void dontneed_part(struct huge *h)
{
	advise(h, half(h), part(h), MADV_DONTNEED);
	emptied(h, half(h), part(h));
}

static void dontneed_page(struct huge *h)
{
	advise(h, odd_page(h), page_size(), MADV_DONTNEED);
	emptied(h, odd_page(h), page_size());
}

static void zap_all(struct huge *h)
{
	zap(h, 0, h->size);
}

static void zap_part(struct huge *h)
{
	zap(h, half(h), part(h));
}

static void zap_page(struct huge *h)
{
	zap(h, odd_page(h), page_size());
}

static void lock(struct huge *h)
{
	if (mlock(h->seg[0].addr, h->size) || munlock(h->seg[0].addr, h->size))
		setup_failed("mlock: %s", strerror(errno));
}

static void no_hugepage(struct huge *h)
{
	advise(h, 0, h->size, MADV_NOHUGEPAGE);
	h->seg[0].max = PFNMAP_TEST_PTE;
}

static void thp_disable(struct huge *h)
{
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		setup_failed("PR_SET_THP_DISABLE: %s", strerror(errno));
	h->seg[0].max = PFNMAP_TEST_PTE;
}

/* What the switch stood at. */
static char thp_was[16];

static void thp_switch(const char *text)
{
	long ret = write_file(THP_SWITCH, "%s", text);

	if (ret)
		setup_failed(THP_SWITCH ": %s", strerror(-ret));
}

/* That switch is about memory of the page allocator. */
static void thp_never(struct huge *h)
{
	char line[80] = "", *word;
	FILE *f = fopen(THP_SWITCH, "r");

	if (!f) {
		/* No huge pages, no huge entries. */
		h->seg[0].max = PFNMAP_TEST_PTE;
		return;
	}
	word = fgets(line, sizeof(line), f) ? strchr(line, '[') : NULL;
	if (!word || sscanf(word, "[%15[a-z]]", thp_was) != 1)
		setup_failed(THP_SWITCH " says %s", line);
	fclose(f);
	thp_switch("never");
}

static void thp_back(struct huge *h)
{
	(void)h;
	if (thp_was[0])
		thp_switch(thp_was);
}

/* Eligible for what khugepaged and sysfs are about: it never is. */
static void thp_eligible(struct huge *h)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	bool inside = false, found = false;
	unsigned long start, end;
	char line[512];
	int eligible;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = start == (unsigned long)h->seg[0].addr;
		if (!inside || sscanf(line, "THPeligible: %d", &eligible) != 1)
			continue;
		found = true;
		if (eligible)
			complain(h->verdicts->kept, "smaps: %s", line);
	}
	if (!found)
		complain(h->verdicts->kept, "smaps does not say THPeligible");
	if (f)
		fclose(f);
}

static void mark(struct huge *h, char value)
{
	struct segment *s;
	unsigned int i, j;
	size_t off;

	for (i = 0; i < h->nr_segs; i++) {
		s = &h->seg[i];
		for (j = 0; j < NR_PROBES; j++) {
			off = probe(h, j);
			if (off >= s->off && off < s->off + s->size &&
			    s->prot == RW)
				s->addr[off - s->off + BYTE_OTHER] = value;
		}
	}
}

static void wait_for(pid_t pid, const char *who)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		setup_failed("waitpid: %s", strerror(errno));
	if (WIFSIGNALED(status))
		setup_failed("the %s was killed by signal %d", who,
			     WTERMSIG(status));
	if (WEXITSTATUS(status))
		setup_failed("the %s exited with %d", who, WEXITSTATUS(status));
}

/* Both write; the checks go on in the parent. */
static void fork_parent(struct huge *h)
{
	pid_t pid;

	mark(h, 0);
	pid = fork();
	if (pid < 0)
		setup_failed("fork: %s", strerror(errno));
	if (!pid) {
		judge(h, "child", false);
		mark(h, 0x33);
		_exit(0);
	}
	wait_for(pid, "child");
	h->other = 0x33;
}

/* Both write; the checks go on in the child. */
static void fork_child(struct huge *h)
{
	int fds[2];
	pid_t pid;
	char c;

	mark(h, 0);
	if (pipe(fds))
		setup_failed("pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		setup_failed("fork: %s", strerror(errno));
	if (!pid) {
		close(fds[1]);
		if (read(fds[0], &c, 1) != 1)
			setup_failed("the parent is gone");
		h->other = 0x55;
		return;
	}
	judge(h, "parent", false);
	mark(h, 0x55);
	if (write(fds[1], "", 1) != 1)
		setup_failed("write: %s", strerror(errno));
	end_as_child(pid);
}

static void keep_half(struct huge *h)
{
	struct segment *s = segment(h, half(h), h->size - half(h));

	if (madvise(s->addr, s->size, MADV_DONTFORK))
		setup_failed("MADV_DONTFORK: %s", strerror(errno));
}

static void dontfork_parent(struct huge *h)
{
	pid_t pid;

	keep_half(h);
	mark(h, 0);
	pid = fork();
	if (pid < 0)
		setup_failed("fork: %s", strerror(errno));
	if (!pid) {
		segment(h, half(h), h->size - half(h))->prot = GONE;
		judge(h, "child", false);
		_exit(0);
	}
	wait_for(pid, "child");
}

static void dontfork_child(struct huge *h)
{
	pid_t me = getpid();

	keep_half(h);
	fork_child(h);
	if (getpid() != me)
		segment(h, half(h), h->size - half(h))->prot = GONE;
}

/* A huge entry and one that the child must not inherit. */
static void dontfork_page(struct huge *h)
{
	struct segment *s = segment(h, odd_page(h), page_size());
	pid_t me = getpid();

	if (madvise(s->addr, s->size, MADV_DONTFORK))
		setup_failed("MADV_DONTFORK: %s", strerror(errno));
	fork_child(h);
	if (getpid() != me)
		segment(h, odd_page(h), page_size())->prot = GONE;
}

/* Set up. */

static size_t hidden(const struct huge *h, uint64_t *phys)
{
	uint64_t size, skipped;

	if (!hidden_memory(phys, &size))
		return 0;
	skipped = -*phys % level_size(h->memory.level);
	if (skipped >= size)
		return 0;
	*phys += skipped;
	return size - skipped;
}

/* Two entries, so that one can stay whole; one where there is not so much. */
static bool open_backing(struct huge *h)
{
	const struct memory *m = &h->memory;
	uint64_t phys = 0;
	size_t size = level_size(m->level) * 2, have = size;

	if (m->level == PFNMAP_TEST_PUD)
		size /= 2;
	if (m->backing == PFNMAP_TEST_PHYS && !h->kind->pci)
		have = hidden(h, &phys);
	for (; size >= 16 * page_size(); size /= 2) {
		if (h->kind->pci)
			have = pci_bar(size, &phys) < 0 ? 0 : size;
		if (have < size)
			continue;
		h->fd = device_map((struct pfnmap_test_map){
			.backing = m->backing,
			.insert = m->insert,
			.level = m->level,
			.flags = m->flags,
			.size = size,
			.phys = phys,
		});
		h->size = size;
		if (h->fd >= 0)
			return true;
		if (m->level == PFNMAP_TEST_PUD)
			break;
	}
	skip("no contiguous memory of %llu bytes of that kind",
	     (unsigned long long)level_size(m->level));
	return false;
}

static unsigned int ref_index(const struct huge *h, unsigned int i)
{
	const size_t last = h->size / page_size() - 1;
	const unsigned int index[NR_REFS] = { 0, 1, last / 2, last };

	return index[i];
}

static void map(struct huge *h)
{
	size_t shift = h->scenario->misaligned ? page_size() : 0;
	char *addr = aligned_room(h->size + shift, level_size(h->memory.level));

	if (!addr)
		setup_failed("mmap: %s", strerror(errno));
	addr = mmap(addr + shift, h->size, RW, MAP_SHARED | MAP_FIXED, h->fd,
		    0);
	if (addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	h->seg[0] = (struct segment){
		.addr = addr, .size = h->size, .prot = RW,
		.max = h->memory.level,
	};
	/* Before ->fault is called there is a page table in its place. */
	if (!(h->memory.flags & PFNMAP_TEST_HUGE_FAULT) &&
	    h->memory.level == PFNMAP_TEST_PUD)
		h->seg[0].max = PFNMAP_TEST_PMD;
	h->nr_segs = 1;
}

/* Results that outlive the process that found them. */
static void prepare(struct huge *h)
{
	h->verdicts = mmap(NULL, sizeof(*h->verdicts), RW,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (h->verdicts == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
}

static void setup(void *data)
{
	struct huge *h = data;
	unsigned int i;

	if (h->memory.level == PFNMAP_TEST_PUD && !info()->pud_special) {
		skip("a PUD cannot be marked special");
		return;
	}
	if (skip_counted(&h->memory))
		return;
	if (h->scenario->before == no_hugepage &&
	    access("/sys/kernel/mm/transparent_hugepage", F_OK)) {
		skip("no transparent huge pages");
		return;
	}
	if (!open_backing(h))
		return;
	prepare(h);
	h->pfn = refs_of(h->fd, 0).pfn;
	for (i = 0; i < NR_REFS; i++)
		h->refs[i] = refs_of(h->fd, ref_index(h, i));
	if (h->scenario->shorter)
		h->size -= page_size();
	map(h);
	if (h->scenario->before)
		h->scenario->before(h);
	judge(h, "first", h->scenario->read_first);
	if (h->verdicts->access[0] || h->verdicts->entry[0])
		setup_failed("%s%s", h->verdicts->access, h->verdicts->entry);
	if (h->scenario->run)
		h->scenario->run(h);
	judge(h, "then", false);
}

/* Checks. */

static void check_kept(const struct check *check, void *data)
{
	struct huge *h = data;

	(void)check;
	if (h->verdicts->kept[0])
		fail("%s", h->verdicts->kept);
}

static void check_access(const struct check *check, void *data)
{
	struct huge *h = data;

	(void)check;
	if (h->verdicts->access[0])
		fail("%s", h->verdicts->access);
}

static void check_entry(const struct check *check, void *data)
{
	struct huge *h = data;

	(void)check;
	if (h->verdicts->entry[0])
		fail("%s", h->verdicts->entry);
}

/* The entry is there, so that there is something to refuse. */
static bool installed(const struct segment *s)
{
	struct pfnmap_test_entry e;
	unsigned int i;
	char *addr;

	for (i = 0; i < NR_PAGES; i++) {
		addr = s->addr + i * page_size();
		if (access_at(addr, s->prot & PROT_WRITE, 1)) {
			fail("0x%zx: no access", s->off);
			return false;
		}
		e = entry_at(addr);
		if (!e.present) {
			fail("0x%zx: no entry", s->off);
			return false;
		}
	}
	return true;
}

static void refused(const struct segment *s, const struct gup_entry *e)
{
	long ret = gup(e, s->addr, NR_PAGES, NULL);
	long want = e->slow ? -EFAULT : 0;

	if (ret != want)
		fail("0x%zx: %s returned %ld, not %ld", s->off, e->name, ret,
		     want);
}

static void check_gup(const struct check *check, void *data)
{
	char *plain = ordinary(NR_PAGES * page_size());
	const struct gup_entry *e;
	struct huge *h = data;
	unsigned long pins;
	unsigned int i, j;
	struct segment *s;
	long ret;

	(void)check;
	stay_on_one_cpu();
	for (i = 0; i < nr_gup_entries; i++) {
		e = &gup_entries[i];
		ret = gup(e, plain, NR_PAGES, NULL);
		if (ret != (e->slow || info()->fast_gup ? NR_PAGES : 0)) {
			fail("%s returned %ld on ordinary memory", e->name,
			     ret);
			return;
		}
	}
	pins = pins_acquired();
	for (i = 0; i < h->nr_segs; i++) {
		s = &h->seg[i];
		if (s->prot == GONE || s->size < NR_PAGES * page_size())
			continue;
		if (s->prot & PROT_READ && !installed(s))
			return;
		for (j = 0; j < nr_gup_entries; j++)
			refused(s, &gup_entries[j]);
	}
	if (pins_acquired() != pins)
		fail("%lu pins were taken", pins_acquired() - pins);
}

/* One page of the file, which a PTE maps: no huge entry fits. */
static char *view(int fd, size_t off)
{
	char *addr = mmap(NULL, page_size(), RW, MAP_SHARED, fd, off);
	struct pfnmap_test_entry e;

	if (addr == MAP_FAILED) {
		fail("mmap: %s", strerror(errno));
		return NULL;
	}
	(void)*(volatile char *)addr;
	e = entry_at(addr);
	if (e.level != PFNMAP_TEST_PTE || !e.present) {
		fail("0x%zx, mapped alone: level %u, present %u", off, e.level,
		     e.present);
		return NULL;
	}
	return addr;
}

static void same_data(struct huge *h, const struct segment *s, size_t off,
		      char value)
{
	volatile char *here = s->addr + (off - s->off), *there;

	there = view(h->fd, off);
	if (!there)
		return;
	if (h->other && there[BYTE_OTHER] != h->other)
		fail("0x%zx: the other process' write is lost", off);
	if (here[BYTE_OTHER] != there[BYTE_OTHER])
		fail("0x%zx: reads 0x%x here, 0x%x there", off,
		     here[BYTE_OTHER], there[BYTE_OTHER]);
	if (s->prot & PROT_WRITE) {
		here[BYTE_HERE] = value;
		if (there[BYTE_HERE] != value)
			fail("0x%zx: wrote 0x%x, 0x%x is there", off, value,
			     there[BYTE_HERE]);
	}
	there[BYTE_THERE] = value + 1;
	if (here[BYTE_THERE] != value + 1)
		fail("0x%zx: 0x%x is there, read 0x%x", off, value + 1,
		     here[BYTE_THERE]);
	munmap((void *)there, page_size());
}

static void check_data(const struct check *check, void *data)
{
	struct huge *h = data;
	struct segment *s;
	unsigned int i, j;
	size_t off;

	(void)check;
	for (i = 0; i < h->nr_segs; i++) {
		s = &h->seg[i];
		for (j = 0; j < NR_PROBES; j++) {
			off = probe(h, j);
			if (off >= s->off && off < s->off + s->size &&
			    s->prot != GONE && s->prot & PROT_READ)
				same_data(h, s, off, 0x10 + 2 * j);
		}
	}
}

static void same_refs(const struct huge *h)
{
	struct pfnmap_test_refs now;
	unsigned int i;

	for (i = 0; i < NR_REFS; i++) {
		now = refs_of(h->fd, h->refs[i].index);
		if (now.refcount != h->refs[i].refcount ||
		    now.mapcount != h->refs[i].mapcount)
			fail("page %u: %d references, not %d; mapcount %d, not %d",
			     now.index, now.refcount, h->refs[i].refcount,
			     now.mapcount, h->refs[i].mapcount);
	}
}

static void check_refs(const struct check *check, void *data)
{
	(void)check;
	same_refs(data);
}

static void check_release(const struct check *check, void *data)
{
	struct huge *h = data;
	unsigned int i;

	(void)check;
	for (i = 0; i < h->nr_segs; i++)
		if (h->seg[i].prot != GONE &&
		    munmap(h->seg[i].addr, h->seg[i].size))
			fail("munmap: %s", strerror(errno));
	same_refs(h);
	if (close(h->fd))
		fail("close: %s", strerror(errno));
}

static const struct check checks[] = {
	{ "kept", check_kept, NULL },
	{ "access", check_access, NULL },
	{ "entry", check_entry, NULL },
	{ "gup", check_gup, NULL },
	{ "data", check_data, NULL },
	{ "refs", check_refs, NULL },
	{ "release", check_release, NULL },
	{ "", NULL, NULL }
};

#define HF	PFNMAP_TEST_HUGE_FAULT
#define RD	PFNMAP_TEST_INSERT_READ
#define WC	PFNMAP_TEST_WC
#define WR	PFNMAP_TEST_INSERT_WRITE
#define MK	PFNMAP_TEST_MKWRITE
#define TW	PFNMAP_TEST_TWICE

static const struct kind kinds[] = {
	/* First, as long as there is so much RAM in one piece. */
	{ "pud_compound", "pud.compound", .flags = HF, .set = ONE },
	{ "pud_highorder", "pud.highorder", .flags = HF, .set = ONE },
	{ "pud_order0", "pud.order0", .flags = HF, .set = ONE },
	{ "pud_mixed_order0", "pud.mixed_order0", .flags = HF, .set = ONE },
	{ "pmd_fault", "pmd.order0", .set = ALL },
	{ "pmd", "pmd.order0", .flags = HF, .set = ALL },
	{ "pmd_mixed", "pmd.mixed_order0", .flags = HF, .set = ALL },
	{ "pmd_fault_mixed", "pmd.mixed_compound", .set = CORE },
	{ "pmd_compound", "pmd.compound", .flags = HF, .set = CORE },
	{ "pmd_highorder", "pmd.highorder", .flags = HF, .set = CORE },
	{ "pmd_no_memmap", "pmd.no_memmap", .flags = HF, .set = CORE },
	{ "pmd_mixed_no_memmap", "pmd.mixed_no_memmap", .flags = HF,
	  .set = CORE },
	{ "pmd_pci", "pmd.no_memmap", .flags = HF | WC, .pci = true,
	  .set = CORE },
	{ "pmd_mkwrite", "pmd.order0", .flags = HF | MK, .set = CORE },
	{ "pmd_read", "pmd.order0", .flags = HF | RD, .set = CORE },
	{ "pmd_write", "pmd.order0", .flags = HF | WR, .set = CORE },
	{ "pmd_read_mkwrite", "pmd.order0", .flags = HF | RD | MK,
	  .set = CORE },
	{ "pmd_mixed_read_mkwrite", "pmd.mixed_order0", .flags = HF | RD | MK,
	  .set = CORE },
	{ "pmd_fault_read_mkwrite", "pmd.order0", .flags = RD | MK,
	  .set = CORE },
	{ "pmd_twice", "pmd.order0", .flags = HF | TW, .set = ONE },
	{ "pmd_fault_twice", "pmd.order0", .flags = TW, .set = ONE },
	{ "pud_fault", "pud.no_memmap", .set = ONE },
	{ "pud_twice", "pud.no_memmap", .flags = HF | TW, .set = ONE },
	{ "pud", "pud.no_memmap", .flags = HF, .set = ALL },
	{ "pud_mixed", "pud.mixed_no_memmap", .flags = HF, .set = ALL },
	{ "pud_pci", "pud.no_memmap", .flags = HF | WC, .pci = true,
	  .set = CORE },
	{ "pud_read", "pud.no_memmap", .flags = HF | RD, .set = CORE },
	{ "pud_write", "pud.no_memmap", .flags = HF | WR, .set = CORE },
	{ "pud_mkwrite", "pud.no_memmap", .flags = HF | MK, .set = CORE },
	{ "pud_read_mkwrite", "pud.no_memmap", .flags = HF | RD | MK,
	  .set = CORE },
};

static const struct scenario scenarios[] = {
	{ "fresh", .set = CORE },
	{ "write_after_read", .read_first = true, .set = ONE },
	{ "fork_parent", .run = fork_parent, .set = CORE },
	{ "fork_child", .run = fork_child, .set = CORE },
	{ "mprotect_ro_rw", .run = protect_ro_rw, .set = CORE },
	{ "mremap", .run = move_aligned, .set = CORE },
	{ "munmap_half", .run = unmap_half, .set = CORE },
	{ "read_only", .before = protect_ro, .read_first = true, .set = ALL },
	{ "read_only_rw", .before = protect_ro_read_rw, .set = ALL },
	{ "dontfork_parent", .run = dontfork_parent, .set = ALL },
	{ "dontfork_child", .run = dontfork_child, .set = ALL },
	{ "dontfork_page", .run = dontfork_page, .set = ALL },
	{ "mprotect_ro", .run = protect_ro, .set = ALL },
	{ "mprotect_ro_part", .run = protect_ro_part, .set = ALL },
	{ "mprotect_ro_page", .run = protect_ro_page, .set = ALL },
	{ "mprotect_none", .run = protect_none, .set = ALL },
	{ "mprotect_none_part", .run = protect_none_part, .set = ALL },
	{ "mprotect_none_page", .run = protect_none_page, .set = ALL },
	{ "mprotect_none_rw", .run = protect_none_rw, .set = ALL },
	{ "mprotect_rw_part", .run = protect_ro_rw_part, .set = ALL },
	{ "mprotect_rw_page", .run = protect_ro_rw_page, .set = ALL },
	{ "unprivileged", .run = protect_none_unprivileged, .set = ALL },
	{ "mremap_misaligned", .run = move_misaligned, .set = ALL },
	{ "mremap_half", .run = move_half, .set = ALL },
	{ "mremap_page", .run = move_page, .set = ALL },
	{ "munmap_page", .run = unmap_page, .set = ALL },
	{ "dontneed", .run = dontneed, .set = ALL, .mixed = true },
	{ "dontneed_part", .run = dontneed_part, .set = ALL, .mixed = true },
	{ "dontneed_page", .run = dontneed_page, .set = ALL, .mixed = true },
	{ "zap", .run = zap_all, .set = ALL },
	{ "zap_part", .run = zap_part, .set = ALL },
	{ "zap_page", .run = zap_page, .set = ALL },
	{ "mlock", .run = lock, .set = ALL },
	{ "populate_write", .run = populate_write, .set = ALL,
	  .read_first = true, .mixed = true },
	{ "misaligned", .misaligned = true, .set = ALL },
	{ "shorter", .shorter = true, .set = ALL },
	{ "table", .misaligned = true, .run = move_into_place, .set = ALL },
	{ "thp_eligible", .run = thp_eligible, .set = ALL },
	{ "thp_never", .before = thp_never, .run = thp_back, .set = ALL },
	{ "nohugepage", .before = no_hugepage, .set = ALL },
	{ "thp_disable", .before = thp_disable, .set = ALL },
};

/* The more a kind is asked to do, the more scenarios it goes through. */
static bool wanted(const struct kind *k, const struct scenario *s)
{
	const struct memory m = memory(k->memory);

	if (s->set > k->set)
		return false;
	return !s->mixed || is_mixed(&m);
}

int main(int argc, char **argv)
{
	static struct group groups[MAX_GROUPS];
	static struct huge huge[MAX_GROUPS];
	unsigned int i, j, n = 0;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (j = 0; j < ARRAY_SIZE(scenarios); j++) {
			if (!wanted(&kinds[i], &scenarios[j]))
				continue;
			if (n == MAX_GROUPS)
				setup_failed("MAX_GROUPS is too small");
			huge[n].kind = &kinds[i];
			huge[n].memory = memory(kinds[i].memory);
			huge[n].memory.flags = kinds[i].flags;
			huge[n].scenario = &scenarios[j];
			snprintf(groups[n].name, sizeof(groups[n].name),
				 "%s.%s", kinds[i].name, scenarios[j].name);
			groups[n].setup = setup;
			groups[n].checks = checks;
			groups[n].data = &huge[n];
			n++;
		}
	}
	return run_groups(groups, n, argc, argv);
}
