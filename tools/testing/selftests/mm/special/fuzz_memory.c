// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that random operations meet, and the model of what it must hold.
 *
 * Each slot has two areas of addresses, of 32 units each, into which units of
 * what is mapped can be put anywhere. Of each unit one word is known. Who may
 * change it does so under the lock of the content; what changes no content runs
 * against that at any time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "dax_device.h"
#include "device.h"
#include "fuzz.h"
#include "run.h"

#ifndef MFD_HUGETLB
#define MFD_HUGETLB	4U
#endif
/* Below all that the kernel places by itself, with room for a PUD each. */
#define FIRST_AREA	0x1000000000ULL
#define SECOND_AREA	0x2000000000ULL
#define AREA_SHIFT	33
/* Where devices with a struct dev_pagemap are in hidden memory. */
#define DEVMAP_AT	(64UL << 20)

struct slot slots[NR_SLOTS];

bool is_special(const struct slot *s)
{
	return s->kind->flags & SPECIAL;
}

char *place_addr(const struct slot *s, unsigned int w)
{
	return s->area[w / UNITS] + w % UNITS * s->unit;
}

/* Slots may map the same memory, so each has its own part of a page. */
char *word_addr(const struct slot *s, unsigned int w)
{
	return place_addr(s, w) + s->nr * 512;
}

static __thread sigjmp_buf caught;
static __thread volatile bool may_fault;

static void on_fault(int sig)
{
	if (may_fault)
		siglongjmp(caught, sig);
	signal(sig, SIG_DFL);
}

void install_handler(void)
{
	struct sigaction act = {
		.sa_handler = on_fault,
		.sa_flags = SA_NODEFER,
	};

	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGBUS, &act, NULL);
}

bool safe_load(const void *addr, uint64_t *val)
{
	uint64_t *volatile to = val;
	volatile bool ok = false;

	may_fault = true;
	if (!sigsetjmp(caught, 0)) {
		*to = *(const volatile uint64_t *)addr;
		ok = true;
	}
	may_fault = false;
	return ok;
}

bool safe_store(void *addr, uint64_t val)
{
	volatile uint64_t what = val;
	volatile bool ok = false;

	may_fault = true;
	if (!sigsetjmp(caught, 0)) {
		*(volatile uint64_t *)addr = what;
		ok = true;
	}
	may_fault = false;
	return ok;
}

static uint64_t word_of(const struct slot *s, uint64_t seed, unsigned int rest)
{
	return 0xf0ULL << 56 | (seed & 0xffff) << 40 |
	       (uint64_t)s->nr << 36 | (uint64_t)(s->generation & 0xf) << 32 |
	       rest;
}

uint64_t new_word(struct step *st)
{
	return word_of(st->s, st->f->seed,
		       (uint32_t)(st->k * MAX_THREADS + st->thread) | 1u << 31);
}

static uint64_t base_of(const struct slot *s, const struct place *p)
{
	return s->kind->flags & ANON ? 0 : s->store[p->back];
}

bool expected(const struct slot *s, unsigned int w, uint64_t *val)
{
	const struct place *p = &s->place[w];

	if (p->back == HOLE)
		return false;
	*val = p->has_own ? p->own : base_of(s, p);
	return !p->maybe;
}

void judge(struct step *st, unsigned int w, uint64_t got, const char *from)
{
	struct place *p = &st->s->place[w];
	uint64_t want = 0;

	__atomic_add_fetch(&st->f->verified, 1, __ATOMIC_RELAXED);
	expected(st->s, w, &want);
	if (p->back == HOLE) {
		wrong(st, "place %u is a hole, %s has 0x%llx", w, from,
		      (unsigned long long)got);
		return;
	}
	if (got == want)
		return;
	if (p->maybe && got == base_of(st->s, p)) {
		p->has_own = false;
		p->maybe = false;
		return;
	}
	wrong(st, "place %u holds 0x%llx, not 0x%llx, by %s", w,
	      (unsigned long long)got, (unsigned long long)want, from);
}

