// SPDX-License-Identifier: GPL-2.0
/*
 * PCI devices without a driver: their memory BARs are memory of which a user
 * can have a special mapping without the test device.
 */
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "pci.h"

/*
 * Where the CPU sees the BAR of @dev that sysfs says is at @start: sysfs may
 * show the address on the bus (sparc64). Of the ranges that have the device's
 * name one of the same size must do then.
 */
static uint64_t bar_phys(const char *dev, unsigned long long start,
			 unsigned long long end)
{
	unsigned long long first, last;
	uint64_t phys = 0;
	char line[256], *name;
	FILE *f;

	f = fopen("/proc/iomem", "r");
	while (f && fgets(line, sizeof(line), f)) {
		name = strstr(line, " : ");
		if (!name || sscanf(line, "%llx-%llx", &first, &last) != 2)
			continue;
		name += strlen(" : ");
		name[strcspn(name, "\n")] = 0;
		if (strcmp(name, strrchr(dev, '/') + 1) ||
		    last - first != end - start)
			continue;
		if (!phys || first == start)
			phys = first;
	}
	if (f)
		fclose(f);
	return phys ? phys : start;
}

/* The first memory BAR of @dev that is large enough. */
static int bar_of(const char *dev, size_t size, uint64_t *phys)
{
	unsigned long long start, end, flags;
	char path[256];
	int bar, fd = -1;
	FILE *f;

	snprintf(path, sizeof(path), "%s/resource", dev);
	f = fopen(path, "r");
	for (bar = 0; f && bar < 6 && fd < 0; bar++) {
		if (fscanf(f, "%llx %llx %llx", &start, &end, &flags) != 3)
			break;
		/* IORESOURCE_MEM */
		if (!(flags & 0x200) || end - start + 1 < size)
			continue;
		snprintf(path, sizeof(path), "%s/resource%d", dev, bar);
		fd = open(path, O_RDWR | O_SYNC);
		*phys = bar_phys(dev, start, end);
	}
	if (f)
		fclose(f);
	return fd;
}

/* Most of a bridge's window may have nothing behind it (sparc64's EBus). */
static bool is_bridge(const char *dev)
{
	unsigned int class = 0;
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/class", dev);
	f = fopen(path, "r");
	if (f && fscanf(f, "%x", &class) != 1)
		class = 0;
	if (f)
		fclose(f);
	return class >> 16 == 0x06;
}

int pci_bar(size_t size, uint64_t *phys)
{
	char path[256];
	int fd = -1;
	size_t i;
	glob_t g;

	if (glob("/sys/bus/pci/devices/*", 0, NULL, &g))
		return -1;
	for (i = 0; i < g.gl_pathc && fd < 0; i++) {
		snprintf(path, sizeof(path), "%s/driver", g.gl_pathv[i]);
		if (access(path, F_OK) && !is_bridge(g.gl_pathv[i]))
			fd = bar_of(g.gl_pathv[i], size, phys);
	}
	globfree(&g);
	return fd;
}
