/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checks and groups of them, what a check says, and how long it may take.
 */
#ifndef SPECIAL_RUN_H
#define SPECIAL_RUN_H

#include <stdbool.h>
#include <sys/types.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(arr)	(sizeof(arr) / sizeof((arr)[0]))
#endif

struct gup_entry;

/**
 * struct check - one reported check
 * @name: "" marks the end of a table
 * @run: judges; calls fail() or skip() when it has something to say
 *
 * A check that neither fails nor skips has passed.
 */
struct check {
	const char *name;
	void (*run)(const struct check *check, void *data);
	const struct gup_entry *entry;
};

/**
 * struct group - checks that share a process and what it has set up
 * @name: unique in the program; reported names are program.group.check
 * @setup: runs in a process of its own; NULL where nothing is needed
 * @checks: table that ends with an empty name
 * @data: for @setup and the checks
 */
struct group {
	char name[64];
	void (*setup)(void *data);
	const struct check *checks;
	void *data;
};

/* Report the running check as failed; may be called more than once. */
void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Skip the running check, or from @setup all checks of the group. Returns. */
void skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* From @setup: nothing of the group can be judged; all its checks fail. */
void setup_failed(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/*
 * A check that takes long says now and then that it gets on. After ten seconds
 * without that it is ended, and reported as one that did not return. They are
 * seconds of a machine that nothing else keeps busy.
 */
void progress(void);
/*
 * Whoever waits for another process or thread does so while this is true: half
 * of that time, so that the check itself can say what did not come.
 */
bool worth_waiting(void);
/*
 * For a loop that races with another thread: until both, this one first, have
 * done the rounds wanted of them, as long as there is progress.
 */
bool race_goes_on(unsigned long here, unsigned long want_here,
		  unsigned long there, unsigned long want_there);

/* Run the groups that the patterns in @argv select; the exit status. */
int run_groups(struct group *groups, int nr, int argc, char **argv);

/* End as the child @pid does, which goes on with the checks in our place. */
void end_as_child(pid_t pid) __attribute__((noreturn));

#endif /* SPECIAL_RUN_H */
