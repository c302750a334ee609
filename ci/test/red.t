#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/run-red: every entry as expected, and nothing else.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stub.sh"

for p in install tree; do printf '#!/bin/bash\n' >"ci/$p"; done
printf '#!/bin/bash\nmkdir -p "$3" && cp -r "%s/." "$3"\n' "$T/out" >ci/build
export BUILD=$T/build
mkdir -p patches/6.1/expect
echo fix/0001-mips-keep.patch >>patches/6.1/series

# The guest of this stub reads its filter, as the real one does. Each test behaves as its line in $T/tests says.
{ declare -f guest; cat <<'THEN'; } >"$PLAY/then"
dir=$(dirname "$con") filter=$(cat "$dir/filter") results=()
while read -r name does; do
	if [[ $filter = -l ]]; then results+=("ok $name # SKIP listed"); continue; fi
	skip=
	while read -r p; do
		case $p in
		!*) [[ $name != ${p#!} ]] || skip=1 ;;
		?*) [[ $name == $p ]] || skip=1 ;;
		esac
	done <<<"$filter"
	[[ -z $skip ]] || continue
	case $does in
	green) results+=("ok $name") ;;
	value*) results+=("not ok $name"); note=${does#value } ;;
	splat*) results+=("ok $name"); echo "BUG: ${does#splat }" >>"$con" ;;
	oops*) printf '%s\n' 'Oops: 0000 [#1]' "RIP: 0010:${does#oops }+0x1/0x2" >>"$con"; exit ;;
	esac
done <"$PLAY/../tests"
guest "${results[@]}" | sed "s/^    not ok/    # ${note-}\n&/; s/fast_gup=1/$(cat "$PLAY/fact")/" >"$res"
THEN
echo '[    0.000000] Linux' >"$PLAY/console"
echo fast_gup=1 >"$PLAY/fact"
: >"$PLAY/results"
cat >"$T/tests" <<'TESTS'
prog.a green
prog.b1 value returned 8, not 0
prog.b2 value returned 8, not 0
prog.c oops gup_pte_range
prog.d splat Bad page state in process prog
TESTS
entries() { printf '%s\n' "$@" | sed 's/ *| */\t/g' >patches/6.1/expect/stock; }
all=('# what is red' 'm | prog.b? | value returned 8 | 0001-mips-keep' 'm | prog.c | oops gup_pte_range | 0001-mips-keep'
	'm | prog.d | splat Bad page state | 0001-mips-keep')

entries "${all[@]}"
run ci/run-red
exits 'all as expected' 0
says 'three entries and the others' 'verdict: FAILS AS EXPECTED (4 entries on m)'
entries "${all[@]:0:2}" 'm | prog.c | unjudged the same as b | -' "${all[3]}"
run ci/run-red
exits 'what is not to be judged is not run' 0
says 'and counts for nothing' 'verdict: FAILS AS EXPECTED (3 entries on m); 1 more name tests that were not run'
says 'the table names the patch' '0001-mips-keep'

# differs NAME SEEN ENTRY...: these entries are not what the guest does
differs() {
	entries "${@:3}"
	run ci/run-red
	exits "$1" 1
	says "$1: what was seen" "$2"
}
differs 'another value' 'differs: m prog.b?: value returned 8, not 0' 'm | prog.b? | value returned 7 | 0001-mips-keep' "${all[@]:2}"
differs 'another function' 'differs: m prog.c: oops gup_pte_range' "${all[@]:0:2}" 'm | prog.c | oops gup_pte | 0001-mips-keep' "${all[3]}"
differs 'another splat' 'differs: m prog.d: splat BUG: Bad page state' "${all[@]:0:3}" 'm | prog.d | splat Bad rss | 0001-mips-keep'
differs 'a green test' 'differs: m prog.a: green' "${all[@]}" 'm | prog.a | value 8 | 0001-mips-keep'
differs 'a green test among red ones' 'differs: m prog.[ab]*: only 2 of 3 fail' 'm | prog.[ab]* | value returned 8 | 0001-mips-keep' "${all[@]:2}"
differs 'an oops instead of a value' 'differs: m prog.c: oops' "${all[@]:0:2}" 'm | prog.c | value 8 | 0001-mips-keep' "${all[3]}"
differs 'a value instead of an oops' 'differs: m prog.b?: only 2 of 2 fail' 'm | prog.b? | oops gup | 0001-mips-keep' "${all[@]:2}"
differs 'a red test without an entry' 'differs: m all others: fail: prog.b1 prog.b2' "${all[@]:2}"
differs 'a splat without an entry' 'differs: m all others: fail: console.clean' "${all[@]:0:3}"
differs 'an oops without an entry' 'differs: m all others: fail:' "${all[@]:0:2}" "${all[3]}"
differs 'a name that no test has' 'no test has this name' "${all[@]}" 'm | prog.x | value 8 | 0001-mips-keep'

echo fast_gup=0 >"$PLAY/fact"
differs 'a broken promise without an entry' 'fail: promise.fast_gup' "${all[@]}"
entries "${all[@]}" 'm | promise.fast_gup | value is 0, not 1 | 0001-mips-keep'
run ci/run-red
exits 'a promise can be an entry' 0
echo fast_gup=1 >"$PLAY/fact"
run ci/run-red
exits 'and must then be broken' 1

entries "${all[@]/0001-mips-keep/0002-nosuch}"
run ci/run-red
exits 'an entry whose patch does not exist is incomplete' 2
says 'and says so' 'no patch in patches/6.1/series has the name 0002-nosuch'
entries 'm | prog.c | looks bad | 0001-mips-keep'
run ci/run-red
exits 'so is one whose observation is none' 2
entries 'm | prog.c | value 8'
run ci/run-red
exits 'or that lacks a field' 2
says 'which says so' 'not four fields'
entries "${all[@]}"
MACHINES=k run ci/run-red
exits 'a machine without entries is incomplete' 2
rm patches/6.1/expect/stock
run ci/run-red
exits 'so is a base without a list' 2
says 'which says what to write' 'there is no patches/6.1/expect/stock'
done_testing
