// SPDX-License-Identifier: GPL-2.0
/*
 * Where the random operations take their chance from, what they are told by
 * special.fuzz= of the kernel command line, and where they write down what they
 * do: into memory of which the host has a file, if there is such a device.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "fuzz.h"
#include "process.h"
#include "run.h"

#define LOG_BYTES	(32UL << 20)	/* LOG= of the machine */
#define LOG_PLAIN	(4UL << 20)
#define DEBUGFS		"/sys/kernel/debug/"

uint64_t fuzz_hash(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t x = a * 0x9e3779b97f4a7c15ULL + b * 0xc2b2ae3d27d4eb4fULL + c;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		x ^= x >> 31;
		x *= 0x7fb5d329728ea185ULL;
		x ^= x >> 27;
		x *= 0x81dadef4bc2dd44dULL;
	}
	return x ^ x >> 33;
}

uint64_t draw(struct step *st, uint64_t below)
{
	st->random = fuzz_hash(st->random, 1, 1);
	return st->random % below;
}

bool one_in(struct step *st, unsigned int n)
{
	return !draw(st, n);
}

/* special.fuzz=name:value,name:value */
const char *setting(const char *name)
{
	static char line[4096], value[2048];
	char *p;
	FILE *f;

	if (!line[0]) {
		f = fopen("/proc/cmdline", "r");
		if (!f || !fgets(line, sizeof(line), f))
			return NULL;
		fclose(f);
		line[strcspn(line, "\n")] = 0;
	}
	p = strstr(line, "special.fuzz=");
	while (p) {
		p += strcspn(p, "=,") + 1;
		if (!strncmp(p, name, strlen(name)) && p[strlen(name)] == ':') {
			p += strlen(name) + 1;
			snprintf(value, sizeof(value), "%.*s",
				 (int)strcspn(p, ", "), p);
			return value;
		}
		if (p[strcspn(p, ", ")] != ',')
			break;
		p += strcspn(p, ",");
	}
	return NULL;
}

unsigned long number_setting(const char *name, unsigned long otherwise)
{
	const char *value = setting(name);

	return value ? strtoul(value, NULL, 0) : otherwise;
}

/* The parts of without:, between plus signs. */
static unsigned int nr_without;
static char *without[512];

static void read_without(void)
{
	static bool done;
	const char *value;
	char *p;

	if (done)
		return;
	done = true;
	value = setting("without");
	if (!value)
		return;
	for (p = strtok(strdup(value), "+"); p && nr_without < 512;
	     p = strtok(NULL, "+"))
		without[nr_without++] = p;
}

bool left_out(const char *name)
{
	unsigned int i;

	read_without();
	for (i = 0; i < nr_without; i++)
		if (!strcmp(without[i], name))
			return true;
	return false;
}

bool left_out_nr(unsigned long k)
{
	unsigned long first, last;
	unsigned int i;

	read_without();
	for (i = 0; i < nr_without; i++)
		if (sscanf(without[i], "%lu-%lu", &first, &last) == 2 &&
		    k >= first && k <= last)
			return true;
	return false;
}

static char *log_lines;
static unsigned long log_size, *log_next;

/* The PCI device whose memory is as large as LOG says. */
static int log_device(void)
{
	unsigned long long start, end, flags;
	char path[256];
	int fd = -1;
	size_t i;
	glob_t g;
	FILE *f;

	if (glob("/sys/bus/pci/devices/*/resource", 0, NULL, &g))
		return -1;
	for (i = 0; i < g.gl_pathc && fd < 0; i++) {
		f = fopen(g.gl_pathv[i], "r");
		/* The third is the memory of an ivshmem device. */
		if (f && fscanf(f, "%*x %*x %*x %*x %*x %*x %llx %llx %llx",
				&start, &end, &flags) == 3 &&
		    end - start + 1 == LOG_BYTES) {
			snprintf(path, sizeof(path), "%s2", g.gl_pathv[i]);
			fd = open(path, O_RDWR | O_CLOEXEC);
		}
		if (f)
			fclose(f);
	}
	globfree(&g);
	return fd;
}

bool log_open(void)
{
	int fd = log_device();

	log_size = fd < 0 ? LOG_PLAIN : LOG_BYTES;
	log_lines = mmap(NULL, log_size, PROT_READ | PROT_WRITE,
			 fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd,
			 0);
	log_next = mmap(NULL, sizeof(*log_next), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (log_lines == MAP_FAILED || log_next == MAP_FAILED)
		setup_failed("no memory for the log: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* A line is written in one piece: number, thread, operation, what, where. */
void log_begin(struct step *st)
{
	unsigned long nr = __atomic_fetch_add(log_next, 1, __ATOMIC_RELAXED);
	char line[LINE + 1];

	st->line = log_lines + nr % (log_size / LINE) * LINE;
	snprintf(line, sizeof(line), "%6lu %c%u %5lu %-19s %-19s %2u %2u",
		 nr, st->child ? 'C' : 'T', st->thread, st->k, st->op->name,
		 st->s ? st->s->kind->name : "-", st->w, st->n);
	snprintf(line + strlen(line), sizeof(line) - strlen(line), "%*s",
		 (int)(LINE - strlen(line)), "\n");
	line[LINE - 2] = '?';
	memcpy(st->line, line, LINE);
	if (!st->child)
		memcpy(st->f->last[st->thread], line, LINE);
}

void log_end(struct step *st, int ret)
{
	st->line[LINE - 2] = ret == DONE ? '+' : ret < 0 ? '-' : ' ';
	if (!st->child)
		st->f->last[st->thread][LINE - 2] = st->line[LINE - 2];
}

void log_restart(void)
{
	memset(log_lines, 0, log_size);
	*log_next = 0;
}

void wrong(struct step *st, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* The first ones say enough. */
	if (__atomic_fetch_add(&st->f->wrongs, 1, __ATOMIC_RELAXED) < 3)
		fail("%c%u %lu %s of %s at %u: %s", st->child ? 'C' : 'T',
		     st->thread, st->k, st->op ? st->op->name : "end",
		     st->s ? st->s->kind->name : "-", st->w, text);
	__atomic_store_n(&st->f->stop, true, __ATOMIC_RELAXED);
}

static bool put(const char *dir, const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", dir, file);
	return !write_file(path, "%s", text);
}

/* Of those threads only that have asked for it. */
bool faults_setup(unsigned int percent)
{
	static const char *const dirs[] = { "failslab", "fail_page_alloc" };
	char text[16];
	unsigned int i;

	snprintf(text, sizeof(text), "%u", percent);
	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		if (!put(dirs[i], "task-filter", "Y") ||
		    !put(dirs[i], "ignore-gfp-wait", "N") ||
		    !put(dirs[i], "verbose", "0") ||
		    !put(dirs[i], "times", "-1") ||
		    !put(dirs[i], "probability", text))
			return false;
	}
	put("fail_page_alloc", "min-order", "0");
	put("fail_page_alloc", "ignore-gfp-highmem", "N");
	return true;
}

void faults(bool on)
{
	static __thread int fd = -1;
	static __thread pid_t owner;
	char path[64];

	if (owner != syscall(SYS_gettid)) {
		owner = syscall(SYS_gettid);
		snprintf(path, sizeof(path), "/proc/self/task/%d/make-it-fail",
			 owner);
		fd = open(path, O_WRONLY | O_CLOEXEC);
	}
	if (fd >= 0 && pwrite(fd, on ? "1" : "0", 1, 0) != 1)
		return;
}
