#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/kconfig-audit: what breaks a rule is found, whatever it takes to get there. The "kernel" is a few Kconfig files; conf is
# that of the prepared tree.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # T, repo: lib.sh

sandbox
kernel=$(find "$repo"/build/*/linux/scripts/kconfig/conf.c 2>/dev/null | head -1)
run make -s -C "${kernel%/scripts/*}" O="$T/kbuild" allnoconfig
ok "conf of the prepared tree (if there is none: make tree)" test -x "$T/kbuild/scripts/kconfig/conf"

tree=build/6.1/linux
mkdir -p $tree/scripts $tree/arch/{one,two}
cat >$tree/Makefile <<EOT
ifeq (\$(ARCH),one64)
        SRCARCH := one
endif
allnoconfig:
	mkdir -p \$(O)/scripts/kconfig
	cp "$T/kbuild/scripts/kconfig/conf" \$(O)/scripts/kconfig/
EOT
# The lines of Linux that are stubbed are there.
cat >$tree/scripts/Kconfig.include <<'EOT'
if-success = $(shell,{ $(1); } >/dev/null 2>&1 && echo "$(2)" || echo "$(3)")
success = $(if-success,$(1),y,n)
cc-option = $(success,$(CC) -Werror $(1))
cc-info := $(shell,$(srctree)/scripts/cc-version.sh $(CC))
$(error-if,$(success,test -z "$(cc-info)"),no compiler)
EOT
cat >$tree/Kconfig <<'EOT'
source "scripts/Kconfig.include"
config MODULES
	bool "modules"
	modules
config CC_CAN
	def_bool $(cc-option,-mspecial)
config MMU
	def_bool y
config LEVELS
	int
	default 3
config HAVE_FAST_GUP
	bool
	depends on MMU && ARCH_HAS_PTE_SPECIAL
config ARCH_HAS_PTE_SPECIAL
	bool
config HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD
	bool
config TRANSPARENT_HUGEPAGE
	bool "huge pages"
config ARCH_SUPPORTS_HUGE_PFNMAP
	bool
	depends on ARCH_HAS_PTE_SPECIAL
config ARCH_SUPPORTS_PMD_PFNMAP
	def_bool ARCH_SUPPORTS_HUGE_PFNMAP
	depends on TRANSPARENT_HUGEPAGE
config ARCH_SUPPORTS_PUD_PFNMAP
	def_bool ARCH_SUPPORTS_PMD_PFNMAP
	depends on HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD
config DRIVER
	tristate "a driver"
config LIBRARY
	tristate
	depends on DRIVER
source "arch/$(SRCARCH)/Kconfig"
EOT
cp $tree/Kconfig "$T/Kconfig"
# It has what is asked about, in the right order.
good='config TWO
	def_bool y
	select ARCH_HAS_PTE_SPECIAL
	select ARCH_SUPPORTS_HUGE_PFNMAP
	select HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD if BIG
	select HAVE_FAST_GUP
config BIG
	bool "big"'
echo "$good" >$tree/arch/two/Kconfig

# arch_one: stdin is what the architecture is like
arch_one() { cat >$tree/arch/one/Kconfig; run ci/kconfig-audit "${@-quick}"; }
# finds NAME TEXT: what was planted is found, conf makes it, and nothing is said of the other architecture
finds() {
	exits "$1" 1
	says "$1: is named" "broken: one: $2 (conf makes build/6.1/kconfig-audit/linux/one/"
	says "$1: also with the other name of the architecture" "broken: one64: $2"
	lacks "$1: and nothing else" 'broken: two'
	says "$1: the verdict" 'verdict: FAIL'
}

arch_one <<<"$good"
exits 'all is well' 0
says 'every architecture is looked at' 'verdict: PASS (3 architectures, '
says 'in every configuration, in some' 'two            y     y     some  some  some'
arch_one patched <<<"$good"
says 'the full audit has seeds by the hundred' 'seeds 1-200'
says 'as many configurations' '208  ok'
mkdir $tree/arch/two/configs
echo CONFIG_BIG=y >$tree/arch/two/configs/big_defconfig
run ci/kconfig-audit
says 'and the defconfigs' '209  ok'

arch_one <<'EOT'
choice
	prompt "CPU"
config CPU_OLD
	bool "old"
config CPU_NEW
	bool "new"
	select NO_BIT
endchoice
config NO_BIT
	bool
config ONE
	def_bool y
	select HAVE_FAST_GUP
	select ARCH_HAS_PTE_SPECIAL if !NO_BIT
EOT
finds 'one CPU of a choice' 'HAVE_FAST_GUP without ARCH_HAS_PTE_SPECIAL'
says 'and its select is seen' 'broken: one: unmet dependency of HAVE_FAST_GUP'

arch_one <<'EOT'
choice
	prompt "CPU"
config CPU_OLD
	bool "old"
config CPU_NEW
	bool "new"
endchoice
config NO_BIT
	def_bool CPU_OLD = CPU_NEW
config ONE
	def_bool y
	select HAVE_FAST_GUP
	select ARCH_HAS_PTE_SPECIAL if !NO_BIT
EOT
exits 'two of a choice are never on together, nor off' 0

arch_one <<'EOT'
config NO_BIT
	bool
config ONE
	def_bool y
	imply NO_BIT if BIG
	select HAVE_FAST_GUP
	select ARCH_HAS_PTE_SPECIAL if !NO_BIT
config BIG
	bool "big"
EOT
finds 'what is implied' 'HAVE_FAST_GUP without ARCH_HAS_PTE_SPECIAL'

# Which no random configuration will ever meet.
{
	for i in $(seq 30); do printf 'config O%s\n\tbool "o"\n' "$i"; done
	printf 'config NO_BIT\n\tdef_bool y\n'
	for i in $(seq 1 2 30); do printf '\tdepends on O%s && !O%s\n' "$i" $((i + 1)); done
	printf 'config ONE\n\tdef_bool y\n\tselect HAVE_FAST_GUP\n\tselect ARCH_HAS_PTE_SPECIAL if !NO_BIT\n'
} >"$T/rare"
arch_one <"$T/rare"
finds 'one configuration of a thousand million' 'HAVE_FAST_GUP without ARCH_HAS_PTE_SPECIAL'
says 'by the proof alone' '; 0 of its samples)'

arch_one <<'EOT'
config ONE
	def_bool y
	select HAVE_FAST_GUP
	select ARCH_HAS_PTE_SPECIAL if CC_CAN
EOT
finds 'what a compiler must be able to do' 'HAVE_FAST_GUP without ARCH_HAS_PTE_SPECIAL'

arch_one <<'EOT'
config ONE
	def_bool y
	select ARCH_SUPPORTS_HUGE_PFNMAP if BIG
config BIG
	bool "big"
EOT
finds 'huge without a special PTE' 'ARCH_SUPPORTS_PMD_PFNMAP without ARCH_HAS_PTE_SPECIAL'
says 'and its select is seen' 'broken: one: unmet dependency of ARCH_SUPPORTS_HUGE_PFNMAP'

arch_one <<'EOT'
config ONE
	def_bool y
	select ARCH_HAS_PTE_SPECIAL
	select ARCH_SUPPORTS_PUD_PFNMAP if TRANSPARENT_HUGEPAGE
EOT
finds 'a level without the one below' 'ARCH_SUPPORTS_PUD_PFNMAP without ARCH_SUPPORTS_PMD_PFNMAP'

arch_one <<'EOT'
config ONE
	def_bool y
	select ARCH_HAS_PTE_SPECIAL
	select ARCH_SUPPORTS_HUGE_PFNMAP
	select ARCH_SUPPORTS_PMD_PFNMAP
EOT
finds 'huge without huge pages' 'ARCH_SUPPORTS_PMD_PFNMAP without TRANSPARENT_HUGEPAGE'

mkdir -p patches/6.1/fix
cat >patches/6.1/fix/0001-x.patch <<'EOT'
diff --git a/mm/Kconfig b/mm/Kconfig
--- a/mm/Kconfig
+++ b/mm/Kconfig
+	select LIBRARY
EOT
arch_one <<<"$good"
exits 'a symbol that the series selects' 0
arch_one <<<"$good"$'\nconfig USER\n\ttristate "user"\n\tselect LIBRARY'
finds 'a symbol that the series selects, unmet' 'unmet dependency of LIBRARY'
# A module in a module is met, a y on top of an m is not.
arch_one <<<"$good"$'\nconfig USER\n\ttristate "user"\n\tdepends on DRIVER\n\tselect LIBRARY'
exits 'selected at most as far as it may' 0
arch_one <<<"$good"$'\nconfig USER\n\ttristate "user"\n\tdepends on DRIVER!=n\n\tselect LIBRARY'
finds 'selected too far' 'unmet dependency of LIBRARY'
rm -r patches/6.1/fix

arch_one <<'EOT'
config ONE
	def_bool y
	select HAVE_FAST_GUP
	select ARCH_HAS_PTE_SPECIAL if LEVELS > 2
EOT
exits 'what a number decides that nobody can set' 2
says 'is not decided' 'the circuit admits it, conf does not make it'
says 'and the verdict says so' 'verdict: INCOMPLETE'

arch_one <<<"$good"
sed -i '/^config HAVE_FAST_GUP$/,+2d; /^\tselect HAVE_FAST_GUP/d' $tree/Kconfig $tree/arch/*/Kconfig
run ci/kconfig-audit quick
exits 'a name that is no longer there' 2
says 'is named' 'HAVE_FAST_GUP: no Kconfig file defines it'
cp "$T/Kconfig" $tree/Kconfig

mv "$T/kbuild/scripts/kconfig/conf" "$T/kbuild/scripts/kconfig/real"
conf() { printf '#!/bin/sh\n%s\n' "$1" >"$T/kbuild/scripts/kconfig/conf"; chmod +x "$T/kbuild/scripts/kconfig/conf"; }
conf "\"$T/kbuild/scripts/kconfig/real\" \"\$@\" && sed -i s/^CONFIG_TRANSPARENT_HUGEPAGE=y// \"\$KCONFIG_CONFIG\""
arch_one <<<"$good"
exits 'a circuit that is not what conf says' 2
says 'is no proof' 'not decided: one: the circuit is not what conf says (allmodconfig, all tests of the compiler: yes): ARCH_SUPPORTS_PMD_PFNMAP'
conf 'exit 3'
arch_one <<<"$good"
exits 'a conf that fails' 2
says 'with its status' 'conf --allnoconfig ended with 3'
mv "$T/kbuild/scripts/kconfig/real" "$T/kbuild/scripts/kconfig/conf"

run ci/kconfig-audit stock
exits 'a tree that is not there' 2
says 'and how to get it' 'ci/tree stock'
mv $tree $tree-stock
tree=$tree-stock
echo '# nothing' >patches/6.1/expect/kconfig
arch_one quick stock <"$T/rare"
exits 'stock breaks what is not written down' 1
says 'which is named' 'not written down: one: HAVE_FAST_GUP without ARCH_HAS_PTE_SPECIAL'
printf '%s\n' one{,64}:\ {'HAVE_FAST_GUP without ARCH_HAS_PTE_SPECIAL','unmet dependency of HAVE_FAST_GUP'} >>patches/6.1/expect/kconfig
run ci/kconfig-audit quick stock
exits 'as expected' 0
says 'the verdict' 'verdict: FAILS AS EXPECTED (4 broken; 3 architectures, '
arch_one quick stock <<<"$good"
exits 'stock does not break what is written down' 1
says 'which is named' 'written down, but not so: one: HAVE_FAST_GUP without ARCH_HAS_PTE_SPECIAL'
done_testing
