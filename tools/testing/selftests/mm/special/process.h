/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SPECIAL_PROCESS_H
#define SPECIAL_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Read a byte, or write @value; 0, or the signal that it ended in. */
int access_at(char *addr, bool write, char value);

/* Faulted, writable, ordinary memory. */
void *ordinary(size_t size);

/*
 * Addresses for a mapping of @size bytes that starts at a multiple of @align,
 * reserved so that MAP_FIXED there hits nothing else; NULL and errno if there
 * are none.
 */
char *aligned_room(size_t size, size_t align);

/* Write text to a file that is there: 0 or -errno; -EIO if it took a part. */
long write_file(const char *path, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* What /proc/self/mem answers to a read or a write at @addr: bytes, or -errno. */
long proc_mem(bool write_it, const char *addr, void *buf, size_t len);

/* x86 inverts the page frame of a PROT_NONE entry, which must be a harmless one. */
bool has_l1tf(void);

/* A file system on a block device that the kernel can mount. */
bool has_filesystem(const char *fs);

/* Write what makes swap of the first pages of a disk; else false and errno. */
bool format_swap(const char *disk, uint32_t pages);

void stay_on_one_cpu(void);

/* Of CLOCK_MONOTONIC. */
uint64_t now_ns(void);

#endif /* SPECIAL_PROCESS_H */
