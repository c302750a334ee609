// SPDX-License-Identifier: GPL-2.0
/*
 * A character device that maps memory in every way a driver can, so that
 * user space can try GUP on it, and that shows the entry which is installed.
 *
 * Nothing here is safe for a production kernel: it maps any physical address
 * that root names.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/hmm.h>
#include <linux/hugetlb.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/memory_hotplug.h>
#include <linux/memremap.h>
#include <linux/migrate.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mmu_notifier.h>
#include <linux/mmzone.h>
#include <linux/mutex.h>
#include <linux/pfn_t.h>
#include <linux/pgtable.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/timex.h>
#include <linux/uaccess.h>
#include "internal.h"
#include "pfnmap_test.h"
#include "pfnmap_test_base.h"

/**
 * struct pfnmap_test - one open of the device
 * @lock: serialises PFNMAP_TEST_MAP and PFNMAP_TEST_KILL
 * @map: what user space asked for; @map.size is 0 until the backing exists
 * @page: first page of the backing, if this driver allocated it
 * @pfn: first page frame of the backing
 * @order: allocation order of @page
 * @wc: for PFNMAP_TEST_WC: some architectures map memory as it is mapped already
 * @pgmap: for PFNMAP_TEST_DEVMAP
 * @pgmap_live: @pgmap is registered
 */
struct pfnmap_test {
	struct mutex lock;	/* @map and @pgmap_live */
	struct pfnmap_test_map map;
	struct page *page;
	unsigned long pfn;
	unsigned int order;
	void __iomem *wc;
	struct dev_pagemap pgmap;
	bool pgmap_live;
};

static int pfnmap_test_open(struct inode *inode, struct file *file)
{
	struct pfnmap_test *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	mutex_init(&t->lock);
	file->private_data = t;
	return 0;
}

#if defined(CONFIG_ZONE_DEVICE) && defined(CONFIG_ARCH_HAS_PTE_DEVMAP)
static int pfnmap_test_devmap(struct pfnmap_test *t,
			      const struct pfnmap_test_map *map)
{
	/* Of less the hash MMU of powerpc leaves a part out of its linear map. */
	u64 align = memremap_compat_align();
	void *addr;

	t->pgmap.type = MEMORY_DEVICE_GENERIC;
	t->pgmap.range.start = ALIGN_DOWN(map->phys, align);
	t->pgmap.range.end = ALIGN(map->phys + map->size, align) - 1;
	t->pgmap.nr_range = 1;
	addr = memremap_pages(&t->pgmap, NUMA_NO_NODE);
	if (IS_ERR(addr))
		return PTR_ERR(addr);
	t->pgmap_live = true;
	t->pfn = PHYS_PFN(map->phys);
	return 0;
}

static void pfnmap_test_kill(struct pfnmap_test *t)
{
	if (t->pgmap_live)
		memunmap_pages(&t->pgmap);
	t->pgmap_live = false;
}
#else
static int pfnmap_test_devmap(struct pfnmap_test *t,
			      const struct pfnmap_test_map *map)
{
	return -EOPNOTSUPP;
}

static void pfnmap_test_kill(struct pfnmap_test *t)
{
}
#endif

#ifdef CONFIG_CONTIG_ALLOC
/*
 * Pieces of the size of the largest entry, from boot on: later there is hardly
 * a range of that size without a page that cannot move. NULL while a file has
 * the piece.
 */
static struct page *pfnmap_test_pool[4];

static int pfnmap_test_pool_order(void)
{
	return (IS_ENABLED(CONFIG_HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD) ?
		PUD_SHIFT : PMD_SHIFT) - PAGE_SHIFT;
}

/* Small ones the page allocator has at any time; half of RAM is for others. */
static void __init pfnmap_test_fill_pool(void)
{
	unsigned long nr = 1UL << pfnmap_test_pool_order();
	unsigned long i, room = totalram_pages() / 2 / nr;

	if (pfnmap_test_pool_order() < MAX_PAGE_ORDER)
		return;
	for (i = 0; i < min(room, ARRAY_SIZE(pfnmap_test_pool)); i++)
		pfnmap_test_pool[i] = alloc_contig_pages(nr,
							 GFP_HIGHUSER_MOVABLE |
							 __GFP_NOWARN,
							 first_online_node,
							 NULL);
}

/* Whether the pages come from there, not from the page allocator. */
static bool pfnmap_test_is_contig(struct pfnmap_test *t)
{
	return t->order > MAX_PAGE_ORDER ||
	       (t->order == MAX_PAGE_ORDER &&
		t->order == pfnmap_test_pool_order());
}

/* More than the page allocator gives: as single pages, which are then joined. */
static struct page *pfnmap_test_alloc_contig(struct pfnmap_test *t,
					     const struct pfnmap_test_map *map)
{
	unsigned long i, nr = 1UL << t->order;
	struct page *page = NULL;
	int tries;

	if (t->order == pfnmap_test_pool_order())
		for (i = 0; !page && i < ARRAY_SIZE(pfnmap_test_pool); i++)
			page = xchg(&pfnmap_test_pool[i], NULL);
	/*
	 * A page on its way to the LRU lists cannot be moved away, nor can one
	 * that somebody is just looking at: among many there may be one.
	 */
	for (tries = 0; !page && tries < 5; tries++) {
		if (tries)
			msleep(50);
		lru_add_drain_all();
		page = alloc_contig_pages(nr, GFP_HIGHUSER_MOVABLE |
					  __GFP_NOWARN, first_online_node,
					  NULL);
	}
	if (!page || map->backing == PFNMAP_TEST_ORDER0)
		return page;
	for (i = 1; i < nr; i++)
		set_page_count(page + i, 0);
	if (map->backing == PFNMAP_TEST_COMPOUND)
		prep_compound_page(page, t->order);
	return page;
}

