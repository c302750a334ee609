// SPDX-License-Identifier: GPL-2.0
/*
 * What the running kernel really does. The rig compares the facts with what the
 * machine's file promises; without this a test could pass by not running.
 *
 * What the kernel is built for is no fact: GUP is called, and entries are
 * inserted and read back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <glob.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "device.h"
#include "gup.h"
#include "memory.h"
#include "process.h"
#include "run.h"

static void print_fact(const char *fact, uint64_t value)
{
	printf("# fact %s=%llu\n", fact, (unsigned long long)value);
}

/* A part of the kernel that shows itself by a file; @path is a pattern. */
static void print_file(const char *fact, const char *path)
{
	glob_t g;

	print_fact(fact, !glob(path, 0, NULL, &g));
	globfree(&g);
}

/* Why a fact is not what one might expect. */
static void because(const char *fact, const char *why)
{
	printf("# %s: %s: %s\n", fact, why, strerror(errno));
}

/* Map an entry of it and write to it: the address, or NULL and why. */
static char *map(const char *fact, const struct memory *m, int fd)
{
	size_t size = level_size(m->level);
	char *addr;
	int sig;

	if (fd < 0)
		return NULL;
	addr = aligned_room(size, size);
	if (addr)
		addr = mmap(addr, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_FIXED, fd, 0);
	close(fd);
	if (!addr || addr == MAP_FAILED) {
		because(fact, "mmap");
		return NULL;
	}
	sig = access_at(addr, true, 1);
	if (!sig)
		return addr;
	printf("# %s: the access ended with signal %d\n", fact, sig);
	return NULL;
}

/* A PMD maps a huge page of a file in shared memory. */
static bool has_huge_shmem(void)
{
	size_t size = info()->pmd_size;
	struct pfnmap_test_entry e;
	int fd = huge_shmem();
	char *addr;

	addr = fd < 0 ? NULL : aligned_room(size, size);
	if (addr)
		addr = mmap(addr, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_FIXED, fd, 0);
	if (!addr || addr == MAP_FAILED) {
		because("shmem_huge", "mount or mmap");
		return false;
	}
	*(volatile char *)addr = 1;
	e = entry_at(addr);
	munmap(addr, size);
	close(fd);
	return e.present && e.level == PFNMAP_TEST_PMD;
}

/* The mark in an entry that the driver inserts, 0 if it has none. */
static uint64_t inserted_mark(const char *fact, const char *hidden,
			      const char *ram)
{
	struct memory m = memory(hidden);
	uint64_t phys, size, need = level_size(m.level);
	uint64_t mark = level_special(m.level);
	struct pfnmap_test_entry e;
	char *addr;

	/* A huge entry without a mark is what some kernels die of. */
	if (!mark)
		return 0;
	if (!hidden_memory(&phys, &size) || size < -phys % need + need) {
		m = memory(ram);
		phys = 0;
	}
	addr = map(fact, &m, memory_open_at(&m, need, phys + -phys % need));
	if (!addr)
		return 0;
	e = entry_at(addr);
	munmap(addr, need);
	if (e.present && e.level == m.level)
		return e.val & mark;
	printf("# %s: level %u was inserted, not %u\n", fact, e.level,
	       m.level);
	return 0;
}

static void print_mark(const char *fact, const char *hidden, const char *ram)
{
	printf("# fact %s=0x%llx\n", fact,
	       (unsigned long long)inserted_mark(fact, hidden, ram));
}

static bool takes_fast(void)
{
	static const struct gup_entry fast_only = {
		.call = PFNMAP_TEST_GET_FAST_ONLY,
		.fast = true,
	};
	char *addr = ordinary(NR_PAGES * getpagesize());
	long ret = gup(&fast_only, addr, NR_PAGES, NULL);

	munmap(addr, NR_PAGES * getpagesize());
	return ret == NR_PAGES;
}

static bool inserts_devmap(void)
{
	struct pfnmap_test_entry e = { .present = false };
	const struct memory m = memory("pte.devmap");
	char *addr;

	addr = map("devmap", &m, memory_open(&m, getpagesize(), NULL));
	if (addr) {
		e = entry_at(addr);
		munmap(addr, getpagesize());
	}
	return e.present;
}

static bool has_access(void)
{
	const struct memory m = memory("pte.fault_no_memmap");
	long ret = 0;
	char *addr, c;

	addr = map("access", &m, memory_open(&m, getpagesize(), NULL));
	if (addr) {
		ret = proc_mem(false, addr, &c, sizeof(c));
		munmap(addr, getpagesize());
	}
	return ret == sizeof(c);
}

/*
 * How many page tables there are on the way to a page. At the highest address
 * that a process can have: some kernels add tables when they are needed.
 */
