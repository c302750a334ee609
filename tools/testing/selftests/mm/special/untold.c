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

/* False if it was skipped. */
static bool begin(struct untold *u)
{
	stay_on_one_cpu();
	if (!level_special(u->memory.level)) {
		skip(u->memory.level == PFNMAP_TEST_PTE ?
		     "a PTE cannot be marked special" :
		     u->memory.level == PFNMAP_TEST_PMD ?
		     "a PMD cannot be marked special" :
		     "a PUD cannot be marked special");
		return false;
	}
	u->log = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (u->log < 0)
		setup_failed("/dev/kmsg: %s", strerror(errno));
	return true;
}

static void setup(void *data)
{
	struct untold *u = data;

	if (begin(u))
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

/*
 * Writable for the process, and its PTEs are not, as a driver has it that wants
 * to know of the first write: they are what they were when it was PROT_READ.
 */
static void map_readonly(struct untold *u)
{
	size_t size = NR_PAGES * getpagesize();
	struct target *t = &u->target;
	struct pfnmap_test_entry e;

	t->addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, t->fd,
		       0);
	if (t->addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	if (mprotect(t->addr, size, PROT_READ))
		setup_failed("mprotect: %s", strerror(errno));
	t->entry = entry_at(t->addr);
	if (mprotect(t->addr, size, PROT_READ | PROT_WRITE))
		setup_failed("mprotect: %s", strerror(errno));
	e = entry_at(t->addr);
	if (!e.present || e.level != PFNMAP_TEST_PTE || e.val != t->entry.val)
		setup_failed("entry 0x%llx, and 0x%llx with PROT_READ",
			     (unsigned long long)e.val,
			     (unsigned long long)t->entry.val);
}

static void setup_readonly(void *data)
{
	struct untold *u = data;
	unsigned int i;

	u->memory = memory("pte.order0");
	u->memory.flags |= PFNMAP_TEST_MKWRITE;
	if (!begin(u))
		return;
	u->target.fd = memory_open(&u->memory, NR_PAGES * getpagesize(), NULL);
	if (u->target.fd < 0)
		return;
	for (i = 0; i < NR_PAGES; i++)
		u->target.refs[i] = refs_of(u->target.fd, i).refcount;
}

/* GUP would have to fault, and is refused whatever the fault does. */
static void check_readonly(const struct check *check, void *data)
{
	struct untold *u = data;
	struct pfnmap_test_entry e;

	map_readonly(u);
	check_gup(check, data);
	e = entry_at(u->target.addr);
	if (e.val != u->target.entry.val)
		fail("the entry is 0x%llx, and was 0x%llx",
		     (unsigned long long)e.val,
		     (unsigned long long)u->target.entry.val);
	munmap(u->target.addr, NR_PAGES * getpagesize());
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
	static struct group groups[ARRAY_SIZE(kinds) + 1];
	static struct untold untold[ARRAY_SIZE(kinds) + 1];
	static struct check checks[64], checks_write[64];
	const struct gup_entry *e;
	unsigned int i, n = 0;

	for (i = 0; i < nr_gup_entries; i++) {
		e = &gup_entries[i];
		checks[i] = (struct check){ e->name, check_gup, e };
		/* The lockless walk does not fault. */
		if (e->slow && e->flags & PFNMAP_TEST_WRITE)
			checks_write[n++] =
				(struct check){ e->name, check_readonly, e };
	}
	checks[i].name = "";
	checks_write[n].name = "";
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		untold[i].memory = memory(kinds[i]);
		snprintf(groups[i].name, sizeof(groups[i].name), "%s",
			 kinds[i]);
		groups[i].setup = setup;
		groups[i].checks = checks;
		groups[i].data = &untold[i];
	}
	groups[i] = (struct group){ "readonly", setup_readonly, checks_write,
				    &untold[i] };
	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
