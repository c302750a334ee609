// SPDX-License-Identifier: GPL-2.0
/*
 * The entry points of GUP as a table: those that a driver calls, by the test
 * device, and O_DIRECT, by which any user gets there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "device.h"
#include "gup.h"
#include "run.h"

#define W	PFNMAP_TEST_WRITE
#define L	PFNMAP_TEST_LONGTERM
#define BOTH(n, c, f, s, p)				\
	{ n "_read", c, 0, f, s, p },			\
	{ n "_write", c, W, f, s, p }

const struct gup_entry gup_entries[] = {
	BOTH("get_fast_only", PFNMAP_TEST_GET_FAST_ONLY, true, false, false),
	BOTH("pin_fast_only", PFNMAP_TEST_PIN_FAST_ONLY, true, false, true),
	BOTH("get_fast", PFNMAP_TEST_GET_FAST, true, true, false),
	BOTH("pin_fast", PFNMAP_TEST_PIN_FAST, true, true, true),
	BOTH("get", PFNMAP_TEST_GET, false, true, false),
	BOTH("pin", PFNMAP_TEST_PIN, false, true, true),
	BOTH("get_unlocked", PFNMAP_TEST_GET_UNLOCKED, false, true, false),
	BOTH("pin_unlocked", PFNMAP_TEST_PIN_UNLOCKED, false, true, true),
	BOTH("get_remote", PFNMAP_TEST_GET_REMOTE, false, true, false),
	BOTH("pin_remote", PFNMAP_TEST_PIN_REMOTE, false, true, true),
	{ "pin_fast_only_longterm", PFNMAP_TEST_PIN_FAST_ONLY, W | L, true,
	  false, true },
	{ "pin_fast_longterm", PFNMAP_TEST_PIN_FAST, W | L, true, true, true },
	{ "pin_longterm", PFNMAP_TEST_PIN, W | L, false, true, true },
	/* read(2) makes GUP ask for write access, and the other way round. */
	{ "odirect_read", CALL_ODIRECT_READ, W, true, true, false },
	{ "odirect_write", CALL_ODIRECT_WRITE, 0, true, true, false },
};

const unsigned int nr_gup_entries = ARRAY_SIZE(gup_entries);

static long odirect(const struct gup_entry *entry, void *addr, unsigned int nr)
{
	size_t page = getpagesize(), len = nr * page;
	long ret;
	int fd;

	fd = open("/dev/ram0", O_RDWR | O_DIRECT);
	if (fd < 0)
		setup_failed("/dev/ram0: %s", strerror(errno));
	if (entry->call == CALL_ODIRECT_READ)
		ret = pread(fd, addr, len, 0);
	else
		ret = pwrite(fd, addr, len, 0);
	if (ret < 0)
		ret = -errno;
	close(fd);
	return ret < 0 ? ret : ret / (long)page;
}

long gup(const struct gup_entry *entry, void *addr, unsigned int nr,
	 uint64_t *pfn)
{
	struct pfnmap_test_gup call = {
		.addr = (uintptr_t)addr,
		.nr_pages = nr,
		.call = entry->call,
		.flags = entry->flags,
	};

	if (entry->call >= PFNMAP_TEST_NR_CALLS)
		return odirect(entry, addr, nr);
	if (ioctl(device_fd(), PFNMAP_TEST_GUP, &call))
		setup_failed("PFNMAP_TEST_GUP: %s", strerror(errno));
	if (pfn)
		*pfn = call.first_pfn;
	return call.ret;
}
