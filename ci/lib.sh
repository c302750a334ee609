#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Sourced by the programs of ci/: where we are, the defaults, how to speak, and what a machine is.
# shellcheck disable=SC2034 # much of it is for those who source this

# What the caller named is relative to where the caller stands; all else is relative to the top of the repository.
for v in KSRC SERIES MBOX; do
	[[ -z ${!v-} ]] || declare "$v=$(realpath -m -- "${!v}")"
done
[[ ! -e ${PATCH-} ]] || PATCH=$(realpath -s -- "$PATCH")
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top" || exit 2

: "${BASE:=$(<patches/default)}" "${BUILD:=build}" "${MACHINES:=x86_64}" "${JOBS:=$(nproc)}"
# The series, all that is made of it, and what is expected of it. One of the user's own may lie elsewhere.
patches=${SERIES:-patches/$BASE}
work=$BUILD/${patches##*/}
expect=$patches/expect
[[ -d $expect ]] || expect=patches/$BASE/expect

say() { printf '%s: %s\n' "${0##*/}" "$*"; }

# What went wrong, and what to do about it. 2 is "incomplete".
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 2; }

# rows FILE: of a data file, without comments and blank lines.
rows() { grep -v -e '^#' -e '^[[:space:]]*$' "$1" || :; }

# --- machines ---

# The names of the machines asked for, one a line.
machines() {
	local list=$* m
	[[ -n $list ]] || list=$MACHINES
	# What says that it is EXTRA is not among all.
	[[ $list != all ]] || list=$(cd ci/machines && { grep -L '^EXTRA=' -- * || :; })
	[[ $list != drivers && $list != fuzz && $list != bench ]] || list=$(cd ci/machines && echo *_"$list")
	for m in $list; do
		[[ -f ci/machines/$m ]] || die "no machine $m;$(near "$m" ci/machines/*) there are: $(cd ci/machines && echo *)"
		echo "$m"
	done
}

# near NAME PATH...: " did you mean ...?" for the base names that contain NAME or begin like it.
near() {
	local name=$1 path found=()
	for path in "${@:2}"; do
		path=${path##*/}
		[[ $path != *"$name"* && $path != "${name:0:4}"* ]] || found+=("$path")
	done
	((${#found[@]} == 0)) || printf ' did you mean %s?' "${found[*]}"
}

# A machine is data: its file sets these and nothing else.
load_machine() {
	machines "$1" >/dev/null
	TOTAL=900 SILENCE=120 COST=150 KERNEL='' OVER='' PLUGIN='' GCC_PLUGIN='' MUSL='' LOG='' EXTRA='' SKIP=
	# shellcheck disable=SC1090
	. "ci/machines/$1"
}

# replace NAME OLD NEW: in a machine file, of what it took over from another; that must be there.
replace() {
	[[ ${!1} == *"$2"* ]] || die "${BASH_SOURCE[1]}: $1 has no $2 to replace: correct it"
	printf -v "$1" %s "${!1/"$2"/"$3"}"
}

# incomplete MACHINE OUT NOTE: the verdict of a machine that never got as far as ci/verdict; one that did keeps its own.
incomplete() { [[ -s $2/verdict ]] || printf '%s\tINCOMPLETE\t0\t0\t0\t0\t%s\n' "$1" "$3" >"$2/verdict"; }

# --- processes ---

# hold FOLDER...: they are ours until we and all that we started have ended. What holds one already is named and waited
# for.
hold() {
	local folder fd
	for folder; do
		[[ " ${HELD-} " != *" $folder "* ]] || continue
		mkdir -p "$folder"
		exec {fd}<>"$folder/.lock"
		if ! flock -n "$fd"; then
			say "$folder is in use by $(<"$folder/.lock"). This waits for it; BUILD=<other folder> would not have to"
			flock "$fd"
		fi
		printf 'process %s (%s)\n' "$$" "${0##*/}" >"$folder/.lock"
		export HELD="${HELD-} $folder"
	done
}

# background COMMAND...: as a process group, so that stop_background reaches all of it; give it to the EXIT trap.
background() {
	set -m
	"$@" &
	set +m
}
stop_background() {
	local group
	for group in $(jobs -p); do kill -- "-$group" 2>/dev/null || :; done
}