static void pfnmap_test_free_contig(struct pfnmap_test *t)
{
	unsigned long i, nr = 1UL << t->order;

	if (t->map.backing == PFNMAP_TEST_COMPOUND) {
		for (i = 1; i < nr; i++) {
			t->page[i].mapping = NULL;
			clear_compound_head(t->page + i);
		}
		/* Where the head keeps what it knows of the whole. */
		clear_compound_flags(t->page);
		t->page[1].index = 0;
		t->page[1].private = 0;
		__ClearPageHead(t->page);
	}
	if (t->map.backing != PFNMAP_TEST_ORDER0)
		for (i = 1; i < nr; i++)
			set_page_count(t->page + i, 1);
	if (t->order == pfnmap_test_pool_order())
		for (i = 0; i < ARRAY_SIZE(pfnmap_test_pool); i++)
			if (!cmpxchg(&pfnmap_test_pool[i], NULL, t->page))
				return;
	free_contig_range(t->pfn, nr);
}
#else
static void __init pfnmap_test_fill_pool(void)
{
}

static bool pfnmap_test_is_contig(struct pfnmap_test *t)
{
	return t->order > MAX_PAGE_ORDER;
}

static struct page *pfnmap_test_alloc_contig(struct pfnmap_test *t,
					     const struct pfnmap_test_map *map)
{
	return NULL;
}

static void pfnmap_test_free_contig(struct pfnmap_test *t)
{
}
#endif

static struct page *pfnmap_test_alloc_pages(struct pfnmap_test *t,
					    const struct pfnmap_test_map *map)
{
	gfp_t gfp = GFP_KERNEL | __GFP_ZERO;
	struct page *page;

	if (map->backing == PFNMAP_TEST_COMPOUND)
		gfp |= __GFP_COMP;
	page = alloc_pages(gfp, t->order);
	if (page && map->backing == PFNMAP_TEST_ORDER0)
		split_page(page, t->order);
	return page;
}

static int pfnmap_test_alloc(struct pfnmap_test *t,
			     const struct pfnmap_test_map *map)
{
	t->order = get_order(map->size);
	if (pfnmap_test_is_contig(t))
		t->page = pfnmap_test_alloc_contig(t, map);
	else
		t->page = pfnmap_test_alloc_pages(t, map);
	if (!t->page)
		return -ENOMEM;
	t->pfn = page_to_pfn(t->page);
	return 0;
}

static void pfnmap_test_free(struct pfnmap_test *t)
{
	unsigned long i;

	if (pfnmap_test_is_contig(t)) {
		pfnmap_test_free_contig(t);
	} else if (t->map.backing == PFNMAP_TEST_ORDER0) {
		for (i = 0; i < 1UL << t->order; i++)
			__free_page(t->page + i);
	} else {
		__free_pages(t->page, t->order);
	}
}

static int pfnmap_test_release(struct inode *inode, struct file *file)
{
	struct pfnmap_test *t = file->private_data;

	pfnmap_test_kill(t);
	if (t->page)
		pfnmap_test_free(t);
	if (IS_ENABLED(CONFIG_HAS_IOMEM) && t->wc)
		iounmap(t->wc);
	kfree(t);
	return 0;
}

static long pfnmap_test_map(struct pfnmap_test *t,
			    const struct pfnmap_test_map *map)
{
	int ret;

	if (t->map.size)
		return -EBUSY;
	if (!map->size || map->size & ~PAGE_MASK || map->phys & ~PAGE_MASK)
		return -EINVAL;

	switch (map->backing) {
	case PFNMAP_TEST_COMPOUND:
	case PFNMAP_TEST_ORDER0:
	case PFNMAP_TEST_HIGHORDER:
		ret = pfnmap_test_alloc(t, map);
		break;
	case PFNMAP_TEST_PHYS:
		t->pfn = PHYS_PFN(map->phys);
		ret = 0;
		/* Without I/O memory there is no cache mode either. */
		if (IS_ENABLED(CONFIG_HAS_IOMEM) &&
		    map->flags & PFNMAP_TEST_WC) {
			t->wc = ioremap_wc(map->phys, map->size);
			ret = t->wc ? 0 : -EIO;
		}
		break;
	case PFNMAP_TEST_DEVMAP:
		ret = pfnmap_test_devmap(t, map);
		break;
	default:
		return -EINVAL;
	}
	if (!ret)
		t->map = *map;
	return ret;
}

