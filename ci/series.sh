#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Sourced, after lib.sh, by the programs that deal with the series: reads $patches/series and makes commits of it in the
# object store of the prepared tree. Nothing here touches a work tree; all goes through an index of our own.
# shellcheck disable=SC2034,SC2154 # shared with those who source this

tree=$work/linux
ns=refs/gup-special # our refs in the prepared tree
# Where files of ours are that belong into a kernel tree, at the same place.
our_places=(mm tools Documentation/mm)
# An LTS user may not want these; they are only in what names them. Topic test is in every tree.
default_topics="fix huge arch drivers ports cost try"

# A git hook, or a user's settings, must not change what we read or write.
mapfile -t vars < <(git rev-parse --local-env-vars)
unset "${vars[@]}"
scratch=$(mktemp -d)
# Whatever a program stumbles over, 1 is for a verdict.
on_failure=2
finish() { rm -rf "$scratch"; (($1 == 0)) || exit $on_failure; }
trap 'finish $?' EXIT

kgit() { in_dir "$tree" "$@"; }
in_dir() {
	GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_OPTIONAL_LOCKS=0 \
		git -C "$1" -c safe.directory='*' "${@:2}"
}
igit() { GIT_INDEX_FILE=$scratch/index kgit "$@"; }

# What we commit ourselves has one author and one date, so that the same input gives the same commit id everywhere.
fixed() {
	GIT_AUTHOR_NAME=gup-special GIT_AUTHOR_EMAIL=gup-special@localhost \
	GIT_COMMITTER_NAME=gup-special GIT_COMMITTER_EMAIL=gup-special@localhost \
	GIT_AUTHOR_DATE='2023-01-01T00:00:00+0000' GIT_COMMITTER_DATE='2023-01-01T00:00:00+0000' "$@"
}

oid() { kgit rev-parse -q --verify "$1^{commit}"; }
# What a tree was made of: lines "topics ...", "base COMMIT", "patch HASH FILE", "drifted FILE".
record() { kgit cat-file blob "$ns/$1/record" 2>/dev/null || true; }
field() { sed -n "s/^$1 //p"; }

# --- the series ---

[[ -f $patches/series ]] ||
	die "no $patches/series: BASE is one of $(cd patches && echo */), SERIES a folder like these"

series() { sed -n 's/^\([^#[:space:]]\{1,\}\).*/\1/p' "$patches/series"; }
is_heading() { [[ $1 =~ ^'# '[a-z0-9_-]+$ ]]; }
topics() { { sed -n 's/^# \([a-z0-9_-]*\)$/\1/p' "$patches/series"; series | sed 's,/.*,,'; } | awk '!seen[$0]++'; }

# chosen_topics [TOPIC...]: those asked for by TOPICS, else the default ones, and TOPIC, in the order of the series. A
# name that was asked for and is not there is a slip; one that is only in the default is not.
chosen_topics() {
	local all t
	all=" $(topics | tr '\n' ' ')"
	for t in ${TOPICS-}; do
		[[ $all == *" $t "* ]] || die "no topic $t in $patches/series; there are:$all"
	done
	for t in $all; do
		[[ " $* ${TOPICS-$default_topics} " != *" $t "* ]] || echo "$t"
	done
}

# The patches of the topics named, in order.
patches_of() {
	local p
	while read -r p; do
		[[ " $* " != *" ${p%%/*} "* ]] || echo "$p"
	done < <(series)
}

