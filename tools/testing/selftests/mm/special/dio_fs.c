// SPDX-License-Identifier: GPL-2.0
/*
 * Empty file systems for the test of direct I/O. What is where says: of ext2
 * Documentation/filesystems/ext2.rst, of FAT and exFAT the specifications of
 * Microsoft, of UDF ECMA-167 (numbers of parts and sections are given) and
 * UDF 1.02 by OSTA.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "dio_fs.h"
#include "run.h"

static void put16(unsigned char *p, unsigned int v)
{
	p[0] = v;
	p[1] = v >> 8;
}

static void put32(unsigned char *p, unsigned int v)
{
	put16(p, v);
	put16(p + 2, v >> 16);
}

void put_at(int fd, const void *buf, size_t len, off_t off)
{
	if (pwrite(fd, buf, len, off) != (ssize_t)len)
		setup_failed("write to the disk: %s", strerror(errno));
}

static void put_zeroes(int fd, size_t len, off_t off)
{
	static const unsigned char zeroes[SECTOR];
	size_t i;

	for (i = 0; i < len; i += sizeof(zeroes))
		put_at(fd, zeroes, sizeof(zeroes), off + i);
}

/*
 * One group: a boot block, the super block, the descriptor of the group, two
 * bitmaps, four blocks of inodes, the root directory.
 */
#define EXT2_BLOCKS	(DISK_SIZE / 1024)
#define EXT2_INODES	32
#define EXT2_ROOT	9	/* the last block that is in use */

void make_ext2(int fd, size_t cluster)
{
	unsigned char b[1024];
	unsigned int i;

	(void)cluster;
	memset(b, 0, sizeof(b));
	put32(b, EXT2_INODES);
	put32(b + 4, EXT2_BLOCKS);
	put32(b + 12, EXT2_BLOCKS - EXT2_ROOT - 1);
	put32(b + 16, EXT2_INODES - 10);
	put32(b + 20, 1);		/* the first block of the group */
	put32(b + 32, 8192);		/* blocks, fragments, inodes a group */
	put32(b + 36, 8192);
	put32(b + 40, EXT2_INODES);
	put16(b + 54, 20);		/* mounts until it is to be checked */
	put16(b + 56, 0xef53);
	put16(b + 58, 1);		/* clean */
	put16(b + 60, 1);
	put_at(fd, b, sizeof(b), 1024);

	memset(b, 0, sizeof(b));
	put32(b, 3);
	put32(b + 4, 4);
	put32(b + 8, 5);
	put16(b + 12, EXT2_BLOCKS - EXT2_ROOT - 1);
	put16(b + 14, EXT2_INODES - 10);
	put16(b + 16, 1);
	put_at(fd, b, sizeof(b), 2 * 1024);

	/* A bit for each block from 1 on; what is behind the end is in use. */
	memset(b, 0, sizeof(b));
	put16(b, (1 << EXT2_ROOT) - 1);
	for (i = EXT2_BLOCKS - 1; i < 8 * sizeof(b); i++)
		b[i / 8] |= 1 << i % 8;
	put_at(fd, b, sizeof(b), 3 * 1024);

	memset(b, 0xff, sizeof(b));
	put32(b, 0x3ff);
	put_at(fd, b, sizeof(b), 4 * 1024);

	put_zeroes(fd, (EXT2_ROOT - 5) * 1024, 5 * 1024);
	memset(b, 0, sizeof(b));
	put16(b + 128, S_IFDIR | 0755);
	put32(b + 128 + 4, sizeof(b));
	put16(b + 128 + 26, 2);
	put32(b + 128 + 28, 2);		/* of 512 bytes */
	put32(b + 128 + 40, EXT2_ROOT);
	put_at(fd, b, sizeof(b), 5 * 1024);

	memset(b, 0, sizeof(b));
	put32(b, 2);
	put16(b + 4, 12);
	b[6] = 1;
	b[8] = '.';
	put32(b + 12, 2);
	put16(b + 16, sizeof(b) - 12);
	b[18] = 2;
	b[20] = '.';
	b[21] = '.';
	put_at(fd, b, sizeof(b), EXT2_ROOT * 1024);
}

