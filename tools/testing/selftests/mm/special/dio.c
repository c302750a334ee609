// SPDX-License-Identifier: GPL-2.0
/*
 * Direct I/O one of whose pieces of memory nobody may take, in file systems that
 * have it from fs/direct-io.c: what a write has changed on the disk, and a read
 * in memory, is what the call says, and nothing else.
 *
 * The file systems are on /dev/ram0: see dio_fs.c.
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
#include "dio_fs.h"
#include "memory.h"
#include "process.h"
#include "run.h"

#define DISK		"/dev/ram0"
#define WHERE		"/tmp/dio"
#define NAME		WHERE "/file"

#define NR_PAGES	8	/* of the file */
#define MORE_PAGES	4	/* that a write may add */
#define MAX_PIECES	3
#define CUT		100	/* bytes that a file lacks */

/* What the disk held before, the file, and what is written to it. */
#define STALE		0x99
#define OLD		0x5a
#define NEW		0x25
#define DEVICE		0x77

/**
 * struct disk - a file system, and what a call comes to that it must not take
 * @fs: as mount() knows it
 * @options: for mount(); NULL for none
 * @make: writes an empty one to the disk
 * @appends: a write behind the end of a file is direct as well
 * @memory: a driver's, see memory(); NULL for some that cannot be accessed
 * @page: bytes
 * @good: ordinary memory
 * @bad: that of @memory
 */
struct disk {
	const char *fs;
	const char *options;
	void (*make)(int fd, size_t cluster);
	bool appends;
	const char *memory;

	size_t page;
	char *good;
	char *bad;
};

enum where { START, MIDDLE, LAST_TWO, LAST, END };

/**
 * struct io - a call
 * @where: it begins; LAST: with the last piece of the file, LAST_TWO: with the
 *	one before that
 * @pieces: 'g' for ordinary memory, 'b' for that which nobody may take
 * @sectors: a piece is a sector, and not a page
 * @aio: by io_submit()
 * @read: from the file
 * @hole: the file has no blocks there
 * @cut: the file ends a bit before its last page does
 * @any: it may do nothing of it, or a part, or all
 */
struct io {
	enum where where;
	const char *pieces;
	bool sectors;
	bool aio;
	bool read;
	bool hole;
	bool cut;
	bool any;
};

