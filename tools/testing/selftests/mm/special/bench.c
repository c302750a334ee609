// SPDX-License-Identifier: GPL-2.0
/*
 * What GUP and page faults cost, in instructions: for a guest of QEMU's -icount
 * shift=0, whose clock counts them, and which says so by special.bench= on the
 * kernel command line.
 *
 * A figure is the least of some rounds, after one that does not count: what an
 * interrupt takes is not in it. Each round maps the memory anew, at the same
 * address, and nobody else runs while there is something to count. Every check
 * is one row; that the memory is mapped as its name says is part of it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../kselftest.h"
#include "device.h"
#include "memory.h"
#include "process.h"
#include "run.h"

#define ROUNDS		6
#define MAX_ROWS	64
#define ALL_SIZE	(64UL << 20)	/* of fork(), mprotect(), munmap() */
#define FAILED		UINT64_MAX	/* and fail() has said why */
#define RW		(PROT_READ | PROT_WRITE)
#define PRIVATE		(MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED)

/* Which rows a kind of memory has. */
#define GUP	0x1	/* each entry point and batch, and unpin */
#define TOUCH	0x2	/* first write */
#define READ	0x4	/* first read: of the zero page */
#define COPY	0x8	/* write after fork(), with and without a copy */
#define FORK	0x10	/* fork() */
#define ALL	0x20	/* mprotect() and munmap() of all of it */
#define CACHED	0x40	/* first access to pages that the page cache has */
#define REFUSE	0x80	/* GUP that takes nothing */

struct kind;

/**
 * struct row - a figure
 * @name: what is done, the second part of the name
 * @run: one round of it; instructions, or FAILED
 * @call: enum pfnmap_test_call
 * @batch: pages for each call
 * @units: what the figure is divided by: pages, entries or calls
 * @least: of the rounds, without the uncounted one
 */
struct row {
	char name[32];
	uint64_t (*run)(struct kind *k, struct row *row);
	unsigned int call;
	unsigned int batch;
	uint64_t units;
	uint64_t least;
};

/**
 * struct kind - memory
 * @name: first part of the name
 * @level: of its entries
 * @map: to @size bytes at @addr, where nothing is in use; touches nothing
 * @rows: TOUCH and so on
 * @folio: neighbouring PTEs map neighbouring pages of a large folio
 * @special: entries are
 * @device: what the driver maps, see memory(), or NULL
 * @fd: of a file
 * @room: for ALL_SIZE bytes or more
 * @held: what GUP is tried on, in a room of its own
 * @nr: number of @row
 * @row: all of them
 * @checks: the same, as run.c wants them
 */
struct kind {
	const char *name;
	unsigned int level;
	void (*map)(struct kind *k, char *addr, size_t size);
	unsigned int rows;
	bool folio;
	bool special;
	const char *device;
	int fd;
	char *room;
	char *held;
	unsigned int nr;
	struct row row[MAX_ROWS];
	struct check checks[MAX_ROWS + 1];
};

static inline uint64_t count(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
	uint64_t now;

	asm volatile("mrs %0, cntvct_el0" : "=r" (now) : : "memory");
	return now;
#else
	return now_ns();
#endif
}

static size_t step(const struct kind *k)
{
	return level_size(k->level);
}

/* What GUP is tried on. */
static size_t held_size(void)
{
	return 2 * info()->pmd_size;
}

/* What is touched; so few instructions that rarely an interrupt is among them. */
static size_t touch_size(const struct kind *k)
{
	return k->level == PFNMAP_TEST_PMD ? 8 * info()->pmd_size : held_size();
}

static void map_fixed(char *addr, size_t size, int flags, int fd)
{
	if (mmap(addr, size, RW, flags | MAP_FIXED, fd, 0) != addr)
		setup_failed("mmap: %s", strerror(errno));
}

static void map_small(struct kind *k, char *addr, size_t size)
{
	(void)k;
	map_fixed(addr, size, PRIVATE, -1);
}

static void map_thp(struct kind *k, char *addr, size_t size)
{
	(void)k;
	map_fixed(addr, size, PRIVATE, -1);
	if (madvise(addr, size, MADV_HUGEPAGE))
		setup_failed("MADV_HUGEPAGE: %s", strerror(errno));
}

