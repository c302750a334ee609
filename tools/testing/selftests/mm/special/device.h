/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SPECIAL_DEVICE_H
#define SPECIAL_DEVICE_H

#include <stdint.h>
#include <sys/types.h>
#include "pfnmap_test.h"

/* Each of these ends the process with a message on error. */
int device_open(void);
/* One that maps nothing, always the same. */
int device_fd(void);
/* A file that maps this when it is mapped; -1 if there is no such RAM. */
int device_map(struct pfnmap_test_map map);
/* One that nobody can write to, whatever mprotect() is asked for. */
int device_map_readonly(struct pfnmap_test_map map);
struct pfnmap_test_entry entry_at(void *addr);
/* That of another process. */
struct pfnmap_test_entry entry_of(pid_t pid, void *addr);
struct pfnmap_test_refs refs_of(int fd, unsigned int index);
const struct pfnmap_test_info *info(void);
/* Of a page-table level: the bytes of an entry, the bits of its mark. */
uint64_t level_size(unsigned int level);
uint64_t level_special(unsigned int level);

/*
 * FOLL_PIN references that were ever taken. Exact for who is on one processor
 * from the first pin on, see stay_on_one_cpu(): those of another one are moved
 * to the sum whenever that one likes, and for a moment are in neither.
 */
unsigned long pins_acquired(void);
/* And how many of them were not given back. */
unsigned long pins_held(void);

#endif /* SPECIAL_DEVICE_H */
