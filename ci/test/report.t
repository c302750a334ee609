#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/report: nothing that did not pass may look like a pass, on the page or in the data.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stub.sh"

work=build/6.1
page=$work/report.html
# boot MACHINE [CONSOLE-LINE...]: its folder, as ci/verdict leaves it; the report of the guest on stdin
boot() {
	local dir=$work/$1
	play '[    0.0] Linux version 6.1.99 (gup@special) (stub-gcc (Debian) 12.2.0, GNU ld 2.40) #1 SMP' "${@:2}"
	mkdir -p "$dir"
	cp "$PLAY/results" "$dir/results.ktap"
	cp "$PLAY/console" "$dir/console.log"
	echo 7 >"$dir/seconds"
	echo 30 >"$dir/build.seconds"
	ci/verdict "$1" "$dir" >/dev/null
}
shows() { ok "$1" grep -qF -e "$2" "$page"; }
hides() { ok "$1" not grep -qF -e "$2" "$page"; }
# verdict_is NAME TEXT: on the page, and the last line printed
verdict_is() {
	ok "$1" grep -qF -e "<p class=\"verdict ${2%%[: ]*}\">$2</p>" "$page"
	says 'the same is printed' "results.json: $2"
}
# data NAME PYTHON: an assertion about the data d and its tests by path
data() { ok "$1" python3 -c '
import json, re, sys
d = json.load(open("build/6.1/results.json"))
t = {i["path"]: i for i in d["tests"]}
def of(machine): return [i for i in d["tests"] if i["environment"]["comment"].endswith(" " + machine)]
exec(sys.argv[1])' "$2"; }
ids() { grep -o '"id": "[^"]*"' "$work/results.json"; }

run ci/report
exits 'without results there is no report' 2
says 'but the cure' "no results in $work: make run"
ok 'and no file' not test -e "$page"

machine m virtio 'SKIP="prog.c:not <here>"'
machine other virtio KERNEL=m
machine unbuilt virtio
machine absent virtio
bad='ok prog.a|not ok prog.<script>x</script>|ok prog.c # SKIP no PCI'
IFS='|' read -ra results <<<"$bad"
text='# it is 0x1 <script>document.title = "owned"<\/script> \&amp;\n    # not 0x2'
guest "${results[@]}" | sed "s/^    not ok/    $text\n&/" >"$T/bad"
guest 'ok prog.a' 'ok prog.b' >"$T/green"

boot m <"$T/bad"
boot k <"$T/green"
boot other <"$T/green"
boot unbuilt <"$T/green"
rm "$work/unbuilt/facts"
printf 'unbuilt\tINCOMPLETE\t0\t0\t0\t0\tnot built\n' >"$work/unbuilt/verdict"
run ci/report
exits 'a report of failures is a report' 0
verdict_is 'the verdict names who failed and who did not run' \
	'FAIL: m; incomplete: unbuilt; not run: absent (of 5 machines)'
for m in m k other unbuilt absent; do shows "$m is in the figure" ">$m</text>"; done
shows 'the failed test is named' '<dt>prog.&lt;script&gt;x&lt;/script&gt;</dt>'
shows 'with its text' 'it is 0x1 &lt;script&gt;document.title = &quot;owned&quot;&lt;/script&gt; &amp;amp;'
shows 'all of it' 'not 0x2</pre>'
hides 'of which nothing is markup' '<script'
shows 'skips have a reason' 'no PCI (allowed: not &lt;here&gt;)'
shows 'what did not run is called so' '<span class="soft">not run</span></td><td class="number">–</td>'
shows 'what a program did is told in numbers' '<title>m, prog: 1 passed, 1 failed, 1 skipped</title>'
shows 'what the kernel reports as well' '<title>m: fast_gup=1</title>'
shows 'and what it does not' '<title>m: pte_special was not reported</title>'
shows 'a machine that did not run reports nothing' '<title>absent: fast_gup was not reported</title>'
shows 'nor does an earlier boot report for it' '<title>unbuilt, prog: no result</title>'
shows 'an INCOMPLETE says why' '<p>not built</p>'
ok 'nothing is loaded from elsewhere' not grep -qE 'https?:|src=|@import|<link|url\([^#]' "$page"
ok 'nothing half-written is left' not compgen -G "$work/*.tmp"

data 'the schema is one that KCIDB knows' 'assert d["version"] == {"major": 5, "minor": 0}
assert set(d) == {"version", "checkouts", "builds", "tests"}'
data 'all things have what they must have, and nothing else' '
need = {"checkouts": {"id", "origin"}, "builds": {"id", "origin", "checkout_id"}, "tests": {"id", "origin", "build_id"}}
may = {"checkouts": {"git_commit_hash", "patchset_hash", "comment", "valid", "misc"},
       "builds": {"architecture", "compiler", "config_name", "duration", "status"},
       "tests": {"path", "status", "environment", "comment", "log_excerpt", "start_time", "duration", "misc"}}
for kind, things in need.items():
    assert len({i["id"] for i in d[kind]}) == len(d[kind]) > 0, kind
    for i in d[kind]:
        assert things <= set(i) <= things | may[kind], i
        assert i["origin"] == "gup_special" and re.fullmatch("gup_special:[0-9a-f]{40}", i["id"]), i
        assert not any(v is None for v in i.values()), i'
data 'they are linked' '
assert {b["checkout_id"] for b in d["builds"]} == {c["id"] for c in d["checkouts"]}
assert {i["build_id"] for i in d["tests"]} == {b["id"] for b in d["builds"]}'
data 'values are of the form that is asked for' '
for i in d["tests"]:
    assert i["status"] in ("FAIL", "ERROR", "MISS", "PASS", "DONE", "SKIP"), i
    assert re.fullmatch(r"[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*", i["path"]), i
    assert set(i["environment"]) <= {"comment", "misc"} and len(i.get("log_excerpt", "")) <= 16384
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", i.get("start_time", "2020-08-14T23:08:06+00:00"))
assert re.fullmatch("([0-9a-f]{64})?", d["checkouts"][0]["patchset_hash"])'
data 'each test has its status' '
s = {i["path"].removeprefix("kselftest.mm.special"): i for i in of("m")}
assert s[".prog.a"]["status"] == "PASS" and s[".prog.c"]["status"] == "SKIP" and "no PCI" in s[".prog.c"]["comment"]
f = s[".prog._script_x__script_"]
assert f["status"] == "FAIL" and "not 0x2" in f["log_excerpt"] and s["boot.console.clean"]["status"] == "PASS"'
data 'and each machine its verdict' '
suite = "kselftest.mm.special"
s = {m: [i["status"] for i in of(m) if i["path"] == suite] for m in ("m", "k", "other", "unbuilt", "absent")}
assert s == {"m": ["FAIL"], "k": ["PASS"], "other": ["PASS"], "unbuilt": ["MISS"], "absent": []}, s
assert len(of("unbuilt")) == 1'
data 'a build is that of the kernel that was booted' '
b = {i["config_name"]: i for i in d["builds"]}
assert set(b) == {"m", "k", "unbuilt"} and b["unbuilt"]["status"] == "ERROR" and b["m"]["status"] == "PASS", b
assert b["m"]["compiler"] == "stub-gcc (Debian) 12.2.0" and b["m"]["duration"] == 30
assert of("other")[0]["build_id"] == b["m"]["id"]'

cp "$work/results.json" "$T/first.json"
cp "$page" "$T/first.html"
run ci/report
ok 'the same results give the same data' cmp "$work/results.json" "$T/first.json"
ok 'and the same page' cmp "$page" "$T/first.html"
ids >"$T/ids"
cp -r build "$T/elsewhere"
touch -d 2020-01-01 "$T"/elsewhere/6.1/*/*
BUILD=$T/elsewhere ci/report >/dev/null
ok 'elsewhere they have the same ids' cmp <(work=$T/elsewhere/6.1 ids) "$T/ids"
boot k '[    2.0] another boot' <"$T/green"
ci/report >/dev/null
same() { comm -12 <(sort "$T/ids") <(ids | sort) | wc -l; }
of_others=$(grep '"id":' "$T/first.json" | grep -vc 'machine k')
ok 'another boot has other ids, the build has not' test "$(same)" = "$of_others"
ORIGIN=else ci/report >/dev/null
data 'who submits can be named' '
assert {i["id"].split(":")[0] for k in ("checkouts", "builds", "tests") for i in d[k]} == {"else"}'
ORIGIN=a-b run ci/report
exits 'but not in a way that KCIDB refuses' 2

# What is no pass.
green() { for m in m k other; do boot $m <"$T/green"; done; }
green
rm ci/machines/{unbuilt,absent}
run ci/report
verdict_is 'all green is a pass' 'PASS (3 machines, 15 tests)'
shows 'without failures' '<p>None.</p>'
rm "$work/k/verdict"
run ci/report
verdict_is 'a machine without a verdict is none' 'INCOMPLETE: not run: k (of 3 machines)'
MACHINES='m other' run ci/report
verdict_is 'if it was asked for' 'PASS (2 machines, 10 tests)'
green
printf 'k\tNOT-RUN\t0\t0\t0\t0\tnot begun: it would take about 9 s, and 3 s are left\n' >"$work/k/verdict"
rm "$work/k/facts"
run ci/report
verdict_is 'nor one that there was no time for' 'INCOMPLETE: not run: k (of 3 machines)'
shows 'which says so' '<p>not begun: it would take about 9 s'
data 'and is one that KCIDB misses' 'assert [i["status"] for i in of("k")] == ["MISS"]'
green
echo 'prog.*' >"$work/k/filter"
run ci/report
verdict_is 'a pass of some tests is none' 'INCOMPLETE: some tests only: k (of 3 machines)'
data 'nor is it one for KCIDB' 'assert "status" not in of("k")[0] and of("m")[0]["status"] == "PASS"'
shows 'and says of which' '<p>only TEST=&#x27;prog.*&#x27;</p>'
rm "$work/k/filter"
cp "$work/m/junit.xml" "$T/junit"
for broken in '/prog.b/d' 's/prog.b/&</' d; do
	sed "s/<testcase/\n&/g" "$T/junit" | sed "$broken" >"$work/m/junit.xml"
	run ci/report
	verdict_is "nor are tests of another verdict ($broken)" 'INCOMPLETE: incomplete: m (of 3 machines)'
done
green
rm "$work/m/facts"
run ci/report
verdict_is 'nor are those that nobody judged' 'INCOMPLETE: incomplete: m (of 3 machines)'
head -n 7 "$T/green" | boot m '[    2.0] Oops: 0000 [#1]' '[    2.0] RIP: 0010:gup_pte_range+0x1/0x2'
run ci/report
verdict_is 'a kernel that died is a failure' 'FAIL: m (of 3 machines)'
shows 'with its function' '<p>the kernel died in gup_pte_range;'
MACHINES=nosuch run ci/report
exits 'an unknown machine is refused' 2
green

# Where it comes from.
printf '%s\n' 'version Linux 6.1.98' 'source pkg 6.1.98-1' >patches/6.1/base
run ci/report
shows 'without a tree, what is known of the source' \
	'Linux 6.1.98 from a source that is not here; the series was made on pkg 6.1.98-1'
small_kernel "$T/kernel"
add_patch fix mm/gup.c '3s/$/ changed/' 'mm: change'
add_patch test mm/memory.c '3s/$/ changed/' 'mm: change for tests'
KSRC=$T/kernel ci/tree patched >/dev/null
run ci/report
shows 'the kernel is that of the tree' 'Linux 6.1.99 from kernel'
hides 'on which nothing drifted' 'context drifted'
data 'with its commit and the hash of the patches in their order' '
import subprocess
def sh(c): return subprocess.check_output(["bash", "-c", c], text=True).strip()
c = d["checkouts"][0]
assert c["git_commit_hash"] == sh("git -C build/6.1/linux rev-list --max-parents=0 HEAD")
assert c["patchset_hash"] == sh("cd patches/6.1; sha256sum fix/* test/* | cut -c-64 | sha256sum | cut -c-64")'
cp -r "$T/kernel" "$T/drifted"
sed -i 's/^line 6$/line six/' "$T/drifted/mm/gup.c"
DRIFT=1 KSRC=$T/drifted ci/tree patched >/dev/null
run ci/report
shows 'a patch whose context drifted is named' 'context drifted: fix/0001-mm-change.patch'

hides 'no word of the unpatched kernel' 'differ,'
printf 'ok\tm\tprog.a\tvalue 8\tvalue 8\tcore/0001\ndiffers\tm\tprog.<b>\toops f\tgreen\tcore/0001\n' >"$work/red.tsv"
run ci/report
shows 'unless it ran' '1 as expected, 1 differ, 0 not judged'
shows 'escaped as well' '<td class="text">prog.&lt;b&gt;</td>'

# As a browser has it. A script, which the page has none of, tells what came of it.
browser() {
	timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars \
		--disable-background-networking --disable-component-update --disable-sync \
		--user-data-dir="$(mktemp -d -p "$T")" "$@" 2>/dev/null
}
# measured WIDTH [OPTION...]: how far it reaches, rows of the figure, title, background
measured() {
	{
		cat "$page"
		echo '<script>document.body.dataset.seen = [document.documentElement.scrollWidth,
			document.querySelectorAll(".row").length, document.title,
			getComputedStyle(document.body).backgroundColor].join("|")</script>'
	} >"$T/measured.html"
	browser --window-size="$1,1000" "${@:2}" --dump-dom "file://$T/measured.html" |
		sed -n 's/.*data-seen="\([^"]*\)".*/\1/p'
}
boot m <"$T/bad"
ci/report >/dev/null
if command -v chromium >/dev/null; then
	for width in 1400 800; do
		seen=$(measured $width)
		ok "a browser has it all, $width wide" test "${seen%|*}" = "$width|3|gup-special on Linux 6.1.99"
	done
	light=$(measured 800) dark=$(measured 800 --blink-settings=preferredColorScheme=0)
	ok 'dark for who likes it so' test "${light##*|}" = 'rgb(255, 255, 255)' -a "${dark##*|}" = 'rgb(20, 23, 26)'
	browser --window-size=1400,1000 --screenshot="$T/page.png" "file://$PWD/$page"
	ok 'and has a picture of it' test "$(stat -c %s "$T/page.png")" -gt 10000
else
	skip 'a browser has it all' 'chromium is not installed'
fi
done_testing
