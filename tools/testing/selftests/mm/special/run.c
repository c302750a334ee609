// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the checks and reports each of them as TAP.
 *
 * Each group of checks has a process of its own, which writes what it finds
 * into memory that it shares with the one that reports: whatever a check dies
 * of, the other ones are reported. The process that reports is the watchdog as
 * well, and ends a group that does not get on.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../kselftest.h"
#include "process.h"
#include "run.h"

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
