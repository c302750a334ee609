/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SPECIAL_FUZZ_OPS_H
#define SPECIAL_FUZZ_OPS_H

#include "fuzz.h"

/* fuzz_map.c */
int op_read(struct step *st);
int op_write(struct step *st);
int op_munmap(struct step *st);
int op_mmap(struct step *st);
int op_mremap_move(struct step *st);
int op_mremap_shrink(struct step *st);
int op_mremap_grow(struct step *st);
int op_mprotect(struct step *st);
int op_madvise(struct step *st);
int op_collapse(struct step *st);
int op_discard(struct step *st);
int op_remove(struct step *st);
int op_mlock(struct step *st);
int op_mlockall(struct step *st);
int op_fork(struct step *st);
int op_revoke(struct step *st);
int op_reuse(struct step *st);
int op_refs(struct step *st);
int op_userfaultfd(struct step *st);

/* fuzz_take.c */
int op_gup(struct step *st);
int op_gup_test(struct step *st);
int op_vmsplice(struct step *st);
int op_process_vm(struct step *st);
int op_odirect_read(struct step *st);
int op_odirect_write(struct step *st);
int op_io_uring(struct step *st);
int op_futex(struct step *st);
int op_lookup(struct step *st);

/* fuzz_look.c */
int op_read_file(struct step *st);
int op_pagemap(struct step *st);
int op_clear_refs(struct step *st);
int op_mincore(struct step *st);
int op_msync(struct step *st);
int op_mem_read(struct step *st);
int op_mem_write(struct step *st);
int op_move_pages(struct step *st);
int op_mbind(struct step *st);
int op_get_mempolicy(struct step *st);
int op_migrate_pages(struct step *st);

#endif /* SPECIAL_FUZZ_OPS_H */
