// SPDX-License-Identifier: GPL-2.0
// Every call that takes references on user pages, and whether it passes FOLL_LONGTERM: in the call
// or in a variable that has it on each path. The lines printed are those of special.cocci; open is
// a path on which the variable does not get it.
// files: \b((get|pin)_user_pages?(_\w+)?|iov_iter_get_pages(_alloc)?2) *\(

@initialize:python@
@@
def say(what, where, kind):
    for p in where:
        print("\t".join((what, p.file, p.line, p.column, p.current_element, kind)))

@call@
identifier a =~ "^((get|pin)_user_pages(_fast|_fast_only|_remote|_unlocked|_locked)?|get_user_page_fast_only|iov_iter_get_pages(_alloc)?2)$";
position p;
@@
a@p(...)

@script:python@
a << call.a;
p << call.p;
@@
say("site", p, a)

@call_guarded@
identifier call.a;
position call.p, g;
@@
a@p@g(..., <+... FOLL_LONGTERM ...+>, ...)

@script:python@
a << call.a;
g << call_guarded.g;
@@
say("guarded", g, a)

@call_reached exists@
identifier call.a, f;
identifier F =~ "flags";
position call.p;
@@
f(...) {
  ...
  a@p(..., F, ...)
  ... when any
}

@script:python@
a << call.a;
p << call.p;
f << call_reached.f;
@@
say("reached", p, a)

@call_open exists@
identifier call.a, f;
identifier F =~ "flags";
type T;
position call.p;
@@
f(...) {
  ... when != F = <+... FOLL_LONGTERM ...+>
      when != F |= <+... FOLL_LONGTERM ...+>
      when != T F = <+... FOLL_LONGTERM ...+>;
  a@p(..., F, ...)
  ... when any
}

@script:python@
a << call.a;
p << call.p;
f << call_open.f;
@@
say("open", p, a)
