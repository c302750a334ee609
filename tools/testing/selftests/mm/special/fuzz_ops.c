// SPDX-License-Identifier: GPL-2.0
/*
 * The random operations, as a table.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include "fuzz_ops.h"
#include "pfnmap_test.h"
#include "run.h"

/* What the headers of the C library may lack. */
#ifndef MADV_COLD
#define MADV_COLD		20
#define MADV_PAGEOUT		21
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE		25
#endif

#define C		NEEDS_CONTENT

const struct op ops[] = {
	{ "read", op_read, 60, C, 0, 0 },
	{ "write", op_write, 60, C | NO_CHILD, 0, 0 },
	{ "munmap", op_munmap, 20, C | SPLITS, 0, 0 },
	{ "mmap", op_mmap, 40, C | SPLITS, 0, 0 },
	{ "mremap_move", op_mremap_move, 30, C | SPLITS, 0, 0 },
	{ "mremap_dontunmap", op_mremap_move, 8, C | SPLITS, 1, ANON },
	{ "mremap_shrink", op_mremap_shrink, 8, C | SPLITS, 0, 0 },
	{ "mremap_grow", op_mremap_grow, 12, C | SPLITS, 0, ANON },
	{ "mprotect", op_mprotect, 50, SPLITS, 0, 0 },
	{ "madv_dontneed", op_discard, 20, C, MADV_DONTNEED, 0 },
	{ "madv_free", op_discard, 8, C, MADV_FREE, ANON },
	{ "madv_remove", op_remove, 8, C | NO_CHILD, 0, SHMEM },
	{ "madv_populate_read", op_madvise, 10, 0, MADV_POPULATE_READ, 0 },
	{ "madv_populate_write", op_madvise, 10, 0, MADV_POPULATE_WRITE, 0 },
	{ "madv_cold", op_madvise, 10, 0, MADV_COLD, 0 },
	{ "madv_pageout", op_madvise, 10, 0, MADV_PAGEOUT, 0 },
	{ "madv_hugepage", op_madvise, 8, SPLITS, MADV_HUGEPAGE, 0 },
	{ "madv_nohugepage", op_madvise, 4, SPLITS, MADV_NOHUGEPAGE, 0 },
	{ "madv_collapse", op_collapse, 6, 0, MADV_COLLAPSE, THP | HUGE_TMPFS },
	{ "mlock", op_mlock, 6, SPLITS, 0, 0 },
	{ "mlock_onfault", op_mlock, 3, SPLITS, 1, 0 },
	{ "munlock", op_mlock, 10, SPLITS, 2, 0 },
	{ "munlockall", op_mlockall, 2, 0, 0, 0 },
	{ "fork", op_fork, 8, C | NO_CHILD, 0, 0 },
	{ "revoke", op_revoke, 30, 0, 0, DEVICE },
	{ "reuse", op_reuse, 1, NO_CHILD | REPLACES, 0, 0 },
	{ "refs", op_refs, 6, C, 0, SPECIAL },
	{ "userfaultfd", op_userfaultfd, 6, C, 0, 0 },

	{ "gup", op_gup, 80, 0, 0, 0 },
	{ "gup_test", op_gup_test, 20, 0, 0, 0 },
	{ "vmsplice", op_vmsplice, 20, 0, 0, 0 },
	{ "process_vm_readv", op_process_vm, 12, C, 0, 0 },
	{ "process_vm_writev", op_process_vm, 12, C, 1, 0 },
	{ "odirect_read", op_odirect_read, 12, C | NO_CHILD, 0, 0 },
	{ "odirect_write", op_odirect_write, 12, C | NO_CHILD, 0, 0 },
	{ "io_uring_buffers", op_io_uring, 8, 0, 0, 0 },
	{ "futex", op_futex, 12, 0, 0, 0 },
	{ "hmm", op_lookup, 8, C, PFNMAP_TEST_HMM, 0 },
	{ "migrate_vma", op_lookup, 6, C, PFNMAP_TEST_MIGRATE, ANON },
	{ "follow_pfn", op_lookup, 4, C, PFNMAP_TEST_FOLLOW_PFN, SPECIAL },
	{ "follow_pfnmap", op_lookup, 4, C, PFNMAP_TEST_FOLLOW_PFNMAP,
	  SPECIAL },

	{ "smaps", op_read_file, 1, 0, 0, 0 },
	{ "smaps_rollup", op_read_file, 1, 0, 1, 0 },
	{ "numa_maps", op_read_file, 1, NEEDS_NUMA, 2, 0 },
	{ "pagemap", op_pagemap, 12, C, 0, 0 },
	{ "clear_refs", op_clear_refs, 3, 0, 0, 0 },
	{ "mincore", op_mincore, 12, 0, 0, 0 },
	{ "msync", op_msync, 6, 0, 0, 0 },
	{ "mem_read", op_mem_read, 10, C, 0, 0 },
	{ "mem_write", op_mem_write, 10, C, 0, 0 },
	{ "move_pages", op_move_pages, 12, NEEDS_NUMA, 0, 0 },
	{ "mbind", op_mbind, 10, NEEDS_NUMA | SPLITS, 0, 0 },
	{ "get_mempolicy", op_get_mempolicy, 6, NEEDS_NUMA, 0, 0 },
	{ "migrate_pages", op_migrate_pages, 1, NEEDS_NUMA, 0, 0 },
};

const unsigned int nr_ops = ARRAY_SIZE(ops);
