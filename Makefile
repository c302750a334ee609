# SPDX-License-Identifier: GPL-2.0
# Each target is one program of ci/; variables reach it through the environment.

.PHONY: help run check red rerun tree refresh mbox report without guards lint readme kconfig-audit static-audit

help:
	@echo 'make run       prepare, build, boot and test the patched kernel; prints the verdict'
	@echo 'make rerun     boot and test again without building'
	@echo 'make red       the same tests on the unpatched base, which must fail as patches/<base>/expect/stock says'
	@echo 'make without   PATCH=<name>: the series with that one patch reverted; which tests turn red'
	@echo 'make guards    that for every patch: the tests which guard it must turn red (30 minutes)'
	@echo 'make check     rig tests, lint, both audits, every machine, and red on those of expect/stock-in-check'
	@echo 'make tree      the prepared tree, build/<base>/linux: a git repository, one commit a patch'
	@echo 'make refresh   write its commits back to patches/<base>; new ones go to TOPIC=<name>'
	@echo 'make mbox      the series, our new files included, for git am'
	@echo 'make report    the last results of all machines, or of MACHINES: build/<base>/report.html, and'
	@echo '               results.json for KCIDB, submitted by ORIGIN=<name>, default gup_special'
	@echo 'make kconfig-audit  that no configuration of any architecture has fast GUP without a special PTE'
	@echo 'make lint      shellcheck, codespell, checkpatch, audit of the series'
	@echo 'make readme    the tables of README: the last results of the machines, the paths of the series'
	@echo 'make static-audit  who takes a page from a huge entry unasked, who pins without FOLL_LONGTERM'
	@echo
	@echo 'MACHINES="x86_64 arm64" or all   TEST="pattern..."   TOPICS="core huge"   BASE=6.1'
	@echo 'KSRC=<kernel tree or tarball>: never changed   NO_APT=1: only name missing packages'
	@echo 'HOSTS="host1 host2": each machine on one of them, by GNU parallel over ssh'
	@echo 'GDB=1: wait for a debugger   JOBS=<n>   BUILD=<folder>, default build'
	@echo
	@echo 'The last line printed is the verdict. make turns any failure into status 2; ci/run patched'
	@echo 'and the other programs of ci/ tell 0 pass, 1 fail, 2 incomplete apart.'

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

check refresh mbox report lint readme kconfig-audit static-audit:
	@ci/$@