/* FAT12; a sector of it has 4K if a cluster would else have too many of them. */
void make_vfat(int fd, size_t cluster)
{
	size_t size = cluster / SECTOR > 64 ? 4096 : SECTOR;
	unsigned char b[4096];

	memset(b, 0, sizeof(b));
	b[0] = 0xeb;
	b[2] = 0x90;
	put16(b + 11, size);
	b[13] = cluster / size;
	put16(b + 14, 1);		/* sectors before the FAT */
	b[16] = 1;			/* FATs */
	put16(b + 17, size / 32);	/* entries of the root: a sector */
	put16(b + 19, DISK_SIZE / size);
	b[21] = 0xf8;
	put16(b + 22, 2);		/* sectors of the FAT */
	put16(b + 510, 0xaa55);
	put_at(fd, b, size, 0);

	memset(b, 0, sizeof(b));
	put_at(fd, b, size, 2 * size);
	put_at(fd, b, size, 3 * size);
	put32(b, 0xfffff8);
	put_at(fd, b, size, size);
}

/*
 * The sectors for booting and a copy of them, the FAT, the clusters: of the
 * bitmap, of the table of upper case, of the root directory, and free ones.
 */
#define EXFAT_BOOT	12	/* sectors */
#define EXFAT_FAT	(2 * EXFAT_BOOT)
#define EXFAT_HEAP	32

enum { EXFAT_BITMAP = 2, EXFAT_UPCASE, EXFAT_ROOT };

static uint32_t exfat_checksum(uint32_t sum, const unsigned char *p, size_t len)
{
	while (len--)
		sum = (sum << 31 | sum >> 1) + *p++;
	return sum;
}

/* What changes while it is mounted is not in the checksum. */
static void exfat_put_boot(int fd, size_t cluster)
{
	unsigned char b[EXFAT_BOOT * SECTOR];
	uint32_t sum;
	size_t i;

	memset(b, 0, sizeof(b));
	memcpy(b, "\xeb\x76\x90", 3);
	memcpy(b + 3, "EXFAT   ", 8);
	put32(b + 72, DISK_SIZE / SECTOR);
	put32(b + 80, EXFAT_FAT);
	put32(b + 84, EXFAT_HEAP - EXFAT_FAT);
	put32(b + 88, EXFAT_HEAP);
	put32(b + 92, (DISK_SIZE - EXFAT_HEAP * SECTOR) / cluster);
	put32(b + 96, EXFAT_ROOT);
	put32(b + 100, 1);		/* the volume's number */
	put16(b + 104, 0x100);		/* version 1.0 */
	b[108] = __builtin_ctzl(SECTOR);
	b[109] = __builtin_ctzl(cluster / SECTOR);
	b[110] = 1;			/* FATs */
	b[111] = 0x80;
	b[112] = 0xff;			/* percent in use: not known */
	put16(b + 510, 0xaa55);
	for (i = 1; i <= 8; i++)
		put16(b + (i + 1) * SECTOR - 2, 0xaa55);

	sum = exfat_checksum(0, b, 106);
	sum = exfat_checksum(sum, b + 108, 4);
	sum = exfat_checksum(sum, b + 113, sizeof(b) - SECTOR - 113);
	for (i = sizeof(b) - SECTOR; i < sizeof(b); i += 4)
		put32(b + i, sum);
	put_at(fd, b, sizeof(b), 0);
	put_at(fd, b, sizeof(b), sizeof(b));
}

