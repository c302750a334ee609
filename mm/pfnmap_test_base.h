/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What mm/pfnmap_test.c has to know of the kernel that it is built in. The
 * bases are Linux 6.1 and 6.12; all that differs between them is here.
 *
 * What 6.1 lacks gets the name and the meaning that it has in 6.12. What 6.12
 * lacks keeps its name: it does the same if that can be done, and else returns
 * -EOPNOTSUPP. Where both have it and neither name fits the other, it has one
 * of our own.
 *
 * The last include: it gives new meanings to what the others declare.
 */
#ifndef __PFNMAP_TEST_BASE_H
#define __PFNMAP_TEST_BASE_H

#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/pgtable.h>
#include <linux/sched/mm.h>

/* 6.1 has no such name, for a number that it calls MAX_ORDER less one. */
#ifndef MAX_PAGE_ORDER

#define MAX_PAGE_ORDER	(MAX_ORDER - 1)

/* What ->huge_fault is told to insert: not an order yet. */
#define huge_fault_order enum page_entry_size
#define HUGE_FAULT_PMD	PE_SIZE_PMD
#define HUGE_FAULT_PUD	PE_SIZE_PUD

static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}

static inline unsigned long
mm_get_unmapped_area(struct mm_struct *mm, struct file *file,
		     unsigned long addr, unsigned long len,
		     unsigned long pgoff, unsigned long flags)
{
	return mm->get_unmapped_area(file, addr, len, pgoff, flags);
}

/* Without an array for the vmas. */
#define get_user_pages(start, nr_pages, flags, pages) \
	get_user_pages(start, nr_pages, flags, pages, NULL)
#define pin_user_pages(start, nr_pages, flags, pages) \
	pin_user_pages(start, nr_pages, flags, pages, NULL)
#define get_user_pages_remote(mm, start, nr_pages, flags, pages, locked) \
	get_user_pages_remote(mm, start, nr_pages, flags, pages, NULL, locked)
#define pin_user_pages_remote(mm, start, nr_pages, flags, pages, locked) \
	pin_user_pages_remote(mm, start, nr_pages, flags, pages, NULL, locked)

#ifndef pmdp_get_lockless
/* As fast GUP read a PMD before that was there, and where a word is enough. */
#define pmdp_get_lockless(pmdp)	READ_ONCE(*(pmdp))
#endif

/* The unpatched kernel has no such option, and not the function either. */
#if defined(CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP) && \
	defined(CONFIG_HAVE_IOREMAP_PROT)
#define PFNMAP_TEST_HAS_FOLLOW_PFNMAP
#endif

/* Whether pte_offset_map() found no page table any more: it always does. */
static inline bool pte_offset_map_failed(const pte_t *pte)
{
	return false;
}

/*
 * Of hugetlb there are entries that pud_leaf() and pmd_leaf() do not know. Ask
 * only where the vma is of hugetlb: those of sparc64 are true of a table, too.
 */
#define pud_leaf_hugetlb(pud)	pud_huge(pud)
#define pmd_leaf_hugetlb(pmd)	pmd_huge(pmd)

/* What prep_compound_page() put into flags of the first tail page: nothing. */
static inline void clear_compound_flags(struct page *page)
{
}

static inline bool has_fast_gup(void)
{
	return IS_ENABLED(CONFIG_HAVE_FAST_GUP);
}

static inline bool has_pmd_share(void)
{
	return IS_ENABLED(CONFIG_HUGETLB_PAGE) &&
	       IS_ENABLED(CONFIG_ARCH_WANT_HUGE_PMD_SHARE);
}

#else /* MAX_PAGE_ORDER: 6.12 */

#define huge_fault_order unsigned int
#define HUGE_FAULT_PMD	PMD_ORDER
#define HUGE_FAULT_PUD	PUD_ORDER

#define PFNMAP_TEST_HAS_FOLLOW_PFNMAP

static inline bool pte_offset_map_failed(const pte_t *pte)
{
	return !pte;
}

#define pud_leaf_hugetlb(pud)	pud_leaf(pud)
#define pmd_leaf_hugetlb(pmd)	pmd_leaf(pmd)

/* The order is there, and would be flags that no free page may have. */
static inline void clear_compound_flags(struct page *page)
{
	page[1].flags &= ~PAGE_FLAGS_SECOND;
}

static inline bool has_fast_gup(void)
{
	return IS_ENABLED(CONFIG_HAVE_GUP_FAST);
}

static inline bool has_pmd_share(void)
{
	return IS_ENABLED(CONFIG_HUGETLB_PMD_PAGE_TABLE_SHARING);
}

/* PTEs of the page, unless it has a type, and huge entries that have it all. */
static inline int page_mapcount(struct page *page)
{
	struct folio *folio = page_folio(page);
	int whole = folio_test_large(folio) ? folio_entire_mapcount(folio) : 0;
	int own = atomic_read(&page->_mapcount) + 1;

	return page_mapcount_is_type(own) ? whole : whole + own;
}

#ifndef CONFIG_HAS_IOMEM
/* Nobody calls them there, but these names are not declared any more. */
#undef ioremap_wc
static inline void __iomem *ioremap_wc(phys_addr_t phys, size_t size)
{
	return NULL;
}

static inline void iounmap(void __iomem *addr)
{
}
#endif

/* Nothing else takes FOLL_PIN references by fast GUP and stops there. */
static inline int pin_user_pages_fast_only(unsigned long start, int nr_pages,
					   unsigned int gup_flags,
					   struct page **pages)
{
	return -EOPNOTSUPP;
}

static inline int follow_pfn(struct vm_area_struct *vma, unsigned long address,
			     unsigned long *pfn)
{
	return -EOPNOTSUPP;
}

static inline int follow_pte(struct mm_struct *mm, unsigned long address,
			     pte_t **ptepp, spinlock_t **ptlp)
{
	return -EOPNOTSUPP;
}

#endif /* MAX_PAGE_ORDER */

#endif /* __PFNMAP_TEST_BASE_H */
