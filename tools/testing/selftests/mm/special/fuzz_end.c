// SPDX-License-Identifier: GPL-2.0
/*
 * Before and after the random operations: swap and huge pages for them, whether
 * memory or pins were lost, and the table of what was done.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/swap.h>
#include <unistd.h>
#include "device.h"
#include "fuzz_end.h"
#include "process.h"
#include "run.h"

#define SWAP_DISK	"/dev/ram1"
#define LOST_KB		2000	/* less than a huge page: a few slabs */
#define HUGE_PAGES	"16"
#define TRIES		100

static void put(const char *path, const char *text)
{
	long ret = write_file(path, "%s", text);

	if (ret)
		printf("# %s: %s\n", path, strerror(-ret));
}

/* All of it is written, so that the disk has its memory from now on. */
static bool make_swap(void)
{
	static const char block[65536];
	int fd = open(SWAP_DISK, O_RDWR | O_CLOEXEC);
	off_t size, off;

	if (fd < 0)
		return false;
	size = lseek(fd, 0, SEEK_END);
	for (off = 0; off < size; off += sizeof(block))
		if (pwrite(fd, block, sizeof(block), off) < 0)
			break;
	close(fd);
	return format_swap(SWAP_DISK, size / getpagesize()) &&
	       !swapon(SWAP_DISK, 0);
}

void machine_prepare(void)
{
	put("/proc/sys/vm/nr_hugepages", HUGE_PAGES);
	if (!make_swap())
		printf("# no swap: %s\n", strerror(errno));
}

/* Free, but each processor has them for itself: not in MemFree. */
static unsigned long kept_kb(void)
{
	unsigned long sum = 0, pages;
	FILE *f = fopen("/proc/zoneinfo", "r");
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " count: %lu", &pages) == 1)
			sum += pages;
	if (f)
		fclose(f);
	return sum * (getpagesize() / 1024);
}

static unsigned long free_kb(void)
{
	unsigned long sum = 0, kb;
	char line[128], name[64];
	FILE *f;

	sync();
	put("/proc/sys/vm/drop_caches", "3");
	f = fopen("/proc/meminfo", "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63[^:]: %lu", name, &kb) == 2 &&
		    (!strcmp(name, "MemFree") || !strcmp(name, "SwapCached") ||
		     !strcmp(name, "SReclaimable") || !strcmp(name, "Cached")))
			sum += kb;
	if (f)
		fclose(f);
	return sum + kept_kb();
}

static unsigned long pins(void)
{
	struct pfnmap_test_pins pins = { 0, 0 };

	if (ioctl(device_fd(), PFNMAP_TEST_PINS, &pins))
		setup_failed("PFNMAP_TEST_PINS: %s", strerror(errno));
	return pins.acquired - pins.released;
}

struct machine_state machine_state(void)
{
	return (struct machine_state){ .free_kb = free_kb(), .pins = pins() };
}

/* What is given back later than a process ends is waited for. */
long machine_compare(const struct machine_state *before)
{
	struct machine_state now = machine_state();
	unsigned int tries;

	for (tries = 0; tries < TRIES; tries++) {
		if (now.pins == before->pins &&
		    now.free_kb + LOST_KB >= before->free_kb)
			break;
		usleep(100000);
		progress();
		now = machine_state();
	}
	if (now.pins != before->pins)
		fail("%ld pages are pinned still",
		     (long)(now.pins - before->pins));
	if (now.free_kb + LOST_KB < before->free_kb)
		fail("%lu kB were free before, and %lu kB now", before->free_kb,
		     now.free_kb);
	return before->free_kb - now.free_kb;
}

void count_add(struct op_count *sum, const struct op_count *count)
{
	unsigned int i;

	sum->tried += count->tried;
	sum->able += count->able;
	sum->done += count->done;
	sum->refused += count->refused;
	for (i = 0; i < ARRAY_SIZE(sum->began); i++)
		sum->began[i] += count->began[i];
}

void table_check(const struct op_count *total, bool restricted)
{
	bool numa = !access("/sys/devices/system/node/node1", F_OK);
	unsigned int i;

	for (i = 0; i < nr_ops; i++) {
		if (ops[i].flags & NEEDS_NUMA && !numa)
			continue;
		/* What chance has left out so far may come later. */
		if (!total[i].done && total[i].able >= 200 && !restricted)
			fail("%s was never done, of %lu tries", ops[i].name,
			     total[i].able);
	}
}

void table_print(const struct op_count *total, const struct fuzz *runs,
		 unsigned int nr)
{
	unsigned long verified = 0, held = 0, steps = 0;
	struct op_count sum = { 0 };
	unsigned int i, t;

	for (i = 0; i < nr_ops; i++) {
		printf("# op %s %lu %lu %lu %lu %lu\n", ops[i].name,
		       total[i].tried, total[i].done,
		       total[i].began[PFNMAP_TEST_PTE],
		       total[i].began[PFNMAP_TEST_PMD],
		       total[i].began[PFNMAP_TEST_PUD]);
		count_add(&sum, &total[i]);
	}
	for (i = 0; i < nr; i++) {
		verified += runs[i].verified;
		held += runs[i].held;
		steps += runs[i].steps;
		printf("# seed %llu steps %lu wrong %u kB gone %ld%s\n",
		       (unsigned long long)runs[i].seed, runs[i].steps,
		       runs[i].wrongs, runs[i].lost_kb, runs[i].kinds);
		for (t = 0; runs[i].wrongs && t < runs[i].threads; t++)
			printf("# last %.*s\n", LINE - 1, runs[i].last[t]);
	}
	printf("# sum steps %lu tried %lu done %lu refused %lu ", steps,
	       sum.tried, sum.done, sum.refused);
	printf("pte %lu pmd %lu pud %lu ", sum.began[PFNMAP_TEST_PTE],
	       sum.began[PFNMAP_TEST_PMD], sum.began[PFNMAP_TEST_PUD]);
	printf("verified %lu taken %lu\n", verified, held);
}
