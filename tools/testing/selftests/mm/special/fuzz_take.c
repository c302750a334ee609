// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations that take references on pages, each by another entry point.
 * None may get a special one; of the others, what is taken holds what the model
 * says, also after the mapping is gone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "device.h"
#include "fuzz.h"
#include "fuzz_end.h"
#include "fuzz_ops.h"
#include "gup.h"
#include "gup_test.h"
#include "run.h"

#define SECTOR		512
#define DISK		"/dev/ram0"

/* @pages were taken, of which the first is @pfn if that is known. */
static int took(struct step *st, long pages, uint64_t pfn)
{
	struct slot *s = st->s;

	if (pages <= 0)
		return pages ? pages : -EFAULT;
	if (is_special(s))
		wrong(st, "%ld special pages are taken, pfn 0x%llx, level %u",
		      pages, (unsigned long long)pfn,
		      entry_at(st->addr).level);
	else if (pfn && s->kind->flags & DEVICE && !(s->kind->flags & COUNTED) &&
		 pfn >= s->pfn && pfn < s->pfn + s->size / getpagesize())
		wrong(st, "a special page is taken, pfn 0x%llx",
		      (unsigned long long)pfn);
	__atomic_add_fetch(&st->f->held, pages, __ATOMIC_RELAXED);
	return DONE;
}

static unsigned int few_pages(struct step *st)
{
	unsigned int nr = 1 + draw(st, 8), room;

	room = (place_addr(st->s, st->w / UNITS * UNITS) + st->s->size -
		st->addr) / getpagesize();
	return nr < room ? nr : room;
}

int op_gup(struct step *st)
{
	struct pfnmap_test_gup call;
	const struct gup_entry *entry;

	do
		entry = &gup_entries[draw(st, nr_gup_entries)];
	while (entry->call >= PFNMAP_TEST_NR_CALLS);
	call = (struct pfnmap_test_gup){
		.addr = (uintptr_t)st->addr,
		.nr_pages = few_pages(st),
		.call = entry->call,
		.flags = entry->flags,
	};
	if (ioctl(device_fd(), PFNMAP_TEST_GUP, &call))
		return -errno;
	return took(st, call.ret, call.first_pfn);
}

int op_gup_test(struct step *st)
{
	static const unsigned long cmds[] = {
		GUP_FAST_BENCHMARK, PIN_FAST_BENCHMARK, PIN_LONGTERM_BENCHMARK,
		GUP_BASIC_TEST, PIN_BASIC_TEST
	};
	struct gup_test test = {
		.addr = (uintptr_t)st->addr,
		.size = few_pages(st) * getpagesize(),
		.nr_pages_per_call = 1 + draw(st, 8),
		.gup_flags = draw(st, 2),	/* FOLL_WRITE */
	};
	int fd = open("/sys/kernel/debug/gup_test", O_RDWR | O_CLOEXEC);
	unsigned long cmd = cmds[draw(st, ARRAY_SIZE(cmds))];
	int ret;

	/* The zero page is not pinned, of which gup_test warns. */
	if (cmd != GUP_FAST_BENCHMARK && cmd != GUP_BASIC_TEST)
		test.gup_flags = 1;

	if (fd < 0)
		return -errno;
	ret = ioctl(fd, cmd, &test);
	ret = ret ? -errno : took(st, test.size / getpagesize(), 0);
	close(fd);
	return ret;
}

/* What is in the pipe of this thread since an earlier call, and of which slot. */
static __thread int held[2] = { -1, -1 };
static __thread uint64_t held_mark;

static void let_go(struct step *st)
{
	static __thread char buf[65536];
	uint64_t got;

	if (held[0] < 0)
		return;
	/* Whoever has written to the page since then: the slot is the same. */
	if (held_mark && read(held[0], buf, getpagesize()) == getpagesize()) {
		memcpy(&got, buf + (held_mark >> 36 & 0xf) * 512, sizeof(got));
		if (got && got >> 36 != held_mark >> 36)
			wrong(st, "a page in a pipe holds 0x%llx, not 0x%llx...",
			      (unsigned long long)got,
			      (unsigned long long)held_mark);
	}
	close(held[0]);
	close(held[1]);
	held[0] = -1;
	held[1] = -1;
}

/* An ordinary page with it, from this process: in one call with the range. */
int op_vmsplice(struct step *st)
{
	static __thread char ordinary_page[65536];
	struct iovec iov[2] = {
		{ ordinary_page, getpagesize() },
		{ st->addr, few_pages(st) * getpagesize() },
	};
	bool pair = one_in(st, 3);
	bool keep = !st->child && !(st->s->kind->flags & DEVICE);
	int ends[2];
	long ret;

	ordinary_page[0] = 1;
	if (!st->child)
		let_go(st);
	if (pipe2(ends, O_NONBLOCK | O_CLOEXEC))
		return -errno;
	ret = vmsplice(ends[1], pair ? iov : iov + 1, pair ? 2 : 1,
		       SPLICE_F_NONBLOCK);
	ret = ret < 0 ? -errno : ret / getpagesize() - pair;
	ret = took(st, ret, 0);
	if (ret == DONE && keep && !pair) {
		memcpy(held, ends, sizeof(held));
		/* Only private memory has this slot's contents for sure. */
		held_mark = st->s->kind->flags & ANON ?
			    (new_word(st) | 1ULL << 32) : 0;
		return DONE;
	}
	close(ends[0]);
	close(ends[1]);
	return ret;
}