/* As when a part of each huge page was protected for a while. */
static void map_thp_ptes(struct kind *k, char *addr, size_t size)
{
	size_t off, page = getpagesize(), pmd = info()->pmd_size;

	map_thp(k, addr, size);
	for (off = 0; off < size; off += pmd) {
		addr[off] = 1;
		if (mprotect(addr + off + pmd / 2, page, PROT_READ) ||
		    mprotect(addr + off + pmd / 2, page, RW))
			setup_failed("mprotect: %s", strerror(errno));
	}
}

static void map_hugetlb(struct kind *k, char *addr, size_t size)
{
	static const char path[] = "/proc/sys/vm/nr_hugepages";
	unsigned int nr = size / info()->pmd_size;
	long ret = write_file(path, "%u", nr);

	(void)k;
	if (ret)
		setup_failed("%s: %s", path, strerror(-ret));
	map_fixed(addr, size, PRIVATE | MAP_HUGETLB, -1);
}

static void map_shmem(struct kind *k, char *addr, size_t size)
{
	if (!k->fd)
		k->fd = memfd_create("bench", MFD_CLOEXEC);
	if (k->fd < 0 || ftruncate(k->fd, size))
		setup_failed("memfd: %s", strerror(errno));
	map_fixed(addr, size, MAP_SHARED, k->fd);
}

static void map_shmem_huge(struct kind *k, char *addr, size_t size)
{
	k->fd = huge_shmem();
	if (k->fd < 0)
		setup_failed("tmpfs with huge pages: %s", strerror(errno));
	map_fixed(addr, size, MAP_SHARED, k->fd);
}

static void map_device(struct kind *k, char *addr, size_t size)
{
	struct memory m = memory(k->device);

	if (!k->fd)
		k->fd = memory_open(&m, size, NULL);
	if (k->fd < 0)
		setup_failed("no memory for the driver");
	map_fixed(addr, size, MAP_SHARED, k->fd);
}

static void touch(char *addr, size_t size, size_t every)
{
	size_t off;

	for (off = 0; off < size; off += every)
		*(volatile char *)(addr + off) = 1;
}

static void peek(char *addr, size_t size, size_t every)
{
	size_t off;

	for (off = 0; off < size; off += every)
		(void)*(volatile char *)(addr + off);
}

/* The entries are those of the kind, or fail(). */
static bool is_mapped(struct kind *k, char *addr, size_t size)
{
	size_t off, page = getpagesize();
	struct pfnmap_test_entry e, next;

	for (off = 0; off < size; off += info()->pmd_size) {
		e = entry_at(addr + off);
		next = entry_at(addr + off + page);
		if (!e.present || e.level != k->level ||
		    (k->folio && next.pfn != e.pfn + 1) ||
		    !(e.val & level_special(e.level)) != !k->special) {
			fail("at 0x%zx: present %u, level %u, entry 0x%llx",
			     off, e.present, e.level,
			     (unsigned long long)e.val);
			return false;
		}
	}
	return true;
}

/* The room is reserved again, so that the next round finds it as it was. */
static void unmap(char *addr, size_t size)
{
	if (mmap(addr, size, PROT_NONE, PRIVATE | MAP_NORESERVE, -1,
		 0) != addr)
		setup_failed("mmap: %s", strerror(errno));
}

static uint64_t run_touch(struct kind *k, struct row *row)
{
	size_t size = touch_size(k);
	uint64_t n;

	row->units = size / step(k);
	if (k->fd && !k->device && ftruncate(k->fd, 0))
		return FAILED;
	k->map(k, k->room, size);
	n = count();
	touch(k->room, size, step(k));
	n = count() - n;
	if (!is_mapped(k, k->room, size))
		return FAILED;
	unmap(k->room, size);
	return n;
}

static uint64_t run_read(struct kind *k, struct row *row)
{
	size_t size = touch_size(k);
	uint64_t n;

	row->units = size / step(k);
	k->map(k, k->room, size);
	n = count();
	peek(k->room, size, step(k));
	n = count() - n;
	if (entry_at(k->room).level != k->level) {
		fail("no zero page of that level");
		return FAILED;
	}
	unmap(k->room, size);
	return n;
}

