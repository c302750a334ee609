// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations that change what is mapped, how, and by whom: each tells
 * the model what has become of the contents.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "device.h"
#include "fuzz.h"
#include "fuzz_ops.h"
#include "run.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP	4
#endif
#ifndef UFFD_FEATURE_SIGBUS
#define UFFD_FEATURE_SIGBUS	0x80
#endif
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY	1
#endif

#define REUSED		(2UL << 20)
#define CHILD_STEPS	6

pthread_rwlock_t forking = PTHREAD_RWLOCK_INITIALIZER;
pthread_rwlock_t children = PTHREAD_RWLOCK_INITIALIZER;

static int result(long ret)
{
	return ret < 0 ? -errno : DONE;
}

int op_read(struct step *st)
{
	unsigned int i;
	int ret = -EFAULT;

	for (i = 0; i < st->n; i++)
		if (verify(st, st->w + i))
			ret = DONE;
	return ret;
}

int op_write(struct step *st)
{
	uint64_t val = new_word(st);
	unsigned int i;
	int ret = -EFAULT;

	for (i = 0; i < st->n; i++) {
		if (st->s->place[st->w + i].back == HOLE ||
		    !safe_store(word_addr(st->s, st->w + i), val))
			continue;
		model_write(st->s, st->w + i, val);
		ret = DONE;
	}
	return ret;
}

int op_munmap(struct step *st)
{
	unsigned int i;

	if (munmap(place_addr(st->s, st->w), st->n * st->s->unit))
		return -errno;
	for (i = 0; i < st->n; i++)
		st->s->place[st->w + i].back = HOLE;
	return DONE;
}

int op_mmap(struct step *st)
{
	unsigned int n = st->n, grain = st->s->grain;
	int back = st->w % UNITS;

	/* Where a huge entry fits again, or anywhere else in the file. */
	if (one_in(st, 4))
		back = draw(st, UNITS - n + 1) / grain * grain;
	if (st->s->kind->flags & WHOLE_ONLY && n != UNITS)
		return NOT_TRIED;
	return place_map(st->s, st->w, n, back) ? DONE : -ENOMEM;
}

/* Anywhere in the two areas, with the same alignment or without any. */
static bool elsewhere(struct step *st, unsigned int n, unsigned int *to)
{
	unsigned int grain = st->s->grain;

	*to = draw(st, 2) * UNITS;
	if (!one_in(st, 4))
		*to += st->w % UNITS;
	else
		*to += draw(st, UNITS - n + 1) / grain * grain;
	return *to % UNITS + n <= UNITS &&
	       (*to + n <= st->w || st->w + n <= *to);
}

int op_mremap_move(struct step *st)
{
	unsigned int i, to, n = st->n;
	struct slot *s = st->s;
	bool keep = st->op->arg;
	void *got;

	if (!elsewhere(st, n, &to))
		return NOT_TRIED;
	got = mremap(place_addr(s, st->w), n * s->unit, n * s->unit,
		     MREMAP_MAYMOVE | MREMAP_FIXED |
		     (keep ? MREMAP_DONTUNMAP : 0), place_addr(s, to));
	if (got == MAP_FAILED) {
		int err = errno;

		/* What was there may have gone before it failed. */
		place_unmap(s, to, n);
		return -err;
	}
	for (i = 0; i < n; i++) {
		s->place[to + i] = s->place[st->w + i];
		if (!keep)
			s->place[st->w + i].back = HOLE;
	}
	if (keep)
		model_discard(s, st->w, n, true);
	return DONE;
}

int op_mremap_shrink(struct step *st)
{
	unsigned int i, left = st->n / 2 / st->s->grain * st->s->grain;
	struct slot *s = st->s;

	if (!left)
		return NOT_TRIED;
	if (mremap(place_addr(s, st->w), st->n * s->unit, left * s->unit, 0) ==
	    MAP_FAILED)
		return -errno;
	for (i = left; i < st->n; i++)
		s->place[st->w + i].back = HOLE;
	return DONE;
}

