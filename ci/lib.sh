#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Sourced by the programs of ci/: where we are, the defaults, and how to speak.
# shellcheck disable=SC2034 # the defaults are for those who source this

# What the caller named is relative to where the caller stands; all else is
# relative to the top of the repository.
if [[ -n ${KSRC-} ]]; then KSRC=$(realpath -m -- "$KSRC"); fi
if [[ -e ${PATCH-} ]]; then PATCH=$(realpath -s -- "$PATCH"); fi
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top" || exit 2

: "${BASE:=6.1}" "${BUILD:=build}" "${MACHINES:=x86_64}" "${JOBS:=$(nproc)}"

say() { printf '%s: %s\n' "${0##*/}" "$*"; }

# What went wrong, and what to do about it. 2 is "incomplete".
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 2; }

# The names of the machines asked for, one a line.
machines() {
	local list=$* m
	[[ -n $list ]] || list=$MACHINES
	[[ $list != all ]] || list=$(cd ci/machines && echo *)
	[[ $list != drivers ]] || list=$(cd ci/machines && echo *_drivers)
	for m in $list; do
		[[ -f ci/machines/$m ]] ||
			die "no machine $m; there are: $(cd ci/machines && echo *)"
		echo "$m"
	done
}
