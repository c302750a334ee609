/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What walks the page tables of a process from outside, for reasons of its own:
 * DAMON, the multi-gen LRU, a memory cgroup that takes the charges along, perf.
 */
#ifndef SPECIAL_AGENTS_H
#define SPECIAL_AGENTS_H

#include "target.h"

/* Each returns -errno where the kernel is built without it. */

/* DAMON watches @t, which is touched all the time: 1 if it sees that, or 0. */
long damon_watch(struct target *t);
/* A generation of the process is aged: 1 if its ordinary pages were, or 0. */
long lru_gen_age(struct target *t);
/* Into another memory cgroup: 1 if the ordinary pages are charged there, or 0. */
long memcg_move(struct target *t);

/* What perf says of the address of a fault on an entry that is there. */
#define PERF_SIZE	1	/* how much the entry maps */
#define PERF_PHYS	2	/* a physical address */
long perf_sample(struct target *t);

#endif /* SPECIAL_AGENTS_H */
