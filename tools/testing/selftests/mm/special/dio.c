// SPDX-License-Identifier: GPL-2.0
/*
 * Direct I/O whose second piece of memory nobody may take, in file systems that
 * have it from fs/direct-io.c: on the disk is what the call says, and nothing
 * else has changed.
 *
 * The file systems are made here, on /dev/ram0, of as little as will do.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "memory.h"
#include "process.h"
#include "run.h"

#define DISK		"/dev/ram0"
#define DISK_SIZE	(8UL << 20)
#define SECTOR		512
#define WHERE		"/tmp/dio"
#define NAME		WHERE "/file"

#define NR_PAGES	8	/* of the file */
#define MORE_PAGES	4	/* that a write may add */
#define MAX_PIECES	3

/* What the disk held before, the file, and what is written to it. */
#define STALE		0x99
#define OLD		0x5a
#define NEW		0x25
#define DEVICE		0x77

/**
 * struct disk - a file system, and what a call comes to that it must not take
 * @fs: as mount() knows it
 * @make: writes an empty one to the disk
 * @appends: a write behind the end of a file is direct as well
 * @memory: a driver's, see memory(); NULL for some that cannot be accessed
 * @page: bytes
 * @good: ordinary memory
 * @bad: that of @memory
 */
struct disk {
	const char *fs;
	void (*make)(int fd);
	bool appends;
	const char *memory;

	size_t page;
	char *good;
	char *bad;
};

enum where { START, MIDDLE, LAST, END };

/**
 * struct io - a call
 * @where: it begins; LAST: with the last piece of the file
 * @pieces: 'g' for ordinary memory, 'b' for that which nobody may take
 * @sectors: a piece is a sector, and not a page
 * @aio: by io_submit()
 * @read: from the file
 * @hole: the file has no blocks there
 * @any: it may do nothing of it, or a part, or all
 */
struct io {
	enum where where;
	const char *pieces;
	bool sectors;
	bool aio;
	bool read;
	bool hole;
	bool any;
};

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

static void put_at(int fd, const void *buf, size_t len, off_t off)
{
	if (pwrite(fd, buf, len, off) != (ssize_t)len)
		setup_failed("write to " DISK ": %s", strerror(errno));
}

/*
 * One group, blocks of 1K: a boot block, the super block, the descriptor of the
 * group, two bitmaps, four blocks of inodes, the root directory.
 */
#define EXT2_BLOCKS	(DISK_SIZE / 1024)
#define EXT2_INODES	32
#define EXT2_ROOT	9	/* the last block that is in use */

