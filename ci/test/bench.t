#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/bench: what is booted, that two boots must agree, and what is written down.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # out, T: lib.sh

sandbox
rm ci/machines/*
for m in m_bench n_bench; do
	printf '%s\n' ARCH=x86_64 FACTS= EXTRA=bench 'QEMU="echo stub-qemu 7"' >ci/machines/$m
done
for p in install tree; do printf '#!/bin/bash\necho "stub %s $*"\n' $p >ci/$p; done
cat >ci/build <<'BUILD'
#!/usr/bin/env bash
echo "stub build $*"
[[ $1 != "${UNBUILT-}" ]] || exit 2
mkdir -p "$3"/{kernel,tests}
touch "$3/init" "$3/tests/bench"
BUILD
# A machine that says what is in the files patched and stock; a line with ODD counts one more at the second boot.
cat >ci/boot <<'BOOT'
#!/usr/bin/env bash
variant=patched
[[ $2 != */stock/* ]] || variant=stock
echo "boot $variant $1 ${2##*/} ${*:3} $(readlink "$2/tests/bench")" >>told
{ [[ -z ${FILTER-} ]] && cat $variant || grep "$FILTER" $variant; } |
	sed "s/ODD/${2##*/}/; s/^/    # bench /" >"$2/results.ktap"
echo '[    0.000000] Linux version 6.1.99 (gup@special) (stub-gcc (Debian 12) 12.2.0, GNU ld 2.40) #1 SMP' >"$2/console.log"
[[ ! -f skipped.$variant ]] || cp skipped.$variant "$2/skipped"
printf '%s\t%s\t0\t0\t0\t1\t\n' "$1" "$(cat verdict.$variant 2>/dev/null || echo PASS)" >"$2/verdict"
echo "the boot of $variant"
BOOT
chmod +x ci/install ci/tree ci/build ci/boot
printf '%s\n' 'small.get_fast.1 200000 1000' 'small.get.16 100000 1000' 'pfn.touch 1000 10' >stock
printf '%s\n' 'small.get_fast.1 200000 1000' 'small.get.16 103900 1000' 'pfn.touch 1100 10' 'pfn_huge.touch 90 10' >patched
tsv=build/6.1/bench.tsv

MACHINES=m_bench run ci/bench
exits 'a run' 0
ok 'has a verdict' test "$(tail -n 1 <<<"$out")" = \
	'verdict: PASS (1 machines, 4 rows; two boots of each kernel gave the same figures)'
says 'builds the unpatched kernel' 'stub build m_bench build/6.1/linux-stock build/6.1/stock/m_bench'
says 'and that of the series' 'stub build m_bench build/6.1/linux build/6.1/m_bench'
ok 'boots each twice' test "$(cut -d' ' -f1-4 told | sort | xargs)" = "$(printf 'boot %s m_bench %s ' patched 1 patched 2 \
	stock 1 stock 2 | sed 's/ $//')"
ok 'with the same program' test "$(sed 's/.* //' told | sort -u)" = "$PWD/build/6.1/m_bench/tests/bench"
ok 'and nothing but the figures' test "$(cut -d' ' -f5 told | sort -u)" = 'bench.*'
says 'figures are for one unit' "$(printf '%-32s %14s %14s %8s' small.get.16 100.00 103.90 1.0390)"
says 'what the unpatched kernel lacks is the other one alone' "$(printf '%-32s %14s %14s %8s' pfn_huge.touch - 9.00 -)"
says 'what is above is named' 'm_bench: small.get.16 is 1.0390'
lacks 'but not what a driver maps' 'm_bench: pfn.touch is'
ok 'the table is kept, in instructions' grep -qx $'m_bench\tsmall.get.16\t1000\t100000\t103900\t1.0390' $tsv
ok 'with the kernels' grep -qx $'# m_bench\tkernel\t6.1.99, commits unknown and unknown of the prepared trees' $tsv
ok 'the compiler' grep -qx $'# m_bench\tcompiler\tstub-gcc (Debian 12) 12.2.0, GNU ld 2.40' $tsv
ok 'and the emulator' grep -qx $'# m_bench\temulator\t--version' $tsv

run ci/bench
exits 'all machines for it' 0
ok 'are in the table once' test "$(rows() { grep -v '^#' "$@"; }; rows $tsv | cut -f1 | uniq -c | xargs)" = '4 m_bench 4 n_bench'
MACHINES=n_bench REBOOT_ONLY=1 run ci/bench
exits 'a run of one of them' 0
lacks 'without a build' 'stub build'
ok 'keeps the rows of the other' test "$(grep -c ^m_bench $tsv) $(grep -c ^n_bench $tsv)" = '4 4'
cp $tsv "$T/before"
FILTER=get TEST='bench.small.*' MACHINES=n_bench run ci/bench
exits 'some rows' 0
says 'are shown' 'small.get.16'
ok 'and the table stays' cmp $tsv "$T/before"

run ci/bench results
exits 'the document' 0
doc=Documentation/results/bench-6.1.md
ok 'has a part for each machine' test "$(grep -c '^## [mn]_bench$' $doc)" = 2
ok 'a line for each row' grep -qxF '| small.get_fast.1 | 200.00 | 200.00 | 1.0000 |' $doc
ok 'in which more is bold' grep -qxF '| small.get.16 | 100.00 | 103.90 | **1.0390** |' $doc
ok 'and what the unpatched kernel lacks' grep -qxF '| pfn_huge.touch | - | 9.00 | - |' $doc
ok 'and the compiler' grep -qxF -e '- compiler: stub-gcc (Debian 12) 12.2.0, GNU ld 2.40' $doc
cp $doc "$T/doc"
run ci/bench results
ok 'is the same each time' cmp $doc "$T/doc"

export MACHINES=m_bench
MOST=1.05 run ci/bench
exits 'a limit that no row is above' 0
MOST=1.01 run ci/bench
exits 'one that a row is above' 1
says 'is said' 'verdict: FAIL: 1 rows are above MOST=1.01'

sed -i 's/103900/10390ODD/' patched
cp $tsv "$T/before"
run ci/bench
exits 'two boots that differ' 1
says 'is what the verdict says' 'verdict: FAIL: m_bench (patched: two boots differ)'
says 'and where' '< small.get.16 103901 1000'
ok 'the table stays' cmp $tsv "$T/before"
sed -i 's/10390ODD/103900/' patched

sed -i /get_fast/d patched
run ci/bench
exits 'a row that is lost with the series' 1
says 'is named' 'with the series there is no small.get_fast.1'
echo 'small.get_fast.1 200000 1000' >>patched
printf 'bench.pfn_huge.touch\tno mark\n' | tee skipped.patched >skipped.stock
run ci/bench
exits 'a row that is skipped with the series' 1
says 'as well' 'm_bench (not counted: bench.pfn_huge.touch)'
rm skipped.patched
run ci/bench
exits 'the unpatched kernel may skip' 0

echo FAIL >verdict.stock
run ci/bench
exits 'a boot that fails' 1
says 'shows what it said' 'the boot of stock'
echo INCOMPLETE >verdict.stock
run ci/bench
exits 'one that does not end' 2
says 'is incomplete' 'verdict: INCOMPLETE: m_bench (stock)'
rm verdict.stock
: >stock
run ci/bench
exits 'no figures' 2
UNBUILT=m_bench run ci/bench
exits 'no kernel' 2
says 'is named' 'verdict: INCOMPLETE: the stock kernel of m_bench is not built'
run ci/bench nonsense
exits 'what it does not know' 2
rm -r build
run ci/bench results
exits 'no document without figures' 2
done_testing