/* Reads map what is around as well. */
static uint64_t cached(struct kind *k, struct row *row,
		       void (*access)(char *addr, size_t size, size_t every))
{
	size_t size = touch_size(k);
	uint64_t n;

	row->units = size / step(k);
	k->map(k, k->room, size);
	touch(k->room, size, step(k));
	k->map(k, k->room, size);
	n = count();
	access(k->room, size, step(k));
	n = count() - n;
	if (!is_mapped(k, k->room, size))
		return FAILED;
	unmap(k->room, size);
	return n;
}

static uint64_t run_cached_write(struct kind *k, struct row *row)
{
	return cached(k, row, touch);
}

static uint64_t run_cached_read(struct kind *k, struct row *row)
{
	return cached(k, row, peek);
}

/* The child does not run before we wait for it, see stay_alone(). */
static pid_t child(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid < 0)
		setup_failed("fork: %s", strerror(errno));
	return pid;
}

static uint64_t after_fork(struct kind *k, struct row *row, bool alive)
{
	size_t size = touch_size(k);
	uint64_t n, pfn;
	pid_t pid;

	row->units = size / step(k);
	k->map(k, k->room, size);
	touch(k->room, size, step(k));
	pfn = entry_at(k->room).pfn;
	pid = child();
	if (!alive)
		waitpid(pid, NULL, 0);
	n = count();
	touch(k->room, size, step(k));
	n = count() - n;
	if (alive && waitpid(pid, NULL, WNOHANG)) {
		fail("the child has run");
		return FAILED;
	}
	if (alive)
		waitpid(pid, NULL, 0);
	if (!is_mapped(k, k->room, size))
		return FAILED;
	if ((entry_at(k->room).pfn != pfn) != alive) {
		fail(alive ? "the page is not copied" : "the page is copied");
		return FAILED;
	}
	unmap(k->room, size);
	return n;
}

static uint64_t run_copy(struct kind *k, struct row *row)
{
	return after_fork(k, row, true);
}

static uint64_t run_reuse(struct kind *k, struct row *row)
{
	return after_fork(k, row, false);
}

static bool map_whole(struct kind *k, struct row *row)
{
	row->units = ALL_SIZE / step(k);
	k->map(k, k->room, ALL_SIZE);
	touch(k->room, ALL_SIZE, step(k));
	return is_mapped(k, k->room, ALL_SIZE);
}

static uint64_t run_fork(struct kind *k, struct row *row)
{
	uint64_t n;
	pid_t pid;

	if (!map_whole(k, row))
		return FAILED;
	n = count();
	pid = child();
	n = count() - n;
	waitpid(pid, NULL, 0);
	unmap(k->room, ALL_SIZE);
	return n;
}

static uint64_t run_mprotect(struct kind *k, struct row *row)
{
	uint64_t n;

	if (!map_whole(k, row))
		return FAILED;
	n = count();
	if (mprotect(k->room, ALL_SIZE, PROT_READ))
		fail("mprotect: %s", strerror(errno));
	n = count() - n;
	unmap(k->room, ALL_SIZE);
	return n;
}

static uint64_t run_munmap(struct kind *k, struct row *row)
{
	uint64_t n;

	if (!map_whole(k, row))
		return FAILED;
	n = count();
	if (munmap(k->room, ALL_SIZE))
		fail("munmap: %s", strerror(errno));
	n = count() - n;
	unmap(k->room, ALL_SIZE);
	return n;
}

static struct pfnmap_test_count counted(struct kind *k, struct row *row,
					unsigned int call)
{
	struct pfnmap_test_count c = {
		.addr = (uintptr_t)k->held,
		.nr_pages = held_size() / getpagesize(),
		.batch = row->batch,
		.call = call,
		.flags = PFNMAP_TEST_WRITE,
	};

	if (c.nr_pages > PFNMAP_TEST_MAX_COUNTED)
		c.nr_pages = PFNMAP_TEST_MAX_COUNTED;
	row->units = c.nr_pages;
	if (ioctl(device_fd(), PFNMAP_TEST_COUNT, &c))
		setup_failed("PFNMAP_TEST_COUNT: %s", strerror(errno));
	return c;
}

