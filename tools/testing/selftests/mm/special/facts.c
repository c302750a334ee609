// SPDX-License-Identifier: GPL-2.0
/*
 * What the running kernel really is. The rig compares the facts with what the
 * machine's file promises; without this a test could pass by not running.
 */
#define _GNU_SOURCE
#include <glob.h>
#include <stdio.h>
#include <unistd.h>
#include "special.h"

/* A part of the kernel that shows itself by a file; @path is a pattern. */
static void print_file(const char *fact, const char *path)
{
	glob_t g;

	printf("# fact %s=%d\n", fact, !glob(path, 0, NULL, &g));
	globfree(&g);
}

static void print_facts(void)
{
	const struct pfnmap_test_info *i = info();

	printf("# fact fast_gup=%u\n", i->fast_gup);
	printf("# fact devmap=%u\n", i->devmap);
	printf("# fact pte_special=0x%llx\n",
	       (unsigned long long)i->pte_special);
	printf("# fact pmd_special=0x%llx\n",
	       (unsigned long long)i->pmd_special);
	printf("# fact pud_special=0x%llx\n",
	       (unsigned long long)i->pud_special);
	printf("# fact levels=%u\n", i->levels);
	printf("# fact access=%u\n", i->access);
	printf("# fact bits32=%d\n", sizeof(long) < sizeof(uint64_t));
	printf("# fact l1tf=%u\n", has_l1tf());
	printf("# fact pmd_size=%llu\n", (unsigned long long)i->pmd_size);
	printf("# fact pud_size=%llu\n", (unsigned long long)i->pud_size);
	/* What may be skipped without them: see ci/skips. */
	print_file("numa", "/proc/self/numa_maps");
	print_file("thp", "/sys/kernel/mm/transparent_hugepage");
	print_file("page_ref", "/sys/kernel/debug/tracing/events/page_ref");
	print_file("dax", "/sys/bus/dax");
	print_file("kvm", "/dev/kvm");
	print_file("cgroups", "/proc/cgroups");
	print_file("damon", "/sys/kernel/mm/damon");
	print_file("lru_gen", "/sys/kernel/mm/lru_gen");
	print_file("memory_failure", "/proc/sys/vm/memory_failure_recovery");
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

int main(int argc, char **argv)
{
	static struct check checks[64];
	struct group group = { .name = "ordinary", .checks = checks };
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < nr_gup_entries; i++)
		checks[i] = (struct check){ gup_entries[i].name, check_ordinary,
					    &gup_entries[i] };
	checks[i].name = "";
	/* Whatever is selected: nothing that the kernel promises is optional. */
	print_facts();
	return run_groups(&group, 1, argc, argv);
}