static pfn_t pfnmap_test_pfn_t(struct pfnmap_test *t, pgoff_t index)
{
	u64 flags = 0;

	if (t->map.backing == PFNMAP_TEST_DEVMAP)
		flags = PFN_DEV | PFN_MAP;
	else if (t->map.backing == PFNMAP_TEST_PHYS)
		flags = PFN_DEV;
	return __pfn_to_pfn_t(t->pfn + index, flags);
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
static bool pfnmap_test_write(struct pfnmap_test *t, struct vm_fault *vmf)
{
	if (t->map.flags & (PFNMAP_TEST_INSERT_READ | PFNMAP_TEST_INSERT_WRITE))
		return t->map.flags & PFNMAP_TEST_INSERT_WRITE;
	return vmf->flags & FAULT_FLAG_WRITE;
}

/* As far as a driver has to look; the rest is for vmf_insert_pfn_pmd(). */
static vm_fault_t pfnmap_test_fault_huge(struct pfnmap_test *t,
					 struct vm_fault *vmf,
					 huge_fault_order order)
{
	unsigned long size = order == HUGE_FAULT_PUD ? PUD_SIZE : PMD_SIZE;
	unsigned long off = vmf->address & (size - 1);
	pgoff_t index = vmf->pgoff - (off >> PAGE_SHIFT);

	if (vmf->address - off < vmf->vma->vm_start)
		return VM_FAULT_FALLBACK;
	if (order == HUGE_FAULT_PMD && t->map.level >= PFNMAP_TEST_PMD)
		return vmf_insert_pfn_pmd(vmf, pfnmap_test_pfn_t(t, index),
					  pfnmap_test_write(t, vmf));
#ifdef CONFIG_HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD
	if (order == HUGE_FAULT_PUD && t->map.level >= PFNMAP_TEST_PUD)
		return vmf_insert_pfn_pud(vmf, pfnmap_test_pfn_t(t, index),
					  pfnmap_test_write(t, vmf));
#endif
	return VM_FAULT_FALLBACK;
}
#else
static vm_fault_t pfnmap_test_fault_huge(struct pfnmap_test *t,
					 struct vm_fault *vmf,
					 huge_fault_order order)
{
	return VM_FAULT_FALLBACK;
}
#endif

static vm_fault_t pfnmap_test_fault_pte(struct pfnmap_test *t,
					struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	if (t->map.insert == PFNMAP_TEST_FAULT_MIXED)
		return vmf_insert_mixed(vma, vmf->address,
					pfnmap_test_pfn_t(t, vmf->pgoff));
	if (t->map.insert == PFNMAP_TEST_FAULT_PFN)
		return vmf_insert_pfn(vma, vmf->address, t->pfn + vmf->pgoff);
	return VM_FAULT_SIGBUS;
}

static vm_fault_t pfnmap_test_huge_fault(struct vm_fault *vmf,
					 huge_fault_order order)
{
	struct pfnmap_test *t = vmf->vma->vm_private_data;
	vm_fault_t ret;

	if (vmf->pgoff >= t->map.size >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	ret = pfnmap_test_fault_huge(t, vmf, order);
	if (ret == VM_FAULT_NOPAGE && t->map.flags & PFNMAP_TEST_TWICE)
		return pfnmap_test_fault_pte(t, vmf);
	return ret;
}

static vm_fault_t pfnmap_test_fault(struct vm_fault *vmf)
{
	struct pfnmap_test *t = vmf->vma->vm_private_data;
	vm_fault_t ret;

	if (vmf->pgoff >= t->map.size >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	if (!(t->map.flags & PFNMAP_TEST_HUGE_FAULT)) {
		/* Never a PUD: its place is taken. But a driver may try. */
		ret = pfnmap_test_huge_fault(vmf, HUGE_FAULT_PUD);
		if (ret & VM_FAULT_FALLBACK)
			ret = pfnmap_test_huge_fault(vmf, HUGE_FAULT_PMD);
		if (!(ret & VM_FAULT_FALLBACK))
			return ret;
	}
	return pfnmap_test_fault_pte(t, vmf);
}

static vm_fault_t pfnmap_test_mkwrite(struct vm_fault *vmf)
{
	return 0;
}

#ifdef CONFIG_HAVE_IOREMAP_PROT
/* Not for RAM: generic_access_phys() maps it by ioremap_prot(), which warns. */
static int pfnmap_test_access(struct vm_area_struct *vma, unsigned long addr,
			      void *buf, int len, int write)
{
	struct pfnmap_test *t = vma->vm_private_data;
	unsigned long pfn = linear_page_index(vma, addr);

	/* remap_pfn_range() leaves the page frame there for who splits it. */
	if (t->map.insert != PFNMAP_TEST_REMAP ||
	    !is_cow_mapping(vma->vm_flags))
		pfn += t->pfn;
	if (page_is_ram(pfn))
		return -EIO;
	return generic_access_phys(vma, addr, buf, len, write);
}

#define PFNMAP_TEST_ACCESS	.access = pfnmap_test_access,
#else
#define PFNMAP_TEST_ACCESS
#endif

/* By PFNMAP_TEST_HUGE_FAULT and PFNMAP_TEST_MKWRITE. */
static const struct vm_operations_struct pfnmap_test_vm_ops[2][2] = {
	[0][0] = {
		.fault = pfnmap_test_fault,
		PFNMAP_TEST_ACCESS
	},
	[0][1] = {
		.fault = pfnmap_test_fault,
		.pfn_mkwrite = pfnmap_test_mkwrite,
		PFNMAP_TEST_ACCESS
	},
	[1][0] = {
		.fault = pfnmap_test_fault,
		.huge_fault = pfnmap_test_huge_fault,
		PFNMAP_TEST_ACCESS
	},
	[1][1] = {
		.fault = pfnmap_test_fault,
		.huge_fault = pfnmap_test_huge_fault,
		.pfn_mkwrite = pfnmap_test_mkwrite,
		PFNMAP_TEST_ACCESS
	},
};

static int pfnmap_test_insert_pages(struct pfnmap_test *t,
				    struct vm_area_struct *vma)
{
	unsigned long addr = vma->vm_start;
	struct page *page = t->page + vma->vm_pgoff;
	int ret = 0;

	for (; addr < vma->vm_end && !ret; addr += PAGE_SIZE)
		ret = vm_insert_page(vma, addr, page++);
	return ret;
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
static int pfnmap_test_insert_pud(struct pfnmap_test *t, struct vm_fault *vmf)
{
#ifdef CONFIG_HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD
	if (vmf_insert_pfn_pud(vmf, pfnmap_test_pfn_t(t, vmf->vma->vm_pgoff),
			       vmf->vma->vm_flags & VM_WRITE) != VM_FAULT_NOPAGE)
		return -EFAULT;
	return 0;
#else
	return -EOPNOTSUPP;
#endif
}

static int pfnmap_test_insert_pmd(struct pfnmap_test *t, struct vm_fault *vmf)
{
	vmf->pmd = pmd_alloc(vmf->vma->vm_mm, vmf->pud, vmf->address);
	if (!vmf->pmd)
		return -ENOMEM;
	if (vmf_insert_pfn_pmd(vmf, pfnmap_test_pfn_t(t, vmf->vma->vm_pgoff),
			       vmf->vma->vm_flags & VM_WRITE) != VM_FAULT_NOPAGE)
		return -EOPNOTSUPP;
	return 0;
}

static int pfnmap_test_insert_huge(struct pfnmap_test *t,
				   struct vm_area_struct *vma)
{
	struct vm_fault vmf = { .vma = vma, .address = vma->vm_start };
	bool is_pud = t->map.level == PFNMAP_TEST_PUD;
	unsigned long size = is_pud ? PUD_SIZE : PMD_SIZE;
	pgd_t *pgd = pgd_offset(vma->vm_mm, vma->vm_start);
	p4d_t *p4d = p4d_alloc(vma->vm_mm, pgd, vma->vm_start);

	if (vma->vm_start & (size - 1) || vma->vm_end - vma->vm_start != size)
		return -EINVAL;
	if (!p4d)
		return -ENOMEM;
	vmf.pud = pud_alloc(vma->vm_mm, p4d, vma->vm_start);
	if (!vmf.pud)
		return -ENOMEM;
	return is_pud ? pfnmap_test_insert_pud(t, &vmf) :
			pfnmap_test_insert_pmd(t, &vmf);
}
#else
static int pfnmap_test_insert_huge(struct pfnmap_test *t,
				   struct vm_area_struct *vma)
{
	return -EOPNOTSUPP;
}
#endif

static int pfnmap_test_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct pfnmap_test *t = file->private_data;
	unsigned long size = vma->vm_end - vma->vm_start;
	u64 end = ((u64)vma->vm_pgoff << PAGE_SHIFT) + size;

	if (end > t->map.size)
		return -EINVAL;
	if (t->wc)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	vma->vm_private_data = t;
	vma->vm_ops = &pfnmap_test_vm_ops[!!(t->map.flags & PFNMAP_TEST_HUGE_FAULT)]
					 [!!(t->map.flags & PFNMAP_TEST_MKWRITE)];

	switch (t->map.insert) {
	case PFNMAP_TEST_REMAP:
		return remap_pfn_range(vma, vma->vm_start,
				       t->pfn + vma->vm_pgoff, size,
				       vma->vm_page_prot);
	case PFNMAP_TEST_FAULT_PFN:
		vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND);
		return 0;
	case PFNMAP_TEST_FAULT_MIXED:
		vm_flags_set(vma, VM_MIXEDMAP | VM_DONTEXPAND);
		return 0;
	case PFNMAP_TEST_PAGE:
		if (!t->page)
			return -EINVAL;
		return pfnmap_test_insert_pages(t, vma);
	case PFNMAP_TEST_MMAP_HUGE:
		vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND);
		return pfnmap_test_insert_huge(t, vma);
	}
	return -EINVAL;
}

/*
 * Where caches alias, the architecture refuses an address of a colour that is
 * not the file's. Who names an address here wants just that one: a huge entry
 * must be aligned.
 */
static unsigned long
pfnmap_test_get_unmapped_area(struct file *file, unsigned long addr,
			      unsigned long len, unsigned long pgoff,
			      unsigned long flags)
{
	if (flags & MAP_FIXED)
		return addr;
	return mm_get_unmapped_area(current->mm, file, addr, len, pgoff, flags);
}

/*
 * Not a pointer to a page table. pud_leaf() alone does not know one whose
 * protection is PROT_NONE on x86, which pud_trans_huge() does; and whatever
 * they do not know has bits that a pointer has not. A PUD that is no table of
 * its own has no entry to ask: what is stored there is the PMD.
 */
static bool pfnmap_test_pud_leaf(pud_t pud)
{
	if (__is_defined(__PAGETABLE_PMD_FOLDED))
		return false;
	return pud_leaf(pud) || pud_trans_huge(pud) || pud_devmap(pud) ||
	       pud_bad(pud);
}

/*
 * Walk to the entry that maps @e->addr. The leaf tests are those of the page
 * table itself, so that a lost or forged special bit shows as it is. A table
 * of only one entry, which is folded, is that of the level above.
 */
static void pfnmap_test_walk(struct mm_struct *mm, struct pfnmap_test_entry *e)
{
	unsigned long addr = e->addr;
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	/* Only then may pmd_leaf_hugetlb() be asked. */
	bool hugetlb = vma && is_vm_hugetlb_page(vma);
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud, pudval;
	pmd_t *pmd, pmdval;
	pte_t *pte, pteval;

	e->tables = 1;
	if (pgd_none(*pgd))
		return;
	p4d = p4d_offset(pgd, addr);
	e->tables += (void *)p4d != (void *)pgd;
	if (p4d_none(*p4d))
		return;

	pud = pud_offset(p4d, addr);
	e->tables += (void *)pud != (void *)p4d;
	pudval = READ_ONCE(*pud);
	if (pud_none(pudval))
		return;
	if (pfnmap_test_pud_leaf(pudval) ||
	    (hugetlb && !__is_defined(__PAGETABLE_PMD_FOLDED) &&
	     pud_leaf_hugetlb(pudval))) {
		e->level = PFNMAP_TEST_PUD;
		e->val = pud_val(pudval);
		e->present = pud_present(pudval) || pud_trans_huge(pudval) ||
			     pud_devmap(pudval);
#ifdef CONFIG_HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD
		/* Elsewhere no driver can insert one, and pud_pfn() may lack. */
		if (e->present)
			e->pfn = pud_pfn(pudval) +
				 ((addr & ~PUD_MASK) >> PAGE_SHIFT);
#endif
		return;
	}

	pmd = pmd_offset(pud, addr);
	e->tables += (void *)pmd != (void *)pud;
	pmdval = READ_ONCE(*pmd);
	if (pmd_none(pmdval))
		return;
	if (!pmd_present(pmdval) || pmd_leaf(pmdval) ||
	    pmd_trans_huge(pmdval) || pmd_devmap(pmdval) ||
	    (hugetlb && pmd_leaf_hugetlb(pmdval))) {
		e->level = PFNMAP_TEST_PMD;
		e->val = pmd_val(pmdval);
		e->present = !!pmd_present(pmdval);
		if (e->present)
			e->pfn = pmd_pfn(pmdval) +
				 ((addr & ~PMD_MASK) >> PAGE_SHIFT);
		return;
	}

	pte = pte_offset_map(pmd, addr);
	if (pte_offset_map_failed(pte))
		return;
	pteval = *pte;
	pte_unmap(pte);
	e->tables++;
	e->level = PFNMAP_TEST_PTE;
	e->table = pmd_val(pmdval);
	/* Not every architecture has an empty entry of zeroes. */
	e->val = pte_none(pteval) ? 0 : pte_val(pteval);
	e->present = !!pte_present(pteval);
	if (e->present)
		e->pfn = pte_pfn(pteval);
}

/* The mm of the process that is asked about, to be given back by mmput(). */
static struct mm_struct *pfnmap_test_mm_of(pid_t nr)
{
	struct task_struct *task;
	struct mm_struct *mm;
	struct pid *pid;

	if (!nr)
		return get_task_mm(current);
	pid = find_get_pid(nr);
	task = get_pid_task(pid, PIDTYPE_TGID);
	put_pid(pid);
	if (!task)
		return NULL;
	mm = get_task_mm(task);
	put_task_struct(task);
	return mm;
}

static long pfnmap_test_entry(struct pfnmap_test_entry *e)
{
	struct mm_struct *mm = pfnmap_test_mm_of(e->pid);

	if (!mm)
		return -ESRCH;
	e->val = 0;
	e->table = 0;
	e->pfn = 0;
	e->level = PFNMAP_TEST_NONE;
	e->present = 0;
	e->tables = 0;
	mmap_read_lock(mm);
	pfnmap_test_walk(mm, e);
	mmap_read_unlock(mm);
	mmput(mm);
	return 0;
}

static void pfnmap_test_put(enum pfnmap_test_call call, struct page **pages,
			    long nr)
{
	long i;

	switch (call) {
	case PFNMAP_TEST_PIN_FAST:
	case PFNMAP_TEST_PIN_FAST_ONLY:
	case PFNMAP_TEST_PIN:
	case PFNMAP_TEST_PIN_UNLOCKED:
	case PFNMAP_TEST_PIN_REMOTE:
		unpin_user_pages(pages, nr);
		return;
	case PFNMAP_TEST_NR_CALLS:
		return;
	default:
		for (i = 0; i < nr; i++)
			put_page(pages[i]);
	}
}

static long pfnmap_test_call(enum pfnmap_test_call call, unsigned long addr,
			     unsigned long nr, unsigned int flags,
			     struct page **pages)
{
	struct mm_struct *mm = current->mm;
	int locked = 1;
	long ret;

	switch (call) {
	case PFNMAP_TEST_GET_FAST:
		return get_user_pages_fast(addr, nr, flags, pages);
	case PFNMAP_TEST_PIN_FAST:
		return pin_user_pages_fast(addr, nr, flags, pages);
	case PFNMAP_TEST_GET_FAST_ONLY:
		return get_user_pages_fast_only(addr, nr, flags, pages);
	case PFNMAP_TEST_PIN_FAST_ONLY:
		return pin_user_pages_fast_only(addr, nr, flags, pages);
	case PFNMAP_TEST_GET_UNLOCKED:
		return get_user_pages_unlocked(addr, nr, pages, flags);
	case PFNMAP_TEST_PIN_UNLOCKED:
		return pin_user_pages_unlocked(addr, nr, pages, flags);
	case PFNMAP_TEST_NR_CALLS:
		return nr;
	default:
		break;
	}

	mmap_read_lock(mm);
	switch (call) {
	case PFNMAP_TEST_GET:
		ret = get_user_pages(addr, nr, flags, pages);
		break;
	case PFNMAP_TEST_PIN:
		ret = pin_user_pages(addr, nr, flags, pages);
		break;
	case PFNMAP_TEST_GET_REMOTE:
		ret = get_user_pages_remote(mm, addr, nr, flags, pages,
					    &locked);
		break;
	case PFNMAP_TEST_PIN_REMOTE:
		ret = pin_user_pages_remote(mm, addr, nr, flags, pages,
					    &locked);
		break;
	default:
		ret = -EINVAL;
	}
	if (locked)
		mmap_read_unlock(mm);
	return ret;
}

static unsigned int pfnmap_test_foll(u32 flags)
{
	return (flags & PFNMAP_TEST_WRITE ? FOLL_WRITE : 0) |
	       (flags & PFNMAP_TEST_LONGTERM ? FOLL_LONGTERM : 0) |
	       (flags & PFNMAP_TEST_SPLIT_PMD ? FOLL_SPLIT_PMD : 0);
}

static long pfnmap_test_gup(struct pfnmap_test_gup *gup)
{
	unsigned int flags = pfnmap_test_foll(gup->flags);
	struct page **pages;

	if (gup->nr_pages > PFNMAP_TEST_MAX_PAGES ||
	    gup->call >= PFNMAP_TEST_NR_CALLS)
		return -EINVAL;

	pages = kcalloc(PFNMAP_TEST_MAX_PAGES, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	gup->first_pfn = 0;
	gup->ret = pfnmap_test_call(gup->call, gup->addr, gup->nr_pages, flags,
				    pages);
	if (gup->ret > 0) {
		gup->first_pfn = page_to_pfn(pages[0]);
		pfnmap_test_put(gup->call, pages, gup->ret);
	}
	kfree(pages);
	return 0;
}

static long pfnmap_test_count(struct pfnmap_test_count *c)
{
	unsigned int flags = pfnmap_test_foll(c->flags);
	struct page **pages;
	cycles_t start;
	u32 i;

	if (!c->batch || c->nr_pages > PFNMAP_TEST_MAX_COUNTED ||
	    c->call > PFNMAP_TEST_NR_CALLS)
		return -EINVAL;

	pages = kvcalloc(c->nr_pages, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	c->taken = 0;
	c->ret = 0;

	start = get_cycles();
	for (i = 0; i < c->nr_pages; i += c->batch) {
		c->ret = pfnmap_test_call(c->call, c->addr + i * PAGE_SIZE,
					  min(c->batch, c->nr_pages - i),
					  flags, pages + c->taken);
		if (c->ret > 0)
			c->taken += c->ret;
	}
	c->get = get_cycles() - start;

	start = get_cycles();
	for (i = 0; i < c->taken; i += c->batch)
		pfnmap_test_put(c->call, pages + i,
				min(c->batch, c->taken - i));
	c->put = get_cycles() - start;

	kvfree(pages);
	return 0;
}

static long pfnmap_test_refs(struct pfnmap_test *t,
			     struct pfnmap_test_refs *refs)
{
	struct page *page;

	if (refs->index >= t->map.size >> PAGE_SHIFT)
		return -EINVAL;
	refs->pfn = t->pfn + refs->index;
	refs->refcount = -1;
	refs->mapcount = -1;
	if (t->page || t->pgmap_live ||
	    (t->map.flags & PFNMAP_TEST_MEMMAP && pfn_valid(refs->pfn))) {
		page = pfn_to_page(refs->pfn);
		refs->refcount = page_ref_count(page);
		refs->mapcount = page_mapcount(page);
	}
	return 0;
}

#ifdef CONFIG_HMM_MIRROR
static bool pfnmap_test_hmm_valid(struct mmu_interval_notifier *notifier,
				  const struct mmu_notifier_range *range,
				  unsigned long seq)
{
	mmu_interval_set_seq(notifier, seq);
	return true;
}

static const struct mmu_interval_notifier_ops pfnmap_test_hmm_ops = {
	.invalidate = pfnmap_test_hmm_valid,
};

static int pfnmap_test_hmm(unsigned long addr, u64 *pfn)
{
	struct mmu_interval_notifier notifier = { };
	struct mm_struct *mm = current->mm;
	unsigned long hmm_pfn = 0;
	struct hmm_range range = {
		.notifier = &notifier,
		.start = addr & PAGE_MASK,
		.end = (addr & PAGE_MASK) + PAGE_SIZE,
		.hmm_pfns = &hmm_pfn,
		.default_flags = HMM_PFN_REQ_FAULT,
	};
	int ret = mmu_interval_notifier_insert(&notifier, mm, range.start,
					       PAGE_SIZE,
					       &pfnmap_test_hmm_ops);

	if (ret)
		return ret;
	range.notifier_seq = mmu_interval_read_begin(&notifier);
	mmap_read_lock(mm);
	ret = hmm_range_fault(&range);
	mmap_read_unlock(mm);
	mmu_interval_notifier_remove(&notifier);
	*pfn = hmm_pfn & ~HMM_PFN_FLAGS;
	return ret;
}
#else
static int pfnmap_test_hmm(unsigned long addr, u64 *pfn)
{
	return -EOPNOTSUPP;
}
#endif

#ifdef CONFIG_DEVICE_MIGRATION
static int pfnmap_test_migrate(unsigned long addr)
{
	struct mm_struct *mm = current->mm;
	unsigned long src = 0, dst = 0;
	struct migrate_vma args = {
		.src = &src,
		.dst = &dst,
		.start = addr & PAGE_MASK,
		.end = (addr & PAGE_MASK) + PAGE_SIZE,
		.flags = MIGRATE_VMA_SELECT_SYSTEM,
	};
	int ret = -EFAULT;

	mmap_read_lock(mm);
	args.vma = vma_lookup(mm, addr);
	if (args.vma)
		ret = migrate_vma_setup(&args);
	if (!ret) {
		ret = args.cpages;
		/* To nowhere: the pages stay where they are. */
		migrate_vma_pages(&args);
		migrate_vma_finalize(&args);
	}
	mmap_read_unlock(mm);
	return ret;
}
#else
static int pfnmap_test_migrate(unsigned long addr)
{
	return -EOPNOTSUPP;
}
#endif

#ifdef CONFIG_MEMORY_FAILURE
static int pfnmap_test_poison(unsigned long addr, u64 *pfn)
{
	struct pfnmap_test_entry e = { .addr = addr };
	struct mm_struct *mm = current->mm;
	struct page *page;
	int ret;

	mmap_read_lock(mm);
	pfnmap_test_walk(mm, &e);
	mmap_read_unlock(mm);
	if (!e.present)
		return -EFAULT;
	*pfn = e.pfn;
	page = pfn_to_online_page(e.pfn);
	if (page && TestSetPageHWPoison(page))
		return -EBUSY;
	ret = memory_failure(e.pfn, MF_SW_SIMULATED | MF_ACTION_REQUIRED);
	if (page)
		ClearPageHWPoison(page);
	return ret;
}
#else
static int pfnmap_test_poison(unsigned long addr, u64 *pfn)
{
	return -EOPNOTSUPP;
}
#endif

static int pfnmap_test_follow(struct pfnmap_test_lookup *l)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	unsigned long pfn;
	spinlock_t *ptl;	/* of the PTE, until it is read */
	pte_t *ptep;
	int ret;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, l->addr);
	if (!vma) {
		ret = -EFAULT;
	} else if (l->how == PFNMAP_TEST_FOLLOW_PFN) {
		ret = follow_pfn(vma, l->addr, &pfn);
		if (!ret)
			l->pfn = pfn;
	} else {
		ret = follow_pte(mm, l->addr, &ptep, &ptl);
		if (!ret) {
			l->pfn = pte_pfn(*ptep);
			pte_unmap_unlock(ptep, ptl);
		}
	}
	mmap_read_unlock(mm);
	return ret;
}

#ifdef PFNMAP_TEST_HAS_FOLLOW_PFNMAP
static int pfnmap_test_follow_pfnmap(struct pfnmap_test_lookup *l)
{
	struct follow_pfnmap_args args = { .address = l->addr };
	struct mm_struct *mm = current->mm;
	int ret = -EFAULT;
	pte_t pte;

	mmap_read_lock(mm);
	args.vma = vma_lookup(mm, l->addr);
	if (args.vma)
		ret = follow_pfnmap_start(&args);
	if (!ret) {
		/* Dirty and young or not is no difference of protection. */
		pte = pte_mkyoung(pte_mkdirty(__pte(pgprot_val(args.pgprot))));
		l->pfn = args.pfn;
		l->pgprot = pte_val(pte_clear_soft_dirty(pte));
		follow_pfnmap_end(&args);
	}
	mmap_read_unlock(mm);
	return ret;
}
#else
static int pfnmap_test_follow_pfnmap(struct pfnmap_test_lookup *l)
{
	return -EOPNOTSUPP;
}
#endif

static int pfnmap_test_fault_in(unsigned long addr, unsigned int flags)
{
	struct mm_struct *mm = current->mm;
	int ret;

	mmap_read_lock(mm);
	ret = fixup_user_fault(mm, addr, flags, NULL);
	mmap_read_unlock(mm);
	return ret;
}

static long pfnmap_test_lookup(struct pfnmap_test_lookup *l)
{
	l->pfn = 0;
	l->pgprot = 0;
	switch (l->how) {
	case PFNMAP_TEST_FOLLOW_PFN:
	case PFNMAP_TEST_FOLLOW_PTE:
		l->ret = pfnmap_test_follow(l);
		return 0;
	case PFNMAP_TEST_HMM:
		l->ret = pfnmap_test_hmm(l->addr, &l->pfn);
		return 0;
	case PFNMAP_TEST_FOLLOW_PFNMAP:
		l->ret = pfnmap_test_follow_pfnmap(l);
		return 0;
	case PFNMAP_TEST_MIGRATE:
		l->ret = pfnmap_test_migrate(l->addr);
		return 0;
	case PFNMAP_TEST_POISON:
		l->ret = pfnmap_test_poison(l->addr, &l->pfn);
		return 0;
	case PFNMAP_TEST_FAULT_READ:
		l->ret = pfnmap_test_fault_in(l->addr, 0);
		return 0;
	case PFNMAP_TEST_FAULT_WRITE:
		l->ret = pfnmap_test_fault_in(l->addr, FAULT_FLAG_WRITE);
		return 0;
	}
	return -EINVAL;
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
static pmd_t *pfnmap_test_pmdp(struct mm_struct *mm, unsigned long addr)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;

	if (pgd_none(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud) || pfnmap_test_pud_leaf(*pud))
		return NULL;
	return pmd_offset(pud, addr);
}

/*
 * Without any lock, and with interrupts off, which holds up a flush of the TLB
 * on another CPU. The page table stays as long as @r->addr is mapped.
 */
static long pfnmap_test_read(struct pfnmap_test_read *r)
{
	unsigned long flags;
	pmd_t *pmdp, pmd;
	u32 i;

	mmap_read_lock(current->mm);
	pmdp = pfnmap_test_pmdp(current->mm, r->addr);
	mmap_read_unlock(current->mm);
	if (!pmdp)
		return -EFAULT;

	r->permitted = 0;
	r->torn = 0;
	r->torn_val = 0;
	for (i = 0; i < r->nr; i++) {
		local_irq_save(flags);
		pmd = r->plain ? READ_ONCE(*pmdp) : pmdp_get_lockless(pmdp);
		local_irq_restore(flags);
		if (i % 1024 == 0)
			cond_resched();
		if (!pmd_present(pmd) || !pmd_trans_huge(pmd) ||
		    !pmd_access_permitted(pmd, true))
			continue;
		r->permitted++;
		if (pmd_val(pmd) != r->val) {
			r->torn++;
			r->torn_val = pmd_val(pmd);
		}
	}
	return 0;
}
#else
static long pfnmap_test_read(struct pfnmap_test_read *r)
{
	return -EOPNOTSUPP;
}
#endif

static long pfnmap_test_conceal(struct pfnmap_test *t,
				const struct pfnmap_test_conceal *c)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	long ret = -EFAULT;

	mmap_write_lock(mm);
	vma = vma_lookup(mm, c->addr);
	if (vma && vma->vm_private_data == t) {
		ret = 0;
		if (c->conceal)
			vm_flags_clear(vma, VM_PFNMAP | VM_MIXEDMAP | VM_IO);
		else
			vm_flags_set(vma, VM_PFNMAP);
	}
	mmap_write_unlock(mm);
	return ret;
}

