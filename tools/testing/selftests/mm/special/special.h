/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of special mappings share: the test device, the table of GUP
 * entry points, and a runner that reports every check under a name of its own
 * and survives the death of the process that made it.
 */
#ifndef SPECIAL_H
#define SPECIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "pfnmap_test.h"

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(arr)	(sizeof(arr) / sizeof((arr)[0]))
#endif

/* Pages per call of an entry point; mappings are twice as long. */
#define NR_PAGES	4

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

/**
 * struct gup_entry - a way into GUP
 * @name: as reported
 * @call: enum pfnmap_test_call, or one of the O_DIRECT pair below
 * @flags: PFNMAP_TEST_WRITE, PFNMAP_TEST_LONGTERM
 * @fast: tries the lockless walk first
 * @slow: falls back to, or starts with, the walk under mmap_lock
 * @pin: takes FOLL_PIN references
 */
struct gup_entry {
	const char *name;
	unsigned int call;
	unsigned int flags;
	bool fast;
	bool slow;
	bool pin;
};

#define CALL_ODIRECT_READ	(PFNMAP_TEST_NR_CALLS + 0)
#define CALL_ODIRECT_WRITE	(PFNMAP_TEST_NR_CALLS + 1)

extern const struct gup_entry gup_entries[];
extern const unsigned int nr_gup_entries;

/*
 * Call @entry on @nr pages at @addr. Returns the number of pages it took, or
 * -errno, as the entry point itself reports it (O_DIRECT: bytes are turned
 * into pages). @pfn, if not NULL, receives the first page frame.
 */
long gup(const struct gup_entry *entry, void *addr, unsigned int nr,
	 uint64_t *pfn);

/* The test device. Each of these ends the process with a message on error. */
int device_open(void);
/* A file that maps this when it is mapped; -1 if there is no such RAM. */
int device_map(struct pfnmap_test_map map);
struct pfnmap_test_entry entry_at(void *addr);
struct pfnmap_test_refs refs_of(int fd, unsigned int index);
const struct pfnmap_test_info *info(void);
/* Of a page-table level: the bytes of an entry, the bits of its mark. */
uint64_t level_size(unsigned int level);
uint64_t level_special(unsigned int level);

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

/* Of CLOCK_MONOTONIC. */
uint64_t now_ns(void);

/* What /proc/self/mem answers to a read or a write at @addr: bytes, or -errno. */
long proc_mem(bool write_it, const char *addr, void *buf, size_t len);

/* x86 inverts the page frame of a PROT_NONE entry, which must be a harmless one. */
bool has_l1tf(void);

/*
 * The counters below are exact for who is on one processor from its first pin
 * on: those of another one are moved to the sum whenever that one likes, and
 * for a moment are in neither.
 */
void stay_on_one_cpu(void);
/* FOLL_PIN references that were ever taken. */
unsigned long pins_acquired(void);
/* And how many of them were not given back. */
unsigned long pins_held(void);

/* special.phys=ADDR,SIZE of the kernel command line; false if not given. */
bool hidden_memory(uint64_t *phys, uint64_t *size);

/* From setup: where in there a multiple of @align is; else skip() and false. */
bool need_hidden(uint64_t *phys, uint64_t align);

/*
 * Where a PTE cannot be marked, vmf_insert_mixed() maps memory with a struct
 * page as vm_insert_page() does: counted, and anybody may pin it.
 */
bool mixed_is_counted(unsigned int insert, unsigned int backing);

/* End as the child @pid does, which goes on with the checks in our place. */
void end_as_child(pid_t pid) __attribute__((noreturn));

/*
 * A PCI memory BAR without a driver of at least @size bytes: its sysfs file,
 * opened, and its physical address; -1 if the machine has none.
 */
int pci_bar(size_t size, uint64_t *phys);

#endif /* SPECIAL_H */