static bool is_fast_only(const struct row *row)
{
	return row->call == PFNMAP_TEST_GET_FAST_ONLY ||
	       row->call == PFNMAP_TEST_PIN_FAST_ONLY;
}

static uint64_t taken(struct kind *k, struct row *row, bool put)
{
	struct pfnmap_test_count c;

	if (is_fast_only(row) && !info()->fast_gup) {
		skip("no fast GUP");
		return FAILED;
	}
	c = counted(k, row, row->call);
	if (c.taken != c.nr_pages) {
		fail("took %u of %u pages, at last %d", c.taken, c.nr_pages,
		     c.ret);
		return FAILED;
	}
	return put ? c.put : c.get;
}

static uint64_t run_get(struct kind *k, struct row *row)
{
	return taken(k, row, false);
}

static uint64_t run_put(struct kind *k, struct row *row)
{
	return taken(k, row, true);
}

static uint64_t run_refuse(struct kind *k, struct row *row)
{
	struct pfnmap_test_count c = counted(k, row, row->call);

	row->units = c.nr_pages / row->batch;
	if (c.taken || c.ret > 0) {
		fail("took %u pages", c.taken);
		return FAILED;
	}
	return c.get;
}

/* The loop around the calls, which take nothing: it is no part of a figure. */
static uint64_t run_loop(struct kind *k, struct row *row)
{
	struct pfnmap_test_count c = counted(k, row, PFNMAP_TEST_NR_CALLS);

	return row->run == run_put ? c.put : c.get;
}

static const struct {
	const char *name;
	unsigned int call;
} calls[] = {
	{ "get_fast", PFNMAP_TEST_GET_FAST },
	{ "pin_fast", PFNMAP_TEST_PIN_FAST },
	{ "get_fast_only", PFNMAP_TEST_GET_FAST_ONLY },
	{ "pin_fast_only", PFNMAP_TEST_PIN_FAST_ONLY },
	{ "get", PFNMAP_TEST_GET },
	{ "pin", PFNMAP_TEST_PIN },
};

static const unsigned int batches[] = { 1, 16, 512 };

static struct kind kinds[] = {
	{ .name = "small", .level = PFNMAP_TEST_PTE, .map = map_small,
	  .rows = GUP | TOUCH | READ | COPY | FORK | ALL },
	{ .name = "thp", .level = PFNMAP_TEST_PMD, .map = map_thp,
	  .rows = GUP | TOUCH | READ | FORK | ALL },
	{ .name = "thp_ptes", .level = PFNMAP_TEST_PTE, .map = map_thp_ptes,
	  .rows = GUP, .folio = true },
	{ .name = "hugetlb", .level = PFNMAP_TEST_PMD, .map = map_hugetlb,
	  .rows = GUP },
	{ .name = "shmem", .level = PFNMAP_TEST_PTE, .map = map_shmem,
	  .rows = GUP | TOUCH | CACHED | ALL },
	{ .name = "shmem_huge", .level = PFNMAP_TEST_PMD,
	  .map = map_shmem_huge, .rows = GUP },
	/* At an address where no PMD fits. */
	{ .name = "shmem_ptes", .level = PFNMAP_TEST_PTE,
	  .map = map_shmem_huge, .rows = GUP, .folio = true },
	{ .name = "pfn", .level = PFNMAP_TEST_PTE, .map = map_device,
	  .rows = TOUCH | REFUSE, .special = true,
	  .device = "pte.fault_order0" },
	{ .name = "pfn_huge", .level = PFNMAP_TEST_PMD, .map = map_device,
	  .rows = TOUCH | REFUSE, .special = true, .device = "pmd.order0" },
};

/*
 * Nobody else runs while we do, a child neither: that one does not inherit it.
 * Nor does the kernel stop us for having run for long.
 */
static void stay_alone(void)
{
	static const char path[] = "/proc/sys/kernel/sched_rt_runtime_us";
	const struct sched_param param = { .sched_priority = 1 };
	long ret = write_file(path, "-1");

	if (ret)
		setup_failed("%s: %s", path, strerror(-ret));
	stay_on_one_cpu();
	if (syscall(SYS_sched_setscheduler, 0,
		    SCHED_FIFO | SCHED_RESET_ON_FORK, &param))
		setup_failed("sched_setscheduler: %s", strerror(errno));
}

