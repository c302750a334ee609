// SPDX-License-Identifier: GPL-2.0
/*
 * While one thread walks, advises, unmaps or moves a mapping with a huge
 * special entry, another one faults the entry in and tries to pin it. The fast
 * path never gets a page, whatever it meets, and no reference is left behind.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "process.h"
#include "run.h"
#include "target.h"

/* At least so many faults, and what runs against them. */
#define ROUNDS		50
#define STEPS		5

#define POLICY_BIND	2
#define POLICY_STRICT	1
#define MAX_NODE	(8 * sizeof(unsigned long))

struct race {
	struct memory memory;
	struct target t;
	char *elsewhere;	/* for mremap() */
	atomic_bool stop;
	atomic_ulong rounds;	/* of the thread that faults */
	long taken;		/* pages that it got, which is wrong */
	const char *by;
};

/**
 * struct racer - what runs against the faults
 * @name: as reported
 * @step: once; called again and again
 * @path: for @step; a kernel without it has nothing of the kind
 */
struct racer {
	const char *name;
	void (*step)(const struct racer *racer, struct race *r);
	const char *path;
};

static void step_read(const struct racer *racer, struct race *r)
{
	int fd = open(racer->path, O_RDONLY | O_CLOEXEC);
	static char buf[65536];

	(void)r;
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	close(fd);
}

static void step_pagemap(const struct racer *racer, struct race *r)
{
	int fd = open(racer->path, O_RDONLY | O_CLOEXEC);
	uint64_t pme[64];

	if (pread(fd, pme, sizeof(pme), (uintptr_t)r->t.addr / getpagesize() *
		  sizeof(pme[0])) < 0)
		r->by = "pagemap, which failed";
	close(fd);
}

static void step_clear_refs(const struct racer *racer, struct race *r)
{
	int fd = open(racer->path, O_WRONLY | O_CLOEXEC);

	if (write(fd, "4", 1) != 1)
		r->by = "clear_refs, which failed";
	close(fd);
}

static void step_mincore(const struct racer *racer, struct race *r)
{
	unsigned char vec[NR_PAGES];

	(void)racer;
	if (mincore(r->t.addr, NR_PAGES * getpagesize(), vec))
		r->by = "mincore, which failed";
}

/* Some of these refuse VM_PFNMAP. */
static void step_dontneed(const struct racer *racer, struct race *r)
{
	(void)racer;
	madvise(r->t.addr, r->t.size, MADV_DONTNEED);
}

static void step_zap(const struct racer *racer, struct race *r)
{
	struct pfnmap_test_zap zap = { .offset = 0, .size = r->t.size };

	(void)racer;
	if (ioctl(r->t.fd, PFNMAP_TEST_ZAP, &zap))
		r->by = "zap, which failed";
}

static void step_mprotect(const struct racer *racer, struct race *r)
{
	(void)racer;
	mprotect(r->t.addr, r->t.size, PROT_READ);
	mprotect(r->t.addr, r->t.size, PROT_NONE);
	mprotect(r->t.addr, r->t.size, PROT_READ | PROT_WRITE);
}

static void step_mbind(const struct racer *racer, struct race *r)
{
	unsigned long nodes = 1;

	(void)racer;
	syscall(SYS_mbind, r->t.addr, r->t.size, POLICY_BIND, &nodes, MAX_NODE,
		POLICY_STRICT);
}

static void step_move_pages(const struct racer *racer, struct race *r)
{
	void *page = r->t.addr;
	int status;

	(void)racer;
	syscall(SYS_move_pages, 0, 1, &page, NULL, &status, 0);
}

static void step_munmap(const struct racer *racer, struct race *r)
{
	(void)racer;
	munmap(r->t.addr, r->t.size);
	target_map(&r->t);
}

/* Half of it, so that a huge entry has to be split. */
static void step_munmap_half(const struct racer *racer, struct race *r)
{
	(void)racer;
	munmap(r->t.addr + r->t.size / 2, r->t.size / 2);
	target_map(&r->t);
}

static void step_mremap(const struct racer *racer, struct race *r)
{
	(void)racer;
	mremap(r->t.addr, r->t.size, r->t.size, MREMAP_MAYMOVE | MREMAP_FIXED,
	       r->elsewhere);
	mremap(r->elsewhere, r->t.size, r->t.size,
	       MREMAP_MAYMOVE | MREMAP_FIXED, r->t.addr);
}