static void make_ext2(int fd)
{
	unsigned char b[1024];
	unsigned int i;

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

	memset(b, 0, sizeof(b));
	for (i = 5; i < EXT2_ROOT; i++)
		put_at(fd, b, sizeof(b), i * 1024);
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

/* FAT12, with clusters as large as the file. */
static void make_vfat(int fd)
{
	size_t page = getpagesize(), size = page > 4096 ? 4096 : SECTOR;
	unsigned char b[4096];

	memset(b, 0, sizeof(b));
	b[0] = 0xeb;
	b[2] = 0x90;
	put16(b + 11, size);
	b[13] = NR_PAGES * page / size;
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

static void mount_disk(struct disk *d)
{
	if (mount(DISK, WHERE, d->fs, 0, NULL))
		setup_failed("mount of %s: %s", d->fs, strerror(errno));
}

/* Nothing of it stays in the page cache. */
static void mount_again(struct disk *d)
{
	if (umount(WHERE))
		setup_failed("umount: %s", strerror(errno));
	mount_disk(d);
}

static int open_file(int flags)
{
	int fd = open(NAME, flags, 0600);

	if (fd < 0)
		setup_failed(NAME ": %s", strerror(errno));
	return fd;
}

static size_t file_size(const struct disk *d)
{
	return NR_PAGES * d->page;
}

/* The file as each check finds it. */
static void make_file(struct disk *d, bool hole)
{
	size_t size = file_size(d);
	int fd = open_file(O_RDWR | O_CREAT | O_TRUNC);
	char *old = malloc(size);

	memset(old, OLD, size);
	if (pwrite(fd, old, hole ? d->page : size, 0) < 0 ||
	    ftruncate(fd, size) || fsync(fd))
		setup_failed("write to " NAME ": %s", strerror(errno));
	free(old);
	close(fd);
	mount_again(d);
}

static void fill_disk(struct disk *d)
{
	size_t chunk = 1UL << 20, off;
	int fd = open(DISK, O_RDWR | O_CLOEXEC);
	char *stale = malloc(chunk);

	if (fd < 0)
		setup_failed(DISK ": %s", strerror(errno));
	memset(stale, STALE, chunk);
	for (off = 0; off < DISK_SIZE; off += chunk)
		put_at(fd, stale, chunk, off);
	d->make(fd);
	if (fsync(fd))
		setup_failed("fsync of " DISK ": %s", strerror(errno));
	free(stale);
	close(fd);
}

/* Memory that nobody may take, filled where it can be. */
static bool map_bad(struct disk *d)
{
	struct memory m;
	int fd;

	if (!d->memory) {
		d->bad = mmap(NULL, d->page, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	} else {
		m = memory(d->memory);
		fd = memory_open(&m, d->page, NULL);
		if (fd < 0)
			return false;	/* skipped */
		d->bad = mmap(NULL, d->page, PROT_READ | PROT_WRITE, MAP_SHARED,
			      fd, 0);
	}
	if (d->bad == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	return true;
}

static void setup(void *data)
{
	struct disk *d = data;

	if (!has_filesystem(d->fs)) {
		skip("the kernel has no %s", d->fs);
		return;
	}
	d->page = getpagesize();
	d->good = ordinary(MAX_PIECES * d->page);
	if (!map_bad(d))
		return;
	/* A mount of this process alone goes when it goes. */
	if (unshare(CLONE_NEWNS))
		setup_failed("unshare: %s", strerror(errno));
	mkdir(WHERE, 0755);
	fill_disk(d);
	mount_disk(d);
}

static size_t piece_size(const struct disk *d, const struct io *io)
{
	return io->sectors ? SECTOR : d->page;
}

static off_t offset(const struct disk *d, const struct io *io)
{
	switch (io->where) {
	case START:
		return 0;
	case MIDDLE:
		return 4 * d->page;
	case LAST:
		return file_size(d) - piece_size(d, io);
	case END:
		break;
	}
	return file_size(d);
}

static int pieces_of(struct disk *d, const struct io *io, struct iovec *iov)
{
	int i;

	for (i = 0; io->pieces[i]; i++) {
		iov[i].iov_base = io->pieces[i] == 'b' ? d->bad :
				  d->good + i * d->page;
		iov[i].iov_len = piece_size(d, io);
	}
	return i;
}

/* As the call itself says it: bytes, or -errno. */
static long aio_write(int fd, const struct iovec *iov, int nr, off_t off)
{
	aio_context_t ctx = 0;
	struct io_event done;
	struct iocb cb = {
		.aio_fildes = fd,
		.aio_lio_opcode = IOCB_CMD_PWRITEV,
		.aio_buf = (uintptr_t)iov,
		.aio_nbytes = nr,
		.aio_offset = off,
	}, *cbs[] = { &cb };

	if (syscall(SYS_io_setup, 1, &ctx))
		setup_failed("io_setup: %s", strerror(errno));
	if (syscall(SYS_io_submit, ctx, 1, cbs) != 1 ||
	    syscall(SYS_io_getevents, ctx, 1, 1, &done, NULL) != 1)
		setup_failed("io_submit: %s", strerror(errno));
	syscall(SYS_io_destroy, ctx);
	return done.res;
}

static long call(int fd, const struct io *io, const struct iovec *iov, int nr,
		 off_t off)
{
	long ret;

	if (io->aio)
		return aio_write(fd, iov, nr, off);
	ret = io->read ? preadv(fd, iov, nr, off) : pwritev(fd, iov, nr, off);
	return ret < 0 ? -errno : ret;
}

/*
 * Memory at an odd address is what direct I/O refuses and the page cache takes:
 * for this call, in this file, it is direct.
 */
static void is_direct(struct disk *d, int fd, const struct io *io, off_t off)
{
	struct iovec iov[MAX_PIECES];
	struct io with = *io;
	int i, nr = pieces_of(d, io, iov);
	long ret;

	for (i = 0; i < nr; i++) {
		iov[i].iov_base = d->good + 1;
		iov[i].iov_len = piece_size(d, io);
	}
	with.aio = false;
	ret = call(fd, &with, iov, nr, off);
	if (ret != -EINVAL)
		fail("is not direct: %ld at an odd address", ret);
}

static void same(const char *what, const char *buf, size_t from, size_t to,
		 int value)
{
	size_t i;

	for (i = from; i < to; i++) {
		if ((unsigned char)buf[i] == value)
			continue;
		fail("%s has 0x%02x at %zu, not 0x%02x", what,
		     (unsigned char)buf[i], i, value);
		return;
	}
}

/* What is on the disk follows from what the call said, and from that alone. */
static void check_disk(struct disk *d, const struct io *io, size_t off,
		       long ret)
{
	size_t size = file_size(d), done = ret > 0 && !io->read ? ret : 0;
	size_t max = size + MORE_PAGES * d->page, i, end, piece;
	char *buf = malloc(max), value;
	struct stat st;
	int fd;

	mount_again(d);
	fd = open_file(O_RDWR);
	if (off + done > size)
		size = off + done;
	if (fstat(fd, &st) || (size_t)st.st_size != size)
		fail("the file has %zu bytes, not %zu", (size_t)st.st_size,
		     size);
	/* What a longer file shows is not what the disk held before. */
	if (ftruncate(fd, max) || pread(fd, buf, max, 0) != (ssize_t)max)
		setup_failed("read of " NAME ": %s", strerror(errno));
	close(fd);

	same("the file", buf, 0, io->hole ? d->page : off, OLD);
	piece = piece_size(d, io);
	for (i = off; i < off + done; i = end) {
		end = i + piece < off + done ? i + piece : off + done;
		value = io->pieces[(i - off) / piece] == 'b' ? DEVICE : NEW;
		same("what was written", buf, i, end, value);
	}
	if (off + done < file_size(d))
		same("what was not written", buf, off + done, file_size(d),
		     io->hole ? 0 : OLD);
	same("what is behind the end", buf, size, max, 0);
	free(buf);
}

/*
 * The first piece is refused before anything is done. Later ones the page cache
 * takes, if the processor can access them.
 */
static long wanted(const struct disk *d, const struct io *io)
{
	size_t nr = d->memory ? strlen(io->pieces) : strcspn(io->pieces, "b");

	return io->pieces[0] == 'b' ? -EFAULT : (long)(nr * piece_size(d, io));
}

/* What a read got in its first pieces is the file. */
static void check_read(struct disk *d, const struct io *io, long ret)
{
	size_t piece = piece_size(d, io), nr = strlen(io->pieces), i;

	for (i = 0; i < nr && ret >= (long)((i + 1) * piece); i++)
		same("what was read", io->pieces[i] == 'b' ? d->bad :
		     d->good + i * d->page, 0, piece, OLD);
}

static void run(struct disk *d, const struct io *io, long want)
{
	struct iovec iov[MAX_PIECES];
	off_t off = offset(d, io);
	int fd, nr = pieces_of(d, io, iov);
	long ret;

	make_file(d, io->hole);
	memset(d->good, NEW, MAX_PIECES * d->page);
	if (d->memory)
		memset(d->bad, DEVICE, d->page);
	fd = open_file(O_RDWR | O_DIRECT);
	if (!io->hole && (d->appends || io->where < LAST))
		is_direct(d, fd, io, off);
	ret = call(fd, io, iov, nr, off);
	close(fd);
	if (!io->any && ret != want)
		fail("returned %ld, not %ld", ret, want);
	if (io->read)
		check_read(d, io, ret);
	check_disk(d, io, off, ret);
}

/* Each of them in ordinary memory first, where it must do all that it is told. */
static const struct {
	const char *name;
	struct io io;
} ios[] = {
	{ "first", { .where = START, .pieces = "bg" } },
	{ "second", { .where = START, .pieces = "gb" } },
	{ "between", { .where = MIDDLE, .pieces = "gbg" } },
	{ "sector", { .where = MIDDLE, .pieces = "gb", .sectors = true } },
	{ "aio", { .where = START, .pieces = "gb", .aio = true } },
	/* New blocks are given back, or they are used: whatever it says. */
	{ "append", { .where = END, .pieces = "gb", .any = true } },
	{ "append_sector", { .where = END, .pieces = "gb", .sectors = true,
			     .any = true } },
	/* What was overwritten is not given back. */
	{ "extend", { .where = LAST, .pieces = "ggb" } },
	{ "extend_sector", { .where = LAST, .pieces = "ggb", .sectors = true } },
	{ "hole", { .where = MIDDLE, .pieces = "gb", .hole = true,
		    .any = true } },
	{ "read", { .where = START, .pieces = "gb", .read = true } },
	{ "read_sector", { .where = MIDDLE, .pieces = "gb", .sectors = true,
			   .read = true } },
};

static void check(const struct check *check, void *data)
{
	char ordinary_pieces[MAX_PIECES + 1] = "";
	struct disk *d = data;
	struct io io;
	unsigned int i = 0;

	while (strcmp(ios[i].name, check->name))
		i++;
	io = ios[i].io;
	memset(ordinary_pieces, 'g', strlen(io.pieces));
	io.pieces = ordinary_pieces;
	io.any = false;
	run(d, &io, strlen(io.pieces) * piece_size(d, &io));
	progress();
	io = ios[i].io;
	run(d, &io, wanted(d, &io));
}

#define DISKS(f, m, a)							\
	{ f "_order0", setup, checks,					\
	  &(struct disk){ f, m, a, "pte.order0", 0, NULL, NULL } },	\
	{ f "_no_memmap", setup, checks,				\
	  &(struct disk){ f, m, a, "pte.no_memmap", 0, NULL, NULL } },	\
	{ f "_prot_none", setup, checks,				\
	  &(struct disk){ f, m, a, NULL, 0, NULL, NULL } }

int main(int argc, char **argv)
{
	static struct check checks[ARRAY_SIZE(ios) + 1];
	struct group groups[] = {
		DISKS("ext2", make_ext2, true),
		DISKS("vfat", make_vfat, false),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ios); i++)
		checks[i] = (struct check){ ios[i].name, check, NULL };
	checks[i].name = "";
	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
