/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pfnmap_test: mappings that nobody may pin, made on demand.
 *
 * Interface between mm/pfnmap_test.c and the kselftests in
 * tools/testing/selftests/mm/special. Every open of the device is an object
 * of its own: PFNMAP_TEST_MAP says what a following mmap() of it maps.
 */
#ifndef __PFNMAP_TEST_H
#define __PFNMAP_TEST_H

#include <linux/types.h>
#include <linux/ioctl.h>

#define PFNMAP_TEST_DEV		"pfnmap_test"

/**
 * enum pfnmap_test_backing - the memory behind a mapping
 * @PFNMAP_TEST_COMPOUND: pages of one compound page
 * @PFNMAP_TEST_ORDER0: contiguous pages, each with a reference of its own
 * @PFNMAP_TEST_HIGHORDER: a high order allocation that is not compound: only
 *	the first page has a reference
 * @PFNMAP_TEST_PHYS: the physical range named in struct pfnmap_test_map; the
 *	driver never looks for a struct page of it, but for PFNMAP_TEST_MEMMAP
 * @PFNMAP_TEST_DEVMAP: that physical range, with a struct dev_pagemap
 */
enum pfnmap_test_backing {
	PFNMAP_TEST_COMPOUND,
	PFNMAP_TEST_ORDER0,
	PFNMAP_TEST_HIGHORDER,
	PFNMAP_TEST_PHYS,
	PFNMAP_TEST_DEVMAP,
};

/**
 * enum pfnmap_test_insert - how entries get into the page table
 * @PFNMAP_TEST_REMAP: remap_pfn_range() from ->mmap
 * @PFNMAP_TEST_FAULT_PFN: vmf_insert_pfn() from ->fault, VM_PFNMAP
 * @PFNMAP_TEST_FAULT_MIXED: vmf_insert_mixed() from ->fault, VM_MIXEDMAP
 * @PFNMAP_TEST_PAGE: vm_insert_page() from ->mmap, VM_MIXEDMAP
 * @PFNMAP_TEST_MMAP_HUGE: one huge entry, all of the mapping, from ->mmap: the
 *	way to a PUD before a fault has put a page table there, and to entries
 *	that no fault brings back
 *
 * For huge entries, which both kinds of fault try first, it is
 * vmf_insert_pfn_pmd() and vmf_insert_pfn_pud().
 */
enum pfnmap_test_insert {
	PFNMAP_TEST_REMAP,
	PFNMAP_TEST_FAULT_PFN,
	PFNMAP_TEST_FAULT_MIXED,
	PFNMAP_TEST_PAGE,
	PFNMAP_TEST_MMAP_HUGE,
};

/* How the driver behaves; all other bits are zero. */
#define PFNMAP_TEST_HUGE_FAULT	0x1	/* huge entries come from ->huge_fault */
#define PFNMAP_TEST_INSERT_READ	0x2	/* always insert with write = false */
#define PFNMAP_TEST_INSERT_WRITE 0x4	/* always insert with write = true */
#define PFNMAP_TEST_MKWRITE	0x8	/* has a ->pfn_mkwrite that agrees */
#define PFNMAP_TEST_MEMMAP	0x10	/* PFNMAP_TEST_REFS where pages exist */
#define PFNMAP_TEST_TWICE	0x20	/* after a huge entry, a PTE as well */
#define PFNMAP_TEST_WC		0x40	/* PFNMAP_TEST_PHYS, write-combining */

/* Page-table levels, also the level that struct pfnmap_test_entry reports. */
#define PFNMAP_TEST_NONE	0
#define PFNMAP_TEST_PTE		1
#define PFNMAP_TEST_PMD		2
#define PFNMAP_TEST_PUD		3

/**
 * struct pfnmap_test_map - what mmap() of this file is to map
 * @backing: enum pfnmap_test_backing
 * @insert: enum pfnmap_test_insert
 * @level: PFNMAP_TEST_PTE, or the highest level at which to insert entries;
 *	PFNMAP_TEST_PUD needs PFNMAP_TEST_HUGE_FAULT or PFNMAP_TEST_MMAP_HUGE,
 *	since a page table is there before ->fault is called: the driver tries,
 *	and PMDs are there
 * @flags: PFNMAP_TEST_HUGE_FAULT and so on. Without a word about it, an entry
 *	is inserted with write = true for a write fault only. PFNMAP_TEST_TWICE is
 *	what two threads do that fault at once and disagree
 * @size: bytes, a multiple of the page size
 * @phys: physical address, for PFNMAP_TEST_PHYS and PFNMAP_TEST_DEVMAP
 */
