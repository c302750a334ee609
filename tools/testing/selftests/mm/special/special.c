// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "../../kselftest.h"
#include "special.h"

#define MAX_CHECKS	128
#define TEXT		240
#define NAME		160

/* Limits are times of a machine that has its processors for itself: see fair_ms(). */
#define PATIENCE_MS	10000	/* without progress */
#define FAILED_GROUP_MS	300
#define SLEEP_MS	200
#define PIECES		20
/* After this the watchdog says that it waits: the machine does not hang. */
#define SIGN_NS		20000000000ULL

enum state { NOT_RUN, RUNNING, PASSED, FAILED, SKIPPED };

/* Written by the process that runs a group, read by the one that reports. */
struct report {
	unsigned int progress;
	bool late;
	char setup[TEXT];
	enum state setup_state;
	int current;
	struct {
		enum state state;
		char text[TEXT];
	} check[MAX_CHECKS];
};

static struct report *report;

static void note(enum state state, const char *fmt, va_list ap)
{
	char *text;
	size_t used;

	/* Before any group runs there is nowhere else to say it. */
	if (!report) {
		printf("# ");
		vprintf(fmt, ap);
		printf("\n");
		fflush(stdout);
		return;
	}
	text = report->setup;
	if (report->current < 0) {
		report->setup_state = state;
	} else {
		report->check[report->current].state = state;
		text = report->check[report->current].text;
	}
	used = strlen(text);
	if (used)
		used += snprintf(text + used, TEXT - used, "; ");
	if (used < TEXT)
		vsnprintf(text + used, TEXT - used, fmt, ap);
}

void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(FAILED, fmt, ap);
	va_end(ap);
}

void skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(SKIPPED, fmt, ap);
	va_end(ap);
}

void setup_failed(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note(FAILED, fmt, ap);
	va_end(ap);
	_exit(1);
}

static bool selected(const char *name, int argc, char **argv)
{
	bool included = true, wanted = false;
	int i;

	for (i = 1; i < argc; i++) {
		if (argv[i][0] == '!') {
			if (!fnmatch(argv[i] + 1, name, 0))
				return false;
			continue;
		}
		included = false;
		if (!fnmatch(argv[i], name, 0))
			wanted = true;
	}
	return included || wanted;
}

/*
 * A group that has run says so and waits: what it leaves behind is torn down
 * when it exits, and a kernel that dies of that must not take the results with
 * it. End of file instead means that the group's processes are gone.
 */
static int done_pipe[2], go_pipe[2];

static void __attribute__((noreturn)) group_done(void)
{
	char c = 0;

	if (write(done_pipe[1], &c, 1) == 1)
		while (read(go_pipe[0], &c, 1) < 0 && errno == EINTR)
			;
	_exit(0);
}

void progress(void)
{
	__atomic_store_n(&report->late, false, __ATOMIC_RELAXED);
	__atomic_add_fetch(&report->progress, 1, __ATOMIC_RELAXED);
}

bool worth_waiting(void)
{
	return !__atomic_load_n(&report->late, __ATOMIC_RELAXED);
}

bool race_goes_on(unsigned long here, unsigned long want_here,
		  unsigned long there, unsigned long want_there)
{
	static unsigned long last;
	unsigned long done = (here < want_here ? here : want_here) +
			     (there < want_there ? there : want_there);

	if (done != last)
		progress();
	last = done;
	/* The other side may want the only processor. */
	if (here >= want_here)
		sched_yield();
	return done < want_here + want_there && worth_waiting();
}

static void piece_of_work(void)
{
	volatile unsigned int i;

	for (i = 0; i < 100000; i++)
		;
}

/*
 * What a sleep of SLEEP_MS is worth on a machine that has its processors for
 * itself. A busy host takes them from a guest unseen: it only takes longer to
 * do the same work. The shortest time that a piece of it has ever taken is what
 * it takes unhindered.
 */
static unsigned int fair_ms(void)
{
	static uint64_t best = UINT64_MAX;
	uint64_t begin = now_ns(), last = begin, now;
	unsigned int i;

	for (i = 0; i < PIECES; i++) {
		piece_of_work();
		now = now_ns();
		/* A clock may stand still for longer than a piece takes. */
		if (now != last && now - last < best)
			best = now - last;
		last = now;
	}
	if (last - begin <= PIECES * best)
		return SLEEP_MS;
	return SLEEP_MS * PIECES * best / (last - begin);
}