void make_exfat(int fd, size_t cluster)
{
	off_t heap = EXFAT_HEAP * SECTOR;
	size_t nr = (DISK_SIZE - heap) / cluster;
	unsigned char table[60], b[SECTOR];
	unsigned int i;

	exfat_put_boot(fd, cluster);

	/* Each of the three ends a chain. */
	put_zeroes(fd, heap - EXFAT_FAT * SECTOR, EXFAT_FAT * SECTOR);
	memset(b, 0, sizeof(b));
	put32(b, 0xfffffff8);
	for (i = 1; i <= EXFAT_ROOT; i++)
		put32(b + 4 * i, 0xffffffff);
	put_at(fd, b, sizeof(b), EXFAT_FAT * SECTOR);

	put_zeroes(fd, 3 * cluster, heap);
	memset(b, 0, sizeof(b));
	b[0] = 7;
	put_at(fd, b, sizeof(b), heap);

	/* 0xffff: so many that follow are what they are. */
	put16(table, 0xffff);
	put16(table + 2, 'a');
	for (i = 0; i < 26; i++)
		put16(table + 4 + 2 * i, 'A' + i);
	put16(table + 56, 0xffff);
	put16(table + 58, 0x10000 - 'z' - 1);
	put_at(fd, table, sizeof(table), heap + cluster);

	memset(b, 0, sizeof(b));
	b[0] = 0x81;
	put32(b + 20, EXFAT_BITMAP);
	put32(b + 24, (nr + 7) / 8);
	b[32] = 0x82;
	put32(b + 32 + 4, exfat_checksum(0, table, sizeof(table)));
	put32(b + 32 + 20, EXFAT_UPCASE);
	put32(b + 32 + 24, sizeof(table));
	put_at(fd, b, sizeof(b), heap + 2 * cluster);
}

/*
 * What Linux does not ask for is left out: names, character sets, levels of
 * interchange, who made it, a copy of the sequence. Blocks of the disk:
 */
#define UDF_BLOCK	2048
#define UDF_VOLUME	16	/* sequence by which it is recognized */
#define UDF_SEQUENCE	32	/* of volume descriptors */
#define UDF_INTEGRITY	64
#define UDF_ANCHOR	256	/* and in the last block */
#define UDF_PARTITION	272
#define UDF_LENGTH	3584	/* of the partition */

/* Blocks of the partition. */
enum { UDF_BITMAP, UDF_FILE_SET, UDF_ROOT, UDF_FREE };

/* 3/7.2: what begins each descriptor, in front of the @len bytes with it. */
static void udf_tag(unsigned char *b, unsigned int ident, unsigned int block,
		    size_t len)
{
	unsigned int crc = 0, sum = 0, bit;
	size_t i;

	for (i = 16; i < len; i++) {
		crc ^= b[i] << 8;
		for (bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0);
		crc &= 0xffff;
	}
	memset(b, 0, 16);
	put16(b, ident);
	put16(b + 2, 2);		/* version */
	put16(b + 8, crc);
	put16(b + 10, len - 16);
	put32(b + 12, block);
	for (i = 0; i < 16; i++)
		sum += b[i];
	b[4] = sum;
}

/*
 * Write a descriptor to block @at of the disk, and make room for another one.
 * Those in the partition know where they are in that.
 */
static void udf_put(int fd, unsigned char *b, unsigned int ident,
		    unsigned int at, size_t len)
{
	bool inside = at >= UDF_PARTITION && at < UDF_PARTITION + UDF_LENGTH;

	udf_tag(b, ident, inside ? at - UDF_PARTITION : at, len);
	put_at(fd, b, UDF_BLOCK, (off_t)at * UDF_BLOCK);
	memset(b, 0, UDF_BLOCK);
}

/* 1/7.3 and 1/7.4 */
static void udf_time(unsigned char *p)
{
	put16(p, 0x1000);		/* local time, which is UTC */
	put16(p + 2, 2022);
	p[4] = 12;
	p[5] = 11;
}

static void udf_domain(unsigned char *p)
{
	memcpy(p + 1, "*OSTA UDF Compliant", 19);
	put16(p + 24, 0x102);		/* version of UDF */
}

static void udf_extent(unsigned char *p, unsigned int blocks, unsigned int at)
{
	put32(p, blocks * UDF_BLOCK);
	put32(p + 4, at);
}