void model_write(struct slot *s, unsigned int w, uint64_t val)
{
	struct place *p = &s->place[w];

	if (s->kind->flags & PRIVATE) {
		p->own = val;
		p->has_own = true;
		p->maybe = false;
	} else {
		s->store[p->back] = val;
	}
}

void model_discard(struct slot *s, unsigned int w, unsigned int n, bool certain)
{
	if (!(s->kind->flags & PRIVATE))
		return;
	for (; n--; w++) {
		if (!s->place[w].has_own)
			continue;
		s->place[w].maybe = !certain;
		s->place[w].has_own = !certain;
	}
}

bool verify(struct step *st, unsigned int w)
{
	uint64_t got;

	if (st->s->place[w].back == HOLE || !safe_load(word_addr(st->s, w), &got))
		return false;
	judge(st, w, got, "a load");
	return true;
}

/*
 * By a name of its own, since unmap_mapping_range() concerns an inode: it would
 * take from other slots, too. -1 if there is no memory.
 */
static int open_device(const struct slot *s, struct pfnmap_test_map map)
{
	struct stat st;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/tmp/fuzz.%u", s->nr);
	unlink(path);
	if (stat("/dev/" PFNMAP_TEST_DEV, &st) ||
	    mknod(path, S_IFCHR | 0600, st.st_rdev))
		setup_failed("%s: %s", path, strerror(errno));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		setup_failed("%s: %s", path, strerror(errno));
	unlink(path);
	if (!ioctl(fd, PFNMAP_TEST_MAP, &map))
		return fd;
	if (errno != ENOMEM)
		setup_failed("PFNMAP_TEST_MAP: %s", strerror(errno));
	close(fd);
	return -1;
}

unsigned int entry_units(const struct slot *s)
{
	size_t entry = level_size(s->kind->level);

	return entry > s->unit ? entry / s->unit : 1;
}