struct pfnmap_test_map {
	__u32 backing;
	__u32 insert;
	__u32 level;
	__u32 flags;
	__u64 size;
	__u64 phys;
};

/**
 * struct pfnmap_test_entry - the page-table entry that maps an address
 * @addr: in: user address
 * @val: out: the entry as stored, 0 if there is none
 * @table: out: for a PTE, the PMD that points to its page table
 * @pfn: out: the page frame of @addr; valid only for a present entry
 * @level: out: level of the entry, PFNMAP_TEST_NONE where the walk ended early
 * @present: out: whether the entry is present, which one with PROT_NONE is
 * @tables: out: tables on the way to the entry; one that is folded into
 *	another does not count
 * @pid: in: the process that it is an address of, 0 for the calling one
 *
 * Read without the predicates under test: no p??_special(), no vm_normal_page.
 */
struct pfnmap_test_entry {
	__u64 addr;
	__u64 val;
	__u64 table;
	__u64 pfn;
	__u32 level;
	__u32 present;
	__u32 tables;
	__u32 pid;
};

/**
 * enum pfnmap_test_call - GUP entry points
 * @PFNMAP_TEST_GET_FAST: get_user_pages_fast()
 * @PFNMAP_TEST_PIN_FAST: pin_user_pages_fast()
 * @PFNMAP_TEST_GET_FAST_ONLY: get_user_pages_fast_only()
 * @PFNMAP_TEST_PIN_FAST_ONLY: pin_user_pages_fast_only()
 * @PFNMAP_TEST_GET: get_user_pages()
 * @PFNMAP_TEST_PIN: pin_user_pages()
 * @PFNMAP_TEST_GET_UNLOCKED: get_user_pages_unlocked()
 * @PFNMAP_TEST_PIN_UNLOCKED: pin_user_pages_unlocked()
 * @PFNMAP_TEST_GET_REMOTE: get_user_pages_remote()
 * @PFNMAP_TEST_PIN_REMOTE: pin_user_pages_remote()
 * @PFNMAP_TEST_NR_CALLS: their number
 */
enum pfnmap_test_call {
	PFNMAP_TEST_GET_FAST,
	PFNMAP_TEST_PIN_FAST,
	PFNMAP_TEST_GET_FAST_ONLY,
	PFNMAP_TEST_PIN_FAST_ONLY,
	PFNMAP_TEST_GET,
	PFNMAP_TEST_PIN,
	PFNMAP_TEST_GET_UNLOCKED,
	PFNMAP_TEST_PIN_UNLOCKED,
	PFNMAP_TEST_GET_REMOTE,
	PFNMAP_TEST_PIN_REMOTE,
	PFNMAP_TEST_NR_CALLS,
};

/* Flags of a call; FOLL_* numbers differ between kernels, these do not. */
#define PFNMAP_TEST_WRITE	0x1	/* FOLL_WRITE */
#define PFNMAP_TEST_LONGTERM	0x2	/* FOLL_LONGTERM */
#define PFNMAP_TEST_SPLIT_PMD	0x4	/* FOLL_SPLIT_PMD */

#define PFNMAP_TEST_MAX_PAGES	64

/**
 * struct pfnmap_test_gup - one call of a GUP entry point
 * @addr: in: user address in the calling process
 * @nr_pages: in: at most PFNMAP_TEST_MAX_PAGES
 * @call: in: enum pfnmap_test_call
 * @flags: in: PFNMAP_TEST_WRITE and so on
 * @ret: out: what the entry point returned, unchanged; -EOPNOTSUPP if the
 *	kernel does not have it, as Linux 6.12 pin_user_pages_fast_only()
 * @first_pfn: out: page frame of the first page, if @ret is positive
 *
 * The pages are released again before the ioctl returns.
 */
