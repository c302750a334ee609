#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Sourced, after lib.sh, by the programs that deal with the series: reads
# patches/<base>/series and makes commits of it in the prepared tree's object
# store. Nothing here touches a work tree; all goes through an index of our own.
# shellcheck disable=SC2034,SC2154 # shared with those who source this

tree=$BUILD/$BASE/linux
patches=patches/$BASE
ns=refs/gup-special        # our refs in the prepared tree
overlay_tops=(mm tools include drivers arch Documentation)

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

# What we commit ourselves has one author and one date, so that the same input
# gives the same commit id everywhere.
fixed() {
	GIT_AUTHOR_NAME=gup-special GIT_AUTHOR_EMAIL=gup-special@localhost \
	GIT_COMMITTER_NAME=gup-special GIT_COMMITTER_EMAIL=gup-special@localhost \
	GIT_AUTHOR_DATE='2023-01-01T00:00:00+0000' GIT_COMMITTER_DATE='2023-01-01T00:00:00+0000' "$@"
}

oid() { kgit rev-parse -q --verify "$1^{commit}"; }
# What a tree was made of: lines "topics ...", "base COMMIT", "overlay HASH", "patch HASH FILE".
record() { kgit cat-file blob "$ns/$1/record" 2>/dev/null || true; }
field() { sed -n "s/^$1 //p"; }

# --- the series ---

[[ -f $patches/series ]] || die "no $patches/series: BASE is one of $(cd patches && echo *)"

series() { sed -n 's/^\([^#[:space:]]\{1,\}\).*/\1/p' "$patches/series"; }
is_heading() { [[ $1 =~ ^'# '[a-z0-9_-]+$ ]]; }
topics() { { sed -n 's/^# \([a-z0-9_-]*\)$/\1/p' "$patches/series"; series | sed 's,/.*,,'; } | awk '!seen[$0]++'; }

# The topics asked for, in the order of the series. A name that was asked for
# and is not there is a slip; one that is only in our default is not.
chosen_topics() {
	local all t
	all=" $(topics | tr '\n' ' ')"
	for t in ${TOPICS-}; do
		[[ $all == *" $t "* ]] || die "no topic $t in $patches/series; there are:$all"
	done
	for t in $all; do
		[[ " test ${TOPICS-test core huge arch} " != *" $t "* ]] || echo "$t"
	done
}

# The patches of the topics named, in order.
patches_of() {
	local p
	while read -r p; do
		[[ " $* " != *" ${p%%/*} "* ]] || echo "$p"
	done < <(series)
}

# record lines of patches: what they were when they were applied
patch_lines() {
	local p
	for p; do
		[[ -f $patches/$p ]] || die "$patches/series names $p, which is not there: git checkout it, or take the line out"
		printf 'patch %s %s\n' "$(sha256sum <"$patches/$p" | cut -d' ' -f1)" "$p"
	done
}

# --- the overlay: files of ours that live at their kernel path ---

overlay_files() {
	local f
	{
		if [[ -e .git ]]; then
			git ls-files -z -co --exclude-standard -- "${overlay_tops[@]}"
		else
			for f in "${overlay_tops[@]}"; do [[ ! -d $f ]] || find "$f" -type f -print0; done
		fi
	} | LC_ALL=C sort -zu | while IFS= read -r -d '' f; do [[ ! -e $f ]] || printf '%s\0' "$f"; done
}

overlay_id() {
	overlay_files | xargs -0r sh -c 'sha256sum "$@" && find "$@" -perm -100' sh | sha256sum | cut -d' ' -f1
}

# commit_overlay PARENT SUBJECT-AND-BODY COMMAND...: sets $tip to PARENT plus our
# files; COMMAND supplies the identity.
commit_overlay() {
	local parent=$1 message=$2 id both; shift 2
	overlay_files >"$scratch/overlay"
	igit read-tree "$parent"
	both=$(xargs -0r -a "$scratch/overlay" env GIT_INDEX_FILE="$scratch/index" \
		git -C "$tree" --literal-pathspecs ls-files --)
	[[ -z $both ]] || die "the base has these files too; change them by a patch: $both"
	[[ ! -s $scratch/overlay ]] || GIT_INDEX_FILE=$scratch/index git --git-dir="$tree/.git" --work-tree=. \
		--literal-pathspecs add -f --pathspec-from-file="$scratch/overlay" --pathspec-file-nul
	id=$(igit write-tree)
	tip=$(printf '%s\n' "$message" | "$@" kgit commit-tree "$id" -p "$parent")
}

