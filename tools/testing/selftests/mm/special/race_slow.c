// SPDX-License-Identifier: GPL-2.0
/*
 * Races that take many rounds to come about. mremap() of a huge PFN against a driver
 * that takes its memory back: the zap needs no mmap_lock, the entry may vanish
 * while mremap() allocates tables. A walker that splits a huge entry against the
 * fault that brings it back. Neither may take for a page table what is none; a
 * kernel that does so dies, or reports a bad entry.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "dax_device.h"
#include "device.h"
#include "memory.h"
#include "process.h"
#include "run.h"

/* At least so many moves of a huge entry, or of PTEs where there is none. */
#define MOVES		30
#define ZAPS		200
/* Walks that meet a huge entry. Where each takes long, some have to do. */
#define WALKS_MIN	500
#define WALKS_MAX	8000
#define WALKS_NS	20000000000ULL

struct moved {
	const char *kind;
	bool dax;		/* device DAX instead of the test device */
	unsigned int flags;	/* besides those of @kind */
	int advice;		/* of madvise(), for a walk; else mincore() */
	struct memory memory;
	size_t size;
	char *addr;
	int fd;
	int stop;
	unsigned long zaps;
};

static void *zapper(void *data)
{
	struct moved *m = data;
	struct pfnmap_test_zap zap = { .offset = 0, .size = m->size };
	volatile unsigned int spin;

	while (!__atomic_load_n(&m->stop, __ATOMIC_RELAXED)) {
		ioctl(m->fd, PFNMAP_TEST_ZAP, &zap);
		for (spin = 0; spin < m->zaps % 997 * 20; spin++)
			;
		/* Now and then a huge entry has to live until it is moved. */
		if (m->zaps++ % 16 == 0)
			usleep(m->zaps % 5000);
	}
	return NULL;
}

static void setup(void *data)
{
	struct moved *m = data;
	uint64_t phys;

	m->memory = memory(m->kind);
	m->memory.flags |= m->flags;
	if (m->memory.level == PFNMAP_TEST_PUD && !info()->pud_special &&
	    !m->dax) {
		skip("a driver cannot insert a PUD");
		return;
	}
	if (m->advice && m->memory.level != entry_level(&m->memory) &&
	    m->memory.backing != PFNMAP_TEST_DEVMAP) {
		skip("a PMD cannot be marked special");
		return;
	}
	if (m->advice && sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		skip("nobody faults while the only processor walks");
		return;
	}
	m->size = level_size(m->memory.level);
	if (!m->dax) {
		m->fd = memory_open(&m->memory, m->size, NULL);
		return;
	}
	m->fd = dax_open(m->size, &phys);
	if (m->fd < 0)
		skip("no persistent memory for device DAX of this size");
}

/* Far from everything else if possible: mremap() has to allocate tables. */
static char *place(struct moved *m, unsigned int i)
{
	uint64_t far = (i + 1ull) << 43;
	char *addr;

	if ((uintptr_t)far == far) {
		addr = mmap((void *)(uintptr_t)far, m->size, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			    MAP_FIXED_NOREPLACE, -1, 0);
		if (addr == (void *)(uintptr_t)far)
			return addr;
		if (addr != MAP_FAILED)
			munmap(addr, m->size);
	}
	return aligned_room(m->size, m->size);
}

