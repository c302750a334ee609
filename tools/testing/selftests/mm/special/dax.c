// SPDX-License-Identifier: GPL-2.0
/*
 * Device DAX at every level: memory that GUP takes without asking anybody, and
 * must go on to take. A huge entry of it is not special, whatever is done to
 * the mapping.
 *
 * The devices are made here, of persistent memory that the kernel command line
 * declares: memmap=SIZE!START.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "device.h"
#include "gup_matrix.h"
#include "process.h"
#include "run.h"

#define ND	"/sys/bus/nd/devices"
#define DAX	"/sys/bus/dax/devices"

static bool read_line(const char *dir, const char *file, char *line, int len)
{
	char path[512];
	bool ok = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "r");
	if (f) {
		ok = fgets(line, len, f);
		line[ok ? strcspn(line, "\n") : 0] = 0;
		fclose(f);
	}
	return ok;
}

static void write_line(const char *dir, const char *file, const char *text)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		setup_failed("%s to %s: %s", text, path, strerror(errno));
	close(fd);
}

static uint64_t read_number(const char *dir, const char *file)
{
	char line[64];

	return read_line(dir, file, line, sizeof(line)) ?
	       strtoull(line, NULL, 0) : 0;
}

/* The device whose pages have this size: its folder in sysfs. */
static bool find_device(size_t align, char *dir, int len)
{
	bool found = false;
	size_t i;
	glob_t g;

	if (glob(DAX "/dax*", 0, NULL, &g))
		return false;
	for (i = 0; i < g.gl_pathc && !found; i++) {
		found = read_number(g.gl_pathv[i], "align") == align;
		snprintf(dir, len, "%s", g.gl_pathv[i]);
	}
	globfree(&g);
	return found;
}

/* The smallest namespace that is free and has room for a page and its label. */
static int find_namespace(size_t align)
{
	uint64_t size, best = UINT64_MAX;
	int region, found = -1;
	char line[64];
	size_t i;
	glob_t g;

	if (glob(ND "/namespace*.0", 0, NULL, &g))
		return -1;
	for (i = 0; i < g.gl_pathc; i++) {
		size = read_number(g.gl_pathv[i], "size");
		if (size < 2 * align || size >= best)
			continue;
		if (read_line(g.gl_pathv[i], "holder", line, sizeof(line)) &&
		    line[0])
			continue;
		if (sscanf(g.gl_pathv[i], ND "/namespace%d.0", &region) != 1)
			continue;
		best = size;
		found = region;
	}
	globfree(&g);
	return found;
}

/* Turn a namespace into a device, as ndctl does. */
static void make_from_namespace(int region, size_t align)
{
	char dir[128], seed[64], text[64];

	snprintf(dir, sizeof(dir), ND "/region%d", region);
	if (!read_line(dir, "dax_seed", seed, sizeof(seed)) || !seed[0])
		setup_failed("region%d has no seed of a dax device", region);
	snprintf(dir, sizeof(dir), ND "/%s", seed);
	write_line(dir, "mode", "ram");
	snprintf(text, sizeof(text), "%zu", align);
	write_line(dir, "align", text);
	snprintf(text, sizeof(text), "%08d-0000-4000-8000-000000000000",
		 region);
	write_line(dir, "uuid", text);
	snprintf(text, sizeof(text), "namespace%d.0", region);
	write_line(dir, "namespace", text);
	write_line("/sys/bus/nd/drivers/dax_pmem", "bind", seed);
}

/* -1 after skip() if there is no memory for it. */
static int open_dax(size_t align, uint64_t *phys)
{
	char dir[256], path[512];
	int fd, region;

	if (!find_device(align, dir, sizeof(dir))) {
		region = find_namespace(align);
		if (region < 0) {
			skip("no persistent memory for device DAX of this size");
			return -1;
		}
		make_from_namespace(region, align);
		if (!find_device(align, dir, sizeof(dir)))
			setup_failed("region%d gave no dax device", region);
	}
	snprintf(path, sizeof(path), "/dev/%s", strrchr(dir, '/') + 1);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		setup_failed("%s: %s", path, strerror(errno));
	*phys = read_number(dir, "resource");
	return fd;
}

