/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SPECIAL_MEMORY_H
#define SPECIAL_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Hidden memory has no struct pages: special.phys=ADDR,SIZE of the kernel
 * command line; false if not given.
 */
bool hidden_memory(uint64_t *phys, uint64_t *size);
/* From setup: where in there a multiple of @align is; else skip() and false. */
bool need_hidden(uint64_t *phys, uint64_t align);

/*
 * Where a PTE cannot be marked, vmf_insert_mixed() maps memory with a struct
 * page as vm_insert_page() does: counted, and anybody may pin it.
 */
bool mixed_is_counted(unsigned int insert, unsigned int backing);

#endif /* SPECIAL_MEMORY_H */