static void step_fork(const struct racer *racer, struct race *r)
{
	pid_t pid = fork();

	(void)racer;
	if (!pid) {
		(void)*(volatile char *)r->t.addr;
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static const struct racer racers[] = {
	{ "smaps", step_read, "/proc/self/smaps" },
	{ "numa_maps", step_read, "/proc/self/numa_maps" },
	{ "pagemap", step_pagemap, "/proc/self/pagemap" },
	{ "clear_refs", step_clear_refs, "/proc/self/clear_refs" },
	{ "mincore", step_mincore, NULL },
	{ "madv_dontneed", step_dontneed, NULL },
	{ "zap", step_zap, NULL },
	{ "mprotect", step_mprotect, NULL },
	{ "mbind", step_mbind, "/proc/self/numa_maps" },
	{ "move_pages", step_move_pages, "/proc/self/numa_maps" },
	{ "munmap", step_munmap, NULL },
	{ "munmap_half", step_munmap_half, NULL },
	{ "mremap", step_mremap, NULL },
	{ "fork", step_fork, NULL },
};

static void try_all(struct race *r, char *addr)
{
	unsigned int i;
	long ret;

	for (i = 0; i < nr_gup_entries; i++) {
		/* O_DIRECT would write to the mapping what the disk has. */
		if (!gup_entries[i].fast ||
		    gup_entries[i].call >= PFNMAP_TEST_NR_CALLS)
			continue;
		ret = gup(&gup_entries[i], addr, 1, NULL);
		if (ret > 0) {
			r->taken += ret;
			r->by = gup_entries[i].name;
		}
	}
}

/*
 * The kernel copies a byte from the mapping and back, for its errors do no
 * harm where the mapping is away for a moment.
 */
static void *toucher(void *data)
{
	struct race *r = data;
	int ends[2];
	char byte;

	if (pipe2(ends, O_NONBLOCK | O_CLOEXEC)) {
		r->by = "nobody: no pipe";
		return NULL;
	}
	while (!atomic_load(&r->stop)) {
		if (write(ends[1], r->t.addr, 1) != 1 &&
		    write(ends[1], "", 1) != 1)
			break;
		try_all(r, r->t.addr);
		if (read(ends[0], r->t.addr, 1) != 1 &&
		    read(ends[0], &byte, 1) != 1)
			break;
		try_all(r, r->t.addr);
		r->rounds++;
	}
	close(ends[0]);
	close(ends[1]);
	return NULL;
}

static const struct racer *racer_of(const struct check *check)
{
	const struct racer *racer = racers;

	while (strcmp(racer->name, check->name))
		racer++;
	return racer;
}

static void check_race(const struct check *check, void *data)
{
	const struct racer *racer = racer_of(check);
	unsigned long steps = 0;
	struct race *r = data;
	pthread_t thread;

	if (racer->path && access(racer->path, F_OK)) {
		skip("not in this kernel: %s", racer->path);
		return;
	}
	target_touch(&r->t);
	if (!target_same_entry(&r->t, "before"))
		return;
	r->rounds = 0;
	r->taken = 0;
	r->by = NULL;
	atomic_store(&r->stop, false);
	if (pthread_create(&thread, NULL, toucher, r)) {
		fail("no thread");
		return;
	}
	do {
		racer->step(racer, r);
		steps++;
	} while (race_goes_on(steps, STEPS, r->rounds, ROUNDS));
	atomic_store(&r->stop, true);
	pthread_join(thread, NULL);

	if (r->taken || r->by)
		fail("%ld pages were taken by %s", r->taken, r->by);
	if (r->rounds < ROUNDS || steps < STEPS)
		fail("no more than %lu rounds against %lu steps", r->rounds,
		     steps);
	target_touch(&r->t);
	target_same_entry(&r->t, "at the next access");
	target_same_refs(&r->t, r->t.refs, "huge");
}

static void check_release(const struct check *check, void *data)
{
	struct race *r = data;

	(void)check;
	if (munmap(r->t.addr, r->t.size))
		fail("munmap: %s", strerror(errno));
	target_same_refs(&r->t, r->t.refs_unmapped, "former");
}

static void setup(void *data)
{
	struct race *r = data;

	if (!target_make(&r->t, &r->memory))
		return;
	r->elsewhere = aligned_room(r->t.size, r->t.size);
	if (!r->elsewhere)
		setup_failed("mmap: %s", strerror(errno));
}

static const char *const kinds[] = {
	"pmd.order0",
	"pmd.no_memmap",
	"pmd.mixed_order0",
	"pmd.mixed_no_memmap",
	"pud.compound",
	"pud.no_memmap",
	"pud.mixed_compound",
	"pud.mixed_no_memmap",
};

int main(int argc, char **argv)
{
	static struct check checks[ARRAY_SIZE(racers) + 2];
	static struct group groups[ARRAY_SIZE(kinds)];
	static struct race races[ARRAY_SIZE(kinds)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(racers); i++) {
		checks[i].name = racers[i].name;
		checks[i].run = check_race;
	}
	checks[i].name = "release";
	checks[i++].run = check_release;
	checks[i].name = "";
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		races[i].memory = memory(kinds[i]);
		snprintf(groups[i].name, sizeof(groups[i].name), "%s",
			 kinds[i]);
		groups[i].setup = setup;
		groups[i].checks = checks;
		groups[i].data = &races[i];
	}
	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
