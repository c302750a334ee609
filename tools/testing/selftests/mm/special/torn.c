// SPDX-License-Identifier: GPL-2.0
/*
 * A huge entry that changes while fast GUP reads it. Where an entry is larger
 * than what the machine loads at once, the reader must not get one half of what
 * was there before and one of what came after: together they can be an entry
 * that is not special, or a page frame that does not exist. PROT_NONE inverts
 * the page frame on x86, so that every mprotect() changes both halves.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "device.h"
#include "gup.h"
#include "memory.h"
#include "process.h"
#include "run.h"

#define CHANGES		3000
/* As often it is looked at: READS reads each, or a call of GUP. */
#define LOOKS_READ	200
#define LOOKS_FAST	20000
#define READS		20000

/**
 * struct changing - a huge entry and what changes it
 * @change: takes it away; a write brings it back
 * @special: that of a driver, for memory without struct pages; else anonymous
 * @addr: where it is
 * @size: of it
 * @fd: the driver's file
 * @entry: as it is while it is there
 * @stop: for the thread that changes it
 * @changes: that it made
 */
struct changing {
	int (*change)(struct changing *c);
	bool special;
	char *addr;
	size_t size;
	int fd;
	struct pfnmap_test_entry entry;
	int stop;
	unsigned long changes;
};

static int change_protection(struct changing *c)
{
	return mprotect(c->addr, c->size, PROT_NONE) ||
	       mprotect(c->addr, c->size, PROT_READ | PROT_WRITE);
}

static int change_zap(struct changing *c)
{
	struct pfnmap_test_zap zap = { .offset = 0, .size = c->size };

	return ioctl(c->fd, PFNMAP_TEST_ZAP, &zap);
}

static int change_once(struct changing *c)
{
	if (c->change(c))
		return -1;
	*(volatile char *)c->addr = 1;
	return 0;
}

