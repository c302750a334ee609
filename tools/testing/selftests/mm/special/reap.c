// SPDX-License-Identifier: GPL-2.0
/*
 * A process that the OOM killer has ended, but that does not get to its end: the
 * OOM reaper unmaps what is of no use to others, and so does process_mrelease().
 * Of what a driver maps that is VM_MIXEDMAP in a file that is open for reading
 * only. All else stays until exit. Huge entries are treated as PTEs are.
 *
 * ptrace() holds the process in exit(), where it still has its page tables.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "device.h"
#include "gup.h"
#include "memory.h"
#include "process.h"
#include "run.h"

/* What the headers of the C library may lack. */
#ifndef SYS_process_mrelease
#define SYS_process_mrelease	448
#endif

struct reaped {
	const char *kind;
	bool readonly;

	struct memory memory;
	size_t size;
	int fd;
	char *addr;
	char *plain;		/* ordinary memory */
	int refs;
	struct pfnmap_test_entry entry;
	pid_t pid;		/* the process that ends */
};

static void map(struct reaped *r)
{
	const struct memory *m = &r->memory;
	struct pfnmap_test_map map = {
		.backing = m->backing,
		.insert = m->insert,
		.level = m->level,
		.flags = m->flags,
	};
	uint64_t phys = 0;

	r->size = m->level == PFNMAP_TEST_PTE ?
		  (size_t)NR_PAGES * getpagesize() : level_size(m->level);
	if (m->backing == PFNMAP_TEST_PHYS &&
	    !need_hidden(&phys, level_size(m->level)))
		return;
	map.size = r->size;
	map.phys = phys;
	r->fd = r->readonly ? device_map_readonly(map) : device_map(map);
	if (r->fd < 0) {
		skip("no contiguous RAM of %zu bytes", r->size);
		return;
	}
	r->refs = refs_of(r->fd, 0).refcount;
	r->addr = aligned_room(r->size, level_size(m->level));
	if (!r->addr) {
		skip("no room for %zu bytes: %s", r->size, strerror(errno));
		return;
	}
	r->addr = mmap(r->addr, r->size, PROT_READ, MAP_SHARED | MAP_FIXED,
		       r->fd, 0);
	if (r->addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
}

static void __attribute__((noreturn)) end_slowly(struct reaped *r)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	(void)*(volatile char *)r->addr;
	_exit(0);
}

/* Of the child that @what is expected of. */
static void wait_for(pid_t pid, int want, const char *what)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		setup_failed("waitpid: %s", strerror(errno));
	if (!WIFSTOPPED(status) || status >> 8 != want)
		setup_failed("no %s, but status 0x%x", what, status);
}

static void setup(void *data)
{
	struct reaped *r = data;

	r->memory = memory(r->kind);
	if (r->memory.level == PFNMAP_TEST_PUD && !info()->pud_special) {
		skip("a PUD cannot be special");
		return;
	}
	if (skip_counted(&r->memory))
		return;
	map(r);
	if (!r->addr)
		return;		/* skipped */
	r->plain = ordinary(getpagesize());
	(void)*(volatile char *)r->addr;
	r->entry = entry_at(r->addr);

	r->pid = fork();
	if (r->pid < 0)
		setup_failed("fork: %s", strerror(errno));
	if (!r->pid)
		end_slowly(r);
	wait_for(r->pid, SIGSTOP, "stop");
	if (ptrace(PTRACE_SETOPTIONS, r->pid, NULL,
		   PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL) ||
	    ptrace(PTRACE_CONT, r->pid, NULL, NULL))
		setup_failed("ptrace: %s", strerror(errno));
	wait_for(r->pid, SIGTRAP | PTRACE_EVENT_EXIT << 8, "exit");
}

static void same_entry(const struct reaped *r, struct pfnmap_test_entry now,
		       const char *whose)
{
	uint64_t mark = level_special(now.level);

	if (!now.present || now.level != r->entry.level ||
	    now.pfn != refs_of(r->fd, 0).pfn || (now.val & mark) != mark)
		fail("%s: level %u, not %u, present %u, entry 0x%llx", whose,
		     now.level, r->entry.level, now.present,
		     (unsigned long long)now.val);
}

/* Both have it, or there is nothing to take away. */
static void check_entry(const struct check *check, void *data)
{
	struct reaped *r = data;

	(void)check;
	/* One that should not be there since it cannot be marked is reaped all the same. */
	if (r->entry.level != r->memory.level &&
	    r->entry.level != entry_level(&r->memory))
		fail("level %u, not %u", r->entry.level, r->memory.level);
	same_entry(r, entry_at(r->addr), "here");
	same_entry(r, entry_of(r->pid, r->addr), "there");
	if (!entry_of(r->pid, r->plain).present)
		fail("ordinary memory has no entry");
}

static void check_reap(const struct check *check, void *data)
{
	struct reaped *r = data;
	struct pfnmap_test_entry there;
	int pidfd = syscall(SYS_pidfd_open, r->pid, 0);

	(void)check;
	if (pidfd < 0 || syscall(SYS_process_mrelease, pidfd, 0)) {
		fail("process_mrelease: %s", strerror(errno));
		return;
	}
	close(pidfd);
	/* Or it has done nothing at all. */
	if (entry_of(r->pid, r->plain).present)
		fail("ordinary memory is still mapped");
	there = entry_of(r->pid, r->addr);
	if (!r->readonly || !is_mixed(&r->memory))
		same_entry(r, there, "there");
	else if (there.present || there.val)
		fail("level %u, entry 0x%llx is left", there.level,
		     (unsigned long long)there.val);
	same_entry(r, entry_at(r->addr), "here");
}

/* It goes on to its end; nobody gave back a reference that nobody took. */
static void check_exit(const struct check *check, void *data)
{
	struct reaped *r = data;
	int status = 0, refs;

	(void)check;
	if (ptrace(PTRACE_CONT, r->pid, NULL, NULL) ||
	    waitpid(r->pid, &status, 0) != r->pid)
		fail("it does not end: %s", strerror(errno));
	else if (!WIFEXITED(status))
		fail("it ended with status 0x%x", status);
	same_entry(r, entry_at(r->addr), "here");
	if (munmap(r->addr, r->size))
		fail("munmap: %s", strerror(errno));
	refs = refs_of(r->fd, 0).refcount;
	if (refs != r->refs)
		fail("the first page has %d references, not %d", refs, r->refs);
}

static const char * const kinds[] = {
	"pte.fault_no_memmap",
	"pte.mixed_no_memmap",
	"pmd.no_memmap",
	"pmd.mixed_no_memmap",
	"pmd.mixed_order0",
	"pud.no_memmap",
	"pud.mixed_no_memmap",
};

int main(int argc, char **argv)
{
	static const struct check checks[] = {
		{ "entry", check_entry, NULL },
		{ "reap", check_reap, NULL },
		{ "exit", check_exit, NULL },
		{ "", NULL, NULL }
	};
	static struct reaped reaped[2 * ARRAY_SIZE(kinds)];
	static struct group groups[ARRAY_SIZE(reaped)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		reaped[i].kind = kinds[i / 2];
		reaped[i].readonly = i % 2;
		snprintf(groups[i].name, sizeof(groups[i].name), "%s%s",
			 kinds[i / 2], i % 2 ? ".readonly" : "");
		groups[i].setup = setup;
		groups[i].checks = checks;
		groups[i].data = &reaped[i];
	}
	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
