# SPDX-License-Identifier: GPL-2.0
# Each target is one program of ci/; variables reach it through the environment.

.PHONY: help run rerun check red fuzz bench try bisect list tree refresh mbox without guards lint kconfig-audit
.PHONY: static-audit results report prefixes release

help:
	@echo 'make run       build, boot and test the kernel with the series on MACHINES; installs what is missing'
	@echo 'make rerun     boot and test again, without building'
	@echo 'make check     all that must hold before a change goes in; BUDGET= names what there is no time for'
	@echo 'make red       the same tests on the unpatched kernel, which must fail as expect/stock says'
	@echo 'make fuzz      random operations on kernels that check themselves; SEED= OPS= THREADS= PATCH= SHORTEN=1'
	@echo 'make bench     what GUP and page faults cost, in instructions: unpatched and patched; MOST=1.01: not more'
	@echo 'make try       MBOX=<file>: patches of yours on top of the series, ON=base: of the unpatched kernel'
	@echo 'make bisect    KSRC=<git tree> GOOD=<commit> BAD=<commit> TEST=<tests>: which commit makes them fail'
	@echo 'make list      the names of the tests, or of those that TEST selects'
	@echo
	@echo 'make mbox      the series for git am; TOPICS=fix: only what mends the unpatched kernel by itself'
	@echo 'make tree      the prepared tree build/<base>/linux: a git repository, one commit a patch'
	@echo 'make refresh   write its commits back to patches/<base>, new ones to TOPIC=<name>'
	@echo 'make without   PATCH=<name>: leave out that one patch; which tests fail then'
	@echo 'make guards    the same for every patch: the tests that cover it must fail (30 minutes)'
	@echo
	@echo 'make lint           shellcheck, codespell, checkpatch; whether series and documents fit together'
	@echo 'make kconfig-audit  no configuration of any architecture has fast GUP without a special PTE'
	@echo 'make static-audit   who takes a page from a huge entry unchecked, who pins without FOLL_LONGTERM'
	@echo 'make prefixes       each patch compiles without the later ones: what it touches, where it matters'
	@echo 'make results        Documentation/results and the table of README.md, from the last runs'
	@echo 'make report         the last runs as build/<base>/report.html, and results.json for KCIDB (ORIGIN=<name>)'
	@echo 'make release        NAME=<tag>: the tag, and build/release/<tag>: mboxes, results, checksums'
	@echo
	@echo 'MACHINES="x86_64 arm64" or all   TEST="pattern ..."   TOPICS="fix huge"   BASE=6.1   JOBS=<n>'
	@echo 'KSRC=<kernel tree or tarball>, never changed   DRIFT=1: patches may apply with one line of context'
	@echo 'SERIES=<folder>: a series of your own   CONFIG="KASAN=y ..."   GDB=1: wait for a debugger'
	@echo 'BUDGET=<seconds>: begin nothing that would end later   HOSTS="host1 host2": build and boot there'
	@echo 'BUILD=<folder> instead of build   NO_APT=1: only name missing packages'
	@echo
	@echo 'The last line printed is the verdict. make turns every failure into status 2; ci/run patched and'
	@echo 'the other programs of ci/ return 0 for pass, 1 for fail, 2 for incomplete.'

run:
	@ci/run patched

rerun:
	@REBOOT_ONLY=1 ci/run patched

without:
	@ci/run without

tree:
	@ci/tree patched

red:
	@ci/run-red

guards:
	@ci/run-guards

check fuzz bench try bisect list refresh mbox lint kconfig-audit static-audit results report prefixes release:
	@ci/$@
