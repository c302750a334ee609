// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations of several threads, and of children, on memory of every
 * kind. special.fuzz= on the kernel command line says which seeds, how many
 * operations, and what is left out; without it there is nothing to do.
 *
 * What an operation does follows from the seed, the thread and its number: the
 * same however many others are left out. How the threads run against each other
 * does not; with one thread all is the same each time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../../kselftest.h"
#include "device.h"
#include "fuzz.h"
#include "fuzz_end.h"
#include "process.h"
#include "run.h"

#define MAX_SEEDS	64
/* In so many steps of all threads one slot is met more often than the others. */
#define SAME_SLOT	64
/* Of each thread, however slow the machine is. */
#define MIN_STEPS	200

static struct fuzz *runs;	/* one a seed */
static struct op_count *total;

static void choose_op(struct step *st)
{
	static unsigned int sum;
	unsigned int i, pick;

	if (!sum) {
		for (i = 0, pick = 0; i < nr_ops; i++)
			pick += ops[i].weight;
		sum = pick;
	}
	pick = draw(st, sum);
	for (i = 0; pick >= ops[i].weight; i++)
		pick -= ops[i].weight;
	st->op = &ops[i];
}

/*
 * Some units, all of an area, what a PMD maps; or some pages within a unit.
 * Once a vma is split no huge entry fits into its parts, so what splits one is
 * mostly given all that an entry maps.
 */
static void choose_range(struct step *st)
{
	struct slot *s = st->s;
	unsigned int tries, grain = 1, pmd = info()->pmd_size / s->unit;
	bool whole = st->op->flags & SPLITS && entry_units(s) > 1 &&
		     !one_in(st, 16);

	if (st->op->flags & (NEEDS_CONTENT | REPLACES) || one_in(st, 2))
		grain = s->grain;
	for (tries = 0; tries < 6; tries++) {
		st->w = draw(st, PLACES);
		if (s->place[st->w].back != HOLE)
			break;
	}
	switch (draw(st, 8)) {
	case 0:
		st->n = UNITS;
		break;
	case 1:
	case 2:
		st->n = pmd ? pmd : 1;
		break;
	default:
		st->n = 1 + draw(st, 4);
	}
	if (whole)
		st->n = st->n >= UNITS ? UNITS : entry_units(s);
	if (whole || st->n >= UNITS || (pmd && st->n == pmd))
		grain = st->n > grain ? st->n : grain;
	if (st->n > UNITS)
		st->n = UNITS;
	st->w -= st->w % grain;
	st->n += (grain - st->n % grain) % grain;
	if (st->w % UNITS + st->n > UNITS)
		st->n = UNITS - st->w % UNITS;
	st->addr = place_addr(s, st->w);
	st->len = st->n * s->unit;
	if (whole || st->op->flags & NEEDS_CONTENT || one_in(st, 2))
		return;
	st->addr += draw(st, s->unit / getpagesize()) * getpagesize();
	st->len = (1 + draw(st, 8)) * getpagesize();
}

/* Mostly an operation begins on an entry that is there. */
static void touch(struct step *st)
{
	struct pfnmap_test_entry e;
	uint64_t val;

	st->level = 0;
	if (st->op->flags & REPLACES || one_in(st, 8))
		return;
	if (one_in(st, 3))
		safe_store(st->addr + st->s->nr * 512 + 256, st->random);
	else
		safe_load(st->addr + st->s->nr * 512 + 256, &val);
	if (!is_special(st->s))
		return;
	e = entry_at(st->addr);
	if (e.present && e.val & level_special(e.level))
		st->level = e.level;
}

static int run_op(struct step *st)
{
	struct op_count *count = &st->f->count[st->op - ops];
	unsigned int on = st->op->on ? st->op->on : ANON | SHMEM;
	bool able = st->s->kind->flags & on && !(st->s->kind->flags & HUGETLB);
	int ret;

	log_begin(st);
	touch(st);
	if (st->f->fault_percent && !(st->op->flags & REPLACES) &&
	    one_in(st, 8)) {
		faults(true);
		ret = st->op->run(st);
		faults(false);
	} else {
		ret = st->op->run(st);
	}
	log_end(st, ret);
	progress();
	if (ret == NOT_TRIED)
		return ret;
	__atomic_add_fetch(&count->tried, 1, __ATOMIC_RELAXED);
	if (able)
		__atomic_add_fetch(&count->able, 1, __ATOMIC_RELAXED);
	if (ret == DONE)
		__atomic_add_fetch(&count->done, 1, __ATOMIC_RELAXED);
	else if (st->level)
		__atomic_add_fetch(&count->refused, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&count->began[st->level], 1, __ATOMIC_RELAXED);
	return ret;
}