static void setup(void *data)
{
	size_t room = ALL_SIZE, held = held_size(), pmd = info()->pmd_size;
	struct kind *k = data;

	if (k->special && !level_special(k->level)) {
		skip("no entry of that level can be marked special");
		return;
	}
	if (touch_size(k) > room)
		room = touch_size(k);
	stay_alone();
	k->room = aligned_room(room, pmd);
	k->held = aligned_room(held + pmd, pmd);
	if (!k->room || !k->held)
		setup_failed("mmap: %s", strerror(errno));
	if (k->folio && k->map == map_shmem_huge)
		k->held += getpagesize();
	if (!(k->rows & (GUP | REFUSE)))
		return;
	k->map(k, k->held, held);
	touch(k->held, held, getpagesize());
	if (!is_mapped(k, k->held, held))
		return;
	/* What the other rows map is a file of their own. */
	k->fd = 0;
}

static uint64_t least_of(struct kind *k, struct row *row,
			 uint64_t (*run)(struct kind *k, struct row *row))
{
	uint64_t n, least = FAILED;
	unsigned int i;

	for (i = 0; i <= ROUNDS; i++) {
		n = run(k, row);
		if (n == FAILED)
			return FAILED;
		if (i && n < least)
			least = n;
		progress();
	}
	return least;
}

static void run_row(const struct check *check, void *data)
{
	struct kind *k = data;
	struct row *row = &k->row[check - k->checks];
	uint64_t least, loop = 0;

	/* Its units are not those of a refusal: first. */
	if (row->batch)
		loop = least_of(k, row, run_loop);
	least = least_of(k, row, row->run);
	if (least != FAILED && least <= loop)
		fail("%llu instructions, the loop %llu",
		     (unsigned long long)least, (unsigned long long)loop);
	else if (least != FAILED)
		row->least = least - loop;
}

static void add(struct kind *k, uint64_t (*run)(struct kind *, struct row *),
		unsigned int call, unsigned int batch, const char *name)
{
	struct row *row = &k->row[k->nr];

	row->run = run;
	row->call = call;
	row->batch = batch;
	if (batch)
		snprintf(row->name, sizeof(row->name), "%s.%u", name, batch);
	else
		snprintf(row->name, sizeof(row->name), "%s", name);
	k->checks[k->nr++] = (struct check){ row->name, run_row, NULL };
	k->checks[k->nr].name = "";
}

static void add_gup(struct kind *k)
{
	unsigned int i, b;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		for (b = 0; b < ARRAY_SIZE(batches); b++)
			add(k, run_get, calls[i].call, batches[b],
			    calls[i].name);
	for (b = 0; b < ARRAY_SIZE(batches); b++)
		add(k, run_put, PFNMAP_TEST_PIN_FAST, batches[b], "unpin");
}

static void add_rows(struct kind *k)
{
	if (k->rows & GUP)
		add_gup(k);
	if (k->rows & REFUSE) {
		add(k, run_refuse, PFNMAP_TEST_GET_FAST_ONLY, 16,
		    "refuse_fast_only");
		add(k, run_refuse, PFNMAP_TEST_GET_FAST, 16, "refuse_fast");
		add(k, run_refuse, PFNMAP_TEST_GET, 16, "refuse");
	}
	if (k->rows & TOUCH)
		add(k, run_touch, 0, 0, "touch");
	if (k->rows & READ)
		add(k, run_read, 0, 0, "read");
	if (k->rows & CACHED) {
		add(k, run_cached_write, 0, 0, "cached_write");
		add(k, run_cached_read, 0, 0, "cached_read");
	}
	if (k->rows & COPY) {
		add(k, run_copy, 0, 0, "copy");
		add(k, run_reuse, 0, 0, "reuse");
	}
	if (k->rows & FORK)
		add(k, run_fork, 0, 0, "fork");
	if (k->rows & ALL) {
		add(k, run_mprotect, 0, 0, "mprotect");
		add(k, run_munmap, 0, 0, "munmap");
	}
}

