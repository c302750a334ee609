// SPDX-License-Identifier: GPL-2.0
/*
 * Lets the kernel's own agents loose on a mapping: DAMON, the multi-gen LRU, a
 * memory cgroup, perf. None of them is a system call on that mapping, so for each
 * there is something by which one sees that it has been there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "agents.h"
#include "device.h"
#include "process.h"
#include "run.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE	0x100000
#endif

/*
 * Walkers go upwards: who has been here has got past the target. In the same
 * page tables, if there is room.
 */
static char *ordinary_above(const struct target *t, size_t size)
{
	uintptr_t at = (uintptr_t)t->addr + t->size;
	unsigned int tries;
	void *addr;

	for (tries = 0; tries < 4096; tries++, at += size) {
		addr = mmap((void *)at, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			    -1, 0);
		if (addr == MAP_FAILED)
			continue;
		/* A charge that is moved page by page. */
		madvise(addr, size, MADV_NOHUGEPAGE);
		memset(addr, 1, size);
		return addr;
	}
	return NULL;
}

#define DAMON		"/sys/kernel/mm/damon/admin/kdamonds/"
#define CONTEXT		DAMON "0/contexts/0/"
#define REGION		CONTEXT "targets/0/regions/0/"
#define SCHEME		CONTEXT "schemes/%u/"
#define TOUCHES		10
/* As many results count as "has looked". */
#define ENOUGH		3

struct setting {
	const char *path;
	const char *value;
};

/* What a scheme may match at most, and what it does: count. */
static long damon_scheme(unsigned int nr, unsigned int min_accesses)
{
	static const struct setting settings[] = {
		{ SCHEME "action", "stat" },
		{ SCHEME "access_pattern/sz/min", "0" },
		{ SCHEME "access_pattern/sz/max", "4294967295" },
		{ SCHEME "access_pattern/nr_accesses/max", "4294967295" },
		{ SCHEME "access_pattern/age/min", "0" },
		{ SCHEME "access_pattern/age/max", "4294967295" },
	};
	char path[256];
	unsigned int i;
	long ret = 0;

	for (i = 0; i < ARRAY_SIZE(settings) && !ret; i++) {
		snprintf(path, sizeof(path), settings[i].path, nr);
		ret = write_file(path, "%s", settings[i].value);
	}
	snprintf(path, sizeof(path), SCHEME "access_pattern/nr_accesses/min",
		 nr);
	return ret ? ret : write_file(path, "%u", min_accesses);
}

/* How often a region was what the scheme asks for. */
static long damon_tried(unsigned int nr)
{
	char path[256];
	long tried = -ENOENT;
	FILE *f;

	snprintf(path, sizeof(path), SCHEME "stats/nr_tried", nr);
	f = fopen(path, "r");
	if (!f)
		return -errno;
	if (fscanf(f, "%ld", &tried) != 1)
		tried = -EINVAL;
	fclose(f);
	return tried;
}

static long damon_start(const struct target *t)
{
	static const struct setting settings[] = {
		{ DAMON "nr_kdamonds", "1" },
		{ DAMON "0/contexts/nr_contexts", "1" },
		/* Of virtual addresses, those that are named. */
		{ CONTEXT "operations", "fvaddr" },
		{ CONTEXT "monitoring_attrs/intervals/sample_us", "500" },
		{ CONTEXT "monitoring_attrs/intervals/aggr_us", "5000" },
		{ CONTEXT "monitoring_attrs/nr_regions/min", "3" },
		{ CONTEXT "monitoring_attrs/nr_regions/max", "10" },
		{ CONTEXT "targets/nr_targets", "1" },
		{ CONTEXT "targets/0/regions/nr_regions", "1" },
		{ CONTEXT "schemes/nr_schemes", "2" },
	};
	unsigned int i;
	long ret = 0;

	for (i = 0; i < ARRAY_SIZE(settings) && !ret; i++)
		ret = write_file(settings[i].path, "%s", settings[i].value);
	if (!ret)
		ret = write_file(CONTEXT "targets/0/pid_target", "%d", getpid());
	if (!ret)
		ret = write_file(REGION "start", "%lu", (unsigned long)t->addr);
	if (!ret)
		ret = write_file(REGION "end", "%lu",
				 (unsigned long)t->addr + t->size);
	if (!ret)
		ret = damon_scheme(0, 0);
	if (!ret)
		ret = damon_scheme(1, 1);
	return ret ? ret : write_file(DAMON "0/state", "on");
}