/* The child has all that the parent has to itself, the locks as well. */
void child_steps(struct step *parent, unsigned int nr)
{
	struct step st = *parent;
	unsigned int i;

	st.child = true;
	for (i = 0; i < PLACES; i++)
		verify(&st, i);
	for (i = 0; i < nr && !st.f->stop; i++) {
		st.random = fuzz_hash(parent->random, 5, i);
		choose_op(&st);
		if (st.op->flags & NO_CHILD || left_out(st.op->name))
			continue;
		choose_range(&st);
		run_op(&st);
	}
}

static void one_step(struct step *st)
{
	/* Classes; those of huge special entries more often. */
	static const unsigned char often[] = {
		0, 1, 2, 2, 3, 3, 4, 4, 4, 5, 6, 7
	};
	uint64_t seed = st->f->seed, phase = st->k / SAME_SLOT;
	struct slot *s;

	st->random = fuzz_hash(seed, st->thread, st->k);
	choose_op(st);
	s = &slots[often[draw(st, ARRAY_SIZE(often))]];
	if (one_in(st, 2))
		s = &slots[often[fuzz_hash(seed, 99, phase) %
				 ARRAY_SIZE(often)]];
	if (left_out(st->op->name))
		return;
	st->s = s;
	if (st->op->flags & REPLACES) {
		pthread_rwlock_wrlock(&s->life);
		pthread_rwlock_wrlock(&children);
	} else {
		pthread_rwlock_rdlock(&s->life);
	}
	if (st->op->flags & NEEDS_CONTENT)
		pthread_mutex_lock(&s->content);
	if (s->kind) {
		choose_range(st);
		run_op(st);
	} else if (st->op->flags & REPLACES) {
		slot_choose(s->nr, st->random);
		slot_make(s, seed);
	}
	if (st->op->flags & NEEDS_CONTENT)
		pthread_mutex_unlock(&s->content);
	if (st->op->flags & REPLACES)
		pthread_rwlock_unlock(&children);
	pthread_rwlock_unlock(&s->life);
}

static void *thread_main(void *data)
{
	struct step st = *(struct step *)data;
	struct fuzz *f = st.f;

	for (st.k = 0; st.k < f->ops && !f->stop; st.k++) {
		if (f->end_ns && st.k >= MIN_STEPS && now_ns() > f->end_ns)
			break;
		if (left_out_nr(st.k))
			continue;
		one_step(&st);
		__atomic_add_fetch(&f->steps, 1, __ATOMIC_RELAXED);
	}
	take_end(&st);
	return NULL;
}

static void make_slots(struct fuzz *f)
{
	pthread_rwlockattr_t attr;
	unsigned int i;

	pthread_rwlockattr_init(&attr);
#ifdef __GLIBC__
	/* Who replaces a slot would wait for long else. */
	i = PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
	pthread_rwlockattr_setkind_np(&attr, i);
#endif
	if (!choose_kinds(f->seed))
		setup_failed("all memory is left out");
	for (i = 0; i < NR_SLOTS; i++) {
		slots[i].nr = i;
		pthread_rwlock_init(&slots[i].life, &attr);
		pthread_mutex_init(&slots[i].content, NULL);
		if (slot_make(&slots[i], f->seed))
			snprintf(f->kinds + strlen(f->kinds),
				 sizeof(f->kinds) - strlen(f->kinds), " %s",
				 slots[i].kind->name);
	}
}

