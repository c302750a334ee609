/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Empty file systems, of as little as will do, for a disk of 8M whose sectors
 * have 512 bytes. What they do not write may hold anything.
 */
#ifndef SPECIAL_DIO_FS_H
#define SPECIAL_DIO_FS_H

#include <stddef.h>
#include <sys/types.h>

#define DISK_SIZE	(8UL << 20)
#define SECTOR		512UL

/* Writes to the disk, or the set-up has failed. */
void put_at(int fd, const void *buf, size_t len, off_t off);

/*
 * Write one to the disk @fd. A cluster, where the file system knows them, is to
 * have @cluster bytes, a power of two.
 */
void make_ext2(int fd, size_t cluster);		/* blocks of 1K */
void make_vfat(int fd, size_t cluster);
void make_exfat(int fd, size_t cluster);
void make_udf(int fd, size_t cluster);		/* blocks of 2K */

#endif /* SPECIAL_DIO_FS_H */
