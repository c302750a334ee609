// SPDX-License-Identifier: GPL-2.0
/*
 * A device behind an IOMMU that does DMA to a special mapping: VFIO looks up the
 * page frames by user address, and hands them to the IOMMU.
 *
 * The device is QEMU's edu, which copies from and to any address that it is told:
 * so it shows which page frames the IOMMU was given.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "device.h"
#include "gup.h"
#include "memory.h"
#include "pci.h"
#include "process.h"
#include "run.h"

/* Addresses for the device, which has 28 bits. A huge page of the IOMMU fits. */
#define BOUNCE_IOVA	0x800000UL
#define IOVA		0x1000000UL

/* Registers of edu, and the buffer through which it copies. */
#define EDU_SOURCE	0x80
#define EDU_TARGET	0x88
#define EDU_COUNT	0x90
#define EDU_COMMAND	0x98
#define EDU_START	0x1
#define EDU_TO_MEMORY	0x2
#define EDU_BUFFER	0x40000

/* Not at the start of a page. */
#define OFFSET		16

/* A lookup for each page of a PUD would take too long. */
#define MAX_RANGE	(4UL << 20)

enum source { DEVICE, BAR, KERNEL, ANON };

/**
 * struct piece - a part of the mapping, with page frames of its own
 * @addr: where it is
 * @size: bytes
 * @fd: file of the test device, -1 for ordinary memory
 * @off: from the start of @fd
 * @window: the same memory, by PTEs and for writing; NULL if it has none
 * @refs: reference counts of the first and the last page
 */
struct piece {
	char *addr;
	size_t size;
	int fd;
	size_t off;
	char *window;
	int refs[2];
};

/**
 * struct dma - what the device is to reach
 * @kind: what the test device maps, see memory()
 * @source: what memory without struct pages is, DEVICE for hidden memory; or ANON
 * @readonly: the entries permit reading only
 * @swapped: the second half of the memory comes first
 * @bar_behind: a BAR follows, in a mapping of its own
 */
struct dma {
	const char *kind;
	enum source source;
	bool readonly;
	bool swapped;
	bool bar_behind;

	struct memory memory;
	char *addr;		/* the page before it is ordinary */
	size_t size;
	struct piece pieces[3];
	unsigned int nr_pieces;
	int container, device;
	volatile char *regs;
	char *bounce;
};

static int must(int ret, const char *what)
{
	if (ret < 0)
		setup_failed("%s: %s", what, strerror(errno));
	return ret;
}

/* -errno as VFIO reports it. */
static int map_dma(const struct dma *d, uint64_t iova, const char *addr,
		   size_t size, bool write)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ,
		.vaddr = (uintptr_t)addr,
		.iova = iova,
		.size = size,
	};

	if (write)
		map.flags |= VFIO_DMA_MAP_FLAG_WRITE;
	return ioctl(d->container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

/* How many bytes were mapped. */
static uint64_t unmap_dma(const struct dma *d, uint64_t iova, size_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = size,
	};

	must(ioctl(d->container, VFIO_IOMMU_UNMAP_DMA, &unmap),
	     "VFIO_IOMMU_UNMAP_DMA");
	return unmap.size;
}

/* The sysfs directory of the device that vfio-pci has; false if there is none. */
static bool find_device(char *path, size_t size)
{
	glob_t g;

	if (glob("/sys/bus/pci/drivers/vfio-pci/*/iommu_group", 0, NULL, &g))
		return false;
	snprintf(path, size, "%s", g.gl_pathv[0]);
	*strrchr(path, '/') = 0;
	globfree(&g);
	return true;
}

static void open_group(struct dma *d, const char *dir)
{
	char path[320], link[256] = "";
	int group;

	snprintf(path, sizeof(path), "%s/iommu_group", dir);
	must(readlink(path, link, sizeof(link) - 1), path);
	d->container = must(open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC),
			    "/dev/vfio/vfio");
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	group = must(open(path, O_RDWR | O_CLOEXEC), path);
	must(ioctl(group, VFIO_GROUP_SET_CONTAINER, &d->container),
	     "VFIO_GROUP_SET_CONTAINER");
	must(ioctl(d->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU),
	     "VFIO_SET_IOMMU");
	d->device = must(ioctl(group, VFIO_GROUP_GET_DEVICE_FD,
			       strrchr(dir, '/') + 1),
			 "VFIO_GROUP_GET_DEVICE_FD");
}

