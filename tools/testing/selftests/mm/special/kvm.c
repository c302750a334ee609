// SPDX-License-Identifier: GPL-2.0
/*
 * A virtual machine whose memory is a special mapping: KVM looks up the page
 * frames by user address and hands them to the guest.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "memory.h"
#include "run.h"

#ifdef __x86_64__
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "device.h"
#include "process.h"

#define CODE_SLOT	0
#define DATA_SLOT	1
/* Where the guest sees the mapping, so that a huge page fits. */
#define DATA_ADDR	0x40000000UL

/* Real mode, with a segment that reaches everywhere. */
static const unsigned char code[] = {
	0x67, 0x8b, 0x03,	/* mov (%ebx), %ax */
	0x40,			/* inc %ax */
	0x67, 0x89, 0x06,	/* mov %ax, (%esi) */
	0xf4,			/* hlt */
};

struct guest {
	const char *kind;
	bool readonly;

	struct memory memory;
	char *addr;
	char *seen;		/* the same memory, by PTEs for writing */
	size_t size;
	int fd;
	int refs;
	int vm, vcpu, run_size;
	struct kvm_run *run;
};

static int must(int ret, const char *what)
{
	if (ret < 0)
		setup_failed("%s: %s", what, strerror(errno));
	return ret;
}

static void add_slot(struct guest *g, unsigned int slot, uint64_t gpa,
		     void *addr, size_t size)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)addr,
	};

	must(ioctl(g->vm, KVM_SET_USER_MEMORY_REGION, &region),
	     "KVM_SET_USER_MEMORY_REGION");
}

