// SPDX-License-Identifier: GPL-2.0
// Every place that takes a struct page or a frame number from an entry above the PTEs, and whether
// each path to it asks p?d_special() of that same entry first. ci/static-audit says what it makes
// of the lines printed: site = there is one, reached = and it lies on a path through its function,
// open = on one that does not ask. What is done with the answer is not judged, but that the page
// is not taken where it is yes. Only files with this are looked into:
// files: (pmd|pud|p4d|pgd)_(page|pfn|folio|phys|page_paddr|to_phys|pgtable|pte|val) *\(|find_\w+_pte *\(|\* *\(pte_t \*\)

@initialize:python@
@@
def say(what, where, kind):
    for p in where:
        print("\t".join((what, p.file, p.line, p.column, p.current_element, kind)))

// What is taken from an entry by the name of an accessor.
@call@
identifier a =~ "^((pmd|pud|p4d|pgd)_(page|pfn|folio|phys|page_paddr)|pmd_pgtable|__(pmd|pud|p4d|pgd)_to_phys)$";
expression E;
position p;
@@
a@p(E)

@script:python@
a << call.a;
p << call.p;
@@
say("site", p, a)

@call_reached exists@
identifier call.a, f;
expression E;
position call.p;
@@
f(...) {
  ...
  a@p(E)
  ... when any
}

@script:python@
a << call.a;
p << call.p;
f << call_reached.f;
@@
say("reached", p, a)

// Asked by the same expression: that is a path as well.
@call_guarded@
identifier call.a;
expression E;
position call.p, g;
@@
(
  pmd_special(E) || <+... a@p@g(E) ...+>
|
  pud_special(E) || <+... a@p@g(E) ...+>
|
  !pmd_special(E) && <+... a@p@g(E) ...+>
|
  !pud_special(E) && <+... a@p@g(E) ...+>
)

@script:python@
a << call.a;
g << call_guarded.g;
@@
say("guarded", g, a)

// Asked only if something else holds.
@weak@
expression E, X;
position w;
@@
(
  X && pmd_special@w(E)
|
  X && pud_special@w(E)
)

@call_open exists@
identifier call.a, f;
expression E;
position call.p, s != weak.w;
@@
f(...) {
  ... when != pmd_special@s(E)
      when != pud_special@s(E)
  a@p(E)
  ... when any
}

@script:python@
a << call.a;
p << call.p;
f << call_open.f;
@@
say("open", p, a)

// Asked, and taken just where the answer is yes.
@call_inside@
identifier call.a;
expression E;
position call.p, g;
@@
if (\(pmd_special(E)\|pud_special(E)\)) {
  <+... a@p@g(E) ...+>
}

@script:python@
a << call.a;
g << call_inside.g;
@@
say("open", g, a)

// What is computed from its value. Nothing here can have asked: all are reviewed.
@raw@
identifier v =~ "^(native_)?(pmd|pud|p4d|pgd)_val$";
identifier t =~ "^(pfn|phys|virt|__phys)_to_(page|pfn)$";
identifier M =~ "^_*(PTE_|PHYSICAL_|PHYS_|H|S|T)?(PAGE|PMD|PUD|P4D|PFN)?_?(PFN|PHYS|HPAGE|PMD|PUD|P4D|PAGE|PGDIR)?_?MASK$";
identifier O =~ "_ORIGIN(_LARGE)?$";
expression E, X;
position p;
@@
(
  v@p(E) >> X
|
  v@p(E) & M
|
  v@p(E) & O
|
  t(<+... v@p(E) ...+>)
)

@script:python@
v << raw.v;
p << raw.p;
@@
say("site", p, v)

// What reads it as if it were a PTE.
@pte@
typedef pte_t;
identifier q =~ "^pte_(page|pfn)$";
identifier c =~ "^(pmd|pud|p4d|pgd)_pte$";
expression E;
position p;
@@
(
  q@p(c(E))
|
  q@p(*(pte_t *)E)
)

@script:python@
q << pte.q;
p << pte.p;
@@
say("site", p, q)

// powerpc: a pointer to an entry of any level, as a pointer to a PTE.
@walk@
identifier a =~ "^(__)?find_(linux|current_mm|init_mm|kvm_host|kvm_secondary|kvm_nested_guest)_pte$";
position p;
@@
a@p(...)

@script:python@
a << walk.a;
p << walk.p;
@@
say("site", p, a)
