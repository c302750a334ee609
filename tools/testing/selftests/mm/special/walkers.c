// SPDX-License-Identifier: GPL-2.0
/*
 * Whatever of mm user space can send over a mapping: readers of page tables in
 * /proc, madvise(), policies, migration, locking, GUP by way of other system
 * calls, core dumps. Each does it once and gives the answer as one number.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/elf.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "agents.h"
#include "device.h"
#include "gup.h"
#include "process.h"
#include "run.h"
#include "walkers.h"

/* What the headers of the C library may lack. */
#ifndef MADV_COLD
#define MADV_COLD		20
#define MADV_PAGEOUT		21
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED	24
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE		25
#endif
#ifndef MADV_HWPOISON
#define MADV_HWPOISON		100
#endif
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif
#define POLICY_DEFAULT		0
#define POLICY_BIND		2
#define POLICY_STRICT		1	/* MPOL_MF_STRICT */
#define POLICY_MOVE		2	/* MPOL_MF_MOVE */
#define POLICY_NODE_OF_ADDR	3	/* MPOL_F_NODE | MPOL_F_ADDR */
#define MAX_NODE		(CHAR_BIT * sizeof(unsigned long))

/* So long what a closed ring leaves to do is waited for. */
#define RING_END_US		20000

static size_t length(const struct walker *w, const struct target *t)
{
	if (!(w->flags & WHOLE) && t->size > info()->pmd_size)
		return info()->pmd_size;
	return t->size;
}

static long or_errno(long ret)
{
	return ret < 0 ? -errno : ret;
}

/* One number for all of them, if there is one. */
static long all_of(const int *status, unsigned int nr)
{
	unsigned int i;

	for (i = 1; i < nr; i++)
		if (status[i] != status[0])
			return DIFFERS(i);
	return status[0];
}

/* Pages that smaps counts. */
static long walk_smaps(const struct walker *w, struct target *t)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long start, kb;
	bool inside = false;
	long ret = -ESRCH;
	char line[512], c;

	(void)w;
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%*x %c", &start, &c) == 2)
			inside = start == (unsigned long)t->addr;
		if (inside && sscanf(line, "Rss: %lu", &kb) == 1)
			ret = kb * 1024 / getpagesize();
	}
	fclose(f);
	return ret;
}

static long walk_smaps_rollup(const struct walker *w, struct target *t)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	unsigned long kb;
	long ret = -ESRCH;
	char line[512];

	(void)w;
	(void)t;
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Rss: %lu", &kb) == 1)
			ret = !!kb;
	fclose(f);
	return ret;
}

#define PM_PFN(pme)	((pme) & ((1ULL << 55) - 1))
#define PM_FLAGS(pme)	((pme) >> 56)

/* Its flags without the soft-dirty one; the page frame must be right. */
static long walk_pagemap(const struct walker *w, struct target *t)
{
	off_t off = (uintptr_t)t->addr / getpagesize() * sizeof(uint64_t);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t pme[NR_PAGES];
	int status[NR_PAGES];
	unsigned int i;
	long ret;

	(void)w;
	if (fd < 0)
		return -errno;
	ret = pread(fd, pme, sizeof(pme), off);
	close(fd);
	if (ret != sizeof(pme))
		return or_errno(-1);
	for (i = 0; i < NR_PAGES; i++) {
		status[i] = PM_FLAGS(pme[i]);
		if (t->fd >= 0 && PM_PFN(pme[i]) &&
		    PM_PFN(pme[i]) != t->entry.pfn + i)
			return DIFFERS(i);
	}
	return all_of(status, NR_PAGES);
}

static long walk_clear_refs(const struct walker *w, struct target *t)
{
	char text[] = { '0' + w->arg, 0 };

	(void)t;
	return write_file("/proc/self/clear_refs", "%s", text);
}

/* Pages on any node. */
static long walk_numa_maps(const struct walker *w, struct target *t)
{
	FILE *f = fopen("/proc/self/numa_maps", "r");
	unsigned long start;
	long pages, ret = -ESRCH;
	char line[1024], *p;

	(void)w;
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		start = strtoul(line, NULL, 16);
		if (start != (unsigned long)t->addr)
			continue;
		ret = 0;
		for (p = line; (p = strstr(p, " N")); p++)
			if (sscanf(p, " N%*u=%ld", &pages) == 1)
				ret += pages;
	}
	fclose(f);
	return ret;
}