static void full_name(char *name, size_t size, const struct group *g, int i)
{
	snprintf(name, size, "%s.%s.%s", program_invocation_short_name, g->name,
		 g->checks[i].name);
}

/*
 * The watchdog: wait until the group has run, or its processes are gone, which
 * is false. SIGALRM ends one that gets no further, a GUP that never returns.
 */
static bool wait_for_group(const struct group *g, pid_t pid)
{
	struct pollfd done = { .fd = done_pipe[0], .events = POLLIN };
	unsigned int seen = 0, now, waited = 0;
	uint64_t last_sign = now_ns();
	char c;

	while (waited < PATIENCE_MS && !poll(&done, 1, SLEEP_MS)) {
		waited += fair_ms();
		now = __atomic_load_n(&report->progress, __ATOMIC_RELAXED);
		if (now != seen)
			waited = 0;
		else if (waited >= PATIENCE_MS / 2)
			__atomic_store_n(&report->late, true, __ATOMIC_RELAXED);
		seen = now;
		if (now_ns() - last_sign < SIGN_NS)
			continue;
		last_sign = now_ns();
		ksft_print_msg("%s.%s still runs\n", g->name,
			       report->current < 0 ? "setup" :
			       g->checks[report->current].name);
		fflush(stdout);
	}
	if (waited >= PATIENCE_MS)
		kill(-pid, SIGALRM);
	return read(done_pipe[0], &c, 1) == 1;
}

static void run_group(struct group *g, const bool *run)
{
	int i;

	close(done_pipe[0]);
	close(go_pipe[1]);
	setpgid(0, 0);
	/* Who ends the one that reports ends this as well. */
	prctl(PR_SET_PDEATHSIG, SIGALRM);

	report->setup_state = RUNNING;
	if (g->setup)
		g->setup(g->data);
	if (report->setup_state != RUNNING)
		group_done();
	report->setup_state = PASSED;

	for (i = 0; g->checks[i].name[0]; i++) {
		if (!run[i])
			continue;
		report->current = i;
		report->check[i].state = RUNNING;
		progress();
		g->checks[i].run(&g->checks[i], g->data);
		if (report->check[i].state == RUNNING)
			report->check[i].state = PASSED;
	}
	group_done();
}

/* Run @g in a process of its own; its wait status if it ended before its time. */
static int fork_group(struct group *g, const bool *run, pid_t *pid)
{
	int status = 0;

	if (pipe(done_pipe) || pipe(go_pipe))
		ksft_exit_fail_msg("pipe: %s\n", strerror(errno));
	fflush(stdout);
	*pid = fork();
	if (*pid < 0)
		ksft_exit_fail_msg("fork: %s\n", strerror(errno));
	if (!*pid)
		run_group(g, run);
	/* Before it can be ended; it does the same, whoever is first. */
	setpgid(*pid, *pid);
	close(done_pipe[1]);
	close(go_pipe[0]);
	if (!wait_for_group(g, *pid)) {
		waitpid(*pid, &status, 0);
		*pid = 0;
	}
	return status;
}

static void end_group(pid_t pid)
{
	close(done_pipe[0]);
	close(go_pipe[1]);
	if (pid)
		waitpid(pid, NULL, 0);
}

static void print_result(const char *name, enum state state, const char *text,
			 int status)
{
	switch (state) {
	case PASSED:
		ksft_test_result_pass("%s\n", name);
		return;
	case SKIPPED:
		printf("ok %d %s # SKIP %s\n", ksft_test_num() + 1, name, text);
		ksft_cnt.ksft_xskip++;
		return;
	case RUNNING:
		if (WIFSIGNALED(status))
			ksft_print_msg("%s: killed by signal %d%s\n", name,
				       WTERMSIG(status),
				       WTERMSIG(status) == SIGALRM ?
				       ", it did not return" : "");
		else
			ksft_print_msg("%s: ended early\n", name);
		break;
	case NOT_RUN:
		ksft_print_msg("%s: not run, an earlier check ended the group\n",
			       name);
		break;
	case FAILED:
		ksft_print_msg("%s: %s\n", name, text);
		break;
	}
	ksft_test_result_fail("%s\n", name);
}

