#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/results: which run makes a row, and what is left alone. What ci/lint makes of it is in lint.t.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stub.sh"

work=build/6.1
page=Documentation/results/6.1.md
echo 'FACTS+=" nr_cpus=2"' >>ci/machines/m
echo 'version Linux 6.1.99' >patches/6.1/base
# boot MACHINE [PATTERN]: a run as the guest reports it on stdin
boot() {
	play
	mkdir -p "$work/$1"
	cp -r "$T/out/." "$work/$1"
	ci/boot "$1" "$work/$1" "${@:2}" >/dev/null
}
has() { ok "$1" grep -qxF -e "$2" "$page"; }

guest 'ok prog.a' 'ok prog.b' | sed 's,^# fact arch,# fact nr_cpus=2\n&,' | boot m
printf '<!-- begin summary -->\n<!-- end summary -->\n' >README.md
run ci/results
exits 'a document that is not there yet' 0
says 'is written' "wrote $page"
says 'a machine that did not run has no row' "have no row yet (not run in $work): k"
has 'one that did has one' '| m | 2 | y | n | n | n | 6 | 0 | 0 |'
has 'the sum' '1 machines: 6 tests passed, 0 failed, 0 skipped. A test counts once for each machine.'
ok 'README has the architecture' grep -qxF '| stub | m | 2 | y | n | n | n | 6 | 0 |' README.md
sed -i 's/^# Results on .*/# My own words/' $page
guest 'ok prog.a' | boot m 'prog.a'
run ci/results
says 'a run of some tests changes no row' "keep their rows (some tests only in $work): m"
has 'so it is there' '| m | 2 | y | n | n | n | 6 | 0 | 0 |'
has 'and what was written by hand' '# My own words'
guest 'ok prog.a' 'not ok prog.b' | sed 's,^# fact arch,# fact nr_cpus=2\n&,' | boot m
run ci/results
has 'a failure is told' '| m | 2 | y | n | n | n | 5 | 1 | 0 |'
run ci/results check
exits 'then all is up to date' 0
sed -i 's/5 | 1 |/6 | 0 |/' $page
run ci/results check
exits 'a sum that is not that of the rows' 1
says 'is named, in the other document as well' 'README.md: summary is out of date: make results'
SERIES=$T/elsewhere run ci/results
says 'a series elsewhere is not theirs' 'leave SERIES= out'
done_testing