static void setup(void *data)
{
	struct memory m = memory("pmd.no_memmap");
	struct changing *c = data;

	if (sizeof(long) >= sizeof(uint64_t)) {
		skip("a load has all of an entry");
		return;
	}
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		skip("nobody changes an entry while the only processor reads it");
		return;
	}
	c->size = info()->pmd_size;
	c->addr = aligned_room(c->size, c->size);
	if (!c->addr)
		setup_failed("no room: %s", strerror(errno));
	if (c->special) {
		if (!info()->pmd_special) {
			skip("a PMD cannot be marked special");
			return;
		}
		m.flags = PFNMAP_TEST_HUGE_FAULT;
		c->fd = memory_open(&m, c->size, NULL);
		if (c->fd < 0)
			return;		/* skipped */
		c->addr = mmap(c->addr, c->size, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_FIXED, c->fd, 0);
	} else {
		c->addr = mmap(c->addr, c->size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	}
	if (c->addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	if (!c->special && madvise(c->addr, c->size, MADV_HUGEPAGE)) {
		skip("no transparent huge pages");
		return;
	}
	*(volatile char *)c->addr = 1;
	/* The first time may leave bits behind that all others find. */
	if (change_once(c))
		setup_failed("no change: %s", strerror(errno));
	c->entry = entry_at(c->addr);
	if (c->entry.level != PFNMAP_TEST_PMD)
		setup_failed("level %u", c->entry.level);
}

static void *changer(void *data)
{
	struct changing *c = data;

	while (!__atomic_load_n(&c->stop, __ATOMIC_RELAXED) && !change_once(c))
		__atomic_add_fetch(&c->changes, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* Calls @look while the other thread changes the entry; how often. */
static unsigned long during(struct changing *c,
			    bool (*look)(struct changing *c, void *data),
			    void *data, unsigned long nr_looks)
{
	unsigned long looks = 0, changes;
	pthread_t thread;

	c->stop = 0;
	c->changes = 0;
	pthread_create(&thread, NULL, changer, c);
	do {
		looks++;
		if (!look(c, data))
			break;
		changes = __atomic_load_n(&c->changes, __ATOMIC_RELAXED);
	} while (race_goes_on(looks, nr_looks, changes, CHANGES));
	__atomic_store_n(&c->stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	if (c->changes < CHANGES || looks < nr_looks)
		fail("the entry changed %lu times, it was looked at %lu times",
		     c->changes, looks);
	return looks;
}

struct sum {
	bool plain;
	uint64_t reads;
	uint64_t permitted;
	uint64_t torn;
	uint64_t torn_val;
};

static bool look_read(struct changing *c, void *data)
{
	struct sum *sum = data;
	struct pfnmap_test_read r = {
		.addr = (uintptr_t)c->addr,
		.val = c->entry.val,
		.nr = READS,
		.plain = sum->plain,
	};

	if (ioctl(c->fd, PFNMAP_TEST_READ, &r)) {
		fail("PFNMAP_TEST_READ: %s", strerror(errno));
		return false;
	}
	sum->reads += r.nr;
	sum->permitted += r.permitted;
	sum->torn += r.torn;
	if (r.torn)
		sum->torn_val = r.torn_val;
	return true;
}

/* Whatever is read is the entry that is there, or one that permits nothing. */
static void check_read(const struct check *check, void *data)
{
	struct sum plain = { .plain = true }, sum = { .plain = false };
	struct changing *c = data;

	(void)check;
	if (!c->special)
		c->fd = device_open();
	/* Not a verdict: it tells what the reads below are spared. */
	during(c, look_read, &plain, LOOKS_READ);
	during(c, look_read, &sum, LOOKS_READ);
	printf("# %llu reads, %llu while the entry permits, %lu changes\n",
	       (unsigned long long)sum.reads,
	       (unsigned long long)sum.permitted, c->changes);
	printf("# of %llu with READ_ONCE() %llu torn\n",
	       (unsigned long long)plain.permitted,
	       (unsigned long long)plain.torn);
	fflush(stdout);
	if (!sum.permitted || sum.permitted == sum.reads)
		fail("the entry did not change: %llu of %llu reads permit",
		     (unsigned long long)sum.permitted,
		     (unsigned long long)sum.reads);
	if (sum.torn)
		fail("%llu of %llu reads gave an entry that never was, at last %#llx and not %#llx",
		     (unsigned long long)sum.torn,
		     (unsigned long long)sum.permitted,
		     (unsigned long long)sum.torn_val,
		     (unsigned long long)c->entry.val);
}

static bool look_fast(struct changing *c, void *data)
{
	static const struct gup_entry only = {
		.name = "pin_fast_only",
		.call = PFNMAP_TEST_PIN_FAST_ONLY,
		.flags = PFNMAP_TEST_WRITE,
		.fast = true,
		.pin = true,
	};
	unsigned long *taken = data;
	uint64_t pfn;
	long ret = gup(&only, c->addr, NR_PAGES, &pfn);

	if (ret && c->special) {
		fail("returned %ld", ret);
		return false;
	}
	if (ret && (ret != NR_PAGES || pfn != c->entry.pfn)) {
		fail("returned %ld pages, the first %#llx and not %#llx", ret,
		     (unsigned long long)pfn, (unsigned long long)c->entry.pfn);
		return false;
	}
	*taken += ret > 0;
	return true;
}

/* It takes the page that is there or none; where it takes another it may die. */
static void check_fast(const struct check *check, void *data)
{
	struct changing *c = data;
	unsigned long taken = 0, calls;

	(void)check;
	calls = during(c, look_fast, &taken, LOOKS_FAST);
	if (!c->special && info()->fast_gup && (!taken || taken == calls))
		fail("%lu of %lu calls took pages", taken, calls);
}

int main(int argc, char **argv)
{
	static const struct check checks[] = {
		{ "read", check_read, NULL },
		{ "fast", check_fast, NULL },
		{ "", NULL, NULL }
	};
	static struct changing changing[] = {
		{ .change = change_protection },
		{ .change = change_protection, .special = true },
		{ .change = change_zap, .special = true },
	};
	struct group groups[] = {
		{ "anon_mprotect", setup, checks, &changing[0] },
		{ "special_mprotect", setup, checks, &changing[1] },
		{ "special_zap", setup, checks, &changing[2] },
	};

	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