static int open_kind(struct slot *s, const struct kind *k)
{
	struct memory m;
	uint64_t phys = 0, size = s->size, hidden = 0;
	int fd;

	s->phys = 0;
	if (k->flags & DAX)
		return dax_open(level_size(k->level), &s->phys);
	if (k->flags & HUGE_TMPFS) {
		fd = huge_shmem();
	} else if (k->flags & SHMEM) {
		fd = memfd_create("fuzz", MFD_CLOEXEC |
				  (k->flags & HUGETLB ? MFD_HUGETLB : 0));
	} else {
		m = memory(k->name);
		if (m.backing >= PFNMAP_TEST_PHYS) {
			if (!hidden_memory(&hidden, &phys))
				return -1;
			hidden += -hidden % level_size(k->level);
		}
		if (m.backing == PFNMAP_TEST_DEVMAP)
			hidden += DEVMAP_AT;
		s->phys = hidden;
		return open_device(s, (struct pfnmap_test_map){
			.backing = m.backing,
			.insert = m.insert,
			.level = m.level,
			.flags = m.flags,
			.size = size,
			.phys = hidden,
		});
	}
	if (fd >= 0 && ftruncate(fd, size)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

bool place_map(struct slot *s, unsigned int w, unsigned int n, int back)
{
	unsigned int flags = s->kind->flags, i;
	char *addr = place_addr(s, w);
	size_t len = n * s->unit;
	void *got;

	if (flags & ANON)
		got = mmap(addr, len, PROT_READ | PROT_WRITE, MAP_FIXED |
			   MAP_PRIVATE | MAP_ANONYMOUS |
			   (flags & HUGETLB ? MAP_HUGETLB : 0), -1, 0);
	else
		got = mmap(addr, len, PROT_READ | PROT_WRITE, MAP_FIXED |
			   (flags & PRIVATE ? MAP_PRIVATE : MAP_SHARED), s->fd,
			   back * s->unit);
	if (got == MAP_FAILED) {
		place_unmap(s, w, n);
		return false;
	}
	if (flags & THP)
		madvise(addr, len, MADV_HUGEPAGE);
	for (i = 0; i < n; i++)
		s->place[w + i] = (struct place){ .back = back + i };
	return true;
}

/* It must not fail: what is mapped would not be what the model says. */
void place_unmap(struct slot *s, unsigned int w, unsigned int n)
{
	unsigned int i;

	faults(false);
	if (munmap(place_addr(s, w), n * s->unit))
		setup_failed("munmap: %s", strerror(errno));
	for (i = 0; i < n; i++)
		s->place[w + i].back = HOLE;
}

static bool has_refs(const struct slot *s)
{
	return s->kind->flags & DEVICE && refs_of(s->fd, 0).refcount >= 0;
}

/* What a unit of a file holds in the beginning, by a mapping that is shared. */
static bool fill(struct slot *s, uint64_t seed)
{
	char *map = mmap(s->area[1], s->size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, s->fd, 0);
	unsigned int i;

	if (map == MAP_FAILED)
		return false;
	for (i = 0; i < UNITS; i++) {
		s->store[i] = word_of(s, seed, i);
		*(volatile uint64_t *)(map + i * s->unit + s->nr * 512) =
			s->store[i];
	}
	munmap(map, s->size);
	return true;
}

static char *area_of(unsigned int nr, unsigned int i)
{
	uint64_t addr = (i ? SECOND_AREA : FIRST_AREA) +
			((uint64_t)nr << AREA_SHIFT);

	return (char *)(uintptr_t)addr;
}

bool slot_make(struct slot *s, uint64_t seed)
{
	const struct kind *k = kind_of(s->nr);
	unsigned int i;

	s->kind = k;
	if (!k)
		return false;
	s->size = k->level == PFNMAP_TEST_PUD ? (size_t)info()->pud_size :
		  k->level == PFNMAP_TEST_PMD ? 2 * (size_t)info()->pmd_size :
		  2UL * UNITS * getpagesize();
	s->unit = s->size / UNITS;
	s->grain = k->flags & (HUGETLB | DAX) ?
		   level_size(k->level) / s->unit :
		   k->flags & WHOLE_ONLY ? UNITS : 1;
	s->generation++;
	s->fd = -1;
	s->pfn = 0;
	for (i = 0; i < 2; i++)
		s->area[i] = area_of(s->nr, i);
	if (!(k->flags & ANON)) {
		s->fd = open_kind(s, k);
		if (s->fd < 0) {
			s->kind = NULL;
			return false;
		}
	}
	for (i = 0; has_refs(s) && i < UNITS; i++)
		s->refs[i] = refs_of(s->fd, i * s->unit / getpagesize()).refcount;
	if (k->flags & DEVICE)
		s->pfn = refs_of(s->fd, 0).pfn;
	else if (k->flags & DAX)
		s->pfn = s->phys / getpagesize();
	if (s->fd >= 0 && !fill(s, seed)) {
		close(s->fd);
		s->kind = NULL;
		return false;
	}
	for (i = 0; i < PLACES; i++)
		s->place[i] = (struct place){ .back = HOLE };
	return place_map(s, 0, UNITS, 0) && place_map(s, UNITS, UNITS, 0);
}

/* A page that somebody is just looking at may have one more for a moment. */
void check_refs(struct step *st, struct slot *s)
{
	unsigned int i, tries, index;
	int now = 0;

	for (i = 0; has_refs(s) && i < UNITS; i++) {
		index = i * s->unit / getpagesize();
		for (tries = 0; tries < 1000; tries++) {
			now = refs_of(s->fd, index).refcount;
			if (now == s->refs[i])
				break;
			usleep(1000);
		}
		if (now == s->refs[i])
			continue;
		wrong(st, "page %u has %d references, not %d", index, now,
		      s->refs[i]);
		return;
	}
}

void slot_end(struct step *st, struct slot *s)
{
	if (!s->kind)
		return;
	place_unmap(s, 0, UNITS);
	place_unmap(s, UNITS, UNITS);
	check_refs(st, s);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->kind = NULL;
}
