#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/static-audit: what asks is green, what does not is red until it is listed, and a list may not name what is not there.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # T: lib.sh

sandbox
printf '#!/bin/bash\n' >ci/tree
linux=build/6.1/linux
mkdir -p $linux/mm ${linux}-stock/mm
git init -q $linux
git init -q ${linux}-stock
echo fix/0001-mm-ask.patch >>patches/6.1/series
for f in special longterm stock; do : >patches/6.1/expect/audit-$f; done

# What is right, and what only looks like a call.
cat >$linux/mm/right.c <<'C'
/* pmd_page(pmd) in a comment */
#define pmd_page(pmd) pfn_to_page(pmd_pfn(pmd))
struct page *pud_page(pud_t pud);
long pin_user_pages(unsigned long start, unsigned long nr, unsigned int flags);

static struct page *asked(pmd_t pmd)
{
	if (pmd_special(pmd))
		return NULL;
	return pmd_page(pmd);
}

static bool asked_at_once(pud_t *pud)
{
	return !pud_special(*pud) && PageAnon(pud_page(*pud));
}

static struct page *asked_if_present(pmd_t pmd)
{
	if (!pmd_present(pmd) || pmd_special(pmd))
		return NULL;
	return pmd_page(pmd);
}

static long passed(unsigned long a, struct page **p, int write)
{
	unsigned int flags = FOLL_LONGTERM;

	if (write)
		flags |= FOLL_WRITE;
	return pin_user_pages(a, 1, flags, p, NULL) + pin_user_pages_fast(a, 1, FOLL_LONGTERM, p);
}
C
audit() { run ci/static-audit patched; }
audit
exits 'all is right' 0
says 'and counted' 'special: 4 sites, 3 checked, 1 in accessors, 0 reviewed, 0 unchecked; longterm: 2 sites, 2 checked'

# red NAME FUNCTION CALL, the code on stdin: one more function in a file of its own; afterwards it is gone
red() {
	cat >$linux/mm/planted.c
	audit
	exits "$1" 1
	says "$1: is named" "unchecked: mm/planted.c:"
	says "$1: by function and call" "$2(): $3(): 1 not checked, 0 in patches/6.1/expect/audit-"
	rm $linux/mm/planted.c
}
red 'a page that nobody asked for' f pmd_page <<<'static struct page *f(pmd_t pmd) { return pmd_page(pmd); }'
red 'a frame' f pud_pfn <<<'static unsigned long f(pud_t pud) { return pud_pfn(pud); }'
red 'in a macro' F pmd_page <<<'#define F(pmd) grab(pmd_page(pmd))'
red 'in what cannot be parsed' f pmd_page <<'C'
static struct page *f(pmd_t pmd)
{
	ODD( if (x } { = pmd_page(pmd);
}
C
red 'another entry is asked' f pmd_page <<<'static struct page *f(pmd_t *p, pmd_t old) { if (pmd_special(old)) return NULL; return pmd_page(*p); }'
red 'asked on one path' f pmd_page <<<'static struct page *f(pmd_t p, int x) { if (x) { if (pmd_special(p)) return NULL; } return pmd_page(p); }'
red 'asked if something else holds' f pmd_page <<<'static struct page *f(pmd_t p, int x) { if (x && pmd_special(p)) return NULL; return pmd_page(p); }'
red 'asked too late' f pmd_page <<<'static int f(pmd_t p) { struct page *q = pmd_page(p); if (pmd_special(p)) return 0; return use(q); }'
red 'asked, and taken if so' f pmd_page <<<'static struct page *f(pmd_t p) { if (pmd_special(p)) return pmd_page(p); return NULL; }'
red 'from the value' f pmd_val <<<'static struct page *f(pmd_t pmd) { return pfn_to_page(pmd_val(pmd) >> PAGE_SHIFT); }'
red 'from the masked value' f pud_val <<<'static void f(pud_t *p) { use(pud_val(*p) & PUD_MASK); }'
red 'as a PTE' f pte_page <<<'static struct page *f(pmd_t pmd) { return pte_page(pmd_pte(pmd)); }'
red 'references without FOLL_LONGTERM' f pin_user_pages <<<'static long f(struct page **p) { return pin_user_pages(0, 1, FOLL_WRITE, p, NULL); }'
red 'or with it on one path' f pin_user_pages_fast <<'C'
static long f(struct page **p, int x)
{
	unsigned int flags = 0;

	if (x)
		flags |= FOLL_LONGTERM;
	return pin_user_pages_fast(0, 1, flags, p);
}
C

echo 'static struct page *f(pmd_t pmd) { return pmd_page(pmd); }' >$linux/mm/planted.c
entry() { printf '%s\t%s\t%s\t%s\t%s\n' "$@"; }
entry mm/planted.c f pmd_page 1 'because of this and that' >patches/6.1/expect/audit-special
audit
exits 'what is listed' 0
says 'is reviewed' '1 reviewed, 0 unchecked'
entry mm/planted.c f pmd_page 1 'hole: it is wrong' >patches/6.1/expect/audit-special
audit
exits 'a hole that is listed' 0
says 'is shown' 'mm/planted.c:1: f(): pmd_page(): hole: it is wrong'
says 'and counted' '1 reviewed (1 of them holes), 0 unchecked'
echo 'static struct page *g(pmd_t pmd) { return pmd_page(pmd); }' >>$linux/mm/planted.c
audit
exits 'one more function' 1
says 'is red, the other not' 'g(): pmd_page(): 1 not checked, 0 in'
sed -i '$d; s/return /return old ? pmd_page(old) : /' $linux/mm/planted.c
audit
exits 'one more call in a function that is listed' 1
says 'is red' 'f(): pmd_page(): 2 not checked, 1 in'
rm $linux/mm/planted.c
audit
exits 'a line without a place' 1
says 'is red' 'mm/planted.c: f(): pmd_page(): in patches/6.1/expect/audit-special and no more in the kernel'

for line in "$(entry mm/a.c f pmd_page 1 '')" "$(entry mm/a.c f pmd_page no 'a reason')" 'mm/a.c f pmd_page 1 a reason'; do
	echo "$line" >patches/6.1/expect/audit-special
	audit
	exits 'a bad line is incomplete' 2
	says 'and named' 'patches/6.1/expect/audit-special:1: not path, function, call, number and a reason'
done
entry mm/a.c f pmd_page 1 'a reason' | sed p >patches/6.1/expect/audit-special
audit
exits 'so is one that is there twice' 2

: >patches/6.1/expect/audit-special
cp $linux/mm/right.c ${linux}-stock/mm/
echo 'static struct page *f(pmd_t pmd) { return pmd_page(pmd); }' >${linux}-stock/mm/stock.c
run ci/static-audit stock
exits 'stock is red about what its list lacks' 1
entry mm/stock.c f pmd_page 1 mm-ask >patches/6.1/expect/audit-stock
run ci/static-audit
exits 'as expected' 0
says 'both are in the verdict' 'stock: 5 sites, 1 as expected, 0 not)'
sed -i 's/mm-ask/mm-gone/' patches/6.1/expect/audit-stock
run ci/static-audit stock
exits 'an entry whose patch does not exist is incomplete' 2
printf '#!/bin/bash\nexit 2\n' >ci/tree
audit
exits 'no tree, no verdict' 2
done_testing