static void pfnmap_test_info(struct pfnmap_test_info *info)
{
	memset(info, 0, sizeof(*info));
	info->fast_gup = has_fast_gup();
	info->devmap = IS_ENABLED(CONFIG_ZONE_DEVICE) &&
		       IS_ENABLED(CONFIG_ARCH_HAS_PTE_DEVMAP);
	info->pte_special = pte_val(pte_mkspecial(__pte(0)));
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	/* The same kernel may find an MMU that rules it out. */
	if (has_transparent_hugepage() && !arch_needs_pgtable_deposit())
		info->pmd_special = pmd_val(pmd_mkspecial(__pmd(0)));
#endif
#ifdef CONFIG_ARCH_SUPPORTS_PUD_PFNMAP
	info->pud_special = pud_val(pud_mkspecial(__pud(0)));
#endif
	info->pmd_size = PMD_SIZE;
	info->pud_size = PUD_SIZE;
	info->access = IS_ENABLED(CONFIG_HAVE_IOREMAP_PROT);
	info->pmd_share = has_pmd_share();
}

/* What each processor has not added to the counter yet counts as well. */
static u64 pfnmap_test_counter(enum node_stat_item item)
{
	struct pglist_data *pgdat;
	long sum = 0;
	int cpu;

	/* This processor's vmstat_update() must not come in between. */
	preempt_disable();
	for_each_online_pgdat(pgdat) {
		sum += atomic_long_read(&pgdat->vm_stat[item]);
		for_each_possible_cpu(cpu)
			sum += per_cpu_ptr(pgdat->per_cpu_nodestats,
					   cpu)->vm_node_stat_diff[item];
	}
	preempt_enable();
	return sum;
}