static unsigned int tables(void)
{
	int bit = sizeof(long) * 8 - 1;
	struct pfnmap_test_entry e;
	char *addr = MAP_FAILED;

	while (addr == MAP_FAILED && bit-- > 20)
		addr = mmap((void *)(1UL << bit), getpagesize(),
			    PROT_READ | PROT_WRITE, MAP_PRIVATE |
			    MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (addr == MAP_FAILED) {
		because("levels", "mmap");
		return 0;
	}
	*(volatile char *)addr = 1;
	e = entry_at(addr);
	munmap(addr, getpagesize());
	return e.level == PFNMAP_TEST_PTE ? e.tables : 0;
}

static void print_facts(void)
{
	print_fact("fast_gup", takes_fast());
	print_fact("devmap", inserts_devmap());
	print_mark("pte_special", "pte.fault_no_memmap", "pte.fault_order0");
	print_mark("pmd_special", "pmd.no_memmap", "pmd.order0");
	print_mark("pud_special", "pud.no_memmap", "pud.order0");
	print_fact("levels", tables());
	print_fact("access", has_access());
	print_fact("bits32", sizeof(long) < sizeof(uint64_t));
	print_fact("l1tf", has_l1tf());
	print_fact("pmd_size", info()->pmd_size);
	print_fact("pud_size", info()->pud_size);
	print_fact("pmd_share", info()->pmd_share);
	/* What may be skipped without them: see ci/skips. */
	print_file("numa", "/proc/self/numa_maps");
	print_file("thp", "/sys/kernel/mm/transparent_hugepage");
	print_fact("shmem_huge", has_huge_shmem());
	print_file("page_ref", "/sys/kernel/debug/tracing/events/page_ref");
	print_file("dax", "/sys/bus/dax");
	print_file("kvm", "/dev/kvm");
	print_file("cgroups", "/proc/cgroups");
	print_file("damon", "/sys/kernel/mm/damon");
	print_file("lru_gen", "/sys/kernel/mm/lru_gen");
	print_file("memory_failure", "/proc/sys/vm/memory_failure_recovery");
	print_file("perf", "/proc/sys/kernel/perf_event_paranoid");
	print_fact("dio", has_filesystem("ext2") && has_filesystem("vfat") &&
		   has_filesystem("exfat") && has_filesystem("udf"));
	print_file("ptdump", "/sys/kernel/debug/page_tables/current_kernel");
	print_file("swap", "/proc/swaps");
	print_file("vfio", "/sys/bus/pci/drivers/vfio-pci/*/iommu_group");
	fflush(stdout);
}

/*
 * The one observation that every refusal depends on: the lockless walk is
 * there and takes ordinary pages, exactly where the kernel is built with it.
 */
static void check_ordinary(const struct check *check, void *data)
{
	char *addr = ordinary(NR_PAGES * getpagesize());
	long want = check->entry->slow || info()->fast_gup ? NR_PAGES : 0;
	long ret;

	(void)data;
	ret = gup(check->entry, addr, NR_PAGES, NULL);
	if (ret != want)
		fail("returned %ld, not %ld", ret, want);
}

/* What a sample of the event below is. */
struct sample {
	struct perf_event_header header;
	uint64_t ip;
	uint64_t code_page_size;
};

/*
 * perf walks the page tables without a lock, as fast GUP does, and does so
 * where there is no fast GUP as well. The sample of a page fault says how large
 * the page is that the instruction is in.
 */
static void check_page_size(const struct check *check, void *data)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.size = sizeof(attr),
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_CODE_PAGE_SIZE,
		.disabled = 1,
		.exclude_kernel = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
	size_t page = getpagesize();
	const struct sample *sample;
	char *ring, *addr;

	(void)check;
	(void)data;
	if (access("/proc/sys/kernel/perf_event_paranoid", F_OK)) {
		skip("no perf events");
		return;
	}
	if (fd < 0) {
		fail("perf_event_open: %s", strerror(errno));
		return;
	}
	ring = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	addr = mmap(NULL, page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ring == MAP_FAILED || addr == MAP_FAILED) {
		fail("mmap: %s", strerror(errno));
		return;
	}
	sample = (const struct sample *)(ring + page);
	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	*(volatile char *)addr = 1;
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	if (sample->header.type != PERF_RECORD_SAMPLE ||
	    sample->header.size != sizeof(*sample))
		fail("record of type %u, %u bytes", sample->header.type,
		     sample->header.size);
	else if (sample->code_page_size != page)
		fail("the page at 0x%llx has %llu bytes, not %zu",
		     (unsigned long long)sample->ip,
		     (unsigned long long)sample->code_page_size, page);
	munmap(ring, 2 * page);
	munmap(addr, page);
	close(fd);
}

int main(int argc, char **argv)
{
	static const struct check perf[] = {
		{ "page_size", check_page_size, NULL },
		{ "", NULL, NULL },
	};
	static struct check checks[64];
	struct group groups[] = {
		{ .name = "ordinary", .checks = checks },
		{ .name = "perf", .checks = perf },
	};
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < nr_gup_entries; i++)
		checks[i] = (struct check){ gup_entries[i].name, check_ordinary,
					    &gup_entries[i] };
	checks[i].name = "";
	/* Whatever is selected: nothing that the kernel promises is optional. */
	print_facts();
	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
