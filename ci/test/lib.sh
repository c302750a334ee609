#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Sourced by the tests of the rig: TAP for prove, a folder that goes away, and
# (sandbox) a copy of the rig to be broken in peace.
set -uo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
export LC_ALL=C

# A test says for itself which machine, base and tree it means.
unset BASE BUILD SERIES DRIFT BUDGET DEADLINE HELD CONFIG MBOX ON GOOD BAD SINCE ORIGIN NAME
unset ANYWAY MACHINES TEST TOPICS KSRC NO_APT GDB PATCH JOBS REBOOT_ONLY SEEDS ARCHS HOSTS MAKEFLAGS MFLAGS MAKELEVEL
unset CMDLINE SEED OPS THREADS FAULTS WITHOUT SHORTEN TRIES ONLY MOST
# Nor may the identity and the settings of who runs it matter.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=Tester GIT_AUTHOR_EMAIL=tester@example.org
export GIT_COMMITTER_NAME=Tester GIT_COMMITTER_EMAIL=tester@example.org

n=0
failures=0
out=
status=0

# ok NAME COMMAND...: one result; a failure shows what the last run printed.
ok() {
	local name=$1; shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $name"
	else
		failures=$((failures + 1))
		echo "not ok $n - $name"
		echo "# failed: $*"
		printf '#   %s\n' "${out//$'\n'/$'\n#   '}"
	fi
}

# run COMMAND...: both outputs to $out, the status to $status.
run() { out=$("$@" 2>&1); status=$?; }

# exits NAME STATUS: what the last run returned.
exits() { ok "$1 (exit $status, want $2)" test "$status" = "$2"; }

# says NAME TEXT, lacks NAME TEXT: what the last run printed.
says() { ok "$1" grep -qF -e "$2" <<<"$out"; }
lacks() { ok "$1" not grep -qF -e "$2" <<<"$out"; }
not() { ! "$@"; }

# skip NAME REASON: a result that cannot be had here.
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }

done_testing() {
	echo "1..$n"
	exit $((failures > 0))
}

# sandbox: a repository of its own in $T/repo with this rig in it and a series
# without patches; the current folder from now on. Output goes to $T/repo/build.
sandbox() {
	mkdir -p "$T/repo/patches/6.1/expect"
	cp -r "$repo/ci" "$repo/Makefile" "$repo/.gitignore" "$repo/.shellcheckrc" "$T/repo/"
	cd "$T/repo" || exit 2
	printf '# %s\n' fix huge test >patches/6.1/series
	echo 6.1 >patches/default
	git init -q -b main .
}

# small_kernel DIR: a "kernel" of a few files, of version 6.1.99. Like Debian's,
# its .gitignore ignores everything.
small_kernel() {
	mkdir -p "$1/mm" "$1/include/linux"
	printf '%s\n' 'VERSION = 6' 'PATCHLEVEL = 1' 'SUBLEVEL = 99' 'EXTRAVERSION =' >"$1/Makefile"
	printf '/*\n' >"$1/.gitignore"
	seq -f 'line %g' 40 >"$1/mm/gup.c"
	seq -f 'memory %g' 40 >"$1/mm/memory.c"
	printf '%s\n' '#define MM 1' >"$1/include/linux/mm.h"
	touch -d 2020-01-01 "$1"/*/* "$1"/Makefile
}

# add_patch TOPIC FILE SED-SCRIPT SUBJECT: edits FILE as the tree has it, and puts
# the change into the series, at the end of its topic, as a patch file.
add_patch() {
	local topic=$1 file=$2 script=$3 subject=$4 name new w=$T/patching
	[[ -d $w ]] || { cp -r "$T/kernel" "$w" && git -C "$w" init -q && git -C "$w" add -fA &&
		git -C "$w" commit -qm base; }
	mkdir -p "patches/6.1/$topic"
	sed -i "$script" "$w/$file"
	git -C "$w" commit -qam "$subject" -m "Because." -m "Signed-off-by: Tester <tester@example.org>" \
		--date="2024-01-02T03:04:$((10 + $(git -C "$w" rev-list --count HEAD)))+0000"
	new=$(find "patches/6.1/$topic" -name '*.patch' | wc -l)
	name=$topic/$(printf %04d $((new + 1)))-$(sed -E 's/[^A-Za-z0-9._]+/-/g' <<<"$subject").patch
	git -C "$w" format-patch -1 --stdout --zero-commit --no-signature -N --abbrev=12 >"patches/6.1/$name"
	awk -v topic="# $topic" -v name="$name" '
		/^# / { if (in_topic) print name; in_topic = $0 == topic }
		{ print }
		END { if (in_topic) print name }' patches/6.1/series >"$T/series"
	cp "$T/series" patches/6.1/series
}

# hash DIR: everything in it, names, contents and times.
hash() { (cd "$1" && find . -printf '%p %m %s %T@\n' | sort && find . -type f -exec sha256sum {} + | sort) | sha256sum; }