static void make_dax(struct mapping *m)
{
	uint64_t phys;
	int fd = open_dax(level_size(m->memory.level), &phys);

	if (fd < 0)
		return;		/* skipped */
	/* The test device maps none of it, but knows the references. */
	m->fd = device_map((struct pfnmap_test_map){
		.backing = PFNMAP_TEST_PHYS,
		.insert = PFNMAP_TEST_FAULT_PFN,
		.level = PFNMAP_TEST_PTE,
		.flags = PFNMAP_TEST_MEMMAP,
		.size = m->size,
		.phys = phys,
	});
	m->pfn = refs_of(m->fd, 0).pfn;
	read_refs(m, m->refs_unmapped);
	if (m->refs_unmapped[0] < 1)
		setup_failed("pfn 0x%llx has %d references",
			     (unsigned long long)m->pfn, m->refs_unmapped[0]);
	map_fd(m, fd, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
}

#define DAX_KIND	.make = make_dax, .normal = true, .devmap = true

static const struct kind kinds[] = {
	/* Where there is a devmap bit, pte_mkdevmap() sets the special bit too. */
	{ .name = "pte", .level = PFNMAP_TEST_PTE, DAX_KIND, .special = true },
	{ .name = "pmd", .level = PFNMAP_TEST_PMD, DAX_KIND },
	{ .name = "pud", .level = PFNMAP_TEST_PUD, DAX_KIND },
	{ .name = NULL }
};

static const struct operation operations[] = {
	{ .name = "fresh", .run = op_none },
	{ .name = "mprotect", .run = op_mprotect, .splits_pud = true },
	{ .name = "mprotect_none", .run = op_mprotect_none,
	  .splits_pud = true },
	/* Nothing is copied that the child can fault in. */
	{ .name = "fork", .run = op_fork, .refaults = true },
	{ .name = "mremap", .run = op_mremap },
	{ .name = NULL }
};

/*
 * A debugger, and whoever else forces access, faults in what the process has
 * taken all access from. GUP has to find the entry that this leaves.
 */
struct forced {
	unsigned int level;
	char *none;
	char *window;		/* the same memory */
};

static void setup_forced(void *data)
{
	struct forced *f = data;
	size_t size = level_size(f->level);
	uint64_t phys;
	int fd = open_dax(size, &phys);

	if (fd < 0)
		return;		/* skipped */
	f->none = aligned_room(size, size);
	f->window = aligned_room(size, size);
	if (!f->none || !f->window)
		setup_failed("mmap: %s", strerror(errno));
	if (mmap(f->none, size, PROT_NONE, MAP_SHARED | MAP_FIXED, fd, 0) ==
	    MAP_FAILED ||
	    mmap(f->window, size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
}

static void check_forced_read(const struct check *check, void *data)
{
	size_t off = getpagesize() - sizeof(uint64_t);
	struct forced *f = data;
	struct pfnmap_test_entry none, window;
	uint64_t value = 0, want = 0x5a5a0000 + f->level;
	long ret;

	(void)check;
	*(volatile uint64_t *)(f->window + off) = want;
	ret = proc_mem(false, f->none + off, &value, sizeof(value));
	if (ret != sizeof(value))
		fail("returned %ld, not %zu", ret, sizeof(value));
	else if (value != want)
		fail("read 0x%llx, not 0x%llx", (unsigned long long)value,
		     (unsigned long long)want);
	none = entry_at(f->none);
	window = entry_at(f->window);
	if (none.level != f->level || none.pfn != window.pfn ||
	    none.val == window.val)
		fail("entry 0x%llx of level %u, and 0x%llx of level %u with access",
		     (unsigned long long)none.val, none.level,
		     (unsigned long long)window.val, window.level);
}

/* Force is for private mappings only. */
static void check_forced_write(const struct check *check, void *data)
{
	struct forced *f = data;
	uint64_t value = 1, want = 0x5a5b0000 + f->level;
	long ret;

	(void)check;
	*(volatile uint64_t *)f->window = want;
	ret = proc_mem(true, f->none, &value, sizeof(value));
	if (ret != -EIO)
		fail("returned %ld, not %d", ret, -EIO);
	if (*(volatile uint64_t *)f->window != want)
		fail("memory was written");
}

int main(int argc, char **argv)
{
	static const struct check checks[] = {
		{ "mem_read", check_forced_read, NULL },
		{ "mem_write", check_forced_write, NULL },
		{ "", NULL, NULL }
	};
	static struct forced forced[] = {
		{ .level = PFNMAP_TEST_PTE },
		{ .level = PFNMAP_TEST_PMD },
		{ .level = PFNMAP_TEST_PUD },
	};
	const struct group more[] = {
		{ "pte.forced", setup_forced, checks, &forced[0] },
		{ "pmd.forced", setup_forced, checks, &forced[1] },
		{ "pud.forced", setup_forced, checks, &forced[2] },
	};

	return run_mappings_and(kinds, operations, more, ARRAY_SIZE(more), argc,
				argv);
}
