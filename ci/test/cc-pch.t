#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/cc-pch, on a "kernel" of one header: what is compiled with it, what is not, and what the objects depend on.
. "$(dirname "$0")/lib.sh"

sandbox
pch=$PWD/ci/cc-pch
mkdir -p "$T/src/kernel" "$T/src/mm" "$T/src/include" "$T/src/obj/"{kernel,mm,pch}
cd "$T/src/obj" || exit 2
header() {
	printf '%s\n' '#pragma once' '#ifndef WORD' "#define WORD \"$1\"" '#endif' 'static inline const char *word(void) { return WORD; }' >../include/word.h
}
header first
echo '#include <word.h>' >pch/headers.h
printf '%s\n' '#include <word.h>' 'const char *range(void) { return word(); }' >../kernel/range.c

# cc SOURCE [OPTION...]: as kbuild compiles it.
cc() {
	local object=${1%.c}.o
	rm -f "$object"
	run "$pch" gcc "-Wp,-MMD,${object%/*}/.${object##*/}.d" -I../include -Wall -Werror=implicit-function-declaration "${@:2}" -I "../${1%/*}" -I "./${1%/*}" \
		-DKBUILD_MODNAME="\"${1##*/}\"" -c -o "$object" "../$1"
}
holds() { ok "$1" grep -qaF -e "$2" "$3"; }
source_file() { printf '%s\n' "${@:2}" >"../$1"; }

source_file mm/a.c '#include <word.h>' 'const char *a(void) { return word(); }'
cc mm/a.c
exits 'without a precompiled header a source compiles' 0
cc kernel/range.c
exits 'kernel/range.c makes one' 0
ok 'which is there' test -s pch/headers.h.gch -a -s pch/options

# Only the precompiled header has what this one needs.
needs_it() { source_file mm/b.c "$@" 'const char *b(void) { return word(); }'; }
needs_it
cc mm/b.c
exits 'another source begins with it' 0
holds 'and depends on its headers' ../include/word.h mm/.b.o.d
holds 'and on the list of them' pch/headers.h mm/.b.o.d
ok 'on nothing that is only a means' not grep -q -e gch -e '\.o\.h' mm/.b.o.d
needs_it 'const char *name = KBUILD_MODNAME;'
cc mm/b.c
holds 'the names that differ from source to source are its own' b.c mm/b.o
cc mm/b.c -DOTHER
ok 'one with other options does not' test "$status" != 0
cc mm/b.c -I../mm
ok 'nor with another folder' test "$status" != 0
needs_it '#define X' '#include <stddef.h>'
cc mm/b.c
ok 'nor one that defines something before an include' test "$status" != 0
needs_it '#define CREATE_TRACE_POINTS' '#include <stddef.h>'
cc mm/b.c
exits 'but for CREATE_TRACE_POINTS' 0
needs_it '#include <stddef.h>' '#define X'
cc mm/b.c
exits 'after it, it may' 0

source_file mm/a.c '#define WORD "mine"' '#include <word.h>' 'const char *a(void) { return word(); }'
cc mm/a.c
holds 'what a source defines for its headers reaches them' mine mm/a.o
source_file mm/a.c '' 'static int word(void) { return 1; }' 'int a(void) { return word(); }'
cc mm/a.c
exits 'a source that does not go with the headers is compiled without' 0
lacks 'and nothing is said of that' error
needs_it 'int f(void) { int unused; return 0; }'
cc mm/b.c
exits 'a source with a warning compiles' 0
says 'and it is shown' 'unused variable'
source_file mm/a.c 'broken'
cc mm/a.c
ok 'one with an error does not' test "$status" != 0
ok 'which is shown once' test "$(grep -c 'error:' <<<"$out")" = 1

mkdir -p include/generated
touch include/generated/autoconf.h
needs_it
cc mm/b.c
ok 'after a change of the configuration no source begins with the headers' test "$status" != 0
cc kernel/range.c
cc mm/b.c
exits 'until they are precompiled again' 0
header second
needs_it
cc kernel/range.c
cc mm/b.c
holds 'a header that changed is precompiled again' second mm/b.o
echo broken >pch/headers.h
cc kernel/range.c
exits 'headers that do not compile are no error' 0
ok 'but are not precompiled' test ! -e pch/options
cc mm/b.c
ok 'and the old ones are not used' test "$status" != 0

done_testing
