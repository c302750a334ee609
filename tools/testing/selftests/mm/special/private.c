// SPDX-License-Identifier: GPL-2.0
/*
 * A private mapping of memory that a driver inserts with huge entries. What the
 * process writes belongs to a copy, and copies are made of PTEs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "device.h"
#include "memory.h"
#include "process.h"
#include "run.h"

/* What is written where, and a page that is only read. */
#define OURS	'o'
#define THEIRS	't'
#define WRITTEN	0
#define READ	1

struct mapping {
	const char *memory;
	bool write_first;
	struct memory m;
	char *shared, *private;
};

static char *map(int fd, size_t size, int flags)
{
	char *room = aligned_room(size, size);

	if (!room)
		setup_failed("no room: %s", strerror(errno));
	room = mmap(room, size, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd,
		    0);
	if (room == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	return room;
}

static void setup(void *data)
{
	struct mapping *p = data;
	size_t size;
	int fd;

	p->m = memory(p->memory);
	p->m.flags |= PFNMAP_TEST_HUGE_FAULT;
	if (!level_special(p->m.level)) {
		skip("an entry of that level cannot be marked special");
		return;
	}
	size = level_size(p->m.level);
	fd = memory_open(&p->m, size, NULL);
	if (fd < 0)
		return;
	p->shared = map(fd, size, MAP_SHARED);
	p->private = map(fd, size, MAP_PRIVATE);
	p->shared[WRITTEN * getpagesize()] = THEIRS;
	p->shared[READ * getpagesize()] = THEIRS;

	if (p->write_first)
		p->private[WRITTEN * getpagesize()] = OURS;
	if (p->private[READ * getpagesize()] != THEIRS)
		setup_failed("it does not map what the shared mapping does");
	if (!p->write_first)
		p->private[WRITTEN * getpagesize()] = OURS;
}

/* Or else it shows nothing that the private mapping has none. */
static void check_shared(const struct check *check, void *data)
{
	struct mapping *p = data;
	struct pfnmap_test_entry e = entry_at(p->shared);

	(void)check;
	if (e.level != p->m.level || !e.present)
		fail("level %u, not %u", e.level, p->m.level);
}

static void check_entry(const struct check *check, void *data)
{
	struct mapping *p = data;
	struct pfnmap_test_entry e = entry_at(p->private +
					      READ * getpagesize());

	(void)check;
	if (e.level != PFNMAP_TEST_PTE || !e.present)
		fail("level %u, not %u", e.level, PFNMAP_TEST_PTE);
}

static void check_copy(const struct check *check, void *data)
{
	struct mapping *p = data;

	(void)check;
	if (p->private[WRITTEN * getpagesize()] != OURS)
		fail("what was written is lost");
	if (p->shared[WRITTEN * getpagesize()] != THEIRS)
		fail("what was written went to the driver's memory");
}

static const struct check checks[] = {
	{ .name = "shared", .run = check_shared },
	{ .name = "entry", .run = check_entry },
	{ .name = "copy", .run = check_copy },
	{ .name = "" }
};

int main(int argc, char **argv)
{
	static struct mapping mappings[] = {
		{ .memory = "pmd.mixed_no_memmap" },
		{ .memory = "pmd.mixed_no_memmap", .write_first = true },
		{ .memory = "pud.mixed_no_memmap" },
		{ .memory = "pud.mixed_no_memmap", .write_first = true },
	};
	static struct group groups[] = {
		{ .name = "pmd_read" }, { .name = "pmd_write" },
		{ .name = "pud_read" }, { .name = "pud_write" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		groups[i].setup = setup;
		groups[i].checks = checks;
		groups[i].data = &mappings[i];
	}
	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
