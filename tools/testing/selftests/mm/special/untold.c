// SPDX-License-Identifier: GPL-2.0
/*
 * Special entries in a vma that says nothing of them: a driver has lost
 * VM_PFNMAP, or set it in a copy of the vma. The entries still say what they
 * are. GUP must refuse them as ever, and that is no reason to fill the kernel's
 * log: any user may ask for it as often as he likes. Whoever counts what a vma
 * maps must complain, so the vma says it again before the mapping goes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "device.h"
#include "process.h"
#include "run.h"
#include "target.h"

/* A line that the log must show, so that one sees it can be read. */
#define MARK	"special: untold"

struct untold {
	struct memory memory;
	struct target target;
	int log;
};

static void conceal(struct untold *u, bool yes)
{
	struct pfnmap_test_conceal c = {
		.addr = (uintptr_t)u->target.addr,
		.conceal = yes,
	};

	if (ioctl(u->target.fd, PFNMAP_TEST_CONCEAL, &c))
		setup_failed("PFNMAP_TEST_CONCEAL: %s", strerror(errno));
}

static void setup(void *data)
{
	struct untold *u = data;

	stay_on_one_cpu();
	if (!level_special(u->memory.level)) {
		skip(u->memory.level == PFNMAP_TEST_PTE ?
		     "a PTE cannot be marked special" :
		     u->memory.level == PFNMAP_TEST_PMD ?
		     "a PMD cannot be marked special" :
		     "a PUD cannot be marked special");
		return;
	}
	u->log = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (u->log < 0)
		setup_failed("/dev/kmsg: %s", strerror(errno));
	target_make(&u->target, &u->memory);
}

/* What has been logged since the last time: complaints, and whether @MARK. */
static unsigned int complaints(struct untold *u, bool *marked)
{
	unsigned int nr = 0;
	char line[2048];
	ssize_t len;

	*marked = false;
	/* Lines that were overwritten before they were read: EPIPE. */
	while ((len = read(u->log, line, sizeof(line) - 1)) > 0 ||
	       (len < 0 && errno == EPIPE)) {
		line[len > 0 ? len : 0] = 0;
		nr += strstr(line, "BUG: ") || strstr(line, "WARNING: ");
		*marked |= !!strstr(line, MARK);
	}
	return nr;
}

static void check_gup(const struct check *check, void *data)
{
	const struct gup_entry *e = check->entry;
	long ret, want = e->slow ? -EFAULT : 0;
	struct untold *u = data;
	unsigned long pins = 0;
	unsigned int nr;
	bool marked;

	complaints(u, &marked);
	if (e->pin)
		pins = pins_acquired();
	conceal(u, true);
	ret = gup(e, u->target.addr, NR_PAGES, NULL);
	conceal(u, false);
	if (write(u->log, MARK "\n", sizeof(MARK)) != sizeof(MARK))
		fail("/dev/kmsg: %s", strerror(errno));
	nr = complaints(u, &marked);
	if (!marked)
		fail("the kernel's log cannot be read");
	if (ret != want)
		fail("returned %ld, not %ld", ret, want);
	if (nr)
		fail("%u complaints in the kernel's log", nr);
	if (e->pin && pins_acquired() != pins)
		fail("%lu pins were taken", pins_acquired() - pins);
	target_same_entry(&u->target, "after");
	target_same_refs(&u->target, u->target.refs, "concealed");
}

static const char *const kinds[] = {
	"pte.compound",
	"pte.order0",
	"pte.no_memmap",
	"pmd.order0",
	"pmd.no_memmap",
	"pud.order0",
	"pud.no_memmap",
};

int main(int argc, char **argv)
{
	static struct group groups[ARRAY_SIZE(kinds)];
	static struct untold untold[ARRAY_SIZE(kinds)];
	static struct check checks[64];
	unsigned int i;

	for (i = 0; i < nr_gup_entries; i++)
		checks[i] = (struct check){ gup_entries[i].name, check_gup,
					    &gup_entries[i] };
	checks[i].name = "";
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		untold[i].memory = memory(kinds[i]);
		snprintf(groups[i].name, sizeof(groups[i].name), "%s",
			 kinds[i]);
		groups[i].setup = setup;
		groups[i].checks = checks;
		groups[i].data = &untold[i];
	}
	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