static void __attribute__((noreturn)) worker(struct fuzz *f)
{
	struct step steps[MAX_THREADS] = { 0 }, end = { .f = f };
	pthread_t threads[MAX_THREADS];
	unsigned int i, w;

	install_handler();
	make_slots(f);
	for (i = 0; i < f->threads; i++) {
		steps[i].f = f;
		steps[i].thread = i;
		if (pthread_create(&threads[i], NULL, thread_main, &steps[i]))
			setup_failed("no thread");
	}
	for (i = 0; i < f->threads; i++)
		pthread_join(threads[i], NULL);
	munlockall();
	for (i = 0; i < NR_SLOTS && !f->stop; i++) {
		end.s = &slots[i];
		for (w = 0; slots[i].kind && w < PLACES; w++) {
			end.w = w;
			if (slots[i].place[w].back == HOLE)
				continue;
			mprotect(place_addr(&slots[i], w), slots[i].unit,
				 PROT_READ | PROT_WRITE);
			verify(&end, w);
		}
		slot_end(&end, &slots[i]);
	}
	_exit(0);
}

static void check_operations(const struct check *check, void *data)
{
	struct fuzz *f = data, *earlier;
	struct machine_state before;
	unsigned int i;
	int status;
	pid_t pid;

	(void)check;
	for (earlier = runs; earlier < f; earlier++)
		if (earlier->wrongs)
			return skip("the log is that of seed %llu",
				    (unsigned long long)earlier->seed);
	log_restart();
	before = machine_state();
	pid = fork();
	if (!pid)
		worker(f);
	if (pid < 0)
		return fail("fork: %s", strerror(errno));
	waitpid(pid, &status, 0);
	if (status) {
		fail("the process ended with status 0x%x", status);
		f->wrongs++;
	} else {
		f->lost_kb = machine_compare(&before);
	}
	for (i = 0; i < nr_ops; i++)
		count_add(&total[i], &f->count[i]);
}

static void check_table(const struct check *check, void *data)
{
	(void)check;
	(void)data;
	table_check(total, setting("without"));
}

int main(int argc, char **argv)
{
	static const struct check checks[] = {
		{ "operations", check_operations, NULL },
		{ "", NULL, NULL }
	};
	static const struct check table[] = {
		{ "every_operation", check_table, NULL },
		{ "", NULL, NULL }
	};
	static struct group groups[MAX_SEEDS + 1];
	unsigned int i, nr, percent = number_setting("faults", 1);
	unsigned long seconds = number_setting("seconds", 0);
	unsigned long first = 1, last;
	const char *seeds = setting("seed");
	int ret;

	if (!seeds || sizeof(void *) < sizeof(uint64_t)) {
		ksft_print_header();
		printf("1..0 # SKIP %s\n", seeds ? "addresses have 32 bits" :
		       "no special.fuzz=seed: on the command line");
		return 0;
	}
	if (sscanf(seeds, "%lu-%lu", &first, &last) < 2)
		last = first;
	nr = last - first + 1;
	if (nr > MAX_SEEDS)
		nr = MAX_SEEDS;
	runs = mmap(NULL, nr * sizeof(*runs) + MAX_OPS * sizeof(*total),
		    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (runs == MAP_FAILED)
		return 1;
	total = (struct op_count *)(runs + nr);
	machine_prepare();
	if (!faults_setup(percent))
		percent = 0;
	for (i = 0; i < nr; i++) {
		runs[i].seed = first + i;
		runs[i].threads = number_setting("threads", 4);
		runs[i].ops = number_setting("ops", 1000) / runs[i].threads;
		/* Each of the seeds has the same part of the time. */
		if (seconds)
			runs[i].end_ns = now_ns() +
				(i + 1) * seconds * 1000000000ULL / nr;
		/* Every second seed: what fails hides other things. */
		runs[i].fault_percent = (first + i) % 2 ? 0 : percent;
		snprintf(groups[i].name, sizeof(groups[i].name), "%lu",
			 first + i);
		groups[i].checks = checks;
		groups[i].data = &runs[i];
	}
	snprintf(groups[i].name, sizeof(groups[i].name), "table");
	groups[i].checks = table;
	printf("# fact fuzz=%d\n", log_open());
	ret = run_groups(groups, nr + 1, argc, argv);
	table_print(total, runs, nr);
	return ret;
}