int op_mremap_grow(struct step *st)
{
	unsigned int i, w = st->w, n, more = st->n;
	struct slot *s = st->s;
	int back;

	/* From the end of what is mapped into the hole behind it. */
	while (w % UNITS && s->place[w].back == HOLE)
		w--;
	n = s->grain;
	w -= w % n;
	while (w % UNITS + n < UNITS && s->place[w + n].back != HOLE)
		w += n;
	back = s->place[w].back;
	if (back == HOLE)
		return NOT_TRIED;
	for (i = 0; i < more; i++)
		if (w % UNITS + n + i >= UNITS || back + n + i >= UNITS ||
		    s->place[w + n + i].back != HOLE)
			break;
	more = i / s->grain * s->grain;
	if (!more)
		return NOT_TRIED;
	if (mremap(place_addr(s, w), n * s->unit, (n + more) * s->unit, 0) ==
	    MAP_FAILED)
		return -errno;
	for (i = 0; i < more; i++)
		s->place[w + n + i] = (struct place){ .back = back + n + i };
	return DONE;
}

int op_mprotect(struct step *st)
{
	static const int prots[] = {
		PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
		PROT_READ | PROT_WRITE, PROT_READ, PROT_READ, PROT_NONE
	};

	return result(mprotect(st->addr, st->len,
			       prots[draw(st, ARRAY_SIZE(prots))]));
}

int op_madvise(struct step *st)
{
	return result(madvise(st->addr, st->len, st->op->arg));
}

/* All that a PMD maps, or it is refused before anything is looked at. */
int op_collapse(struct step *st)
{
	size_t pmd = info()->pmd_size;

	if (st->s->size >= pmd) {
		st->addr -= (uintptr_t)st->addr % pmd;
		st->len = pmd;
	}
	return result(madvise(st->addr, st->len, st->op->arg));
}

/* MADV_DONTNEED and MADV_FREE, of whole units. */
int op_discard(struct step *st)
{
	long ret = madvise(place_addr(st->s, st->w), st->n * st->s->unit,
			   st->op->arg);

	ret = result(ret);
	model_discard(st->s, st->w, st->n,
		      ret == DONE && st->op->arg == MADV_DONTNEED);
	return ret;
}

/* A hole in the file: what it holds then is asked the file. */
int op_remove(struct step *st)
{
	struct slot *s = st->s;
	unsigned int i;
	uint64_t got;
	int ret, back;

	ret = result(madvise(place_addr(s, st->w), st->n * s->unit,
			     MADV_REMOVE));
	if (!(s->kind->flags & SHMEM)) {
		if (ret == DONE)
			wrong(st, "a hole in what can have none");
		return ret;
	}
	for (i = 0; i < st->n; i++) {
		back = s->place[st->w + i].back;
		if (back == HOLE)
			continue;
		if (pread(s->fd, &got, sizeof(got),
			  back * s->unit + s->nr * 512) != sizeof(got))
			continue;
		if (got != s->store[back] && got)
			wrong(st, "the file holds 0x%llx, not 0x%llx",
			      (unsigned long long)got,
			      (unsigned long long)s->store[back]);
		if (ret == DONE && got)
			wrong(st, "0x%llx is left of what was removed",
			      (unsigned long long)got);
		s->store[back] = got;
	}
	return ret;
}

int op_mlock(struct step *st)
{
	if (st->op->arg == 1)
		return result(syscall(SYS_mlock2, st->addr, st->len, 1));
	return result(st->op->arg ? munlock(st->addr, st->len) :
				    mlock(st->addr, st->len));
}

int op_mlockall(struct step *st)
{
	(void)st;
	return result(munlockall());
}

static int fork_and_wait(struct step *st)
{
	int status;
	pid_t pid;

	pthread_rwlock_wrlock(&forking);
	pid = fork();
	if (pid)
		pthread_rwlock_unlock(&forking);
	if (!pid) {
		faults(false);
		child_steps(st, CHILD_STEPS);
		_exit(0);
	}
	if (pid < 0)
		return -errno;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (status && !st->f->stop)
		wrong(st, "the child ended with status 0x%x", status);
	return DONE;
}

