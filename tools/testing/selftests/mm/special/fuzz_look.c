// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations that look at page tables or move pages, and change neither
 * what is mapped nor what it holds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "device.h"
#include "fuzz.h"
#include "fuzz_ops.h"
#include "process.h"
#include "run.h"

#define PM_PFN(pme)	((pme) & ((1ULL << 55) - 1))
#define PM_PRESENT(pme)	((pme) >> 63)
#define MAX_NODE	(CHAR_BIT * sizeof(unsigned long))
#define MAX_PAGES	8

static const char *const files[] = {
	"/proc/self/smaps", "/proc/self/smaps_rollup", "/proc/self/numa_maps",
};

int op_read_file(struct step *st)
{
	static __thread char buf[65536];
	int fd = open(files[st->op->arg], O_RDONLY | O_CLOEXEC);
	ssize_t ret;

	if (fd < 0)
		return -errno;
	do
		ret = read(fd, buf, sizeof(buf));
	while (ret > 0);
	ret = ret < 0 ? -errno : DONE;
	close(fd);
	return ret;
}

/* The page frames that it shows of a device must be those of the device. */
int op_pagemap(struct step *st)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	struct slot *s = st->s;
	unsigned int i;
	uint64_t pme, pfn;
	int ret = DONE;

	if (fd < 0)
		return -errno;
	for (i = 0; i < st->n; i++) {
		if (pread(fd, &pme, sizeof(pme),
			  (uintptr_t)place_addr(s, st->w + i) / getpagesize() *
			  sizeof(pme)) != sizeof(pme)) {
			ret = -errno;
			break;
		}
		if (!PM_PRESENT(pme) || !PM_PFN(pme) || !s->pfn ||
		    s->kind->flags & PRIVATE)
			continue;
		pfn = s->pfn +
		      s->place[st->w + i].back * s->unit / getpagesize();
		if (s->place[st->w + i].back == HOLE || PM_PFN(pme) != pfn)
			wrong(st, "pagemap shows pfn 0x%llx, not 0x%llx",
			      (unsigned long long)PM_PFN(pme),
			      (unsigned long long)pfn);
	}
	close(fd);
	return ret;
}

int op_clear_refs(struct step *st)
{
	long ret = write_file("/proc/self/clear_refs", "%c",
			      (char)('1' + draw(st, 4)));

	return ret ? ret : DONE;
}

int op_mincore(struct step *st)
{
	static __thread unsigned char vec[1 << 18];
	size_t len = st->len;

	if (len / getpagesize() > sizeof(vec))
		len = sizeof(vec) * getpagesize();
	return mincore(st->addr, len, vec) ? -errno : DONE;
}

int op_msync(struct step *st)
{
	return msync(st->addr, st->len, one_in(st, 2) ? MS_SYNC :
		     MS_ASYNC | MS_INVALIDATE) ? -errno : DONE;
}

/* Forced: also where the protection says no. */
static int proc_mem_word(struct step *st, bool write_it, uint64_t *word)
{
	long ret;

	if (st->s->place[st->w].back == HOLE)
		return NOT_TRIED;
	ret = proc_mem(write_it, word_addr(st->s, st->w), word, sizeof(*word));
	if (ret != sizeof(*word))
		return ret < 0 ? ret : -EIO;
	return DONE;
}

int op_mem_read(struct step *st)
{
	uint64_t word;
	int ret = proc_mem_word(st, false, &word);

	if (ret == DONE)
		judge(st, st->w, word, "/proc/self/mem");
	return ret;
}

int op_mem_write(struct step *st)
{
	uint64_t word = new_word(st);
	int ret;

	if (st->child && !(st->s->kind->flags & PRIVATE))
		return NOT_TRIED;
	ret = proc_mem_word(st, true, &word);
	if (ret == DONE)
		model_write(st->s, st->w, word);
	return ret;
}

int op_move_pages(struct step *st)
{
	int status[MAX_PAGES], nodes[MAX_PAGES];
	unsigned int i, n = st->len / getpagesize();
	void *pages[MAX_PAGES];
	bool move = one_in(st, 2), known = false;

	if (n > MAX_PAGES)
		n = MAX_PAGES;
	for (i = 0; i < n; i++) {
		pages[i] = st->addr + i * getpagesize();
		nodes[i] = draw(st, 2);
		status[i] = -EBUSY;
	}
	if (syscall(SYS_move_pages, 0, (long)n, pages, move ? nodes : NULL,
		    status, move ? 2 : 0) < 0)
		return -errno;
	for (i = 0; i < n; i++)
		known = known || status[i] >= 0;
	if (known && is_special(st->s))
		wrong(st, "move_pages() finds a special page, status %d",
		      status[0]);
	return known ? DONE : status[0];
}

/* MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE or none, with MPOL_MF_MOVE. */
int op_mbind(struct step *st)
{
	unsigned long nodes = 1 + draw(st, 3);
	int mode = draw(st, 4);

	return syscall(SYS_mbind, st->addr, st->len, mode,
		       mode ? &nodes : NULL, mode ? MAX_NODE : 0,
		       2 * draw(st, 2)) ? -errno : DONE;
}

int op_get_mempolicy(struct step *st)
{
	int node = -1;

	/* MPOL_F_NODE | MPOL_F_ADDR: takes a reference, and answers its node. */
	if (syscall(SYS_get_mempolicy, &node, NULL, 0, st->addr, 3))
		return -errno;
	if (is_special(st->s))
		wrong(st, "get_mempolicy() finds a special page on node %d",
		      node);
	return DONE;
}

int op_migrate_pages(struct step *st)
{
	unsigned long from = 3, to = 1 + draw(st, 2);

	return syscall(SYS_migrate_pages, 0, MAX_NODE, &from, &to) < 0 ?
	       -errno : DONE;
}