# --- patches to commits ---

# subject FILE: of a patch, decoded and unfolded
subject() { in_dir . mailinfo -b --no-scissors /dev/null /dev/null <"$1" | sed -n 's/^Subject: //p'; }

# stack PARENT FILE...: one commit a patch on top of PARENT; $tip is the last good one,
# $failed the patch that does not apply, and git's own words are in $scratch/why.
stack() {
	local file id name email date
	tip=$1 failed=; shift
	igit read-tree "$tip"
	for file; do
		in_dir . mailinfo -b --no-scissors "$scratch/body" "$scratch/diff" <"$file" >"$scratch/info"
		name=$(sed -n 's/^Author: //p' "$scratch/info")
		email=$(sed -n 's/^Email: //p' "$scratch/info")
		date=$(sed -n 's/^Date: //p' "$scratch/info")
		[[ -n $name && -n $email && -n $date ]] || die "$file needs From:, Date: and Subject: lines; git format-patch writes them"
		if ! apply; then
			cp "$scratch/why" "$scratch/why.strict"
			if apply -C1; then
				say "context drifted: $file applies with one line of context; look at it, then make refresh"
			else
				mv "$scratch/why.strict" "$scratch/why"
				failed=$file
				return 1
			fi
		fi
		{ sed -n 's/^Subject: //p' "$scratch/info"; echo; cat "$scratch/body"; } |
			in_dir . stripspace >"$scratch/message"
		id=$(igit write-tree)
		tip=$(GIT_AUTHOR_NAME=$name GIT_AUTHOR_EMAIL=$email GIT_AUTHOR_DATE=$date \
			GIT_COMMITTER_NAME=$name GIT_COMMITTER_EMAIL=$email GIT_COMMITTER_DATE=$date \
			kgit commit-tree "$id" -p "$tip" <"$scratch/message")
	done
}
apply() { igit apply --cached --whitespace=nowarn -v "$@" "$scratch/diff" 2>"$scratch/why"; }

# leave_out PATCH: of the scratch index, which has the whole series
leave_out() {
	in_dir . mailinfo -b --no-scissors /dev/null "$scratch/diff" <"$patches/$1" >/dev/null &&
		apply -R --3way
}

# why_failed: git's own words on the last patch that did not apply
why_failed() {
	grep -v -e '^Checking patch' -e '^Hunk .* succeeded' "$scratch/why" | head -40 | sed 's/^/    /'
	if igit apply --cached --check -R "$scratch/diff" 2>/dev/null; then
		echo "    It is already in this base: take it out of the series."
	fi
}

# mail COMMIT...: as a patch file, the same bytes with every git and every user's settings
mail() {
	kgit format-patch --stdout --zero-commit --no-signature --abbrev=12 --find-renames=50% \
		--diff-algorithm=myers --no-indent-heuristic -U3 --no-color --no-ext-diff --no-textconv \
		--src-prefix=a/ --dst-prefix=b/ --no-attach --no-thread --no-notes --no-base \
		--encode-email-headers --subject-prefix=PATCH "$@"
}

# --- local work ---

# local_work DIR EXPECTED: one line that names what DIR has beyond the commit EXPECTED, or nothing
local_work() {
	local dir=$1 expected=$2 head edits gitdir words=()
	head=$(in_dir "$dir" rev-parse HEAD)
	gitdir=$(in_dir "$dir" rev-parse --absolute-git-dir)
	edits=$(in_dir "$dir" status --porcelain -uno | wc -l)
	((edits == 0)) || words+=("$edits changed files")
	if [[ $head != "$expected" ]]; then
		words+=("$(in_dir "$dir" rev-list --count "$expected..$head") commits of yours, HEAD is $(in_dir "$dir" log -1 --format='%h %s')")
	fi
	if [[ -d $gitdir/rebase-apply || -d $gitdir/rebase-merge ]]; then
		words+=("a git am or rebase that is not finished")
	fi
	((${#words[@]} == 0)) || { printf '%s; ' "${words[@]}" | sed 's/; $//'; }
}