static long walk_mincore(const struct walker *w, struct target *t)
{
	unsigned char vec[NR_PAGES];
	int status[NR_PAGES];
	unsigned int i;

	(void)w;
	if (mincore(t->addr, NR_PAGES * getpagesize(), vec))
		return -errno;
	for (i = 0; i < NR_PAGES; i++)
		status[i] = vec[i] & 1;
	return all_of(status, NR_PAGES);
}

unsigned int nr_nodes(void)
{
	char path[64];
	unsigned int n = 0;

	do
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%u",
			 ++n);
	while (!access(path, F_OK));
	return n;
}

/* To each node in turn, for one of them is not where the memory is. */
static long walk_mbind(const struct walker *w, struct target *t)
{
	unsigned int i, nr = nr_nodes();
	unsigned long nodes;
	long ret = 0;

	for (i = 0; i < nr && !ret; i++) {
		nodes = 1UL << i;
		ret = or_errno(syscall(SYS_mbind, t->addr, length(w, t),
				       POLICY_BIND, &nodes, MAX_NODE, w->arg));
	}
	syscall(SYS_mbind, t->addr, length(w, t), POLICY_DEFAULT, NULL, 0, 0);
	return ret;
}

/* Whether it knows the node. */
static long walk_get_mempolicy(const struct walker *w, struct target *t)
{
	int node = -1;

	(void)w;
	if (syscall(SYS_get_mempolicy, &node, NULL, 0, t->addr,
		    POLICY_NODE_OF_ADDR))
		return -errno;
	return node >= 0 && node < (int)nr_nodes();
}

/* What a page's status is, if it is not that it is on the right node. */
static long page_status(struct target *t, const int *nodes, int flags)
{
	int status[NR_PAGES];
	void *pages[NR_PAGES];
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++) {
		pages[i] = t->addr + i * getpagesize();
		status[i] = DIFFERS(0);
	}
	if (syscall(SYS_move_pages, 0, NR_PAGES, pages, nodes, status, flags))
		return -errno;
	for (i = 0; i < NR_PAGES; i++) {
		if (status[i] < 0)
			return status[i];
		if (nodes && status[i] != nodes[i])
			return DIFFERS(i);
	}
	return 0;
}

static long walk_move_pages(const struct walker *w, struct target *t)
{
	unsigned int i, n, nr = nr_nodes();
	int nodes[NR_PAGES];
	long ret = 0;

	if (!w->arg)
		return page_status(t, NULL, 0);
	for (n = 0; n < nr && !ret; n++) {
		for (i = 0; i < NR_PAGES; i++)
			nodes[i] = n;
		ret = page_status(t, nodes, w->arg);
	}
	return ret;
}

/* How many pages stay where they are is not our matter. */
static long walk_migrate_pages(const struct walker *w, struct target *t)
{
	unsigned int n, nr = nr_nodes();
	unsigned long from = (1UL << nr) - 1, to;
	long ret = 0;

	(void)w;
	(void)t;
	for (n = 0; n < nr && ret >= 0; n++) {
		to = 1UL << n;
		ret = or_errno(syscall(SYS_migrate_pages, 0, MAX_NODE, &from,
				       &to));
	}
	return ret < 0 ? ret : 0;
}

static long walk_madvise(const struct walker *w, struct target *t)
{
	return or_errno(madvise(t->addr, length(w, t), w->arg));
}

static long walk_process_madvise(const struct walker *w, struct target *t)
{
	struct iovec iov = { t->addr, length(w, t) };
	int pidfd = syscall(SYS_pidfd_open, getpid(), 0);
	long ret;

	if (pidfd < 0)
		return -errno;
	ret = or_errno(syscall(SYS_process_madvise, pidfd, &iov, 1, w->arg, 0));
	close(pidfd);
	return ret == (long)iov.iov_len ? 0 : ret;
}

static long walk_mlock(const struct walker *w, struct target *t)
{
	long ret = or_errno(w->arg < 0 ? mlock(t->addr, length(w, t)) :
			    syscall(SYS_mlock2, t->addr, length(w, t), w->arg));
	long unlocked = or_errno(munlock(t->addr, length(w, t)));

	return ret ? ret : unlocked;
}

