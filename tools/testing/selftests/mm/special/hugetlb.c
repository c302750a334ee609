// SPDX-License-Identifier: GPL-2.0
/*
 * Page tables of hugetlb that processes share, which fast GUP may walk while
 * one of the processes leaves the common table. What the locks are worth that
 * this takes, a kernel with PROVE_LOCKING says.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "device.h"
#include "process.h"
#include "run.h"

#define NR_HUGEPAGES	"/proc/sys/vm/nr_hugepages"
#define OURS		'o'
#define NOT_TOUCHED	'n'
#define HERE		'h'

/* What the processes may do with the common table. */
struct shared {
	void (*leave)(struct shared *s);
	char *addr;
	size_t page;		/* a huge one */
	size_t size;		/* of what a shared table maps */
};

static void set_hugepages(unsigned int nr)
{
	long ret = write_file(NR_HUGEPAGES, "%u", nr);

	if (ret)
		setup_failed(NR_HUGEPAGES ": %s", strerror(-ret));
}

/* What is in the middle goes: two vmas are left, and no table fits them. */
static void leave_munmap(struct shared *s)
{
	if (munmap(s->addr + s->size / 2, s->page))
		fail("munmap: %s", strerror(errno));
}

/* The end of the first vma and the start of the second. */
static void leave_mprotect(struct shared *s)
{
	if (mprotect(s->addr + s->size / 2, s->size / 2, PROT_READ))
		fail("mprotect: %s", strerror(errno));
}

/*
 * The checks go on in a child: its parent has touched two pages, it touches the
 * first one, and has the second one, too.
 */
static void setup(void *data)
{
	struct shared *s = data;
	pid_t pid;
	int fd;

	if (!info()->pmd_share) {
		skip("no shared page tables of hugetlb");
		return;
	}
	s->page = info()->pmd_size;
	s->size = info()->pud_size;
	set_hugepages(2);
	fd = memfd_create("shared", MFD_HUGETLB | MFD_CLOEXEC);
	s->addr = aligned_room(s->size, s->size);
	if (fd < 0 || !s->addr || ftruncate(fd, s->size))
		setup_failed("memfd_create: %s", strerror(errno));
	s->addr = mmap(s->addr, s->size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED | MAP_NORESERVE, fd, 0);
	if (s->addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	/* Without two huge pages it ends in SIGBUS. */
	if (access_at(s->addr, true, OURS) ||
	    access_at(s->addr + s->page, true, NOT_TOUCHED))
		setup_failed("no two huge pages");
	pid = fork();
	if (pid < 0)
		setup_failed("fork: %s", strerror(errno));
	if (pid)
		end_as_child(pid);
}

static bool has(struct shared *s, const char *when, bool want)
{
	struct pfnmap_test_entry e;
	unsigned int i;
	bool is;

	for (i = 0; i < 2; i++) {
		e = entry_at(s->addr + i * s->page);
		is = e.present && e.level == PFNMAP_TEST_PMD;
		if (is == want)
			continue;
		fail("page %u: level %u, present %u, entry 0x%llx %s", i,
		     e.level, e.present, (unsigned long long)e.val, when);
		return false;
	}
	return true;
}

static void check_split(const struct check *check, void *data)
{
	struct shared *s = data;

	(void)check;
	if (access_at(s->addr, false, 0) || *s->addr != OURS)
		fail("the first page is not the one of the parent");
	if (!has(s, "in the common table", true))
		return;
	s->leave(s);
	if (!has(s, "where the common table was", false))
		return;
	/* It is in a table of its own now. */
	if (*(volatile char *)s->addr != OURS ||
	    *(volatile char *)(s->addr + s->page) != NOT_TOUCHED)
		fail("the pages are not the ones of the parent");
	*(volatile char *)s->addr = HERE;
	if (!has(s, "in a table of its own", true))
		return;
	if (munmap(s->addr, s->size))
		fail("munmap: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	static const struct check checks[] = {
		{ "split", check_split, NULL },
		{ "", NULL, NULL }
	};
	static struct shared shared[] = {
		{ .leave = leave_munmap },
		{ .leave = leave_mprotect },
	};
	struct group groups[] = {
		{ "munmap", setup, checks, &shared[0] },
		{ "mprotect", setup, checks, &shared[1] },
	};

	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
