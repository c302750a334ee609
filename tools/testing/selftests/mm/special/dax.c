// SPDX-License-Identifier: GPL-2.0
/*
 * Device DAX at every level: memory that GUP takes without asking anybody, and
 * must go on to take. A huge entry of it is not special, whatever is done to
 * the mapping.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "dax_device.h"
#include "device.h"
#include "gup_matrix.h"
#include "process.h"
#include "run.h"

static void make_dax(struct mapping *m)
{
	uint64_t phys;
	int fd = dax_open(level_size(m->memory.level), &phys);

	if (fd < 0) {
		skip("no persistent memory for device DAX of this size");
		return;
	}
	/* The test device maps none of it, but knows the references. */
	m->fd = device_map((struct pfnmap_test_map){
		.backing = PFNMAP_TEST_PHYS,
		.insert = PFNMAP_TEST_FAULT_PFN,
		.level = PFNMAP_TEST_PTE,
		.flags = PFNMAP_TEST_MEMMAP,
		.size = m->size,
		.phys = phys,
	});
	m->pfn = refs_of(m->fd, 0).pfn;
	read_refs(m, m->refs_unmapped);
	if (m->refs_unmapped[0] < 1)
		setup_failed("pfn 0x%llx has %d references",
			     (unsigned long long)m->pfn, m->refs_unmapped[0]);
	map_fd(m, fd, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
}

#define DAX_KIND	.make = make_dax, .normal = true, .devmap = true

static const struct kind kinds[] = {
	/* Where there is a devmap bit, pte_mkdevmap() sets the special bit too. */
	{ .name = "pte", .level = PFNMAP_TEST_PTE, DAX_KIND, .special = true },
	{ .name = "pmd", .level = PFNMAP_TEST_PMD, DAX_KIND },
	{ .name = "pud", .level = PFNMAP_TEST_PUD, DAX_KIND },
	{ .name = NULL }
};

static const struct operation operations[] = {
	{ .name = "fresh", .run = op_none },
	{ .name = "mprotect", .run = op_mprotect, .splits_pud = true },
	{ .name = "mprotect_none", .run = op_mprotect_none,
	  .splits_pud = true },
	/* Nothing is copied that the child can fault in. */
	{ .name = "fork", .run = op_fork, .refaults = true },
	{ .name = "mremap", .run = op_mremap },
	{ .name = NULL }
};

/*
 * A debugger, and whoever else forces access, faults in what the process has
 * taken all access from. GUP has to find the entry that this leaves.
 */
struct forced {
	unsigned int level;
	char *none;
	char *window;		/* the same memory */
};

static void setup_forced(void *data)
{
	struct forced *f = data;
	size_t size = level_size(f->level);
	uint64_t phys;
	int fd = dax_open(size, &phys);

	if (fd < 0) {
		skip("no persistent memory for device DAX of this size");
		return;
	}
	f->none = aligned_room(size, size);
	f->window = aligned_room(size, size);
	if (!f->none || !f->window)
		setup_failed("mmap: %s", strerror(errno));
	if (mmap(f->none, size, PROT_NONE, MAP_SHARED | MAP_FIXED, fd, 0) ==
	    MAP_FAILED ||
	    mmap(f->window, size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
}

static void check_forced_read(const struct check *check, void *data)
{
	size_t off = getpagesize() - sizeof(uint64_t);
	struct forced *f = data;
	struct pfnmap_test_entry none, window;
	uint64_t value = 0, want = 0x5a5a0000 + f->level;
	long ret;

	(void)check;
	*(volatile uint64_t *)(f->window + off) = want;
	ret = proc_mem(false, f->none + off, &value, sizeof(value));
	if (ret != sizeof(value))
		fail("returned %ld, not %zu", ret, sizeof(value));
	else if (value != want)
		fail("read 0x%llx, not 0x%llx", (unsigned long long)value,
		     (unsigned long long)want);
	none = entry_at(f->none);
	window = entry_at(f->window);
	if (none.level != f->level || none.pfn != window.pfn ||
	    none.val == window.val)
		fail("entry 0x%llx of level %u, and 0x%llx of level %u with access",
		     (unsigned long long)none.val, none.level,
		     (unsigned long long)window.val, window.level);
}

/* Force is for private mappings only. */
static void check_forced_write(const struct check *check, void *data)
{
	struct forced *f = data;
	uint64_t value = 1, want = 0x5a5b0000 + f->level;
	long ret;

	(void)check;
	*(volatile uint64_t *)f->window = want;
	ret = proc_mem(true, f->none, &value, sizeof(value));
	if (ret != -EIO)
		fail("returned %ld, not %d", ret, -EIO);
	if (*(volatile uint64_t *)f->window != want)
		fail("memory was written");
}

int main(int argc, char **argv)
{
	static const struct check checks[] = {
		{ "mem_read", check_forced_read, NULL },
		{ "mem_write", check_forced_write, NULL },
		{ "", NULL, NULL }
	};
	static struct forced forced[] = {
		{ .level = PFNMAP_TEST_PTE },
		{ .level = PFNMAP_TEST_PMD },
		{ .level = PFNMAP_TEST_PUD },
	};
	const struct group more[] = {
		{ "pte.forced", setup_forced, checks, &forced[0] },
		{ "pmd.forced", setup_forced, checks, &forced[1] },
		{ "pud.forced", setup_forced, checks, &forced[2] },
	};

	return run_mappings_and(kinds, operations, more, ARRAY_SIZE(more), argc,
				argv);
}