/*
 * So that each access finds its way through the page table: DAMON clears the
 * accessed bit without a flush. So many pages at once flush all of the TLB.
 */
static void touch_often(struct target *t)
{
	size_t size = 64 * getpagesize();
	void *scratch = ordinary(size);
	unsigned int i;

	for (i = 0; i < TOUCHES; i++) {
		target_touch(t);
		memset(scratch, 1, size);
		madvise(scratch, size, MADV_DONTNEED);
	}
	munmap(scratch, size);
}

long damon_watch(struct target *t)
{
	long looked = 0, seen = 0, ret;
	bool enough = false;

	progress();
	/*
	 * DAMON passes over a page that is not on an LRU list yet. It gets
	 * there with those that the same processor takes next, which are
	 * those of touch_often().
	 */
	if (t->fd < 0) {
		stay_on_one_cpu();
		madvise(t->addr, t->size, MADV_DONTNEED);
		target_touch(t);
	}
	ret = damon_start(t);
	while (!ret && !enough && worth_waiting()) {
		touch_often(t);
		ret = write_file(DAMON "0/state", "update_schemes_stats");
		looked = damon_tried(0);
		seen = damon_tried(1);
		/* What it must see may be late; what it must not is not awaited. */
		enough = seen > 0 || (t->fd >= 0 && looked >= ENOUGH);
	}
	if (!ret)
		ret = write_file(DAMON "0/state", "off");
	write_file(DAMON "nr_kdamonds", "0");
	if (ret)
		return ret;
	if (looked < ENOUGH && !seen)
		fail("DAMON has looked only %ld times", looked);
	return seen > 0;
}

#define LRU_GEN		"/sys/kernel/debug/lru_gen"
#define LRU_GEN_SWITCH	"/sys/kernel/mm/lru_gen/enabled"
#define MAX_LRUVECS	64

/* Every cgroup and node, all processes of it, whether they seem worth it or not. */
static long age_all(void)
{
	struct {
		unsigned int memcg;
		unsigned int node;
		unsigned long seq;
	} v[MAX_LRUVECS];
	unsigned int i, n = 0, memcg = 0, node;
	FILE *f = fopen(LRU_GEN, "r");
	unsigned long seq;
	char line[512];
	long ret = 0;

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "memcg %u", &memcg) == 1)
			continue;
		if (sscanf(line, " node %u", &node) == 1 && n < MAX_LRUVECS) {
			v[n].memcg = memcg;
			v[n++].node = node;
		} else if (n && sscanf(line, " %lu", &seq) == 1) {
			/* The last one is the youngest. */
			v[n - 1].seq = seq;
		}
	}
	fclose(f);
	/* With anonymous pages, and without the filter. */
	for (i = 0; i < n && !ret; i++)
		ret = write_file(LRU_GEN, "+ %u %u %lu 1 1", v[i].memcg,
				 v[i].node, v[i].seq);
	return n ? ret : -ENODATA;
}

long lru_gen_age(struct target *t)
{
	size_t size = 256 * getpagesize();
	struct pfnmap_test_entry before, after;
	long ret = write_file(LRU_GEN_SWITCH, "y");
	char *page;

	if (ret)
		return ret;
	page = ordinary_above(t, size);
	if (!page)
		return -ENOMEM;
	before = entry_at(page);
	ret = age_all();
	after = entry_at(page);
	munmap(page, size);
	write_file(LRU_GEN_SWITCH, "n");
	if (ret)
		return ret;
	/* It has become old: nothing else has changed. */
	return after.present && after.pfn == before.pfn &&
	       after.val != before.val;
}