#if defined(__x86_64__) || defined(__aarch64__)
#define REPEAT_NOP(n)	".rept " #n "\n\tnop\n\t.endr"
#else
/* No counter is exact there, and on sh a constant behind them is too far away. */
#define REPEAT_NOP(n)	"nop"
#endif

/* A function each, so that what is around the nops is the same. */
#define NOPS(n)								\
static uint64_t run_##n(struct kind *k, struct row *row)		\
{									\
	uint64_t begin = count();					\
									\
	(void)k;							\
	(void)row;							\
	asm volatile(REPEAT_NOP(n));					\
	return count() - begin;						\
}

NOPS(1000)
NOPS(1001)
NOPS(3000)

/* @nr rounds of the device's loop around calls, which take nothing. */
static uint64_t loops(unsigned int nr)
{
	struct pfnmap_test_count c = {
		.nr_pages = nr,
		.batch = 1,
		.call = PFNMAP_TEST_NR_CALLS,
	};
	uint64_t least = UINT64_MAX;
	unsigned int i;

	for (i = 0; i <= ROUNDS; i++) {
		if (ioctl(device_fd(), PFNMAP_TEST_COUNT, &c))
			setup_failed("PFNMAP_TEST_COUNT: %s", strerror(errno));
		if (c.get < least)
			least = c.get;
	}
	return least;
}

/* The clock counts each instruction, once; that of the kernel as well. */
static void check_exact(const struct check *check, void *data)
{
	uint64_t a, b, c, d;
	struct row row = { .batch = 0 };

	(void)check;
	a = least_of(data, &row, run_1000);
	b = least_of(data, &row, run_1001);
	c = least_of(data, &row, run_3000);
	if (b - a != 1 || c - a != 2000)
		fail("1000, 1001, 3000 instructions are %llu, %llu, %llu",
		     (unsigned long long)a, (unsigned long long)b,
		     (unsigned long long)c);
	a = loops(1000);
	b = loops(1001);
	c = loops(1002);
	d = loops(1003);
	/* Each takes some, and all the same. */
	if (b - a < 3 || c - b != b - a || d - c != b - a)
		fail("in the kernel 1000 rounds are %llu, one more %llu, %llu, %llu",
		     (unsigned long long)a, (unsigned long long)b - a,
		     (unsigned long long)c - b, (unsigned long long)d - c);
}

/* Whether the machine is for that. */
static bool is_wanted(void)
{
	char line[4096] = "";
	FILE *f = fopen("/proc/cmdline", "r");

	if (f && !fgets(line, sizeof(line), f))
		line[0] = 0;
	if (f)
		fclose(f);
	return strstr(line, "special.bench=");
}

int main(int argc, char **argv)
{
	static const struct check exact[] = {
		{ "exact", check_exact, NULL },
		{ "", NULL, NULL }
	};
	struct group groups[ARRAY_SIZE(kinds) + 1] = {
		{ .name = "counter", .checks = exact },
	};
	unsigned int i, j;
	struct kind *all;
	int ret;

	if (!is_wanted()) {
		ksft_print_header();
		printf("1..0 # SKIP no special.bench= on the command line\n");
		return 0;
	}
	/* The rows are filled in by the processes of the groups. */
	all = mmap(NULL, sizeof(kinds), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all == MAP_FAILED)
		return 1;
	memcpy(all, kinds, sizeof(kinds));
	groups[0].data = all;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		add_rows(&all[i]);
		snprintf(groups[i + 1].name, sizeof(groups[0].name), "%s",
			 all[i].name);
		groups[i + 1].setup = setup;
		groups[i + 1].checks = all[i].checks;
		groups[i + 1].data = &all[i];
	}
	printf("# fact bench=1\n");
	printf("# fact fast_gup=%u\n", info()->fast_gup);
	printf("# fact pmd_size=%llu\n", (unsigned long long)info()->pmd_size);
	ret = run_groups(groups, ARRAY_SIZE(groups), argc, argv);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		for (j = 0; j < all[i].nr; j++)
			if (all[i].row[j].least)
				printf("# bench %s.%s %llu %llu\n",
				       all[i].name, all[i].row[j].name,
				       (unsigned long long)all[i].row[j].least,
				       (unsigned long long)all[i].row[j].units);
	return ret;
}