static void check_moves(const struct check *check, void *data)
{
	unsigned long moves = 0, huge = 0, zaps = 0;
	struct moved *m = data;
	char *addr, *places[2];
	pthread_t thread;
	bool can;

	(void)check;
	places[0] = place(m, 0);
	places[1] = place(m, 1);
	if (!places[0] || !places[1])
		return fail("no room: %s", strerror(errno));
	addr = mmap(places[0], m->size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, m->fd, 0);
	if (addr == MAP_FAILED)
		return fail("mmap: %s", strerror(errno));
	*(volatile char *)addr = 1;
	/* Else PTEs are moved, which must go well too. */
	can = m->memory.level == PFNMAP_TEST_PUD ? info()->pud_special :
					    info()->pmd_special;
	if (can && entry_at(addr).level != m->memory.level)
		return fail("level %u", entry_at(addr).level);

	pthread_create(&thread, NULL, zapper, m);
	do {
		*(volatile char *)addr = 1;
		moves++;
		addr = mremap(addr, m->size, m->size,
			      MREMAP_MAYMOVE | MREMAP_FIXED,
			      places[moves % 2]);
		if (addr == MAP_FAILED) {
			fail("mremap: %s", strerror(errno));
			break;
		}
		huge += entry_at(addr).level == m->memory.level;
		zaps = __atomic_load_n(&m->zaps, __ATOMIC_RELAXED);
	} while (race_goes_on(can ? huge : moves, MOVES, zaps, ZAPS));
	__atomic_store_n(&m->stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	if ((can ? huge : moves) < MOVES || zaps < ZAPS)
		fail("%lu moves, %lu of them of a huge entry, with %lu zaps",
		     moves, huge, zaps);
}

static void *toucher(void *data)
{
	struct moved *m = data;

	while (!__atomic_load_n(&m->stop, __ATOMIC_RELAXED))
		*(volatile char *)m->addr = 1;
	return NULL;
}

/*
 * A walker splits the entry, and at once there is another. A special PUD it
 * would leave alone: that of device DAX is split.
 */
static void check_walk(const struct check *check, void *data)
{
	uint64_t begin = now_ns();
	unsigned long walks = 0;
	struct moved *m = data;
	unsigned char vec;
	pthread_t thread;

	(void)check;
	m->addr = aligned_room(m->size, m->size);
	if (!m->addr)
		return fail("no room: %s", strerror(errno));
	m->addr = mmap(m->addr, m->size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED, m->fd, 0);
	if (m->addr == MAP_FAILED)
		return fail("mmap: %s", strerror(errno));
	pthread_create(&thread, NULL, toucher, m);
	while (walks < WALKS_MAX && worth_waiting()) {
		if (walks >= WALKS_MIN && now_ns() - begin > WALKS_NS)
			break;
		/* It is for the other thread to bring it back: leave it the host's time. */
		if (entry_at(m->addr).level != m->memory.level) {
			usleep(10);
			continue;
		}
		if (m->advice ? madvise(m->addr, getpagesize(), m->advice) :
				mincore(m->addr, getpagesize(), &vec))
			fail("%s", strerror(errno));
		walks++;
		progress();
	}
	__atomic_store_n(&m->stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	if (walks < WALKS_MIN)
		fail("only %lu walks met a huge entry", walks);
}

int main(int argc, char **argv)
{
	static const struct check checks[] = {
		{ "zap", check_moves, NULL },
		{ "", NULL, NULL }
	};
	static const struct check walks[] = {
		{ "mincore", check_walk, NULL },
		{ "", NULL, NULL }
	};
	static const struct check zaps[] = {
		{ "dontneed", check_walk, NULL },
		{ "", NULL, NULL }
	};
	static struct moved moved[] = {
		{ .kind = "pmd.highorder" },
		{ .kind = "pmd.highorder", .flags = PFNMAP_TEST_HUGE_FAULT },
		{ .kind = "pud.no_memmap" },
		{ .kind = "pud.devmap", .dax = true },
		{ .kind = "pmd.devmap", .advice = MADV_DONTNEED },
		{ .kind = "pmd.mixed_no_memmap", .advice = MADV_DONTNEED },
		{ .kind = "pud.mixed_no_memmap", .advice = MADV_DONTNEED },
	};
	struct group groups[] = {
		{ "pmd_fault", setup, checks, &moved[0] },
		{ "pmd", setup, checks, &moved[1] },
		{ "pud", setup, checks, &moved[2] },
		{ "pud_walk", setup, walks, &moved[3] },
		{ "pmd_devmap", setup, zaps, &moved[4] },
		{ "pmd_page", setup, zaps, &moved[5] },
		{ "pud_page", setup, zaps, &moved[6] },
	};

	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