static long walk_mlockall(const struct walker *w, struct target *t)
{
	long ret = or_errno(mlockall(w->arg));

	(void)t;
	munlockall();
	return ret;
}

static long walk_msync(const struct walker *w, struct target *t)
{
	return or_errno(msync(t->addr, length(w, t), w->arg));
}

/* From another process and into it, or the other way round. */
static long walk_process_vm(const struct walker *w, struct target *t)
{
	size_t len = NR_PAGES * getpagesize();
	struct iovec there = { t->addr, len };
	struct iovec here = { malloc(len), len };
	int status, result[2];
	pid_t pid;
	long ret;

	if (pipe(result))
		return -errno;
	pid = fork();
	if (!pid) {
		ret = w->arg ?
		      process_vm_writev(getppid(), &here, 1, &there, 1, 0) :
		      process_vm_readv(getppid(), &here, 1, &there, 1, 0);
		ret = or_errno(ret);
		_exit(write(result[1], &ret, sizeof(ret)) != sizeof(ret));
	}
	if (pid < 0)
		return -errno;
	waitpid(pid, &status, 0);
	close(result[1]);
	if (read(result[0], &ret, sizeof(ret)) != sizeof(ret))
		ret = -EIO;
	close(result[0]);
	free(here.iov_base);
	return ret == (long)len ? 0 : ret;
}

static long walk_mem(const struct walker *w, struct target *t)
{
	char buf[8] = { 1 };

	return proc_mem(w->arg, t->addr, buf, sizeof(buf));
}

static long walk_futex(const struct walker *w, struct target *t)
{
	struct timespec none = { 0, 0 };

	/* Nobody stores this value here. */
	return or_errno(syscall(SYS_futex, t->addr, w->arg, 0x5a5a5a5a, &none,
				NULL, 0));
}

static long walk_vmsplice(const struct walker *w, struct target *t)
{
	struct iovec iov = { t->addr, NR_PAGES * getpagesize() };
	int ends[2];
	long ret;

	(void)w;
	if (pipe(ends))
		return -errno;
	ret = or_errno(vmsplice(ends[1], &iov, 1, SPLICE_F_NONBLOCK));
	close(ends[0]);
	close(ends[1]);
	return ret == (long)iov.iov_len ? 0 : ret;
}

static long walk_io_uring(const struct walker *w, struct target *t)
{
	struct iovec iov = { t->addr, NR_PAGES * getpagesize() };
	struct io_uring_params params = { 0 };
	int fd = syscall(SYS_io_uring_setup, 1, &params);
	long ret;

	(void)w;
	if (fd < 0)
		return -errno;
	ret = or_errno(syscall(SYS_io_uring_register, fd,
			       IORING_REGISTER_BUFFERS, &iov, 1));
	close(fd);
	/*
	 * What a closed ring leaves to do comes as TIF_NOTIFY_SIGNAL, which is
	 * no signal: a system call goes on after it.
	 */
	if (usleep(RING_END_US))
		fail("usleep: error %d", errno);
	return ret;
}

static long walk_userfaultfd(const struct walker *w, struct target *t)
{
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (uintptr_t)t->addr, length(w, t) },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	long ret;

	if (fd < 0)
		return -errno;
	ret = or_errno(ioctl(fd, UFFDIO_API, &api));
	if (!ret)
		ret = or_errno(ioctl(fd, UFFDIO_REGISTER, &reg));
	close(fd);
	return ret;
}

/*
 * An MMU notifier is not registered while a signal is pending, and what a
 * closed ring leaves to do counts as one until the next return to user space.
 */
static long lookup(char *addr, unsigned int how)
{
	struct pfnmap_test_lookup lookup = {
		.addr = (uintptr_t)addr,
		.how = how,
	};
	int fd = device_open(), tries = 10;

	do {
		if (ioctl(fd, PFNMAP_TEST_LOOKUP, &lookup))
			lookup.ret = -errno;
	} while (lookup.ret == -EINTR && tries--);
	close(fd);
	return lookup.ret;
}

static long walk_lookup(const struct walker *w, struct target *t)
{
	return lookup(t->addr, w->arg);
}