/* The child finds what the parent has, does things of its own, and goes. */
int op_fork(struct step *st)
{
	int ret;

	pthread_rwlock_rdlock(&children);
	ret = fork_and_wait(st);
	pthread_rwlock_unlock(&children);
	return ret;
}

/* The driver takes its memory back; it comes again with the next access. */
int op_revoke(struct step *st)
{
	struct pfnmap_test_zap zap = {
		.offset = draw(st, UNITS) * st->s->unit,
		.size = st->n * st->s->unit,
	};

	struct slot *s = st->s;
	unsigned int i;
	int ret;

	if (!(s->kind->flags & DEVICE) || s->kind->flags & REMAPPED)
		return NOT_TRIED;
	if (one_in(st, 2))
		zap = (struct pfnmap_test_zap){ 0, s->size };
	if (!(s->kind->flags & PRIVATE))
		return result(ioctl(s->fd, PFNMAP_TEST_ZAP, &zap));
	/* Copies go as well, those of the parent, too. */
	if (st->child)
		return NOT_TRIED;
	pthread_mutex_lock(&s->content);
	ret = result(ioctl(s->fd, PFNMAP_TEST_ZAP, &zap));
	for (i = 0; ret == DONE && i < PLACES; i++)
		if (s->place[i].back != HOLE &&
		    s->place[i].back * s->unit >= zap.offset &&
		    s->place[i].back * s->unit - zap.offset < zap.size)
			model_discard(s, i, 1, true);
	pthread_mutex_unlock(&s->content);
	return ret;
}

/* It gives its pages back, and others get them at once. */
int op_reuse(struct step *st)
{
	struct slot *s = st->s;
	uint64_t *reused, val = new_word(st);
	size_t i;

	slot_end(st, s);
	st->s = NULL;
	reused = mmap(NULL, REUSED, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 0; reused != MAP_FAILED && i < REUSED / sizeof(val); i += 512)
		reused[i] = val;
	slot_choose(s->nr, st->random);
	slot_make(s, st->f->seed);
	for (i = 0; reused != MAP_FAILED && i < REUSED / sizeof(val); i += 512)
		if (reused[i] != val)
			wrong(st, "what got the pages holds 0x%llx, not 0x%llx",
			      (unsigned long long)reused[i],
			      (unsigned long long)val);
	if (reused != MAP_FAILED)
		munmap(reused, REUSED);
	return s->kind ? DONE : -ENOMEM;
}

int op_refs(struct step *st)
{
	if (!is_special(st->s))
		return NOT_TRIED;
	check_refs(st, st->s);
	return DONE;
}

/*
 * Who touches what is missing meanwhile gets SIGBUS. What this fills in is
 * there when nobody registers any more.
 */
int op_userfaultfd(struct step *st)
{
	struct uffdio_api api = {
		.api = UFFD_API, .features = UFFD_FEATURE_SIGBUS,
	};
	struct uffdio_register reg = {
		.range = { (uintptr_t)place_addr(st->s, st->w),
			   st->n * st->s->unit },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	static __thread uint64_t page[8192];
	struct uffdio_copy copy;
	unsigned int i;
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK), ret;

	if (fd < 0)
		return -errno;
	ret = result(ioctl(fd, UFFDIO_API, &api));
	if (ret == DONE)
		ret = result(ioctl(fd, UFFDIO_REGISTER, &reg));
	if (ret == DONE && is_special(st->s))
		wrong(st, "userfaultfd takes special memory");
	for (i = 0; ret == DONE && i < st->n; i++) {
		if (st->s->place[st->w + i].back == HOLE ||
		    !(st->s->kind->flags & (ANON | SHMEM)) ||
		    st->s->kind->flags & HUGETLB ||
		    (st->child && !(st->s->kind->flags & PRIVATE)))
			continue;
		memset(page, 0, getpagesize());
		page[st->s->nr * 512 / 8] = new_word(st);
		copy = (struct uffdio_copy){
			.dst = (uintptr_t)place_addr(st->s, st->w + i),
			.src = (uintptr_t)page,
			.len = getpagesize(),
		};
		if (!ioctl(fd, UFFDIO_COPY, &copy))
			model_write(st->s, st->w + i, new_word(st));
	}
	close(fd);
	return ret;
}