#define MEMCG		"/tmp/memcg"

/* Bytes of anonymous memory. */
static long memcg_rss(const char *group)
{
	char path[PATH_MAX], line[128];
	long bytes = -ENOENT;
	FILE *f;

	snprintf(path, sizeof(path), "%s/memory.stat", group);
	f = fopen(path, "r");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "rss %ld", &bytes) == 1)
			break;
	fclose(f);
	return bytes;
}

static long memcg_groups(void)
{
	if (!access(MEMCG "/cgroup.procs", F_OK))
		return 0;
	if (mkdir(MEMCG, 0755) ||
	    mount("none", MEMCG, "cgroup", 0, "memory") ||
	    mkdir(MEMCG "/from", 0755) || mkdir(MEMCG "/to", 0755))
		return -errno;
	/* Anonymous pages and those of files. */
	return write_file(MEMCG "/to/memory.move_charge_at_immigrate", "3");
}

long memcg_move(struct target *t)
{
	/* More than a huge entry maps, or it is not looked at. */
	size_t size = 2 * info()->pmd_size;
	long from, left, to, ret = memcg_groups();
	char *pages;

	if (!ret)
		ret = write_file(MEMCG "/from/cgroup.procs", "%d", getpid());
	if (ret) {
		rmdir(MEMCG);
		return ret;
	}
	pages = ordinary_above(t, size);
	from = memcg_rss(MEMCG "/from");
	ret = write_file(MEMCG "/to/cgroup.procs", "%d", getpid());
	left = memcg_rss(MEMCG "/from");
	to = memcg_rss(MEMCG "/to");
	write_file(MEMCG "/cgroup.procs", "%d", getpid());
	if (!pages)
		return -ENOMEM;
	munmap(pages, size);
	if (ret)
		return ret;
	if (from < (long)size)
		fail("%ld bytes were charged, not %zu", from, size);
	return to - left >= (long)size;
}

/* With the sample_type below. */
struct sample {
	struct perf_event_header head;
	uint64_t addr;
	uint64_t phys;
	uint64_t size;
};

static int open_perf(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_ADDR | PERF_SAMPLE_PHYS_ADDR |
			       PERF_SAMPLE_DATA_PAGE_SIZE,
		.disabled = 1,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

/* Other pages of the process may have been faulted in as well. */
static long find_sample(char *ring, const char *addr, uint64_t size)
{
	uint64_t at, end = ((struct perf_event_mmap_page *)ring)->data_head;
	const struct sample *s;

	for (at = 0; at < end; at += s->head.size) {
		s = (struct sample *)(ring + getpagesize() + at);
		if (s->head.type == PERF_RECORD_SAMPLE &&
		    s->addr == (uintptr_t)addr)
			return (s->size == size ? PERF_SIZE : 0) |
			       (s->phys ? PERF_PHYS : 0);
	}
	return -ENODATA;
}

long perf_sample(struct target *t)
{
	size_t ring_size = 2 * getpagesize();
	struct pfnmap_test_entry e;
	int fd = open_perf();
	long ret = -ENODATA;
	char *ring;

	if (fd < 0)
		return -errno;
	ring = mmap(NULL, ring_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED || mprotect(t->addr, t->size, PROT_READ))
		setup_failed("mmap or mprotect: %s", strerror(errno));
	e = entry_at(t->addr);
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	if (access_at(t->addr, true, 1))
		ret = 0;
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	if (!ret)
		ret = find_sample(ring, t->addr,
				  e.present ? level_size(e.level) : 0);
	if (mprotect(t->addr, t->size, PROT_READ | PROT_WRITE))
		setup_failed("mprotect: %s", strerror(errno));
	munmap(ring, ring_size);
	close(fd);
	return ret;
}