/* Who needs a PTE: uprobes, or a device that wants the page for itself. */
static long walk_split_pmd(const struct walker *w, struct target *t)
{
	const struct gup_entry entry = {
		.call = PFNMAP_TEST_GET_REMOTE,
		.flags = w->arg,
	};

	return gup(&entry, t->addr, NR_PAGES, NULL);
}

static void *volatile poisoned;

static void on_sigbus(int sig, siginfo_t *si, void *context)
{
	(void)sig;
	(void)context;
	if (si->si_code == BUS_MCEERR_AR)
		poisoned = si->si_addr;
}

/* The page is poisoned: the process must be told at which address it has it. */
static long walk_poison(const struct walker *w, struct target *t)
{
	struct sigaction act = {
		.sa_sigaction = on_sigbus,
		.sa_flags = SA_SIGINFO,
	}, old;
	char *addr = t->addr + (NR_PAGES - 1) * getpagesize();
	long ret;

	poisoned = NULL;
	if (sigaction(SIGBUS, &act, &old))
		return -errno;
	ret = lookup(addr, w->arg);
	sigaction(SIGBUS, &old, NULL);
	if (ret == -EHWPOISON && poisoned != addr)
		return DIFFERS(poisoned ? (char *)poisoned - t->addr : 0);
	return ret;
}

static long walk_damon(const struct walker *w, struct target *t)
{
	(void)w;
	return damon_watch(t);
}

static long walk_lru_gen(const struct walker *w, struct target *t)
{
	(void)w;
	return lru_gen_age(t);
}

static long walk_memcg(const struct walker *w, struct target *t)
{
	(void)w;
	return memcg_move(t);
}

static long walk_perf(const struct walker *w, struct target *t)
{
	(void)w;
	/* That is the lockless walk, too. */
	if (!info()->fast_gup)
		return -EOPNOTSUPP;
	return perf_sample(t);
}

/* The level in the line of the dump that has the first page, as entry_at(). */
static long walk_ptdump(const struct walker *w, struct target *t)
{
	static const char *const levels[] = { "", " pte", " pmd", " pud" };
	FILE *f = fopen("/sys/kernel/debug/page_tables/current_kernel", "r");
	struct pfnmap_test_entry e = entry_at(t->addr);
	unsigned long start, end;
	long ret = -ESRCH;
	char line[256];

	(void)w;
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 &&
		    start <= (uintptr_t)t->addr && end > (uintptr_t)t->addr)
			ret = !!strstr(line, levels[e.level]);
	}
	fclose(f);
	return ret;
}

static long walk_split_huge_pages(const struct walker *w, struct target *t)
{
	char text[128];

	snprintf(text, sizeof(text), "%d,0x%lx,0x%lx", getpid(),
		 (unsigned long)t->addr,
		 (unsigned long)t->addr + length(w, t));
	return write_file("/sys/kernel/debug/split_huge_pages", "%s", text);
}

static long walk_compact(const struct walker *w, struct target *t)
{
	(void)w;
	(void)t;
	return write_file("/proc/sys/vm/compact_memory", "1");
}

#if __SIZEOF_POINTER__ == 8
#define elf_hdr		elf64_hdr
#define elf_phdr	elf64_phdr
#else
#define elf_hdr		elf32_hdr
#define elf_phdr	elf32_phdr
#endif

#define CORE		"/tmp/core.walk"
#define CORE_PATTERN	"/proc/sys/kernel/core_pattern"

/* The first byte that a core file has for the target, or why there is none. */
static long in_core(struct target *t)
{
	int i, fd = open(CORE, O_RDONLY | O_CLOEXEC);
	struct elf_hdr head;
	struct elf_phdr ph;
	long ret = -ESRCH;
	char byte;

	if (fd < 0)
		return -errno;
	if (pread(fd, &head, sizeof(head), 0) != sizeof(head))
		head.e_phnum = 0;
	for (i = 0; i < head.e_phnum; i++) {
		if (pread(fd, &ph, sizeof(ph),
			  head.e_phoff + i * sizeof(ph)) != sizeof(ph))
			break;
		if (ph.p_type != PT_LOAD ||
		    ph.p_vaddr != (uintptr_t)t->addr || !ph.p_filesz)
			continue;
		/* The end of the file may be a hole that was never written. */
		ret = pread(fd, &byte, 1, ph.p_offset) == 1 ? byte : 0;
	}
	close(fd);
	unlink(CORE);
	return ret;
}