static long pfnmap_test_ioctl(struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	struct pfnmap_test *t = file->private_data;
	union {
		struct pfnmap_test_map map;
		struct pfnmap_test_entry entry;
		struct pfnmap_test_gup gup;
		struct pfnmap_test_count count;
		struct pfnmap_test_refs refs;
		struct pfnmap_test_info info;
		struct pfnmap_test_lookup lookup;
		struct pfnmap_test_zap zap;
		struct pfnmap_test_read read;
		struct pfnmap_test_pins pins;
		struct pfnmap_test_conceal conceal;
	} u;
	void __user *uarg = (void __user *)arg;
	unsigned int size = _IOC_SIZE(cmd);
	long ret = 0;

	if (size > sizeof(u))
		return -ENOTTY;
	if (_IOC_DIR(cmd) & _IOC_WRITE && copy_from_user(&u, uarg, size))
		return -EFAULT;

	switch (cmd) {
	case PFNMAP_TEST_MAP:
		mutex_lock(&t->lock);
		ret = pfnmap_test_map(t, &u.map);
		mutex_unlock(&t->lock);
		break;
	case PFNMAP_TEST_ENTRY:
		ret = pfnmap_test_entry(&u.entry);
		break;
	case PFNMAP_TEST_GUP:
		ret = pfnmap_test_gup(&u.gup);
		break;
	case PFNMAP_TEST_COUNT:
		ret = pfnmap_test_count(&u.count);
		break;
	case PFNMAP_TEST_REFS:
		ret = pfnmap_test_refs(t, &u.refs);
		break;
	case PFNMAP_TEST_INFO:
		pfnmap_test_info(&u.info);
		break;
	case PFNMAP_TEST_KILL:
		mutex_lock(&t->lock);
		pfnmap_test_kill(t);
		mutex_unlock(&t->lock);
		break;
	case PFNMAP_TEST_LOOKUP:
		ret = pfnmap_test_lookup(&u.lookup);
		break;
	case PFNMAP_TEST_ZAP:
		unmap_mapping_range(file->f_mapping, u.zap.offset, u.zap.size,
				    1);
		break;
	case PFNMAP_TEST_READ:
		ret = pfnmap_test_read(&u.read);
		break;
	case PFNMAP_TEST_PINS:
		u.pins.acquired = pfnmap_test_counter(NR_FOLL_PIN_ACQUIRED);
		u.pins.released = pfnmap_test_counter(NR_FOLL_PIN_RELEASED);
		break;
	case PFNMAP_TEST_CONCEAL:
		ret = pfnmap_test_conceal(t, &u.conceal);
		break;
	default:
		return -ENOTTY;
	}

	if (!ret && _IOC_DIR(cmd) & _IOC_READ && copy_to_user(uarg, &u, size))
		return -EFAULT;
	return ret;
}

static const struct file_operations pfnmap_test_fops = {
	.owner = THIS_MODULE,
	.open = pfnmap_test_open,
	.release = pfnmap_test_release,
	.mmap = pfnmap_test_mmap,
	.get_unmapped_area = pfnmap_test_get_unmapped_area,
	.unlocked_ioctl = pfnmap_test_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice pfnmap_test_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = PFNMAP_TEST_DEV,
	.fops = &pfnmap_test_fops,
	.mode = 0600,
};

static int __init pfnmap_test_init(void)
{
	pfnmap_test_fill_pool();
	return misc_register(&pfnmap_test_dev);
}
device_initcall(pfnmap_test_init);