struct pfnmap_test_gup {
	__u64 addr;
	__u32 nr_pages;
	__u32 call;
	__u32 flags;
	__s32 ret;
	__u64 first_pfn;
};

#define PFNMAP_TEST_MAX_COUNTED	4096

/**
 * struct pfnmap_test_count - what calls of a GUP entry point cost
 * @addr: in: user address in the calling process
 * @nr_pages: in: in all, at most PFNMAP_TEST_MAX_COUNTED
 * @batch: in: pages for each call
 * @call: in: enum pfnmap_test_call, or PFNMAP_TEST_NR_CALLS, which takes
 *	nothing: what is counted of the loops around the calls
 * @flags: in: PFNMAP_TEST_WRITE, PFNMAP_TEST_LONGTERM
 * @taken: out: pages
 * @ret: out: what the last call returned, unchanged
 * @get: out: get_cycles() that passed while the pages were taken
 * @put: out: the same while they were released, as many at a time
 *
 * In a guest of QEMU's -icount those are instructions.
 */
struct pfnmap_test_count {
	__u64 addr;
	__u32 nr_pages;
	__u32 batch;
	__u32 call;
	__u32 flags;
	__u32 taken;
	__s32 ret;
	__u64 get;
	__u64 put;
};

/**
 * struct pfnmap_test_refs - reference counts of a page of this file's backing
 * @index: in: page index in the backing
 * @refcount: out: page_ref_count(), -1 for PFNMAP_TEST_PHYS without
 *	PFNMAP_TEST_MEMMAP, and after PFNMAP_TEST_KILL
 * @mapcount: out: page_mapcount(), -1 likewise
 * @pad: zero
 * @pfn: out: page frame of the page
 */
struct pfnmap_test_refs {
	__u32 index;
	__s32 refcount;
	__s32 mapcount;
	__u32 pad;
	__u64 pfn;
};

/**
 * enum pfnmap_test_how - ways from a user address to a page frame
 * @PFNMAP_TEST_FOLLOW_PFN: follow_pfn()
 * @PFNMAP_TEST_FOLLOW_PTE: follow_pte()
 * @PFNMAP_TEST_HMM: hmm_range_fault(), which is asked to fault
 * @PFNMAP_TEST_FOLLOW_PFNMAP: follow_pfnmap_start()
 * @PFNMAP_TEST_MIGRATE: migrate_vma_setup(), and nothing is migrated
 * @PFNMAP_TEST_POISON: memory_failure() as if the page had been found poisoned
 *	before, and this process had run into it now
 * @PFNMAP_TEST_FAULT_READ: fixup_user_fault(), also where an entry permits it: as
 *	in a thread whose fault another one has answered meanwhile
 * @PFNMAP_TEST_FAULT_WRITE: the same with FAULT_FLAG_WRITE
 */
enum pfnmap_test_how {
	PFNMAP_TEST_FOLLOW_PFN,
	PFNMAP_TEST_FOLLOW_PTE,
	PFNMAP_TEST_HMM,
	PFNMAP_TEST_FOLLOW_PFNMAP,
	PFNMAP_TEST_MIGRATE,
	PFNMAP_TEST_POISON,
	PFNMAP_TEST_FAULT_READ,
	PFNMAP_TEST_FAULT_WRITE,
};

/**
 * struct pfnmap_test_lookup - one lookup of a page frame
 * @addr: in: user address in the calling process
 * @how: in: enum pfnmap_test_how
 * @ret: out: what the function returned, unchanged; -EOPNOTSUPP if the kernel
 *	is built without it, or does not have it, as Linux 6.12 follow_pfn() and
 *	follow_pte(). PFNMAP_TEST_MIGRATE: the pages it collected
 * @pfn: out: what it found, if @ret is 0
 * @pgprot: out: PFNMAP_TEST_FOLLOW_PFNMAP: the protection, as a PTE has it
 *	that is dirty and young, but not soft-dirty
 */
struct pfnmap_test_lookup {
	__u64 addr;
	__u32 how;
	__s32 ret;
	__u64 pfn;
	__u64 pgprot;
};

/**
 * struct pfnmap_test_zap - unmap_mapping_range() of this file
 * @offset: bytes from the start of the file
 * @size: bytes
 */