static void __attribute__((noreturn)) dump_core(struct target *t)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &limit);
	/* All kinds of mappings; shared ones of files are left out else. */
	write_file("/proc/self/coredump_filter", "0x7f");
	signal(SIGSEGV, SIG_DFL);
	*(volatile char *)t->addr = 1;
	raise(SIGSEGV);
	_exit(1);
}

static long walk_core(const struct walker *w, struct target *t)
{
	int status = 0;
	pid_t pid;
	long ret;

	(void)w;
	ret = write_file(CORE_PATTERN, "%s", CORE);
	if (ret)
		return ret;
	pid = fork();
	if (!pid)
		dump_core(t);
	if (pid < 0)
		return -errno;
	waitpid(pid, &status, 0);
	write_file(CORE_PATTERN, "core");
	if (!WIFSIGNALED(status) || !WCOREDUMP(status))
		return -ENODATA;
	return in_core(t);
}

#define ADVICE(n, a)	{ n, walk_madvise, a, WHOLE, 0 }

const struct walker walkers[] = {
	/*
	 * The ordinary page is there for the lockless walk. Before soft-dirty
	 * is cleared: the next write after mprotect() faults then.
	 */
	{ "perf_sample", walk_perf, 0, 0, PERF_SIZE | PERF_PHYS },
	{ "smaps", walk_smaps, 0, 0, NR_PAGES },
	{ "smaps_rollup", walk_smaps_rollup, 0, 0, 1 },
	/* Present, and mapped by nobody else. */
	{ "pagemap", walk_pagemap, 0, PUD_IS_HOLE, 0x81 },
	{ "clear_refs", walk_clear_refs, 1, 0, 0 },
	{ "clear_refs_anon", walk_clear_refs, 2, 0, 0 },
	{ "clear_refs_mapped", walk_clear_refs, 3, 0, 0 },
	{ "clear_refs_soft_dirty", walk_clear_refs, 4, 0, 0 },
	{ "numa_maps", walk_numa_maps, 0, 0, NR_PAGES },
	{ "mincore", walk_mincore, 0, PUD_IS_HOLE, 1 },
	{ "mbind_strict", walk_mbind, POLICY_STRICT, WHOLE | STRICT, 0 },
	{ "mbind_move", walk_mbind, POLICY_STRICT | POLICY_MOVE, WHOLE, 0 },
	{ "get_mempolicy", walk_get_mempolicy, 0, REFUSED, 1 },
	{ "move_pages_status", walk_move_pages, 0, REFUSED, 0 },
	{ "move_pages", walk_move_pages, POLICY_MOVE, REFUSED, 0 },
	{ "migrate_pages", walk_migrate_pages, 0, 0, 0 },

	/* Before MADV_DONTDUMP, which nothing takes back from such a vma. */
	{ "core_dump", walk_core, 0, 0, 1 },

	ADVICE("madv_normal", MADV_NORMAL),
	ADVICE("madv_random", MADV_RANDOM),
	ADVICE("madv_sequential", MADV_SEQUENTIAL),
	/* Anonymous memory without swap has nothing to read. */
	{ "madv_willneed", walk_madvise, MADV_WILLNEED, WHOLE | NO_CONTROL, 0 },
	{ "madv_dontneed", walk_madvise, MADV_DONTNEED, 0, 0 },
	{ "madv_dontneed_locked", walk_madvise, MADV_DONTNEED_LOCKED, 0, 0 },
	ADVICE("madv_free", MADV_FREE),
	/* For files only. */
	{ "madv_remove", walk_madvise, MADV_REMOVE, WHOLE | NO_CONTROL, 0 },
	ADVICE("madv_dontfork", MADV_DONTFORK),
	ADVICE("madv_dofork", MADV_DOFORK),
	ADVICE("madv_mergeable", MADV_MERGEABLE),
	ADVICE("madv_unmergeable", MADV_UNMERGEABLE),
	/* The second lets the mapping be huge again. */
	ADVICE("madv_nohugepage", MADV_NOHUGEPAGE),
	ADVICE("madv_hugepage", MADV_HUGEPAGE),
	ADVICE("madv_dontdump", MADV_DONTDUMP),
	ADVICE("madv_dodump", MADV_DODUMP),
	ADVICE("madv_wipeonfork", MADV_WIPEONFORK),
	ADVICE("madv_keeponfork", MADV_KEEPONFORK),
	ADVICE("madv_cold", MADV_COLD),
	ADVICE("madv_pageout", MADV_PAGEOUT),
	{ "madv_populate_read", walk_madvise, MADV_POPULATE_READ, 0, 0 },
	{ "madv_populate_write", walk_madvise, MADV_POPULATE_WRITE, 0, 0 },
	/* Less than a huge page is not collapsed. */
	{ "madv_collapse", walk_madvise, MADV_COLLAPSE, WHOLE | NO_CONTROL, 0 },
	{ "process_madvise_cold", walk_process_madvise, MADV_COLD, WHOLE, 0 },
	{ "process_madvise_pageout", walk_process_madvise, MADV_PAGEOUT,
	  WHOLE, 0 },

	{ "mlock", walk_mlock, -1, 0, 0 },
	{ "mlock_onfault", walk_mlock, MLOCK_ONFAULT, 0, 0 },
	{ "mlockall", walk_mlockall, MCL_CURRENT, 0, 0 },
	{ "mlockall_onfault", walk_mlockall, MCL_CURRENT | MCL_ONFAULT, 0, 0 },
	{ "msync", walk_msync, MS_SYNC, WHOLE, 0 },
	{ "msync_invalidate", walk_msync, MS_ASYNC | MS_INVALIDATE, WHOLE, 0 },

	{ "process_vm_readv", walk_process_vm, 0, REFUSED, 0 },
	{ "process_vm_writev", walk_process_vm, 1, REFUSED, 0 },
	{ "mem_read", walk_mem, 0, NOT_RAM, 8 },
	{ "mem_write", walk_mem, 1, NOT_RAM, 8 },
	{ "futex_wait", walk_futex, FUTEX_WAIT, REFUSED, -EAGAIN },
	{ "futex_wake", walk_futex, FUTEX_WAKE, REFUSED, 0 },
	{ "vmsplice", walk_vmsplice, 0, REFUSED, 0 },
	{ "io_uring_buffers", walk_io_uring, 0, REFUSED, 0 },
	{ "userfaultfd", walk_userfaultfd, 0, WHOLE, 0 },
	{ "split_pmd", walk_split_pmd, PFNMAP_TEST_SPLIT_PMD,
	  REFUSED | SPLITS_PMD, NR_PAGES },
	{ "split_pmd_write", walk_split_pmd,
	  PFNMAP_TEST_SPLIT_PMD | PFNMAP_TEST_WRITE, REFUSED | SPLITS_PMD,
	  NR_PAGES },
	/* There is nothing to do but to call the entry accessed and dirty. */
	{ "fault_read", walk_lookup, PFNMAP_TEST_FAULT_READ, 0, 0 },
	{ "fault_write", walk_lookup, PFNMAP_TEST_FAULT_WRITE, 0, 0 },
	{ "hmm", walk_lookup, PFNMAP_TEST_HMM, 0, 0 },
	/* Ordinary memory: the one page. */
	{ "migrate_vma", walk_lookup, PFNMAP_TEST_MIGRATE, UNTOUCHED, 1 },
	{ "poisoned_access", walk_poison, PFNMAP_TEST_POISON, UNTOUCHED,
	  -EHWPOISON },
	{ "madv_hwpoison", walk_madvise, MADV_HWPOISON,
	  WHOLE | UNTOUCHED | REFUSED, 0 },
	{ "madv_soft_offline", walk_madvise, MADV_SOFT_OFFLINE,
	  WHOLE | UNTOUCHED | REFUSED, 0 },
	{ "damon", walk_damon, 0, 0, 1 },
	{ "lru_gen_aging", walk_lru_gen, 0, UNTOUCHED, 1 },
	{ "memcg_move_charges", walk_memcg, 0, UNTOUCHED, 1 },
	{ "ptdump", walk_ptdump, 0, UNTOUCHED, 1 },
	{ "split_huge_pages", walk_split_huge_pages, 0, 0, 0 },
	{ "compact_memory", walk_compact, 0, ONCE, 0 },
};

const unsigned int nr_walkers = ARRAY_SIZE(walkers);
