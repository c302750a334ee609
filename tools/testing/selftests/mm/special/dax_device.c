// SPDX-License-Identifier: GPL-2.0
/*
 * Device DAX, made of persistent memory that the kernel command line declares:
 * memmap=SIZE!START.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "dax_device.h"
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
	long ret;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	ret = write_file(path, "%s", text);
	if (ret)
		setup_failed("%s to %s: %s", text, path, strerror(-ret));
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

int dax_open(size_t align, uint64_t *phys)
{
	char dir[256], path[512];
	int fd, region;

	if (!find_device(align, dir, sizeof(dir))) {
		region = find_namespace(align);
		if (region < 0)
			return -1;
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
