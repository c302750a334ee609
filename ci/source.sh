#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Sourced by ci/tree, after series.sh: the source that the series goes on, and its import as a commit without parents.
# shellcheck disable=SC2034,SC2153,SC2154 # shared with ci/tree

# made_on version|source|sha256|tree: of what the series was made on
made_on() { [[ ! -f $patches/base ]] || field "$1" <"$patches/base"; }

# find_source [KSRC]: sets $source, $origin, $sha and $source_id to a tree or tarball, by default that of Debian's
# package
find_source() {
	local stamp package
	# A series says which package it was made on.
	package=$(made_on source | cut -d' ' -f1)
	[[ $package == linux-source-* ]] || package=linux-source-$BASE
	source=${1:-/usr/src/$package.tar.xz}
	origin=${source##*/}
	if [[ -d $source ]]; then
		[[ -f $source/Makefile ]] || die "$source is not a Linux tree: it has no Makefile"
		sha=
		stamp=$(cd "$source" && find . -path ./.git -prune -o -printf '%p %m %s %T@\n' | LC_ALL=C sort | sha256sum)
		source_id=dir-${stamp%% *}
		return
	fi
	if [[ ! -f $source ]]; then
		[[ -z ${1-} ]] || die "KSRC=$source does not exist: name a kernel tree or tarball"
		die "no $source: apt-get install $package (make run does so, and ci/install), or name a tree with KSRC="
	fi
	[[ -n ${1-} ]] || origin="$package $(dpkg-query -W -f '${Version}' "$package" 2>/dev/null || echo unpackaged)"
	# The sum of 130 MB takes a second: once for each file is enough.
	stamp=$(stat -c '%n %s %y %i' "$source")
	if ! grep -qsxF "$stamp" "$work/.source"; then
		sha256sum <"$source" | cut -d' ' -f1 >"$work/.source.tmp"
		printf '%s\n' "$stamp" >>"$work/.source.tmp"
		mv "$work/.source.tmp" "$work/.source"
	fi
	sha=$(head -1 "$work/.source")
	source_id=tar-$sha
}

# unpack: the source to $root, inside $tree.tmp
unpack() {
	root=$tree.tmp/linux
	mkdir -p "$root"
	say "unpacking $source (about 10 s)"
	if [[ -f $source ]]; then
		tar -xf "$source" -C "$root"
		# With or without a folder of its own.
		[[ -f $root/Makefile ]] || root=$(find "$root" -mindepth 1 -maxdepth 1 -type d)
	elif [[ -e $source/.git ]]; then
		# What it would build, edits included, but not what was built in it.
		in_dir "$source" ls-files -z -co --exclude-standard |
			(cd "$source" && perl -0 -ne 'chomp; print "$_\0" if -e || -l' |
				tar -c --no-recursion --null -T -) | tar -x -C "$root"
	else
		tar -c -C "$source" . | tar -x -C "$root"
		rm -rf "$root"/.config "$root"/include/{config,generated} "$root"/arch/*/include/generated
	fi
	grep -qs '^VERSION *=' "$root/Makefile" || die "$source is not a Linux tree: no VERSION in its Makefile"
}

kernel_version() {
	awk -F ' *= *' '$1 == "VERSION" { v = $2 } $1 == "PATCHLEVEL" { v = v "." $2 }
		$1 == "SUBLEVEL" { v = v "." $2 } $1 == "EXTRAVERSION" { print v $2; exit }' "$1/Makefile"
}

# import: $base, a commit without parents of exactly the source. Big files go straight into a pack, so let all be big:
# 80000 loose objects take twice as long.
import() {
	local id new=
	unpack
	say "importing it into git (about 20 s)"
	[[ -e $tree/.git ]] || new=1
	if [[ -n $new ]]; then
		in_dir "$root" init -q -b patched
		in_dir "$root" config gc.auto 0
		in_dir "$root" config maintenance.auto false
		export GIT_DIR=$root/.git
	else
		export GIT_DIR=$tree/.git GIT_INDEX_FILE=$scratch/import
	fi
	GIT_DIR=$(realpath "$GIT_DIR")
	GIT_WORK_TREE=$(realpath "$root") in_dir "$root" -c core.bigFileThreshold=1 -c core.compression=1 add -f -A .
	id=$(in_dir "$root" write-tree)
	base=$(printf 'Linux %s\n\nSource: %s\nSha256: %s\n' "$(kernel_version "$root")" "$origin" "${sha:-none}" |
		fixed in_dir "$root" commit-tree "$id")
	in_dir "$root" update-ref "$ns/bases/$source_id" "$base"
	if [[ -n $new ]]; then
		in_dir "$root" update-ref refs/heads/patched "$base"
		in_dir "$root" update-ref "$ns/patched/tip" "$base"
	fi
	unset GIT_DIR GIT_INDEX_FILE
	[[ -z $new ]] || mv "$root" "$tree"
	rm -rf "$tree.tmp"
}

# import_made_on: what the series was made on as well, as far as its package is here. With these objects git am -3 can
# merge.
import_made_on() {
	local base
	if ! (find_source >/dev/null 2>&1); then
		say "git am -3 cannot merge without what the series was made on: apt-get install linux-source-$BASE"
		return
	fi
	find_source
	oid "$ns/bases/$source_id" >/dev/null || import
}

# show_base PATCH...: what is built, and where it differs from what these patches were made on
show_base() {
	local changed
	say "base $(kgit log -1 --format='%s, from %b' "$base" | paste -sd' ' |
		sed 's/Source: //; s/ Sha256: /, sha256 /; s/ *$//')"
	touched_blobs "${@/#/$patches/}" >"$scratch/touched"
	cut -d' ' -f2 "$scratch/touched" |
		xargs -r git -C "$tree" ls-tree --format='%(objectname) %(path)' "$base" -- >"$scratch/here"
	mapfile -t changed < <(awk 'NR == FNR { here[$2] = $1; next } $1 !~ /^0+$/ && index(here[$2], $1) != 1 { print $2 }' \
		"$scratch/here" "$scratch/touched")
	((${#changed[@]} == 0)) ||
		say "NOTICE: the series was made on $(made_on version); of what it changes, these differ here: ${changed[*]}"
}