static void mount_disk(struct disk *d)
{
	if (mount(DISK, WHERE, d->fs, 0, d->options))
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

static size_t file_size(const struct disk *d, const struct io *io)
{
	return NR_PAGES * d->page - (io->cut ? CUT : 0);
}

/* The file as each check finds it. */
static void make_file(struct disk *d, const struct io *io)
{
	size_t size = file_size(d, io);
	int fd = open_file(O_RDWR | O_CREAT | O_TRUNC);
	char *old = malloc(size);

	memset(old, OLD, size);
	if (pwrite(fd, old, io->hole ? d->page : size, 0) < 0 ||
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
	d->make(fd, NR_PAGES * d->page);
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
	case LAST_TWO:
		return NR_PAGES * d->page - 2 * piece_size(d, io);
	case LAST:
		return NR_PAGES * d->page - piece_size(d, io);
	case END:
		break;
	}
	return NR_PAGES * d->page;
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
static long aio(int fd, bool read, const struct iovec *iov, int nr, off_t off)
{
	aio_context_t ctx = 0;
	struct io_event done;
	struct iocb cb = {
		.aio_fildes = fd,
		.aio_lio_opcode = read ? IOCB_CMD_PREADV : IOCB_CMD_PWRITEV,
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
		return aio(fd, io->read, iov, nr, off);
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
	size_t size = file_size(d, io), done = ret > 0 && !io->read ? ret : 0;
	size_t was = size, max = size + MORE_PAGES * d->page, i, end, piece;
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
	if (off + done < was)
		same("what was not written", buf, off + done, was,
		     io->hole ? 0 : OLD);
	same("what is behind the end", buf, size, max, 0);
	free(buf);
}

/*
 * The first piece is refused before anything is done. Later ones the page cache
 * takes, if the processor can access them. A read ends where the file does.
 */
static long wanted(const struct disk *d, const struct io *io)
{
	size_t nr = d->memory ? strlen(io->pieces) : strcspn(io->pieces, "b");
	size_t len = nr * piece_size(d, io);
	size_t left = file_size(d, io) - offset(d, io);

	if (io->pieces[0] == 'b')
		return -EFAULT;
	return io->read && len > left ? left : len;
}

/*
 * What a read got is the file, and nothing else has been written. The sector in
 * which the file ends may come as a whole, but not to what nobody may take.
 */
static void check_read(struct disk *d, const struct io *io, long ret)
{
	size_t piece = piece_size(d, io), left = ret > 0 ? ret : 0, len, i;
	bool bad;
	char *p;

	for (i = 0; io->pieces[i]; i++) {
		bad = io->pieces[i] == 'b';
		if (bad && !d->memory)
			continue;
		p = bad ? d->bad : d->good + i * d->page;
		len = left < piece ? left : piece;
		left -= len;
		same("what was read", p, 0, len, io->hole ? 0 : OLD);
		if (!bad)
			len = (len + SECTOR - 1) / SECTOR * SECTOR;
		same("what was not read", p, len, d->page, bad ? DEVICE : NEW);
	}
}

static void run(struct disk *d, const struct io *io, long want)
{
	struct iovec iov[MAX_PIECES];
	off_t off = offset(d, io);
	int fd, nr = pieces_of(d, io, iov);
	long ret;

	make_file(d, io);
	memset(d->good, NEW, MAX_PIECES * d->page);
	if (d->memory)
		memset(d->bad, DEVICE, d->page);
	fd = open_file(O_RDWR | O_DIRECT);
	if (io->read || (!io->hole && (d->appends || io->where < LAST)))
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
	{ "read_first", { .where = START, .pieces = "bg", .read = true } },
	{ "read", { .where = START, .pieces = "gb", .read = true } },
	{ "read_between", { .where = MIDDLE, .pieces = "gbg", .read = true } },
	{ "read_sector", { .where = MIDDLE, .pieces = "gb", .sectors = true,
			   .read = true } },
	{ "read_aio", { .where = START, .pieces = "gb", .aio = true,
			.read = true } },
	{ "read_hole", { .where = MIDDLE, .pieces = "gb", .hole = true,
			 .read = true } },
	/* It is in the last piece of the file, and behind it. */
	{ "read_last", { .where = LAST_TWO, .pieces = "gb", .cut = true,
			 .read = true } },
	{ "read_end", { .where = LAST, .pieces = "gb", .cut = true,
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
	run(d, &io, wanted(d, &io));
	progress();
	io = ios[i].io;
	run(d, &io, wanted(d, &io));
}

/* A group of checks for each kind of memory. */
#define DISK_WITH(f, o, m, a, k)					\
	setup, checks, &(struct disk){ f, o, m, a, k, 0, NULL, NULL }
#define DISKS(f, o, m, a)						\
	{ f "_order0", DISK_WITH(f, o, m, a, "pte.order0") },		\
	{ f "_no_memmap", DISK_WITH(f, o, m, a, "pte.no_memmap") },	\
	{ f "_prot_none", DISK_WITH(f, o, m, a, NULL) }

int main(int argc, char **argv)
{
	static struct check checks[ARRAY_SIZE(ios) + 1];
	struct group groups[] = {
		DISKS("ext2", NULL, make_ext2, true),
		DISKS("vfat", NULL, make_vfat, false),
		DISKS("exfat", NULL, make_exfat, false),
		/* Or it tries smaller blocks first, and says so each time. */
		DISKS("udf", "bs=2048", make_udf, true),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ios); i++)
		checks[i] = (struct check){ ios[i].name, check, NULL };
	checks[i].name = "";
	return run_groups(groups, ARRAY_SIZE(groups), argc, argv);
}