static void report_group(struct group *g, const bool *run, bool list,
			 int status)
{
	unsigned int failed = ksft_cnt.ksft_fail;
	unsigned int waited = 0;
	char name[NAME];
	int i;

	for (i = 0; g->checks[i].name[0]; i++) {
		if (!run[i])
			continue;
		full_name(name, sizeof(name), g, i);
		if (list)
			print_result(name, SKIPPED, "listed", 0);
		else if (report->setup_state != PASSED)
			print_result(name, report->setup_state, report->setup,
				     status);
		else
			print_result(name, report->check[i].state,
				     report->check[i].text, status);
	}
	fflush(stdout);
	/*
	 * The kernel may die of what the group leaves behind. Whoever hands
	 * our output on needs a moment to do so first.
	 */
	while (ksft_cnt.ksft_fail != failed && waited < FAILED_GROUP_MS) {
		usleep(SLEEP_MS * 1000);
		waited += fair_ms();
	}
}

static int select_checks(const struct group *g, bool *run, int argc,
			 char **argv)
{
	char name[NAME];
	int i, nr = 0;

	for (i = 0; g->checks[i].name[0]; i++) {
		full_name(name, sizeof(name), g, i);
		run[i] = selected(name, argc, argv);
		nr += run[i];
	}
	return nr;
}

int run_groups(struct group *groups, int nr, int argc, char **argv)
{
	bool list = argc == 2 && !strcmp(argv[1], "-l");
	bool run[MAX_CHECKS];
	int i, status, plan = 0;
	pid_t pid = 0;

	if (list)
		argc = 1;
	for (i = 0; i < nr; i++)
		plan += select_checks(&groups[i], run, argc, argv);

	ksft_print_header();
	if (!plan) {
		printf("1..0 # SKIP no test selected\n");
		return 0;
	}
	ksft_set_plan(plan);
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		ksft_exit_fail_msg("mmap: %s\n", strerror(errno));

	for (i = 0; i < nr; i++) {
		if (!select_checks(&groups[i], run, argc, argv))
			continue;
		memset(report, 0, sizeof(*report));
		report->current = -1;
		status = 0;
		if (!list)
			status = fork_group(&groups[i], run, &pid);
		report_group(&groups[i], run, list, status);
		if (!list)
			end_group(pid);
	}
	return ksft_cnt.ksft_fail ? KSFT_FAIL : KSFT_PASS;
}

#define W	PFNMAP_TEST_WRITE
#define L	PFNMAP_TEST_LONGTERM
#define BOTH(n, c, f, s, p)				\
	{ n "_read", c, 0, f, s, p },			\
	{ n "_write", c, W, f, s, p }

const struct gup_entry gup_entries[] = {
	BOTH("get_fast_only", PFNMAP_TEST_GET_FAST_ONLY, true, false, false),
	BOTH("pin_fast_only", PFNMAP_TEST_PIN_FAST_ONLY, true, false, true),
	BOTH("get_fast", PFNMAP_TEST_GET_FAST, true, true, false),
	BOTH("pin_fast", PFNMAP_TEST_PIN_FAST, true, true, true),
	BOTH("get", PFNMAP_TEST_GET, false, true, false),
	BOTH("pin", PFNMAP_TEST_PIN, false, true, true),
	BOTH("get_unlocked", PFNMAP_TEST_GET_UNLOCKED, false, true, false),
	BOTH("pin_unlocked", PFNMAP_TEST_PIN_UNLOCKED, false, true, true),
	BOTH("get_remote", PFNMAP_TEST_GET_REMOTE, false, true, false),
	BOTH("pin_remote", PFNMAP_TEST_PIN_REMOTE, false, true, true),
	{ "pin_fast_only_longterm", PFNMAP_TEST_PIN_FAST_ONLY, W | L, true,
	  false, true },
	{ "pin_fast_longterm", PFNMAP_TEST_PIN_FAST, W | L, true, true, true },
	{ "pin_longterm", PFNMAP_TEST_PIN, W | L, false, true, true },
	/* read(2) makes GUP ask for write access, and the other way round. */
	{ "odirect_read", CALL_ODIRECT_READ, W, true, true, false },
	{ "odirect_write", CALL_ODIRECT_WRITE, 0, true, true, false },
};