# patch_lines PATCH...: lines of a record: what they were when they were applied
patch_lines() {
	local p
	for p; do
		[[ -f $patches/$p ]] || die "$patches/series names $p, which is not there: git checkout it, or take the line out"
	done
	(($# == 0)) || (cd "$patches" && sha256sum "$@") | sed 's/^\([0-9a-f]*\)  /patch \1 /'
}

# touched_blobs PATCH...: lines "BLOB PATH": of each file that they change, what it was before the first that does
touched_blobs() {
	(($# == 0)) || awk '/^diff --git / { path = substr($3, 3) }
		/^index / && !seen[path]++ { sub(/\.\..*/, "", $2); print $2, path }' "$@"
}

# --- files of ours, which live at their kernel path ---

our_files() {
	if [[ -e .git ]]; then
		git ls-files -z -co --exclude-standard -- "${our_places[@]}"
	else
		find "${our_places[@]}" -type f -print0 2>/dev/null
	fi | LC_ALL=C sort -zu | while IFS= read -r -d '' f; do [[ ! -e $f ]] || printf '%s\0' "$f"; done
}

# not_in COMMIT: dies if that has files at the paths of ours
not_in() {
	local both
	both=$(our_files | xargs -0r git -C "$tree" --literal-pathspecs ls-tree -r --name-only "$1" --)
	[[ -z $both ]] || die "the base has these too; change them by a patch: $both"
}

# --- patches to commits ---

# mail_header FILE NAME: Author, Email, Date or Subject, decoded and unfolded
mail_info() { in_dir . mailinfo -b --no-scissors "$scratch/body" "$scratch/diff" <"$1" >"$scratch/info"; }
mail_header() { sed -n "s/^$1: //p" "$scratch/info"; }
subject() { mail_info "$1" && mail_header Subject; }

# stack PARENT PATCH...: one commit a patch on top of PARENT. $tip is the last good one, $failed the patch that does not
# apply, with git's own words in $scratch/why; $drifted are those that applied with a line of context only, which takes
# DRIFT=1.
stack() {
	local p id name email date
	tip=$1 failed='' drifted=(); shift
	igit read-tree "$tip"
	for p; do
		mail_info "$patches/$p"
		name=$(mail_header Author) email=$(mail_header Email) date=$(mail_header Date)
		[[ -n $name && -n $email && -n $date ]] ||
			die "$patches/$p needs From:, Date: and Subject: lines; git format-patch writes them"
		if ! apply; then
			cp "$scratch/why" "$scratch/why.strict"
			if apply -C1 --check; then drifted+=("$p"); fi
			if [[ -z ${DRIFT-} ]] || ! apply -C1; then
				mv "$scratch/why.strict" "$scratch/why"
				failed=$p
				return 1
			fi
		fi
		{ mail_header Subject; echo; cat "$scratch/body"; } | in_dir . stripspace >"$scratch/message"
		id=$(igit write-tree)
		tip=$(GIT_AUTHOR_NAME=$name GIT_AUTHOR_EMAIL=$email GIT_AUTHOR_DATE=$date \
			GIT_COMMITTER_NAME=$name GIT_COMMITTER_EMAIL=$email GIT_COMMITTER_DATE=$date \
			kgit commit-tree "$id" -p "$tip" <"$scratch/message")
	done
}
apply() { igit apply --cached --whitespace=nowarn -v "$@" "$scratch/diff" 2>"$scratch/why"; }

# leave_out PATCH: of the scratch index, which has the whole series
leave_out() { mail_info "$patches/$1" && apply -R --3way; }

# why_failed: git's own words on the last patch that did not apply
why_failed() {
	grep -v -e '^Checking patch' -e '^Hunk .* succeeded' "$scratch/why" | head -40 | sed 's/^/    /'
	if igit apply --cached --check -R "$scratch/diff" 2>/dev/null; then
		echo "    It is already in this base: take it out of the series."
	fi
	[[ " ${drifted[*]} " != *" $failed "* ]] ||
		echo "    Only its context differs. Look at it; DRIFT=1 applies such patches with a line of context; the" \
			"verdict says so."
}

# mail ARGUMENT...: git format-patch, the same bytes with every git and every user's settings
mail() {
	kgit format-patch --zero-commit --no-signature --abbrev=12 --find-renames=50% \
		--diff-algorithm=myers --no-indent-heuristic -U3 --no-color --no-ext-diff --no-textconv \
		--src-prefix=a/ --dst-prefix=b/ --no-attach --no-thread --no-notes --no-base --encode-email-headers "$@"
}

# --- local work ---

# local_work DIR EXPECTED: one line that names what DIR has beyond the commit EXPECTED, or nothing
local_work() {
	local dir=$1 expected=$2 head edits gitdir mine words=()
	head=$(in_dir "$dir" rev-parse HEAD)
	gitdir=$(in_dir "$dir" rev-parse --absolute-git-dir)
	edits=$(in_dir "$dir" status --porcelain -uno | wc -l)
	((edits == 0)) || words+=("$edits changed files")
	if [[ $head != "$expected" ]]; then
		mine=$(in_dir "$dir" rev-list --count "$expected..$head")
		words+=("$mine commits of yours, HEAD is $(in_dir "$dir" log -1 --format='%h %s')")
	fi
	if [[ -d $gitdir/rebase-apply || -d $gitdir/rebase-merge ]]; then
		words+=("a git am or rebase that is not finished")
	fi
	((${#words[@]} == 0)) || { printf '%s; ' "${words[@]}" | sed 's/; $//'; }
}
