// SPDX-License-Identifier: GPL-2.0
/*
 * A refusal must come before the page is touched. A reference that is taken
 * and given back leaves every counter as it was, but not the page_ref trace.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "device.h"
#include "gup.h"
#include "memory.h"
#include "process.h"
#include "run.h"

#define TRACING	"/sys/kernel/debug/tracing/"

struct traced {
	char *ordinary;
	char *special;
};

static void put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_TRUNC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		setup_failed("%s: %s", file, strerror(errno));
	close(fd);
}

static void setup(void *data)
{
	const struct memory m = memory("pte.order0");
	size_t size = NR_PAGES * getpagesize();
	struct traced *t = data;
	int fd;

	if (access(TRACING "events/page_ref/enable", F_OK)) {
		skip("no page_ref trace: CONFIG_DEBUG_PAGE_REF is not set");
		return;
	}
	t->ordinary = ordinary(size);
	fd = memory_open(&m, size, NULL);
	if (fd < 0)
		return;		/* skipped */
	t->special = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  0);
	if (t->special == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
}

/* Call @entry on one page; the page_ref events of that page's frame. */
static int traced_events(const struct gup_entry *entry, char *addr)
{
	char filter[64], line[512];
	int count = 0;
	FILE *f;

	snprintf(filter, sizeof(filter), "pfn == 0x%llx",
		 (unsigned long long)entry_at(addr).pfn);
	put(TRACING "events/page_ref/filter", filter);
	put(TRACING "trace", "");
	put(TRACING "events/page_ref/enable", "1");
	gup(entry, addr, 1, NULL);
	put(TRACING "events/page_ref/enable", "0");

	f = fopen(TRACING "trace", "r");
	if (!f)
		setup_failed(TRACING "trace: %s", strerror(errno));
	while (fgets(line, sizeof(line), f))
		count += line[0] != '#';
	fclose(f);
	return count;
}

static void check_untouched(const struct check *check, void *data)
{
	struct traced *t = data;
	int count;

	/* The trace does see what a call that succeeds does to its page. */
	if (!traced_events(check->entry, t->ordinary)) {
		fail("no event for ordinary memory");
		return;
	}
	count = traced_events(check->entry, t->special);
	if (count)
		fail("%d page_ref events for a special page", count);
}

int main(int argc, char **argv)
{
	static struct check checks[64];
	static struct traced traced;
	struct group group = { .name = "untouched", .setup = setup,
			       .checks = checks, .data = &traced };
	unsigned int i;

	for (i = 0; i < nr_gup_entries; i++)
		checks[i] = (struct check){ gup_entries[i].name,
					    check_untouched, &gup_entries[i] };
	checks[i].name = "";
	return run_groups(&group, 1, argc, argv);
}