static struct vfio_region_info region(const struct dma *d, unsigned int index)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info),
		.index = index,
	};

	must(ioctl(d->device, VFIO_DEVICE_GET_REGION_INFO, &info),
	     "VFIO_DEVICE_GET_REGION_INFO");
	return info;
}

static bool open_device(struct dma *d)
{
	struct vfio_region_info config, bar;
	char dir[256];
	uint16_t command;
	uint32_t id;
	off_t at;

	if (!find_device(dir, sizeof(dir))) {
		skip("vfio-pci has no device behind an IOMMU");
		return false;
	}
	open_group(d, dir);
	config = region(d, VFIO_PCI_CONFIG_REGION_INDEX);
	at = config.offset + PCI_VENDOR_ID;
	if (pread(d->device, &id, sizeof(id), at) != sizeof(id))
		setup_failed("PCI_VENDOR_ID: %s", strerror(errno));
	if (id != 0x11e81234)
		setup_failed("device 0x%x is not edu", id);
	at = config.offset + PCI_COMMAND;
	command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	if (pwrite(d->device, &command, sizeof(command), at) != sizeof(command))
		setup_failed("PCI_COMMAND: %s", strerror(errno));
	bar = region(d, VFIO_PCI_BAR0_REGION_INDEX);
	d->regs = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       d->device, bar.offset);
	if (d->regs == MAP_FAILED)
		setup_failed("mmap of the registers: %s", strerror(errno));
	return true;
}

/* Nothing that follows means anything if VFIO does not take ordinary memory. */
static void make_bounce(struct dma *d)
{
	unsigned long held = pins_held();
	int ret;

	d->bounce = ordinary(getpagesize());
	ret = map_dma(d, BOUNCE_IOVA, d->bounce, getpagesize(), true);
	if (ret)
		setup_failed("VFIO_IOMMU_MAP_DMA of ordinary memory: %s",
			     strerror(-ret));
	if (pins_held() != held + 1)
		setup_failed("VFIO does not pin ordinary memory");
}

/* The first multiple of @align in the kernel's code: pages that are reserved. */
static bool kernel_code(uint64_t align, size_t size, uint64_t *phys)
{
	unsigned long long start, end;
	bool found = false;
	char line[256];
	FILE *f;

	f = fopen("/proc/iomem", "r");
	while (f && !found && fgets(line, sizeof(line), f)) {
		if (!strstr(line, " : Kernel code") ||
		    sscanf(line, "%llx-%llx", &start, &end) != 2)
			continue;
		*phys = start + -start % align;
		found = *phys + size <= end + 1;
	}
	if (f)
		fclose(f);
	return found;
}

static bool find_memory(enum source from, uint64_t align, size_t size,
			uint64_t *phys)
{
	int fd;

	switch (from) {
	case BAR:
		fd = pci_bar(size, phys);
		if (fd < 0) {
			skip("no BAR of %zu bytes that can be mapped", size);
			return false;
		}
		close(fd);
		return true;
	case KERNEL:
		if (kernel_code(align, size, phys))
			return true;
		skip("the kernel's code has no %zu bytes in the right place",
		     size);
		return false;
	default:
		return need_hidden(phys, align);
	}
}

