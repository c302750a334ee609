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

static void make_dax(struct mapping *m)
{
	size_t align = level_size(m->memory.level);
	char dir[256], path[512];
	uint64_t phys;
	int fd, region;

	if (!find_device(align, dir, sizeof(dir))) {
		region = find_namespace(align);
		if (region < 0) {
			skip("no persistent memory for device DAX of this size");
			return;
		}
		make_from_namespace(region, align);
		if (!find_device(align, dir, sizeof(dir)))
			setup_failed("region%d gave no dax device", region);
	}
	snprintf(path, sizeof(path), "/dev/%s", strrchr(dir, '/') + 1);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		setup_failed("%s: %s", path, strerror(errno));

	/* The test device maps none of it, but knows the references. */
	phys = read_number(dir, "resource");
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
		setup_failed("%s has %d references to a page", path,
			     m->refs_unmapped[0]);
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

int main(int argc, char **argv)
{
	return run_mappings(kinds, operations, argc, argv);
}
