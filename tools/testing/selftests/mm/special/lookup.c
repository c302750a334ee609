// SPDX-License-Identifier: GPL-2.0
/*
 * From a user address to a page frame, and to the memory there: drivers, KVM
 * and debuggers look at special mappings without a reference on a page. They
 * have to find the same whatever the size of the entry is.
 *
 * The memory is also seen through a window: a mapping of its own, by PTEs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "device.h"
#include "gup.h"
#include "memory.h"
#include "process.h"
#include "run.h"

/* Not at the start of a page. */
#define OFFSET	16

struct lookup {
	const char *kind;
	bool readonly;
	bool ram;		/* other people's, from physical address 0 */
	bool wc;		/* mapped write-combining */

	struct memory memory;
	char *addr;
	size_t size;
	char *window;		/* NULL for RAM of the device */
	int fd;
	uint64_t pfn;
	int refs;
	uint64_t plain;		/* protection if it were not write-combining */
	size_t places[3];	/* where to look, from the start */
};

/* ->access, if there is any, is for VM_PFNMAP; ordinary pages are for GUP. */
static bool accessible(const struct lookup *l)
{
	return is_mixed(&l->memory) ? is_counted(&l->memory) : info()->access;
}

static void map(struct lookup *l)
{
	char *room = aligned_room(l->size, level_size(l->memory.level));

	if (!room) {
		skip("no room for the mapping: %s", strerror(errno));
		return;
	}
	l->addr = mmap(room, l->size,
		       l->readonly ? PROT_READ : PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED, l->fd, 0);
	if (l->addr == MAP_FAILED && errno == EOPNOTSUPP) {
		skip("a driver cannot insert a PUD");
		return;
	}
	if (l->addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	/* A fork takes write permission away, and these have none to do it. */
	if (madvise(l->addr, l->size, MADV_DONTFORK))
		setup_failed("madvise: %s", strerror(errno));
}

static void map_window(struct lookup *l, uint64_t phys)
{
	struct memory m = memory("pte.fault_no_memmap");
	int fd;

	m.flags = l->memory.flags;
	fd = memory_open_at(&m, l->size, phys);
	l->window = mmap(NULL, l->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 0);
	if (l->window == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
}

/* What the protection is when the driver asks for nothing. */
static void read_plain(struct lookup *l, uint64_t phys)
{
	struct pfnmap_test_lookup call = { .how = PFNMAP_TEST_FOLLOW_PFNMAP };
	struct lookup plain = *l;

	plain.memory.flags = 0;
	map_window(&plain, phys);
	*(volatile char *)plain.window = 1;
	call.addr = (uintptr_t)plain.window;
	l->fd = device_open();
	if (ioctl(l->fd, PFNMAP_TEST_LOOKUP, &call))
		setup_failed("PFNMAP_TEST_LOOKUP: %s", strerror(errno));
	l->plain = call.pgprot;
	munmap(plain.window, plain.size);
}

static void setup(void *data)
{
	struct lookup *l = data;
	const struct memory *m = &l->memory;
	uint64_t phys = 0;
	size_t page = getpagesize();
	unsigned int i;

	/* No 32-bit machine has one, nor could the kernel map as much. */
	if (m->level == PFNMAP_TEST_PUD && sizeof(size_t) < sizeof(uint64_t)) {
		skip("a driver cannot insert a PUD");
		return;
	}
	/* From ->mmap it can insert one that is not marked. */
	if (m->level == PFNMAP_TEST_PUD && is_mixed(m) &&
	    !info()->pud_special) {
		skip("a PUD cannot be marked special");
		return;
	}
	if (skip_counted(m))
		return;
	l->size = m->level == PFNMAP_TEST_PTE ? NR_PAGES * page :
						level_size(m->level);
	if (m->backing == PFNMAP_TEST_PHYS && !l->ram &&
	    !need_hidden(&phys, level_size(m->level)))
		return;
	/* A PUD that cannot be there may be larger than what is hidden. */
	if (m->flags & PFNMAP_TEST_WC &&
	    (m->level != PFNMAP_TEST_PUD || info()->pud_special))
		read_plain(l, phys);
	l->fd = memory_open_at(m, l->size, phys);
	if (l->fd < 0)
		return;		/* skipped */
	map(l);
	if (!l->addr || l->addr == MAP_FAILED)
		return;		/* skipped */
	/* A hypervisor may know that it is RAM, and want it to be cached. */
	if (m->flags & PFNMAP_TEST_WC && access_at(l->addr, false, 0)) {
		skip("this memory cannot be mapped write-combining");
		return;
	}

	l->places[0] = 0;
	l->places[1] = 2 * page + OFFSET;
	l->places[2] = l->size - page + OFFSET;
	for (i = 0; i < ARRAY_SIZE(l->places); i++) {
		if (l->readonly)
			(void)*(volatile char *)(l->addr + l->places[i]);
		else
			*(volatile char *)(l->addr + l->places[i]) = 1;
	}
	if (m->backing == PFNMAP_TEST_PHYS && !l->ram)
		map_window(l, phys);
	l->pfn = refs_of(l->fd, 0).pfn;
	l->refs = refs_of(l->fd, 0).refcount;
}

static uint64_t *in_window(const struct lookup *l, size_t off)
{
	return (uint64_t *)(l->window + off);
}

/* A value that nothing else has put there. */
static uint64_t fresh(size_t off)
{
	static uint64_t n;

	return (++n << 48) + off + 0x5a5a;
}

static void same_refs(const struct lookup *l)
{
	int refs = refs_of(l->fd, 0).refcount;

	if (refs != l->refs)
		fail("the first page has %d references, not %d", refs, l->refs);
}

static void check_entry(const struct check *check, void *data)
{
	struct pfnmap_test_entry entry;
	struct lookup *l = data;
	unsigned int i;

	(void)check;
	for (i = 0; i < ARRAY_SIZE(l->places); i++) {
		entry = entry_at(l->addr + l->places[i]);
		if (entry.level != entry_level(&l->memory) || !entry.present ||
		    entry.pfn != l->pfn + l->places[i] / getpagesize())
			fail("offset 0x%zx: level %u, not %u, entry 0x%llx",
			     l->places[i], entry.level, entry_level(&l->memory),
			     (unsigned long long)entry.val);
	}
}

static int look_up(const struct lookup *l, unsigned int how, size_t off,
		   uint64_t *pfn)
{
	struct pfnmap_test_lookup call = {
		.addr = (uintptr_t)l->addr + off,
		.how = how,
	};

	if (ioctl(l->fd, PFNMAP_TEST_LOOKUP, &call))
		setup_failed("PFNMAP_TEST_LOOKUP: %s", strerror(errno));
	*pfn = call.pfn;
	return call.ret;
}

static void judge_lookup(const struct lookup *l, unsigned int how, int want)
{
	uint64_t pfn, want_pfn;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(l->places); i++) {
		ret = look_up(l, how, l->places[i], &pfn);
		want_pfn = l->pfn + l->places[i] / getpagesize();
		if (ret != want)
			fail("offset 0x%zx: returned %d, not %d", l->places[i],
			     ret, want);
		else if (!ret && pfn != want_pfn)
			fail("offset 0x%zx: found pfn 0x%llx, not 0x%llx",
			     l->places[i], (unsigned long long)pfn,
			     (unsigned long long)want_pfn);
	}
	same_refs(l);
}

static void check_follow_pfn(const struct check *check, void *data)
{
	struct lookup *l = data;

	(void)check;
	judge_lookup(l, PFNMAP_TEST_FOLLOW_PFN, is_mixed(&l->memory) ? -EINVAL : 0);
}

/* It returns a PTE, so what is not mapped by one it must not find. */
static void check_follow_pte(const struct check *check, void *data)
{
	struct lookup *l = data;

	(void)check;
	judge_lookup(l, PFNMAP_TEST_FOLLOW_PTE,
		     entry_level(&l->memory) == PFNMAP_TEST_PTE ? 0 : -EINVAL);
}

/* ioremap_prot() makes PTEs of it: so it is what a PTE there has. */
static void check_pgprot(const struct check *check, void *data)
{
	struct pfnmap_test_lookup here = { .how = PFNMAP_TEST_FOLLOW_PFNMAP };
	struct pfnmap_test_lookup there = here;
	struct lookup *l = data;

	(void)check;
	here.addr = (uintptr_t)l->addr;
	there.addr = (uintptr_t)l->window;
	/* There is a PTE only then. */
	*(volatile char *)l->window = 1;
	if (ioctl(l->fd, PFNMAP_TEST_LOOKUP, &here) ||
	    ioctl(l->fd, PFNMAP_TEST_LOOKUP, &there))
		setup_failed("PFNMAP_TEST_LOOKUP: %s", strerror(errno));
	if (here.ret == -EOPNOTSUPP)
		skip("no huge PFN mappings, or no ioremap_prot()");
	else if (here.ret || there.ret)
		fail("returned %d, and %d for a PTE", here.ret, there.ret);
	else if (here.pgprot != there.pgprot)
		fail("0x%llx, but 0x%llx of a PTE",
		     (unsigned long long)here.pgprot,
		     (unsigned long long)there.pgprot);
	else if (l->memory.flags & PFNMAP_TEST_WC && here.pgprot == l->plain)
		fail("0x%llx is not write-combining",
		     (unsigned long long)here.pgprot);
}

static long mem_read(const char *addr, void *buf, size_t len)
{
	return proc_mem(false, addr, buf, len);
}

static long mem_write(const char *addr, void *buf, size_t len)
{
	return proc_mem(true, addr, buf, len);
}

/* Of a page that GUP takes there is no window: see is_counted(). */
static uint64_t *seen(const struct lookup *l, size_t off)
{
	return l->window ? in_window(l, off) : (uint64_t *)(l->addr + off);
}

static void check_mem_read(const struct check *check, void *data)
{
	struct lookup *l = data;
	uint64_t value, want;
	unsigned int i;
	long ret, good;

	(void)check;
	good = accessible(l) ? (long)sizeof(value) : -EIO;
	for (i = 0; i < ARRAY_SIZE(l->places); i++) {
		want = fresh(l->places[i]);
		*seen(l, l->places[i]) = want;
		value = 0;
		ret = mem_read(l->addr + l->places[i], &value, sizeof(value));
		if (ret != good)
			fail("offset 0x%zx: returned %ld, not %ld",
			     l->places[i], ret, good);
		else if (ret > 0 && value != want)
			fail("offset 0x%zx: read 0x%llx, not 0x%llx",
			     l->places[i], (unsigned long long)value,
			     (unsigned long long)want);
	}
	same_refs(l);
}

static void check_mem_write(const struct check *check, void *data)
{
	struct lookup *l = data;
	uint64_t value, old, want;
	unsigned int i;
	long ret, good;

	(void)check;
	good = accessible(l) && !l->readonly ? (long)sizeof(value) : -EIO;
	for (i = 0; i < ARRAY_SIZE(l->places); i++) {
		old = fresh(l->places[i]);
		value = fresh(l->places[i]);
		*seen(l, l->places[i]) = old;
		ret = mem_write(l->addr + l->places[i], &value, sizeof(value));
		want = good < 0 ? old : value;
		if (ret != good)
			fail("offset 0x%zx: returned %ld, not %ld",
			     l->places[i], ret, good);
		else if (*seen(l, l->places[i]) != want)
			fail("offset 0x%zx: 0x%llx is there, not 0x%llx",
			     l->places[i],
			     (unsigned long long)*seen(l, l->places[i]),
			     (unsigned long long)want);
	}
	same_refs(l);
}

/* What is behind the last page frame is none of the process's business. */
static void check_mem_end(const struct check *check, void *data)
{
	struct lookup *l = data;
	uint64_t value[2];
	long ret, good;

	(void)check;
	/* Nothing else may be found there. */
	munmap(l->addr + l->size, getpagesize());
	good = accessible(l) ? (long)sizeof(value[0]) : -EIO;
	ret = mem_read(l->addr + l->size - sizeof(value[0]), value,
		       sizeof(value));
	if (ret != good)
		fail("returned %ld, not %ld", ret, good);
	same_refs(l);
}

static void check_readv(const struct check *check, void *data)
{
	struct lookup *l = data;
	char buf[sizeof(uint64_t)];
	struct iovec local = { buf, sizeof(buf) };
	struct iovec remote = { NULL, sizeof(buf) };
	char *other = ordinary(getpagesize());
	long ret, good;
	unsigned int i;

	(void)check;
	remote.iov_base = other;
	ret = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
	if (ret != sizeof(buf))
		fail("returned %ld on ordinary memory", ret);
	good = is_counted(&l->memory) ? (long)sizeof(buf) : -EFAULT;
	for (i = 0; i < ARRAY_SIZE(l->places); i++) {
		remote.iov_base = l->addr + l->places[i];
		ret = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
		if (ret < 0)
			ret = -errno;
		if (ret != good)
			fail("offset 0x%zx: returned %ld, not %ld",
			     l->places[i], ret, good);
	}
	same_refs(l);
}

/* What a debugger saw; it is a child of the process that it looks at. */
struct traced {
	int attached, peek, poke;
	long value;
};

static void debug(struct traced *t, char *addr, long poke)
{
	pid_t pid = getppid();

	t->attached = ptrace(PTRACE_ATTACH, pid, NULL, NULL) ? -errno : 0;
	if (t->attached)
		_exit(0);
	waitpid(pid, NULL, 0);
	errno = 0;
	t->value = ptrace(PTRACE_PEEKDATA, pid, addr, NULL);
	t->peek = -errno;
	t->poke = ptrace(PTRACE_POKEDATA, pid, addr, poke) ? -errno : 0;
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	_exit(0);
}

static void check_ptrace(const struct check *check, void *data)
{
	struct lookup *l = data;
	struct traced *t;
	long *there, old, new;
	int good, good_write;
	unsigned int i;
	pid_t pid;

	(void)check;
	t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	good = accessible(l) ? 0 : -EIO;
	good_write = l->readonly ? -EIO : good;
	for (i = 0; i < ARRAY_SIZE(l->places); i++) {
		there = (long *)seen(l, l->places[i]);
		old = fresh(l->places[i]);
		new = fresh(l->places[i]) + 1;
		*there = old;
		memset(t, 0xff, sizeof(*t));
		pid = fork();
		if (pid < 0)
			setup_failed("fork: %s", strerror(errno));
		if (!pid)
			debug(t, l->addr + l->places[i], new);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		if (t->attached || t->peek != good || t->poke != good_write)
			fail("offset 0x%zx: attach %d, peek %d, not %d, poke %d, not %d",
			     l->places[i], t->attached, t->peek, good, t->poke,
			     good_write);
		else if (!good && t->value != old)
			fail("offset 0x%zx: peeked 0x%lx, not 0x%lx",
			     l->places[i], t->value, old);
		else if (*there != (good_write ? old : new))
			fail("offset 0x%zx: 0x%lx is there, not 0x%lx",
			     l->places[i], *there, good_write ? old : new);
	}
	munmap(t, sizeof(*t));
	same_refs(l);
}

/*
 * A debugger may read what the process itself may not: of VM_PFNMAP by the
 * page frame, of ordinary pages by GUP, which may have to fault them in. What
 * it finds or makes there is an entry of PROT_NONE.
 */
static void check_mem_none(const struct check *check, void *data)
{
	int prot = PROT_READ;
	struct pfnmap_test_entry entry;
	struct lookup *l = data;
	uint64_t value, want;
	unsigned int i;
	long ret, good;

	(void)check;
	if (!l->readonly)
		prot |= PROT_WRITE;
	good = accessible(l) ? (long)sizeof(value) : -EIO;
	for (i = 0; i < ARRAY_SIZE(l->places); i++) {
		want = fresh(l->places[i]);
		*seen(l, l->places[i]) = want;
		if (mprotect(l->addr, l->size, PROT_NONE))
			setup_failed("mprotect: %s", strerror(errno));
		value = 0;
		ret = mem_read(l->addr + l->places[i], &value, sizeof(value));
		if (ret != good)
			fail("offset 0x%zx: returned %ld, not %ld",
			     l->places[i], ret, good);
		else if (ret > 0 && value != want)
			fail("offset 0x%zx: read 0x%llx, not 0x%llx",
			     l->places[i], (unsigned long long)value,
			     (unsigned long long)want);
		entry = entry_at(l->addr + l->places[i]);
		if (entry.level != entry_level(&l->memory) || !entry.present)
			fail("offset 0x%zx: level %u, not %u, entry 0x%llx",
			     l->places[i], entry.level, entry_level(&l->memory),
			     (unsigned long long)entry.val);
		ret = mem_write(l->addr + l->places[i], &value, sizeof(value));
		if (ret != -EIO)
			fail("offset 0x%zx: write returned %ld, not %d",
			     l->places[i], ret, -EIO);
		if (mprotect(l->addr, l->size, prot))
			setup_failed("mprotect: %s", strerror(errno));
	}
	same_refs(l);
}

static void check_zapped(const struct check *check, void *data)
{
	struct pfnmap_test_zap zap = { 0 };
	struct lookup *l = data;
	uint64_t value;
	long ret;

	(void)check;
	zap.size = l->size;
	if (ioctl(l->fd, PFNMAP_TEST_ZAP, &zap))
		setup_failed("PFNMAP_TEST_ZAP: %s", strerror(errno));
	judge_lookup(l, PFNMAP_TEST_FOLLOW_PFN, -EINVAL);
	judge_lookup(l, PFNMAP_TEST_FOLLOW_PTE, -EINVAL);
	/* GUP would put an entry there, ->access does not. */
	if (is_mixed(&l->memory))
		return;
	ret = mem_read(l->addr, &value, sizeof(value));
	if (ret != -EIO)
		fail("/proc/self/mem returned %ld, not %d", ret, -EIO);
}

/*
 * Two pages in the wrong order: the page frame behind that of the first page
 * is not that of the second one.
 */
struct swapped {
	char *addr;
	char *window;
	size_t page;
};

/*
 * A file for @nr pages that ->access reaches, and where they are mapped, with
 * the digit of its number in all of each; -1 after skip().
 */
static int open_window(const char *name, unsigned int nr, char **window)
{
	const struct memory m = memory(name);
	size_t page = getpagesize();
	unsigned int i;
	int fd;

	if (!info()->access) {
		skip("no ->access without HAVE_IOREMAP_PROT");
		return -1;
	}
	fd = memory_open(&m, nr * page, NULL);
	if (fd < 0)
		return -1;	/* skipped */
	*window = mmap(NULL, nr * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		       0);
	if (*window == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	for (i = 0; i < nr; i++)
		memset(*window + i * page, '0' + i, page);
	return fd;
}

static void setup_swapped(void *data)
{
	struct swapped *s = data;
	size_t i;
	char *at;
	int fd = open_window("pte.fault_no_memmap", 3, &s->window);

	if (fd < 0)
		return;
	s->page = getpagesize();
	s->addr = aligned_room(2 * s->page, s->page);
	if (!s->addr)
		setup_failed("mmap: %s", strerror(errno));
	for (i = 0; i < 2; i++) {
		at = s->addr + i * s->page;
		if (mmap(at, s->page, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, fd,
			 (1 - i) * s->page) == MAP_FAILED)
			setup_failed("mmap: %s", strerror(errno));
		/* There is an entry, and the digit is as it was. */
		*(volatile char *)at = '1' - i;
	}
}

static void check_swapped_read(const struct check *check, void *data)
{
	struct swapped *s = data;
	char buf[17] = "";
	long ret = mem_read(s->addr + s->page - 8, buf, 16);

	(void)check;
	if (ret != 16 || strcmp(buf, "1111111100000000"))
		fail("returned %ld, read %s", ret, buf);
}

static void check_swapped_write(const struct check *check, void *data)
{
	struct swapped *s = data;
	long ret = mem_write(s->addr + s->page - 8, "abcdefghijklmnop", 16);

	(void)check;
	if (ret != 16 || memcmp(s->window + 2 * s->page - 8, "abcdefgh", 8) ||
	    memcmp(s->window, "ijklmnop", 8))
		fail("returned %ld, wrote %.8s and %.8s", ret,
		     s->window + 2 * s->page - 8, s->window);
	if (s->window[2 * s->page] != '2')
		fail("a page that is not mapped there was written");
}

/* A page of a private mapping, which the first write has copied. */
struct copied {
	char *addr;
	char *window;		/* what it was copied from */
	size_t page;
};

static void setup_copied(void *data)
{
	struct pfnmap_test_entry before, after;
	struct copied *c = data;
	int fd = open_window("pte.no_memmap", 2, &c->window);

	if (fd < 0)
		return;
	c->page = getpagesize();
	c->addr = mmap(NULL, 2 * c->page, PROT_READ | PROT_WRITE, MAP_PRIVATE,
		       fd, 0);
	if (c->addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	before = entry_at(c->addr);
	/* The next page stays as it is. */
	*(volatile char *)c->addr = 'c';
	after = entry_at(c->addr);
	if (!before.present || !after.present || before.pfn == after.pfn)
		setup_failed("entry 0x%llx, and 0x%llx after the write",
			     (unsigned long long)before.val,
			     (unsigned long long)after.val);
}

static void check_copied_read(const struct check *check, void *data)
{
	struct copied *c = data;
	char buf[17] = "";
	long ret;

	(void)check;
	memset(c->addr + c->page - 8, 'c', 8);
	ret = mem_read(c->addr + c->page - 8, buf, 16);
	if (ret != 16 || strcmp(buf, "cccccccc11111111"))
		fail("returned %ld, read %s", ret, buf);
}

/* The next page is still the device's, and not for a write. */
static void check_copied_write(const struct check *check, void *data)
{
	struct copied *c = data;
	long ret = mem_write(c->addr + c->page - 8, "abcdefghijklmnop", 16);

	(void)check;
	if (ret != 8 || memcmp(c->addr + c->page - 8, "abcdefgh", 8))
		fail("returned %ld, wrote %.8s", ret, c->addr + c->page - 8);
	if (c->window[c->page - 1] != '0' || c->window[c->page] != '1')
		fail("the device's page was written");
}

/* Nor does PROT_NONE hide the copy from a debugger. */
static void check_copied_none(const struct check *check, void *data)
{
	struct copied *c = data;
	char buf[9] = "";
	long ret;

	(void)check;
	memcpy(c->addr, "copied!!", 8);
	if (mprotect(c->addr, 2 * c->page, PROT_NONE))
		setup_failed("mprotect: %s", strerror(errno));
	ret = mem_read(c->addr, buf, 8);
	if (ret != 8 || strcmp(buf, "copied!!"))
		fail("returned %ld, read %s", ret, buf);
	ret = mem_write(c->addr, "12345678", 8);
	if (ret != -EIO)
		fail("write returned %ld, not %d", ret, -EIO);
	if (mprotect(c->addr, 2 * c->page, PROT_READ | PROT_WRITE))
		setup_failed("mprotect: %s", strerror(errno));
}

#define EVERYWHERE					\
	{ "entry", check_entry, NULL },			\
	{ "follow_pfn", check_follow_pfn, NULL },	\
	{ "follow_pte", check_follow_pte, NULL },	\
	{ "readv", check_readv, NULL }

#define END						\
	{ "zapped", check_zapped, NULL },		\
	{ "", NULL, NULL }

static const struct check checks[] = {
	EVERYWHERE,
	{ "pgprot", check_pgprot, NULL },
	{ "mem_read", check_mem_read, NULL },
	{ "mem_write", check_mem_write, NULL },
	{ "mem_none", check_mem_none, NULL },
	{ "mem_end", check_mem_end, NULL },
	{ "ptrace", check_ptrace, NULL },
	END
};

/* follow_pfnmap_start() is not for them, or the window is another thing. */
static const struct check checks_other[] = {
	EVERYWHERE,
	{ "mem_read", check_mem_read, NULL },
	{ "mem_write", check_mem_write, NULL },
	{ "mem_none", check_mem_none, NULL },
	{ "mem_end", check_mem_end, NULL },
	{ "ptrace", check_ptrace, NULL },
	END
};

/* ->access ends in ioremap_prot(), which is not for RAM and says so. */
static const struct check checks_ram[] = { EVERYWHERE, END };

static const struct check checks_swapped[] = {
	{ "mem_read", check_swapped_read, NULL },
	{ "mem_write", check_swapped_write, NULL },
	{ "", NULL, NULL }
};

static const struct check checks_copied[] = {
	{ "mem_read", check_copied_read, NULL },
	{ "mem_write", check_copied_write, NULL },
	{ "mem_none", check_copied_none, NULL },
	{ "", NULL, NULL }
};

#define ROW(n, ...)	{ n, { .kind = __VA_ARGS__ } }

int main(int argc, char **argv)
{
	static struct {
		const char *name;
		struct lookup lookup;
	} rows[] = {
		ROW("pte_order0", "pte.fault_order0"),
		ROW("pte_no_memmap", "pte.fault_no_memmap"),
		ROW("pte_readonly", "pte.fault_no_memmap", .readonly = true),
		ROW("pte_remap", "pte.no_memmap"),
		ROW("pte_mixed_order0", "pte.mixed_order0"),
		ROW("pte_mixed_no_memmap", "pte.mixed_no_memmap"),
		ROW("pmd_order0", "pmd.order0"),
		ROW("pmd_no_memmap", "pmd.no_memmap"),
		ROW("pmd_wc", "pmd.no_memmap", .wc = true),
		ROW("pmd_readonly", "pmd.no_memmap", .readonly = true),
		ROW("pmd_mixed_order0", "pmd.mixed_order0"),
		ROW("pmd_mixed_no_memmap", "pmd.mixed_no_memmap"),
		ROW("pud_ram", "pud.mmap_no_memmap", .ram = true,
		    .readonly = true),
		ROW("pud_no_memmap", "pud.mmap_no_memmap"),
		ROW("pud_mixed_no_memmap", "pud.mixed_no_memmap"),
		ROW("pud_wc", "pud.mmap_no_memmap", .wc = true),
		ROW("pud_readonly", "pud.mmap_no_memmap", .readonly = true),
	};
	static struct swapped swapped;
	static struct copied copied;
	struct group groups[ARRAY_SIZE(rows) + 2];
	struct lookup *l;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(groups[i].name, sizeof(groups[i].name), "%s",
			 rows[i].name);
		groups[i].setup = setup;
		groups[i].checks = checks;
		l = &rows[i].lookup;
		l->memory = memory(l->kind);
		if (l->wc)
			l->memory.flags |= PFNMAP_TEST_WC;
		if (is_mixed(&l->memory) || l->readonly)
			groups[i].checks = checks_other;
		if (!is_mixed(&l->memory) &&
		    (l->ram || l->memory.backing != PFNMAP_TEST_PHYS))
			groups[i].checks = checks_ram;
		groups[i].data = l;
	}
	groups[i] = (struct group){ "pte_swapped", setup_swapped,
				    checks_swapped, &swapped };
	groups[i + 1] = (struct group){ "pte_copied", setup_copied,
					checks_copied, &copied };
	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
