// SPDX-License-Identifier: GPL-2.0
/*
 * The kinds of memory that random operations meet, as a table, and which of
 * them a run has: one of each class.
 */
#include <string.h>
#include "device.h"
#include "fuzz.h"
#include "run.h"

#define PTE	PFNMAP_TEST_PTE
#define PMD	PFNMAP_TEST_PMD
#define PUD	PFNMAP_TEST_PUD

/* The classes, of which each run has one kind or more. */
enum { ORDINARY, HUGE_ORDINARY, PMD_A, PMD_B, PUD_A, PTE_A, NORMAL, COPIED };

static const struct kind kinds[] = {
	{ "anon", ANON | PRIVATE, PTE, ORDINARY },
	{ "shmem", SHMEM, PTE, ORDINARY },
	{ "thp", ANON | PRIVATE | THP, PMD, HUGE_ORDINARY },
	{ "shmem_huge", SHMEM | HUGE_TMPFS, PMD, HUGE_ORDINARY },
	{ "hugetlb", ANON | PRIVATE | HUGETLB, PMD, HUGE_ORDINARY },
	{ "hugetlb_shared", SHMEM | HUGETLB, PMD, HUGE_ORDINARY },
	{ "pmd.order0", DEVICE | SPECIAL, PMD, PMD_A },
	{ "pmd.compound", DEVICE | SPECIAL, PMD, PMD_A },
	{ "pmd.mixed_order0", DEVICE | SPECIAL, PMD, PMD_A },
	{ "pmd.no_memmap", DEVICE | SPECIAL, PMD, PMD_B },
	{ "pmd.highorder", DEVICE | SPECIAL, PMD, PMD_B },
	{ "pmd.mixed_no_memmap", DEVICE | SPECIAL, PMD, PMD_B },
	{ "pmd.mixed_compound", DEVICE | SPECIAL, PMD, PMD_B },
	{ "pud.order0", DEVICE | SPECIAL, PUD, PUD_A },
	{ "pud.compound", DEVICE | SPECIAL, PUD, PUD_A },
	{ "pud.no_memmap", DEVICE | SPECIAL, PUD, PUD_A },
	{ "pud.mixed_compound", DEVICE | SPECIAL, PUD, PUD_A },
	{ "pud.mixed_no_memmap", DEVICE | SPECIAL, PUD, PUD_A },
	{ "pud.mmap_no_memmap", DEVICE | SPECIAL | WHOLE_ONLY, PUD, PUD_A },
	{ "pte.order0", DEVICE | SPECIAL | REMAPPED, PTE, PTE_A },
	{ "pte.no_memmap", DEVICE | SPECIAL | REMAPPED, PTE, PTE_A },
	{ "pte.fault_compound", DEVICE | SPECIAL, PTE, PTE_A },
	{ "pte.mixed_order0", DEVICE | SPECIAL, PTE, PTE_A },
	{ "pte.mixed_no_memmap", DEVICE | SPECIAL, PTE, PTE_A },
	{ "pte.insert_page", DEVICE | COUNTED, PTE, NORMAL },
	{ "pte.devmap", DEVICE | COUNTED, PTE, NORMAL },
	{ "pmd.devmap", DEVICE | COUNTED, PMD, NORMAL },
	{ "dax_pmd", DAX, PMD, NORMAL },
	{ "dax_pud", DAX, PUD, NORMAL },
	{ "pte.order0", DEVICE | PRIVATE | REMAPPED, PTE, COPIED },
	{ "pte.mixed_order0", DEVICE | PRIVATE, PTE, COPIED },
};

static const struct kind *chosen[NR_SLOTS];

static bool possible(const struct kind *k)
{
	uint64_t phys, size;

	if (left_out(k->name))
		return false;
	if (k->flags & DEVICE && k->level == PUD && !info()->pud_special)
		return false;
	if (strstr(k->name, "no_memmap") || strstr(k->name, "devmap"))
		if (!hidden_memory(&phys, &size) ||
		    size < level_size(k->level))
			return false;
	if (strstr(k->name, "devmap") && !info()->devmap)
		return false;
	return true;
}

void slot_choose(unsigned int nr, uint64_t random)
{
	unsigned int j, n = 0, pick;

	chosen[nr] = NULL;
	for (j = 0; j < ARRAY_SIZE(kinds); j++)
		n += kinds[j].class == nr && possible(&kinds[j]);
	pick = n ? random % n : 0;
	for (j = 0; n && j < ARRAY_SIZE(kinds); j++)
		if (kinds[j].class == nr && possible(&kinds[j]) && !pick--)
			chosen[nr] = &kinds[j];
}

bool choose_kinds(uint64_t seed)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++) {
		slot_choose(i, fuzz_hash(seed, 77, i));
		any = any || chosen[i];
	}
	return any;
}

const struct kind *kind_of(unsigned int nr)
{
	return chosen[nr];
}