const unsigned int nr_gup_entries = ARRAY_SIZE(gup_entries);

int device_open(void)
{
	int fd = open("/dev/" PFNMAP_TEST_DEV, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		setup_failed("/dev/%s: %s; is CONFIG_PFNMAP_TEST set?",
			     PFNMAP_TEST_DEV, strerror(errno));
	return fd;
}

int device_map(struct pfnmap_test_map map)
{
	int fd = device_open();

	if (ioctl(fd, PFNMAP_TEST_MAP, &map)) {
		if (errno == ENOMEM)
			return -1;
		setup_failed("PFNMAP_TEST_MAP: %s", strerror(errno));
	}
	return fd;
}

static int query_fd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = device_open();
	return fd;
}

struct pfnmap_test_entry entry_at(void *addr)
{
	struct pfnmap_test_entry e = { .addr = (uintptr_t)addr };

	if (ioctl(query_fd(), PFNMAP_TEST_ENTRY, &e))
		setup_failed("PFNMAP_TEST_ENTRY: %s", strerror(errno));
	return e;
}

struct pfnmap_test_refs refs_of(int fd, unsigned int index)
{
	struct pfnmap_test_refs refs = { .index = index };

	if (ioctl(fd, PFNMAP_TEST_REFS, &refs))
		setup_failed("PFNMAP_TEST_REFS: %s", strerror(errno));
	return refs;
}

const struct pfnmap_test_info *info(void)
{
	static struct pfnmap_test_info info;

	if (!info.pmd_size && ioctl(query_fd(), PFNMAP_TEST_INFO, &info))
		setup_failed("PFNMAP_TEST_INFO: %s", strerror(errno));
	return &info;
}

uint64_t level_size(unsigned int level)
{
	if (level == PFNMAP_TEST_PUD)
		return info()->pud_size;
	if (level == PFNMAP_TEST_PMD)
		return info()->pmd_size;
	return getpagesize();
}

uint64_t level_special(unsigned int level)
{
	if (level == PFNMAP_TEST_PUD)
		return info()->pud_special;
	if (level == PFNMAP_TEST_PMD)
		return info()->pmd_special;
	return info()->pte_special;
}

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

static long odirect(const struct gup_entry *entry, void *addr, unsigned int nr)
{
	size_t page = getpagesize(), len = nr * page;
	long ret;
	int fd;

	fd = open("/dev/ram0", O_RDWR | O_DIRECT);
	if (fd < 0)
		setup_failed("/dev/ram0: %s", strerror(errno));
	if (entry->call == CALL_ODIRECT_READ)
		ret = pread(fd, addr, len, 0);
	else
		ret = pwrite(fd, addr, len, 0);
	if (ret < 0)
		ret = -errno;
	close(fd);
	return ret < 0 ? ret : ret / (long)page;
}