static void make_vm(struct guest *g, int kvm)
{
	void *page = ordinary(getpagesize());
	struct kvm_sregs sregs;

	memcpy(page, code, sizeof(code));
	g->vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "KVM_CREATE_VM");
	add_slot(g, CODE_SLOT, 0, page, getpagesize());
	add_slot(g, DATA_SLOT, DATA_ADDR, g->addr, g->size);
	g->vcpu = must(ioctl(g->vm, KVM_CREATE_VCPU, 0), "KVM_CREATE_VCPU");
	g->run_size = must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0),
			   "KVM_GET_VCPU_MMAP_SIZE");
	g->run = mmap(NULL, g->run_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		      g->vcpu, 0);
	if (g->run == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	must(ioctl(g->vcpu, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	sregs.ds.base = 0;
	sregs.ds.limit = 0xffffffff;
	sregs.ds.g = 1;
	must(ioctl(g->vcpu, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
}

static void setup(void *data)
{
	struct guest *g = data;
	uint64_t phys;
	char *room;
	int kvm;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0) {
		skip("/dev/kvm: %s", strerror(errno));
		return;
	}
	g->memory = memory(g->kind);
	g->size = level_size(g->memory.level);
	if (g->memory.level == PFNMAP_TEST_PTE)
		g->size *= 8;
	g->fd = memory_open(&g->memory, g->size, &phys);
	if (g->fd < 0)
		return;		/* skipped */
	room = aligned_room(g->size, level_size(g->memory.level));
	if (!room)
		setup_failed("mmap: %s", strerror(errno));
	/* Nothing is touched here: the fault is for KVM to ask for. */
	g->addr = mmap(room, g->size,
		       g->readonly ? PROT_READ : PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED, g->fd, 0);
	if (g->addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	g->seen = g->addr;
	if (g->memory.backing == PFNMAP_TEST_PHYS)
		g->seen = mmap(NULL, g->size, PROT_READ | PROT_WRITE,
			       MAP_SHARED, device_map((struct pfnmap_test_map){
					.backing = PFNMAP_TEST_PHYS,
					.insert = PFNMAP_TEST_FAULT_PFN,
					.level = PFNMAP_TEST_PTE,
					.size = g->size,
					.phys = phys,
			       }), 0);
	if (g->seen == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	g->refs = refs_of(g->fd, 0).refcount;
	make_vm(g, kvm);
	close(kvm);
}

/* Read at @from, write one more at @to. */
static int run(struct guest *g, size_t from, size_t to)
{
	struct kvm_regs regs = {
		.rbx = DATA_ADDR + from,
		.rsi = DATA_ADDR + to,
		.rflags = 2,
	};

	must(ioctl(g->vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
	return ioctl(g->vcpu, KVM_RUN, 0) ? -errno : 0;
}

static void check_run(const struct check *check, void *data)
{
	struct guest *g = data;
	size_t page = getpagesize();
	const size_t from[] = { 0, page + 10, g->size - page + 2 };
	const size_t to[] = { 2 * page + 4, g->size - page + 8, page + 20 };
	unsigned int i, want = g->readonly ? KVM_EXIT_MMIO : KVM_EXIT_HLT;
	uint16_t *source, *target;
	int ret;

	(void)check;
	for (i = 0; i < ARRAY_SIZE(from); i++) {
		source = (uint16_t *)(g->seen + from[i]);
		target = (uint16_t *)(g->seen + to[i]);
		/* RAM is seen by the mapping itself: leave its fault to KVM. */
		if (g->memory.backing == PFNMAP_TEST_PHYS || i) {
			*source = 0x1230 + i;
			*target = 0;
		}
		/* Where there is no entry yet, a write is an error, not MMIO. */
		if (g->readonly)
			(void)*(volatile char *)(g->addr + to[i]);
		ret = run(g, from[i], to[i]);
		/* KVM looks up page frames in VM_PFNMAP only; else GUP decides. */
		if (is_mixed(&g->memory)) {
			if (ret != -EFAULT)
				fail("offset 0x%zx: returned %d, exit %u, not %d",
				     from[i], ret, g->run->exit_reason,
				     -EFAULT);
			continue;
		}
		if (ret || g->run->exit_reason != want) {
			fail("offset 0x%zx: returned %d, exit %u, not %u",
			     from[i], ret, g->run->exit_reason, want);
			return;
		}
		if (g->readonly &&
		    (!g->run->mmio.is_write ||
		     g->run->mmio.phys_addr != DATA_ADDR + to[i] || *target))
			fail("offset 0x%zx: access to 0x%llx, 0x%x is there",
			     to[i],
			     (unsigned long long)g->run->mmio.phys_addr,
			     *target);
		else if (!g->readonly && *target != *source + 1)
			fail("offset 0x%zx: 0x%x is there, not 0x%x", to[i],
			     *target, *source + 1);
	}
}

static void check_entry(const struct check *check, void *data)
{
	struct guest *g = data;
	struct pfnmap_test_entry entry = entry_at(g->addr);

	(void)check;
	if (entry.level != g->memory.level || !entry.present)
		fail("level %u, not %u, entry 0x%llx", entry.level,
		     g->memory.level, (unsigned long long)entry.val);
}

static void check_refs(const struct check *check, void *data)
{
	struct guest *g = data;
	int refs;

	(void)check;
	munmap(g->run, g->run_size);
	close(g->vcpu);
	close(g->vm);
	refs = refs_of(g->fd, 0).refcount;
	if (refs != g->refs)
		fail("the first page has %d references, not %d", refs,
		     g->refs);
}
#else
struct guest {
	const char *kind;
	bool readonly;
};

static void setup(void *data)
{
	(void)data;
	skip("KVM is tried on x86_64 only");
}

static void check_run(const struct check *check, void *data)
{
	(void)check;
	(void)data;
}

#define check_entry	check_run
#define check_refs	check_run
#endif

#define ROW(n, ...)	{ n, setup, checks, &(struct guest){ .kind = __VA_ARGS__ } }

int main(int argc, char **argv)
{
	static const struct check checks[] = {
		{ "run", check_run, NULL },
		{ "entry", check_entry, NULL },
		{ "refs", check_refs, NULL },
		{ "", NULL, NULL }
	};
	struct group groups[] = {
		ROW("pte_order0", "pte.fault_order0"),
		ROW("pte_no_memmap", "pte.fault_no_memmap"),
		ROW("pte_readonly", "pte.fault_no_memmap", .readonly = true),
		ROW("pmd_order0", "pmd.order0"),
		ROW("pmd_no_memmap", "pmd.no_memmap"),
		ROW("pmd_readonly", "pmd.no_memmap", .readonly = true),
		ROW("pud_no_memmap", "pud.mmap_no_memmap"),
		ROW("pte_mixed_order0", "pte.mixed_order0"),
		ROW("pmd_mixed_order0", "pmd.mixed_order0"),
		ROW("pud_mixed_no_memmap", "pud.mixed_no_memmap"),
	};

	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
