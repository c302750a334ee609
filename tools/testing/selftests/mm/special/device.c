// SPDX-License-Identifier: GPL-2.0
/*
 * The test device, /dev/pfnmap_test: what the tests ask it, as functions that
 * end the process with a message if it does not answer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "device.h"
#include "process.h"
#include "run.h"

static int open_for(int access)
{
	int fd = open("/dev/" PFNMAP_TEST_DEV, access | O_CLOEXEC);

	if (fd < 0)
		setup_failed("/dev/%s: %s; is CONFIG_PFNMAP_TEST set?",
			     PFNMAP_TEST_DEV, strerror(errno));
	return fd;
}

int device_open(void)
{
	return open_for(O_RDWR);
}

static int map_by(int fd, struct pfnmap_test_map map)
{
	if (ioctl(fd, PFNMAP_TEST_MAP, &map)) {
		if (errno == ENOMEM)
			return -1;
		setup_failed("PFNMAP_TEST_MAP: %s", strerror(errno));
	}
	return fd;
}

int device_map(struct pfnmap_test_map map)
{
	return map_by(device_open(), map);
}

int device_map_readonly(struct pfnmap_test_map map)
{
	return map_by(open_for(O_RDONLY), map);
}

int device_fd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = device_open();
	return fd;
}

struct pfnmap_test_entry entry_of(pid_t pid, void *addr)
{
	struct pfnmap_test_entry e = { .addr = (uintptr_t)addr, .pid = pid };

	if (ioctl(device_fd(), PFNMAP_TEST_ENTRY, &e))
		setup_failed("PFNMAP_TEST_ENTRY: %s", strerror(errno));
	return e;
}

struct pfnmap_test_entry entry_at(void *addr)
{
	return entry_of(0, addr);
}

struct pfnmap_test_refs refs_of(int fd, unsigned int index)
{
	struct pfnmap_test_refs refs = { .index = index };

	if (ioctl(fd, PFNMAP_TEST_REFS, &refs))
		setup_failed("PFNMAP_TEST_REFS: %s", strerror(errno));
	return refs;
}

const struct pfnmap_test_info *info(void)
{
	static struct pfnmap_test_info info;

	if (!info.pmd_size && ioctl(device_fd(), PFNMAP_TEST_INFO, &info))
		setup_failed("PFNMAP_TEST_INFO: %s", strerror(errno));
	return &info;
}

uint64_t level_size(unsigned int level)
{
	if (level == PFNMAP_TEST_PUD)
		return info()->pud_size;
	if (level == PFNMAP_TEST_PMD)
		return info()->pmd_size;
	return getpagesize();
}

uint64_t level_special(unsigned int level)
{
	if (level == PFNMAP_TEST_PUD)
		return info()->pud_special;
	if (level == PFNMAP_TEST_PMD)
		return info()->pmd_special;
	return info()->pte_special;
}

static struct pfnmap_test_pins pins(void)
{
	struct pfnmap_test_pins pins = { 0, 0 };

	stay_on_one_cpu();
	if (ioctl(device_fd(), PFNMAP_TEST_PINS, &pins))
		setup_failed("PFNMAP_TEST_PINS: %s", strerror(errno));
	return pins;
}

unsigned long pins_acquired(void)
{
	return pins().acquired;
}

unsigned long pins_held(void)
{
	struct pfnmap_test_pins now = pins();

	return now.acquired - now.released;
}
