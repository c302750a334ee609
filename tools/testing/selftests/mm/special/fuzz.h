/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random operations against memory of every kind, next to each other, and a
 * model of what each place of it must hold.
 */
#ifndef SPECIAL_FUZZ_H
#define SPECIAL_FUZZ_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "memory.h"

#define UNITS		32	/* that the model knows of an area */
#define PLACES		(2 * UNITS)
#define HOLE		(-1)
#define NR_SLOTS	8
#define MAX_THREADS	8
#define MAX_OPS		80
#define LINE		64	/* of the log */

/* What a kind is. */
#define DEVICE		0x1	/* of the test device: @name is a row of memory.c */
#define SPECIAL		0x2	/* nobody may take its pages */
#define PRIVATE		0x4	/* a write makes a copy */
#define ANON		0x8
#define THP		0x10	/* MADV_HUGEPAGE */
#define HUGETLB		0x20	/* nothing below a huge page can be unmapped */
#define SHMEM		0x40
#define HUGE_TMPFS	0x80
#define DAX		0x100
#define COUNTED		0x200	/* of the test device, and has references while mapped */
#define WHOLE_ONLY	0x400	/* must be mapped in one piece */
/* remap_pfn_range(): x86 warns when such a vma goes whose entries are gone. */
#define REMAPPED	0x800

struct kind {
	const char *name;
	unsigned int flags;
	unsigned int level;	/* decides on the size of an area */
	unsigned int class;	/* slots take turns with the classes */
};

/* Where the window of a slot has what; a place is a unit of one of its areas. */
struct place {
	int back;		/* unit of what is mapped there, or HOLE */
	uint64_t own;		/* of a private mapping, if has_own */
	bool has_own;
	bool maybe;		/* @own may be gone */
};

/**
 * struct slot - something that is mapped, in two areas of addresses
 * @nr: decides where the word of a page is that the model knows
 * @life: for writing, while all of it is replaced
 * @content: for who changes what it holds, or compares
 * @unit: bytes; the first word of each is what the model knows
 * @grain: units that can be unmapped only together
 * @pfn: first page frame, if it is of the device
 * @refs: of the first page of each unit when it was not mapped
 * @store: what each unit holds if nobody has a copy of his own
 */
struct slot {
	unsigned int nr;
	const struct kind *kind;
	pthread_rwlock_t life;
	pthread_mutex_t content;
	int fd;
	size_t size;
	size_t unit;
	unsigned int grain;
	unsigned int generation;
	char *area[2];
	uint64_t phys;
	uint64_t pfn;
	int refs[UNITS];
	uint64_t store[UNITS];
	uint64_t disk;		/* what its sector of the disk holds */
	struct place place[PLACES];
};

struct op;

/* An operation that is being done. */
struct step {
	struct fuzz *f;
	const struct op *op;
	struct slot *s;
	unsigned int thread;
	unsigned long k;
	uint64_t random;	/* of the generator */
	unsigned int w, n;	/* places */
	char *addr;		/* a range of pages, perhaps within a unit */
	size_t len;
	bool child;		/* in a child, which has all locks to itself */
	unsigned int level;	/* of the special entry that it began on */
	char *line;		/* of the log */
};

/* What an operation answers; an error is a -errno. */
#define DONE		0
#define NOT_TRIED	1

#define NEEDS_CONTENT	0x1	/* changes or compares what the memory holds */
#define NO_CHILD	0x8
#define REPLACES	0x10	/* the slot */
#define SPLITS		0x20	/* the vma, and with it what a huge entry maps */
/* It is refused where the machine has no second node. */
#define NEEDS_NUMA	0x80

struct op {
	const char *name;
	int (*run)(struct step *st);
	unsigned int weight;
	unsigned int flags;
	long arg;
	unsigned int on;	/* kinds on which it is done mostly; 0: ordinary */
};

/**
 * struct op_count - what became of an operation
 * @tried: how often
 * @able: on memory of a kind that lets it be done
 * @done: how often it was
 * @refused: when it began on a special entry
 * @began: on a special entry, by level
 */
struct op_count {
	unsigned long tried, able, done, refused, began[4];
};

/* Shared with the process that reports. */
struct fuzz {
	uint64_t seed;
	unsigned long ops;
	unsigned int threads;
	unsigned int fault_percent;
	uint64_t end_ns;	/* or 0 */
	bool stop;
	unsigned int wrongs;
	struct op_count count[MAX_OPS];
	unsigned long verified, held;
	long lost_kb;		/* of the machine's memory, afterwards */
	char kinds[160];	/* that were there in the beginning */
	char last[MAX_THREADS][LINE];
	unsigned long steps;
};

extern const struct op ops[];
extern const unsigned int nr_ops;
extern struct slot slots[NR_SLOTS];
/*
 * For writing, while a child is made: O_DIRECT takes pages without saying that
 * it is going to write them, and what it writes while they are shared with a
 * child may be lost to the parent. Linux before 6.5 is known for that.
 */
extern pthread_rwlock_t forking;
/* For writing, while a slot is replaced: a child has its file and its pages. */
extern pthread_rwlock_t children;

/* fuzz_log.c */
uint64_t fuzz_hash(uint64_t a, uint64_t b, uint64_t c);
uint64_t draw(struct step *st, uint64_t below);
bool one_in(struct step *st, unsigned int n);
const char *setting(const char *name);
unsigned long number_setting(const char *name, unsigned long otherwise);
/* Whether without: leaves out what has this name, or this number. */
bool left_out(const char *name);
bool left_out_nr(unsigned long k);
bool log_open(void);
void log_restart(void);
void log_begin(struct step *st);
void log_end(struct step *st, int ret);
/* Reports what must not be, and ends the run. */
void wrong(struct step *st, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
bool faults_setup(unsigned int percent);
void faults(bool on);

/* fuzz_kinds.c */
bool choose_kinds(uint64_t seed);
void slot_choose(unsigned int nr, uint64_t random);
const struct kind *kind_of(unsigned int nr);

/* fuzz_memory.c */
bool slot_make(struct slot *s, uint64_t seed);
/* Units that one entry maps, at the level of the kind. */
unsigned int entry_units(const struct slot *s);
void slot_end(struct step *st, struct slot *s);
char *place_addr(const struct slot *s, unsigned int w);
char *word_addr(const struct slot *s, unsigned int w);
/* Map units @back and so on at places @w; false if that is refused. */
bool place_map(struct slot *s, unsigned int w, unsigned int n, int back);
void place_unmap(struct slot *s, unsigned int w, unsigned int n);
bool safe_load(const void *addr, uint64_t *val);
bool safe_store(void *addr, uint64_t val);
uint64_t new_word(struct step *st);
/* What the word holds; false if there is none, or none that is certain. */
bool expected(const struct slot *s, unsigned int w, uint64_t *val);
/* Compare a value that was read at @w, wherever from. */
void judge(struct step *st, unsigned int w, uint64_t got, const char *from);
void model_write(struct slot *s, unsigned int w, uint64_t val);
void model_discard(struct slot *s, unsigned int w, unsigned int n, bool certain);
/* Compare the memory itself; whether there was any. */
bool verify(struct step *st, unsigned int w);
void check_refs(struct step *st, struct slot *s);
bool is_special(const struct slot *s);
void install_handler(void);

/* The program that the operations make; fuzz.c. */
void child_steps(struct step *st, unsigned int nr);

#endif /* SPECIAL_FUZZ_H */
