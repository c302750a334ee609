// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that a driver maps from ->mmap, and nothing brings back: whatever may
 * be done to all of the mapping has to keep its entry, be it a PTE or a huge
 * one. Else the process gets SIGBUS, and a child never had it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "device.h"
#include "memory.h"
#include "process.h"
#include "run.h"

#define RW	(PROT_READ | PROT_WRITE)

struct kept;

/**
 * struct operation - what is done to the mapping
 * @name: as reported
 * @run: does it
 * @prot: the protection that it leaves
 */
struct operation {
	const char *name;
	void (*run)(struct kept *k);
	int prot;
};

struct kept {
	const char *kind;
	const struct operation *op;
	struct memory memory;
	char *addr;
	size_t size;
	uint64_t pfn;
};

static void protect(struct kept *k, int prot)
{
	if (mprotect(k->addr, k->size, prot))
		setup_failed("mprotect: %s", strerror(errno));
}

static void op_none(struct kept *k)
{
	(void)k;
}

static void op_ro(struct kept *k)
{
	protect(k, PROT_READ);
}

static void op_ro_rw(struct kept *k)
{
	protect(k, PROT_READ);
	protect(k, RW);
}

static void op_prot_none(struct kept *k)
{
	protect(k, PROT_NONE);
}

static void op_prot_none_rw(struct kept *k)
{
	protect(k, PROT_NONE);
	protect(k, RW);
}

/* The checks go on in the child. */
static void op_fork(struct kept *k)
{
	pid_t pid = fork();

	(void)k;
	if (pid < 0)
		setup_failed("fork: %s", strerror(errno));
	if (pid)
		end_as_child(pid);
}

static void op_fork_none(struct kept *k)
{
	protect(k, PROT_NONE);
	op_fork(k);
}

static void op_fork_ro_rw(struct kept *k)
{
	op_fork(k);
	op_ro_rw(k);
}

static void op_mremap(struct kept *k)
{
	char *to = aligned_room(k->size, k->size);

	if (!to)
		setup_failed("mmap: %s", strerror(errno));
	if (mremap(k->addr, k->size, k->size, MREMAP_MAYMOVE | MREMAP_FIXED,
		   to) == MAP_FAILED)
		setup_failed("mremap: %s", strerror(errno));
	k->addr = to;
}

static void op_mremap_none(struct kept *k)
{
	protect(k, PROT_NONE);
	op_mremap(k);
}

static void setup(void *data)
{
	struct kept *k = data;
	int fd;

	k->memory = memory(k->kind);
	/* No 32-bit machine has one, nor could the kernel map as much. */
	if (k->memory.level == PFNMAP_TEST_PUD &&
	    sizeof(size_t) < sizeof(uint64_t)) {
		skip("a driver cannot insert a PUD");
		return;
	}
	k->size = level_size(k->memory.level);
	fd = memory_open(&k->memory, k->size, NULL);
	if (fd < 0)
		return;		/* skipped */
	k->addr = aligned_room(k->size, k->size);
	if (!k->addr) {
		skip("no room for the mapping: %s", strerror(errno));
		return;
	}
	k->addr = mmap(k->addr, k->size, RW, MAP_SHARED | MAP_FIXED, fd, 0);
	if (k->addr == MAP_FAILED && errno == EOPNOTSUPP) {
		skip("a driver cannot insert a %s",
		     k->memory.level == PFNMAP_TEST_PUD ? "PUD" : "PMD");
		return;
	}
	if (k->addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	k->pfn = refs_of(fd, 0).pfn;
	k->op->run(k);
}

/* Nothing has touched it since. */
static void check_entry(const struct check *check, void *data)
{
	uint64_t bit;
	struct kept *k = data;
	size_t off[] = { 0, k->size / 2, k->size - 1 };
	struct pfnmap_test_entry e;
	unsigned int i;

	(void)check;
	bit = level_special(k->memory.level);
	for (i = 0; i < ARRAY_SIZE(off); i++) {
		e = entry_at(k->addr + off[i]);
		if (!e.present || e.level != k->memory.level ||
		    e.pfn != k->pfn + off[i] / getpagesize())
			fail("0x%zx: level %u, not %u, present %u, entry 0x%llx",
			     off[i], e.level, k->memory.level, e.present,
			     (unsigned long long)e.val);
		else if ((e.val & bit) != bit)
			fail("0x%zx: entry 0x%llx is not special", off[i],
			     (unsigned long long)e.val);
	}
}

static void check_access(const struct check *check, void *data)
{
	struct kept *k = data;
	int sig, want;

	(void)check;
	want = k->op->prot & PROT_READ ? 0 : SIGSEGV;
	sig = access_at(k->addr + k->size - 1, false, 0);
	if (sig != want)
		fail("read ended with signal %d, not %d", sig, want);
	want = k->op->prot & PROT_WRITE ? 0 : SIGSEGV;
	sig = access_at(k->addr + k->size - 1, true, 1);
	if (sig != want)
		fail("write ended with signal %d, not %d", sig, want);
	/* What had no access has it again. */
	protect(k, RW);
	sig = access_at(k->addr, true, 1);
	if (sig)
		fail("write ended with signal %d in the end", sig);
	check_entry(check, data);
}

static const struct operation operations[] = {
	{ "fresh", op_none, RW },
	{ "mprotect_ro", op_ro, PROT_READ },
	{ "mprotect_ro_rw", op_ro_rw, RW },
	{ "mprotect_none", op_prot_none, PROT_NONE },
	{ "mprotect_none_rw", op_prot_none_rw, RW },
	{ "fork", op_fork, RW },
	{ "fork_none", op_fork_none, PROT_NONE },
	{ "fork_ro_rw", op_fork_ro_rw, RW },
	{ "mremap", op_mremap, RW },
	{ "mremap_none", op_mremap_none, PROT_NONE },
};

static const char * const kinds[] = {
	"pte.no_memmap", "pmd.mmap_no_memmap", "pud.mmap_no_memmap",
};

int main(int argc, char **argv)
{
	static const struct check checks[] = {
		{ "entry", check_entry, NULL },
		{ "access", check_access, NULL },
		{ "", NULL, NULL }
	};
	static struct kept kept[ARRAY_SIZE(kinds) * ARRAY_SIZE(operations)];
	struct group groups[ARRAY_SIZE(kept)];
	unsigned int i, j, n = 0;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (j = 0; j < ARRAY_SIZE(operations); j++, n++) {
			kept[n].kind = kinds[i];
			kept[n].op = &operations[j];
			snprintf(groups[n].name, sizeof(groups[n].name),
				 "%.3s.%s", kinds[i], operations[j].name);
			groups[n].setup = setup;
			groups[n].checks = checks;
			groups[n].data = &kept[n];
		}
	}
	return run_groups(groups, n, argc, argv);
}