static char *map_at(char *addr, size_t size, int prot, int fd, size_t off)
{
	int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;

	if (addr)
		flags |= MAP_FIXED;
	addr = mmap(addr, size, prot, flags, fd, off);
	if (addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	return addr;
}

static void add_piece(struct dma *d, char *addr, size_t size, int fd,
		      size_t off, bool readonly)
{
	struct piece *p = &d->pieces[d->nr_pieces++];

	p->addr = map_at(addr, size,
			 readonly ? PROT_READ : PROT_READ | PROT_WRITE, fd,
			 off);
	p->size = size;
	p->fd = fd;
	p->off = off;
}

/* A file of the test device; false if there is no such memory. */
static bool make_fd(struct dma *d, enum source from, size_t size, int *fd,
		    uint64_t *phys)
{
	struct memory m = d->memory;

	*phys = 0;
	if (m.backing == PFNMAP_TEST_PHYS &&
	    !find_memory(from, level_size(m.level), size, phys))
		return false;
	if (from == KERNEL)
		m.flags |= PFNMAP_TEST_MEMMAP;
	*fd = memory_open_at(&m, size, *phys);
	return *fd >= 0;
}

/* What nobody may write has none, and what VFIO refuses needs none. */
static void map_window(struct piece *p, uint64_t phys)
{
	const struct memory m = memory("pte.fault_no_memmap");
	int fd = memory_open_at(&m, p->size, phys);

	p->window = map_at(NULL, p->size, PROT_READ | PROT_WRITE, fd, 0);
	close(fd);
}

static bool make_special(struct dma *d, char *addr, size_t size,
			 enum source from)
{
	unsigned int i = d->nr_pieces;
	uint64_t phys;
	int fd;

	if (!make_fd(d, from, size, &fd, &phys))
		return false;
	if (d->swapped) {
		add_piece(d, addr, size / 2, fd, size / 2, d->readonly);
		add_piece(d, addr + size / 2, size / 2, fd, 0, d->readonly);
	} else {
		add_piece(d, addr, size, fd, 0, d->readonly);
	}
	for (; phys && from != KERNEL && i < d->nr_pieces; i++)
		map_window(&d->pieces[i], phys + d->pieces[i].off);
	return true;
}

static void read_refs(const struct piece *p, int *refs)
{
	size_t page = getpagesize();

	refs[0] = -1;
	refs[1] = -1;
	if (p->fd < 0)
		return;
	refs[0] = refs_of(p->fd, p->off / page).refcount;
	refs[1] = refs_of(p->fd, (p->off + p->size) / page - 1).refcount;
}

/*
 * An ordinary page, and behind it what the test is about: two entries, or one
 * where two would be too much. Nothing is touched here.
 */
static void setup(void *data)
{
	size_t page = getpagesize(), huge, size;
	struct dma *d = data;
	unsigned int i, level;
	char *room;

	d->memory = memory(d->kind);
	level = d->memory.level;
	huge = level_size(level);
	size = level == PFNMAP_TEST_PTE ? 2 * NR_PAGES * page : huge;

	/* No 32-bit machine has one, nor could the kernel map as much. */
	if (level == PFNMAP_TEST_PUD && !info()->pud_special) {
		skip("a PUD cannot be marked special");
		return;
	}
	if (!open_device(d))
		return;
	make_bounce(d);
	if (level == PFNMAP_TEST_PMD && d->source != KERNEL)
		size *= 2;
	d->size = d->bar_behind ? 2 * size : size;
	room = aligned_room(huge + d->size, huge);
	if (!room)
		setup_failed("mmap: %s", strerror(errno));
	d->addr = room + huge;
	add_piece(d, d->addr - page, page, -1, 0, false);
	if (d->source == ANON)
		add_piece(d, d->addr, size, -1, 0, false);
	else if (!make_special(d, d->addr, size, d->source))
		return;
	if (d->bar_behind && !make_special(d, d->addr + size, size, BAR))
		return;
	for (i = 0; i < d->nr_pieces; i++)
		read_refs(&d->pieces[i], d->pieces[i].refs);
}

/* What is pinned, VFIO takes; of what is not, only what cannot be freed. */
static int answer(const struct dma *d)
{
	if (d->source == ANON || is_counted(&d->memory))
		return 0;
	/* VFIO looks up frames of VM_PFNMAP only. */
	if (!is_mixed(&d->memory) && d->memory.backing == PFNMAP_TEST_PHYS)
		return 0;
	return -EFAULT;
}

static const struct piece *piece_at(const struct dma *d, const char *addr)
{
	const struct piece *p = d->pieces;

	while (addr - p->addr >= (long)p->size)
		p++;
	return p;
}

/* Of the pages of ordinary memory in there VFIO has to take references. */
static unsigned long nr_ordinary(const struct dma *d, const char *addr,
				 size_t size)
{
	size_t page = getpagesize(), i;
	unsigned long nr = 0;

	for (i = 0; i < size; i += page)
		nr += piece_at(d, addr + i)->fd < 0 ||
		      is_counted(&d->memory);
	return nr;
}

/* The entry for @addr is the one that was asked for, of the right frame. */
static void judge_entry(const struct dma *d, char *addr)
{
	const struct piece *p = piece_at(d, addr);
	unsigned int level = d->memory.level;
	struct pfnmap_test_entry entry;
	uint64_t pfn;

	if (p->fd < 0)
		return;
	if (!level_special(level))
		level = PFNMAP_TEST_PTE;
	pfn = refs_of(p->fd, (p->off + (addr - p->addr)) / getpagesize()).pfn;
	entry = entry_at(addr);
	if (entry.level != level || !entry.present || entry.pfn != pfn ||
	    (entry.val & level_special(level)) != level_special(level))
		fail("level %u, not %u, entry 0x%llx, not of pfn 0x%llx",
		     entry.level, level, (unsigned long long)entry.val,
		     (unsigned long long)pfn);
}

static void touch(const struct dma *d, char *addr)
{
	if (d->readonly)
		(void)*(volatile char *)addr;
	else
		*(volatile char *)addr = 1;
}

/* Let the device copy eight bytes. */
static void copy(const struct dma *d, uint64_t from, uint64_t to)
{
	const uint64_t step[2][3] = {
		{ from, EDU_BUFFER, EDU_START },
		{ EDU_BUFFER, to, EDU_START | EDU_TO_MEMORY },
	};
	unsigned int i;

	for (i = 0; i < 2; i++) {
		*(volatile uint32_t *)(d->regs + EDU_SOURCE) = step[i][0];
		*(volatile uint32_t *)(d->regs + EDU_TARGET) = step[i][1];
		*(volatile uint32_t *)(d->regs + EDU_COUNT) = sizeof(uint64_t);
		*(volatile uint32_t *)(d->regs + EDU_COMMAND) = step[i][2];
		while (*(volatile uint32_t *)(d->regs + EDU_COMMAND) & EDU_START)
			usleep(1000);
	}
}

static volatile uint64_t *seen(const struct dma *d, char *addr)
{
	const struct piece *p = piece_at(d, addr);

	if (p->window)
		addr = p->window + (addr - p->addr);
	return (volatile uint64_t *)addr;
}

/* The device has to find at @iova what is seen at @addr. */
static void judge_read(const struct dma *d, uint64_t iova, char *addr)
{
	volatile uint64_t *bounce = (uint64_t *)d->bounce;
	volatile uint64_t *here = seen(d, addr);
	static uint64_t fresh = 0x5a5a0000;

	/* The kernel's code stays as it is. */
	if ((char *)here != addr || piece_at(d, addr)->fd < 0)
		*here = ++fresh;
	*bounce = 0;
	copy(d, iova, BOUNCE_IOVA);
	if (*bounce != *here)
		fail("the device reads 0x%llx, not 0x%llx",
		     (unsigned long long)*bounce, (unsigned long long)*here);
}

/* Nor does it write to the wrong place, or where VFIO was not asked for it. */
static void judge_write(const struct dma *d, uint64_t iova, char *addr)
{
	volatile uint64_t *bounce = (uint64_t *)d->bounce;
	volatile uint64_t *here = seen(d, addr);
	static uint64_t fresh = 0xa5a50000;
	uint64_t want;

	if (d->source == KERNEL)
		return;
	*here = 0;
	*bounce = ++fresh;
	copy(d, BOUNCE_IOVA, iova);
	want = d->readonly ? 0 : fresh;
	if (*here != want)
		fail("the device writes 0x%llx, not 0x%llx",
		     (unsigned long long)*here, (unsigned long long)want);
}

/* Give it back, and find everything as it was. */
static void judge_unmap(const struct dma *d, size_t mapped, size_t size,
			unsigned long held)
{
	uint64_t unmapped = unmap_dma(d, IOVA, size);
	unsigned int i;
	int refs[2];

	if (unmapped != mapped)
		fail("%llu bytes were mapped, not %zu",
		     (unsigned long long)unmapped, mapped);
	if (pins_held() != held)
		fail("%ld pages are still pinned", pins_held() - held);
	for (i = 0; i < d->nr_pieces; i++) {
		read_refs(&d->pieces[i], refs);
		if (memcmp(refs, d->pieces[i].refs, sizeof(refs)))
			fail("references: %d and %d, not %d and %d", refs[0],
			     refs[1], d->pieces[i].refs[0],
			     d->pieces[i].refs[1]);
	}
}

static void judge_range(const struct dma *d, char *addr, size_t size)
{
	char *last = addr + size - getpagesize();
	unsigned long acquired, held = pins_held();
	unsigned long nr = nr_ordinary(d, addr, size);
	int ret, want = answer(d);

	if (d->readonly) {
		ret = map_dma(d, IOVA, addr, size, true);
		if (ret != -EFAULT)
			fail("for writing: returned %d, not %d", ret, -EFAULT);
		judge_unmap(d, ret ? 0 : size, size, held);
	}
	acquired = pins_acquired();
	ret = map_dma(d, IOVA, addr, size, !d->readonly);
	if (ret != want)
		fail("returned %d, not %d", ret, want);
	if (pins_acquired() - acquired != nr)
		fail("%lu pages were pinned, not %lu",
		     pins_acquired() - acquired, nr);
	if (!ret && pins_held() - held != nr)
		fail("%lu pages are pinned, not %lu", pins_held() - held, nr);
	judge_entry(d, addr);
	judge_entry(d, last);
	if (!ret) {
		judge_read(d, IOVA + OFFSET, addr + OFFSET);
		judge_write(d, IOVA + (last - addr) + OFFSET, last + OFFSET);
	}
	judge_unmap(d, ret ? 0 : size, size, held);
}

/* The fault is for VFIO to ask for. */
static void check_fault(const struct check *check, void *data)
{
	struct dma *d = data;

	(void)check;
	if (d->memory.insert != PFNMAP_TEST_REMAP && entry_at(d->addr).present)
		fail("there is an entry before anybody asked for it");
	judge_range(d, d->addr, getpagesize());
}

static void judge(struct dma *d, char *addr, size_t size)
{
	char *at;

	for (at = addr; at < addr + size; at += getpagesize())
		touch(d, at);
	/* What VFIO says to an entry shows only if the entry is there. */
	judge_entry(d, addr);
	judge_entry(d, addr + size - getpagesize());
	judge_range(d, addr, size);
}

static void check_map(const struct check *check, void *data)
{
	struct dma *d = data;

	(void)check;
	judge(d, d->addr, d->size < MAX_RANGE ? d->size : MAX_RANGE);
}

static void check_middle(const struct check *check, void *data)
{
	struct dma *d = data;
	size_t page = getpagesize();

	(void)check;
	judge(d, d->addr + d->size / 4 + page, 2 * page);
}

/* From one entry to the next. */
static void check_border(const struct check *check, void *data)
{
	struct dma *d = data;
	size_t page = getpagesize();

	(void)check;
	judge(d, d->addr + d->size / 2 - page, 2 * page);
}

static void check_end(const struct check *check, void *data)
{
	struct dma *d = data;
	size_t page = getpagesize();

	(void)check;
	judge(d, d->addr + d->size - page, page);
}

/* The ordinary page was pinned when the next one turns out to be special. */
static void check_after_ordinary(const struct check *check, void *data)
{
	struct dma *d = data;
	size_t page = getpagesize();

	(void)check;
	judge(d, d->addr - page, 2 * page);
}

#define ROW(n, ...)	{ n, setup, checks, &(struct dma){ .kind = __VA_ARGS__ } }

int main(int argc, char **argv)
{
	static const struct check checks[] = {
		{ "fault", check_fault, NULL },
		{ "map", check_map, NULL },
		{ "middle", check_middle, NULL },
		{ "border", check_border, NULL },
		{ "end", check_end, NULL },
		{ "after_ordinary", check_after_ordinary, NULL },
		{ "", NULL, NULL }
	};
	struct group groups[] = {
		ROW("ordinary", "pte.insert_page", .source = ANON),
		ROW("pte_order0", "pte.fault_order0"),
		ROW("pte_remap", "pte.order0"),
		ROW("pte_no_memmap", "pte.fault_no_memmap"),
		ROW("pte_swapped", "pte.fault_no_memmap", .swapped = true),
		ROW("pte_readonly", "pte.fault_no_memmap", .readonly = true),
		ROW("pte_reserved", "pte.fault_no_memmap", .source = KERNEL,
		    .readonly = true),
		ROW("pte_bar", "pte.no_memmap", .source = BAR),
		ROW("pte_mixed_order0", "pte.mixed_order0"),
		ROW("pte_mixed_no_memmap", "pte.mixed_no_memmap"),
		ROW("pmd_order0", "pmd.order0"),
		ROW("pmd_compound", "pmd.compound"),
		ROW("pmd_no_memmap", "pmd.no_memmap"),
		ROW("pmd_swapped", "pmd.no_memmap", .swapped = true),
		ROW("pmd_readonly", "pmd.no_memmap", .readonly = true),
		ROW("pmd_reserved", "pmd.no_memmap", .source = KERNEL,
		    .readonly = true),
		ROW("pmd_bar", "pmd.no_memmap", .source = BAR),
		ROW("pmd_mixed_order0", "pmd.mixed_order0"),
		ROW("pmd_mixed_no_memmap", "pmd.mixed_no_memmap"),
		ROW("pud_order0", "pud.order0"),
		ROW("pud_no_memmap", "pud.no_memmap"),
		ROW("pud_readonly", "pud.no_memmap", .readonly = true),
		ROW("pud_bar", "pud.no_memmap", .source = BAR),
		ROW("pud_bar_behind", "pud.no_memmap", .bar_behind = true),
		ROW("pud_mixed_order0", "pud.mixed_order0"),
		ROW("pud_mixed_no_memmap", "pud.mixed_no_memmap"),
	};

	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