struct pfnmap_test_zap {
	__u64 offset;
	__u64 size;
};

/**
 * struct pfnmap_test_read - reads of a huge PMD, as fast GUP makes them
 * @addr: in: user address in the calling process, which must stay mapped
 * @val: in: the entry as stored while it permits writing
 * @nr: in: how often to read it
 * @permitted: out: how often fast GUP would have gone on
 * @torn: out: how many of those values were not @val
 * @plain: in: read with READ_ONCE(), to see whether there was anything to tear
 * @torn_val: out: the last one that was not
 */
struct pfnmap_test_read {
	__u64 addr;
	__u64 val;
	__u32 nr;
	__u32 permitted;
	__u32 torn;
	__u32 plain;
	__u64 torn_val;
};

/**
 * struct pfnmap_test_pins - FOLL_PIN references since boot
 * @acquired: out: that were taken
 * @released: out: that were given back
 *
 * Exact if all of them were taken and given back on the processor of the
 * caller, or more than a second ago. Cheap, other than /proc/sys/vm/stat_refresh.
 */
struct pfnmap_test_pins {
	__u64 acquired;
	__u64 released;
};

/**
 * struct pfnmap_test_conceal - a vma that does not say what is in it
 * @addr: in: user address in the calling process, in a mapping of this file
 * @conceal: in: 1 takes VM_PFNMAP, VM_MIXEDMAP and VM_IO from the vma, 0 gives
 *	it VM_PFNMAP
 * @pad: zero
 *
 * What a driver leaves behind that calls remap_pfn_range() on a copy of the vma.
 * Before the mapping goes it must be told again: zap rightly complains.
 */
struct pfnmap_test_conceal {
	__u64 addr;
	__u32 conceal;
	__u32 pad;
};

/**
 * struct pfnmap_test_info - what the running kernel is meant to do
 * @fast_gup: fast GUP is built in
 * @devmap: PFNMAP_TEST_DEVMAP is supported
 * @pte_special: the bits that pte_mkspecial() sets in an empty entry
 * @pmd_special: the bits that pmd_mkspecial() sets, 0 if a PMD has no mark
 * @pud_special: the bits that pud_mkspecial() sets, 0 if a PUD has no mark
 * @pmd_size: bytes mapped by a PMD
 * @pud_size: bytes mapped by a PUD
 * @access: ptrace and /proc/pid/mem reach memory that is not RAM
 * @pmd_share: processes share page tables of hugetlb
 */
struct pfnmap_test_info {
	__u32 fast_gup;
	__u32 devmap;
	__u64 pte_special;
	__u64 pmd_special;
	__u64 pud_special;
	__u64 pmd_size;
	__u64 pud_size;
	__u32 access;
	__u32 pmd_share;
};

#define PFNMAP_TEST_MAP		_IOW('P', 0x70, struct pfnmap_test_map)
#define PFNMAP_TEST_ENTRY	_IOWR('P', 0x71, struct pfnmap_test_entry)
#define PFNMAP_TEST_GUP		_IOWR('P', 0x72, struct pfnmap_test_gup)
#define PFNMAP_TEST_REFS	_IOWR('P', 0x73, struct pfnmap_test_refs)
#define PFNMAP_TEST_INFO	_IOR('P', 0x74, struct pfnmap_test_info)
/* Take the struct dev_pagemap away while its pages are still mapped. */
#define PFNMAP_TEST_KILL	_IO('P', 0x75)
#define PFNMAP_TEST_LOOKUP	_IOWR('P', 0x76, struct pfnmap_test_lookup)
#define PFNMAP_TEST_ZAP		_IOW('P', 0x77, struct pfnmap_test_zap)
#define PFNMAP_TEST_READ	_IOWR('P', 0x78, struct pfnmap_test_read)
#define PFNMAP_TEST_PINS	_IOR('P', 0x79, struct pfnmap_test_pins)
#define PFNMAP_TEST_CONCEAL	_IOW('P', 0x7a, struct pfnmap_test_conceal)
#define PFNMAP_TEST_COUNT	_IOWR('P', 0x7b, struct pfnmap_test_count)

#endif /* __PFNMAP_TEST_H */
