// SPDX-License-Identifier: GPL-2.0
/*
 * What a test does with its own process: get memory and addresses, touch them
 * and survive that, stay on a processor.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "process.h"
#include "run.h"

static sigjmp_buf caught;

static void catch(int sig)
{
	siglongjmp(caught, sig);
}

int access_at(char *addr, bool write, char value)
{
	struct sigaction segv, bus, action = { .sa_handler = catch };
	int sig;

	sigaction(SIGSEGV, &action, &segv);
	sigaction(SIGBUS, &action, &bus);
	sig = sigsetjmp(caught, 1);
	if (!sig && write)
		*(volatile char *)addr = value;
	else if (!sig)
		(void)*(volatile char *)addr;
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
	return sig;
}

void *ordinary(size_t size)
{
	void *addr = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (addr == MAP_FAILED)
		setup_failed("mmap: %s", strerror(errno));
	memset(addr, 1, size);
	return addr;
}

char *aligned_room(size_t size, size_t align)
{
	char *addr;

	/* Where caches alias, a shared mapping can be at few addresses only. */
	if (align < (size_t)SHMLBA)
		align = SHMLBA;
	addr = mmap(NULL, size + align, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (addr == MAP_FAILED)
		return NULL;
	return addr + (align - (uintptr_t)addr % align) % align;
}

void stay_on_one_cpu(void)
{
	static const unsigned long first_cpu = 1;
	static bool stays;

	if (!stays && syscall(SYS_sched_setaffinity, 0, sizeof(first_cpu),
			      &first_cpu))
		setup_failed("sched_setaffinity: %s", strerror(errno));
	stays = true;
}

long write_file(const char *path, const char *fmt, ...)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len, ret;
	char text[256];
	va_list ap;

	if (fd < 0)
		return -errno;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ret = len < (ssize_t)sizeof(text) ? write(fd, text, len) : 0;
	if (ret < 0)
		ret = -errno;
	else
		ret = ret == len ? 0 : -EIO;
	close(fd);
	return ret;
}

/*
 * Not pread(): the mappings of sparc64 lie in the upper half of the address
 * space, where it takes an offset for a negative one.
 */
long proc_mem(bool write_it, const char *addr, void *buf, size_t len)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	long ret;

	if (fd < 0)
		return -errno;
	if (lseek(fd, (uintptr_t)addr, SEEK_SET) == -1)
		ret = -errno;
	else
		ret = write_it ? write(fd, buf, len) : read(fd, buf, len);
	if (ret == -1)
		ret = -errno;
	close(fd);
	return ret;
}

bool has_l1tf(void)
{
	char line[128] = "";
	FILE *f = fopen("/sys/devices/system/cpu/vulnerabilities/l1tf", "r");

	if (f) {
		if (!fgets(line, sizeof(line), f))
			line[0] = 0;
		fclose(f);
	}
	/* powerpc has the file as well, and leaves the entries as they are. */
	return strstr(line, "PTE Inversion");
}

bool has_filesystem(const char *fs)
{
	FILE *f = fopen("/proc/filesystems", "r");
	bool found = false;
	char line[80];

	/* After "nodev", or after nothing, a tab. */
	while (f && !found && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		found = line[0] == '\t' && !strcmp(line + 1, fs);
	}
	if (f)
		fclose(f);
	return found;
}

bool format_swap(const char *disk, uint32_t pages)
{
	const uint32_t info[] = { 1, pages - 1, 0 };	/* version, last, bad */
	int fd = open(disk, O_WRONLY | O_CLOEXEC);
	static char head[65536];
	bool ok;

	memcpy(head + 1024, info, sizeof(info));
	memcpy(head + getpagesize() - 10, "SWAPSPACE2", 10);
	ok = fd >= 0 && write(fd, head, getpagesize()) == getpagesize() &&
	     !fsync(fd);
	if (fd >= 0)
		close(fd);
	return ok;
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}