long gup(const struct gup_entry *entry, void *addr, unsigned int nr,
	 uint64_t *pfn)
{
	struct pfnmap_test_gup call = {
		.addr = (uintptr_t)addr,
		.nr_pages = nr,
		.call = entry->call,
		.flags = entry->flags,
	};

	if (entry->call >= PFNMAP_TEST_NR_CALLS)
		return odirect(entry, addr, nr);
	if (ioctl(query_fd(), PFNMAP_TEST_GUP, &call))
		setup_failed("PFNMAP_TEST_GUP: %s", strerror(errno));
	if (pfn)
		*pfn = call.first_pfn;
	return call.ret;
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

static struct pfnmap_test_pins pins(void)
{
	struct pfnmap_test_pins pins = { 0, 0 };

	stay_on_one_cpu();
	if (ioctl(query_fd(), PFNMAP_TEST_PINS, &pins))
		setup_failed("PFNMAP_TEST_PINS: %s", strerror(errno));
	return pins;
}

unsigned long pins_acquired(void)
{
	return pins().acquired;
}

unsigned long pins_held(void)
{
	struct pfnmap_test_pins now = pins();

	return now.acquired - now.released;
}

bool hidden_memory(uint64_t *phys, uint64_t *size)
{
	static const char key[] = "special.phys=";
	char line[4096] = "", *p;
	bool found = false;
	FILE *f;

	f = fopen("/proc/cmdline", "r");
	if (f && fgets(line, sizeof(line), f)) {
		p = strstr(line, key);
		if (p) {
			*phys = strtoull(p + strlen(key), &p, 0);
			*size = *p == ',' ? strtoull(p + 1, NULL, 0) : 0;
			found = *size != 0;
		}
	}
	if (f)
		fclose(f);
	return found;
}

bool need_hidden(uint64_t *phys, uint64_t align)
{
	uint64_t size;

	if (!hidden_memory(phys, &size)) {
		skip("no hidden memory: special.phys= is not given");
		return false;
	}
	*phys += -*phys % align;
	return true;
}

bool mixed_is_counted(unsigned int insert, unsigned int backing)
{
	return insert == PFNMAP_TEST_FAULT_MIXED &&
	       backing < PFNMAP_TEST_PHYS && !info()->pte_special;
}

void end_as_child(pid_t pid)
{
	int status;

	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status)) {
		signal(WTERMSIG(status), SIG_DFL);
		raise(WTERMSIG(status));
	}
	_exit(WEXITSTATUS(status));
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
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

/*
 * Where the CPU sees the BAR of @dev that sysfs says is at @start: sysfs may
 * show the address on the bus (sparc64). Of the ranges that have the device's
 * name one of the same size must do then.
 */
static uint64_t bar_phys(const char *dev, unsigned long long start,
			 unsigned long long end)
{
	unsigned long long first, last;
	uint64_t phys = 0;
	char line[256], *name;
	FILE *f;

	f = fopen("/proc/iomem", "r");
	while (f && fgets(line, sizeof(line), f)) {
		name = strstr(line, " : ");
		if (!name || sscanf(line, "%llx-%llx", &first, &last) != 2)
			continue;
		name += strlen(" : ");
		name[strcspn(name, "\n")] = 0;
		if (strcmp(name, strrchr(dev, '/') + 1) ||
		    last - first != end - start)
			continue;
		if (!phys || first == start)
			phys = first;
	}
	if (f)
		fclose(f);
	return phys ? phys : start;
}

/* The first memory BAR of @dev that is large enough. */
static int bar_of(const char *dev, size_t size, uint64_t *phys)
{
	unsigned long long start, end, flags;
	char path[256];
	int bar, fd = -1;
	FILE *f;

	snprintf(path, sizeof(path), "%s/resource", dev);
	f = fopen(path, "r");
	for (bar = 0; f && bar < 6 && fd < 0; bar++) {
		if (fscanf(f, "%llx %llx %llx", &start, &end, &flags) != 3)
			break;
		/* IORESOURCE_MEM */
		if (!(flags & 0x200) || end - start + 1 < size)
			continue;
		snprintf(path, sizeof(path), "%s/resource%d", dev, bar);
		fd = open(path, O_RDWR | O_SYNC);
		*phys = bar_phys(dev, start, end);
	}
	if (f)
		fclose(f);
	return fd;
}

/* Most of a bridge's window may have nothing behind it (sparc64's EBus). */
static bool is_bridge(const char *dev)
{
	unsigned int class = 0;
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/class", dev);
	f = fopen(path, "r");
	if (f && fscanf(f, "%x", &class) != 1)
		class = 0;
	if (f)
		fclose(f);
	return class >> 16 == 0x06;
}

int pci_bar(size_t size, uint64_t *phys)
{
	char path[256];
	int fd = -1;
	size_t i;
	glob_t g;

	if (glob("/sys/bus/pci/devices/*", 0, NULL, &g))
		return -1;
	for (i = 0; i < g.gl_pathc && fd < 0; i++) {
		snprintf(path, sizeof(path), "%s/driver", g.gl_pathv[i]);
		if (access(path, F_OK) && !is_bridge(g.gl_pathv[i]))
			fd = bar_of(g.gl_pathv[i], size, phys);
	}
	globfree(&g);
	return fd;
}