/* Of the word at a place, by way of this process. */
int op_process_vm(struct step *st)
{
	uint64_t word = new_word(st);
	struct iovec here = { &word, sizeof(word) };
	struct iovec there = { word_addr(st->s, st->w), sizeof(word) };
	long ret;

	if (st->s->place[st->w].back == HOLE ||
	    (st->op->arg && st->child && !(st->s->kind->flags & PRIVATE)))
		return NOT_TRIED;
	st->addr = there.iov_base;
	if (st->op->arg)
		ret = process_vm_writev(getpid(), &here, 1, &there, 1, 0);
	else
		ret = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
	if (ret != sizeof(word))
		return ret < 0 ? -errno : -EFAULT;
	if (st->op->arg)
		model_write(st->s, st->w, word);
	else
		judge(st, st->w, word, "process_vm_readv()");
	return took(st, 1, 0);
}

static int disk(void)
{
	static __thread int fd = -1;

	if (fd < 0)
		fd = open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC);
	return fd;
}

/* With something to read, where nobody has written. */
static bool fill_disk(struct step *st)
{
	static __thread uint64_t buf[SECTOR / 8] __attribute__((aligned(SECTOR)));

	faults(false);
	buf[0] = new_word(st);
	if (pwrite(disk(), buf, SECTOR, st->s->nr * SECTOR) != SECTOR)
		return false;
	st->s->disk = buf[0];
	return true;
}

/* From the disk into the memory: the sector of the slot. */
int op_odirect_read(struct step *st)
{
	struct slot *s = st->s;
	long ret;

	if (s->place[st->w].back == HOLE || (!s->disk && !fill_disk(st)))
		return NOT_TRIED;
	st->addr = word_addr(s, st->w);
	pthread_rwlock_rdlock(&forking);
	ret = pread(disk(), st->addr, SECTOR, s->nr * SECTOR);
	pthread_rwlock_unlock(&forking);
	if (ret != SECTOR)
		return ret < 0 ? -errno : -EIO;
	model_write(s, st->w, s->disk);
	return took(st, 1, 0);
}

/* And the other way round. What has arrived must be what the model says. */
int op_odirect_write(struct step *st)
{
	static __thread uint64_t back[SECTOR / 8] __attribute__((aligned(SECTOR)));
	struct slot *s = st->s;
	long ret;

	if (s->place[st->w].back == HOLE)
		return NOT_TRIED;
	st->addr = word_addr(s, st->w);
	ret = pwrite(disk(), st->addr, SECTOR, s->nr * SECTOR);
	if (ret != SECTOR)
		return ret < 0 ? -errno : -EIO;
	faults(false);
	if (pread(disk(), back, SECTOR, s->nr * SECTOR) != SECTOR)
		return -errno;
	s->disk = back[0];
	judge(st, st->w, back[0], "O_DIRECT");
	return took(st, 1, 0);
}

/* The ring of this thread keeps the buffers until the next call. */
static __thread int ring = -1;

void take_end(struct step *st)
{
	let_go(st);
	if (ring >= 0)
		close(ring);
	ring = -1;
}

int op_io_uring(struct step *st)
{
	struct iovec iov = { st->addr, few_pages(st) * getpagesize() };
	struct io_uring_params params = { 0 };
	bool keep = !st->child && !(st->s->kind->flags & DEVICE);
	int fd;
	long ret;

	if (!st->child && ring >= 0) {
		close(ring);
		ring = -1;
	}
	fd = syscall(SYS_io_uring_setup, 1, &params);
	if (fd < 0)
		return -errno;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	ret = syscall(SYS_io_uring_register, fd, IORING_REGISTER_BUFFERS, &iov,
		      1);
	ret = ret < 0 ? -errno : 1;
	if (ret > 0 && keep)
		ring = fd;
	else
		close(fd);
	return took(st, ret, 0);
}

/* Not one that is private: the key of that is an address. */
int op_futex(struct step *st)
{
	static const struct timespec none;
	long ret = syscall(SYS_futex, st->addr,
			   one_in(st, 2) ? FUTEX_WAKE : FUTEX_WAIT, 0x5a5a5a5a,
			   &none, NULL, 0);

	/* These are answers of who has found the page. */
	if (ret >= 0 || errno == EAGAIN || errno == ETIMEDOUT) {
		/* A private mapping that is anonymous has no page in its key. */
		if (st->s->kind->flags & PRIVATE)
			return DONE;
		return took(st, 1, 0);
	}
	return -errno;
}

/* hmm_range_fault(), migrate_vma_setup(), follow_pfn(), follow_pfnmap_start() */
int op_lookup(struct step *st)
{
	struct pfnmap_test_lookup lookup = {
		.addr = (uintptr_t)place_addr(st->s, st->w),
		.how = st->op->arg,
	};
	struct slot *s = st->s;
	uint64_t pfn;

	if (s->place[st->w].back == HOLE)
		return NOT_TRIED;
	if (ioctl(device_fd(), PFNMAP_TEST_LOOKUP, &lookup))
		return -errno;
	if (lookup.ret < 0)
		return lookup.ret;
	if (st->op->arg == PFNMAP_TEST_MIGRATE)
		return took(st, lookup.ret, 0);
	if (st->op->arg == PFNMAP_TEST_HMM && is_special(s))
		wrong(st, "hmm_range_fault() finds a special page, pfn 0x%llx",
		      (unsigned long long)lookup.pfn);
	pfn = s->pfn + s->place[st->w].back * s->unit / getpagesize();
	if (is_special(s) && st->op->arg != PFNMAP_TEST_HMM &&
	    lookup.pfn != pfn)
		wrong(st, "pfn 0x%llx is found, not 0x%llx",
		      (unsigned long long)lookup.pfn, (unsigned long long)pfn);
	return DONE;
}