/* 3/10.2, 3/10.1, 3/10.5, 3/10.6, 3/10.8, 3/10.9 and 3/10.10 */
static void udf_put_volume(int fd, unsigned char *b)
{
	unsigned int at = UDF_SEQUENCE;

	udf_extent(b + 16, 16, UDF_SEQUENCE);
	udf_put(fd, b, 2, UDF_ANCHOR, 512);
	udf_extent(b + 16, 16, UDF_SEQUENCE);
	udf_put(fd, b, 2, DISK_SIZE / UDF_BLOCK - 1, 512);

	put16(b + 56, 1);		/* volume 1 of 1 */
	put16(b + 58, 1);
	udf_time(b + 376);
	udf_put(fd, b, 1, at++, 512);

	put32(b + 16, 1);		/* number in the sequence */
	put16(b + 20, 1);		/* allocated */
	memcpy(b + 25, "+NSR02", 6);
	udf_extent(b + 64, 1, UDF_BITMAP);
	put32(b + 184, 4);		/* may be overwritten */
	put32(b + 188, UDF_PARTITION);
	put32(b + 192, UDF_LENGTH);
	udf_put(fd, b, 5, at++, 512);

	put32(b + 16, 2);
	put32(b + 212, UDF_BLOCK);
	udf_domain(b + 216);
	udf_extent(b + 248, 1, UDF_FILE_SET);
	put32(b + 264, 6);		/* bytes of maps, maps */
	put32(b + 268, 1);
	udf_extent(b + 432, 1, UDF_INTEGRITY);
	b[440] = 1;			/* the map: type, bytes, volume */
	b[441] = 6;
	b[442] = 1;
	udf_put(fd, b, 6, at++, 446);

	put32(b + 16, 3);
	udf_put(fd, b, 7, at++, 24);	/* no space without a partition */
	udf_put(fd, b, 8, at, 512);	/* the end of the sequence */

	udf_time(b + 16);
	put32(b + 28, 1);		/* closed */
	put32(b + 40, 16);		/* the next number of a file */
	put32(b + 72, 1);		/* partitions */
	put32(b + 76, 46);		/* bytes from 88 on */
	put32(b + 80, UDF_LENGTH - UDF_FREE);
	put32(b + 84, UDF_LENGTH);
	put32(b + 124, 1);		/* directories */
	put16(b + 128, 0x102);		/* versions that may read and write */
	put16(b + 130, 0x102);
	put16(b + 132, 0x102);
	udf_put(fd, b, 9, UDF_INTEGRITY, 134);
}

/* 4/14.12, 4/14.1, 4/14.9 and, in the last one, 4/14.4 */
static void udf_put_files(int fd, unsigned char *b)
{
	put32(b + 16, UDF_LENGTH);
	put32(b + 20, UDF_LENGTH / 8);
	memset(b + 24, 0xff, UDF_LENGTH / 8);
	b[24] &= ~((1 << UDF_FREE) - 1);
	udf_put(fd, b, 264, UDF_PARTITION + UDF_BITMAP, 24);

	udf_time(b + 16);
	udf_extent(b + 400, 1, UDF_ROOT);
	udf_domain(b + 416);
	udf_put(fd, b, 256, UDF_PARTITION + UDF_FILE_SET, 512);

	put16(b + 20, 4);		/* strategy, entries */
	put16(b + 24, 1);
	b[27] = 4;			/* a directory, which follows here */
	put16(b + 34, 3);
	put32(b + 44, 7 << 10 | 5 << 5 | 5);
	put16(b + 48, 1);		/* links */
	put32(b + 56, 40);		/* bytes */
	udf_time(b + 72);
	udf_time(b + 84);
	udf_time(b + 96);
	put32(b + 108, 1);
	put32(b + 172, 40);
	put16(b + 176 + 16, 1);
	b[176 + 18] = 0x0a;		/* the parent, which is a directory */
	udf_extent(b + 176 + 20, 1, UDF_ROOT);
	udf_tag(b + 176, 257, UDF_ROOT, 40);
	udf_put(fd, b, 261, UDF_PARTITION + UDF_ROOT, 176 + 40);
}

void make_udf(int fd, size_t cluster)
{
	static const char ids[][6] = { "BEA01", "NSR02", "TEA01" };
	unsigned char b[UDF_BLOCK];
	unsigned int i;

	(void)cluster;
	/* 2/9.1 */
	memset(b, 0, sizeof(b));
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		memcpy(b + 1, ids[i], 5);
		b[6] = 1;
		put_at(fd, b, sizeof(b), (UDF_VOLUME + i) * sizeof(b));
	}
	memset(b, 0, sizeof(b));
	udf_put_volume(fd, b);
	udf_put_files(fd, b);
}
