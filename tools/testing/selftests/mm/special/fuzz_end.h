/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is true of the machine before and after, and what was done in between.
 */
#ifndef SPECIAL_FUZZ_END_H
#define SPECIAL_FUZZ_END_H

#include "fuzz.h"

struct machine_state {
	unsigned long free_kb;
	unsigned long pins;
};

/* Memory for huge pages, and somewhere to swap to. */
void machine_prepare(void);
struct machine_state machine_state(void);
/* Fails the check if there is less memory now, or pages are pinned still; kB. */
long machine_compare(const struct machine_state *before);

void count_add(struct op_count *sum, const struct op_count *count);
/* Fails the check for each operation that was tried and never done. */
void table_check(const struct op_count *total, bool restricted);
void table_print(const struct op_count *total, const struct fuzz *runs,
		 unsigned int nr);

/* fuzz_take.c: give back what the thread has kept. */
void take_end(struct step *st);

#endif /* SPECIAL_FUZZ_END_H */
