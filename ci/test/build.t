#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/build, on a "kernel" that is a Makefile: the configuration check, the compiler, and what is built again when.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/stub.sh"

src=$T/linux special=$T/linux/tools/testing/selftests/mm/special
mkdir -p "$special"
cat >"$src/Makefile" <<'MAKE'
allnoconfig:
	grep -v -e LOST -e '^#' $(KCONFIG_ALLCONFIG) >$(O)/.config
	if [ -f $(O)/force ]; then cat $(O)/force >>$(O)/.config; fi
kernel/range.o:
image: $(O)/image
$(O)/image: $(O)/.config
	echo 'a.c:1:2: warning: odd'
	if [ -f $(O)/broken ]; then echo 'a.c:3: error: no such thing'; exit 1; fi
	echo half >$@
	sleep $$(cat $(O)/slow 2>/dev/null || echo 0)
	echo whole >$@
MAKE
printf '%s\n' 'config OTHER' '	bool "other"' '' 'config LOST' '	bool "lost"' '	depends on OTHER && MMU' '	help' >"$src/Kconfig"
printf 'all: $(OUTPUT)/prog\n$(OUTPUT)/prog:\n\techo >$@; chmod +x $@\nlist:\n\t@echo prog\n' >"$special/Makefile"
touch -d 2020-01-01 "$src/Makefile" "$src/Kconfig"
printf 'CONFIG_A=y\n' >ci/config/common.config
printf 'CONFIG_N=5\n# CONFIG_OFF is not set\n' >ci/config/m.config
build=$T/b
build() { run ci/build m "$src" "$build"; }

build
exits 'a build' 0
ok 'leaves the kernel' grep -q whole "$build/kernel/image"
ok 'the test programs and the init' test -x "$build/tests/prog" -a -x "$build/init"
says 'and shows warnings' 'warning: odd'
touch -r "$build/kernel/image" "$T/stamp"
touch "$build/tests/old" && chmod +x "$build/tests/old"
build
exits 'a second one' 0
lacks 'does not configure again' configure
ok 'nor build' not test "$build/kernel/image" -nt "$T/stamp"
ok 'a program that is no longer in the Makefile goes' not test -e "$build/tests/old"
touch "$src/Kconfig"
build
says 'a new Kconfig configures again' 'm: configure'
build
lacks 'once' configure
echo CONFIG_B=y >>ci/config/m.config
build
says 'a new line in a fragment configures again' 'm: configure'

echo CONFIG_A=y >ci/config/under.config
printf 'CONFIG_N=9\nCONFIG_UNDER=y\n' >>ci/config/under.config
echo OVER=under >>ci/machines/m
build
exits 'a machine over another' 0
ok 'has its options' grep -qx CONFIG_UNDER=y "$build/kernel/.config"
ok 'but its own count' grep -qx CONFIG_N=5 "$build/kernel/.config"
sed -i /^OVER=/d ci/machines/m

echo CONFIG_A=m >>ci/config/m.config
build
exits 'a line that overrides one of common.config' 0
ok 'wins' grep -qx CONFIG_A=m "$build/kernel/.config"
echo '# CONFIG_A is not set' >>ci/config/m.config
build
exits 'whatever its form' 0
lacks 'and the other one is not lost' 'was asked for'
ok 'it is overridden' not grep -q CONFIG_A "$build/kernel/.config"

CONFIG="KASAN=y CONFIG_N=7 B=n" build
exits 'CONFIG=' 0
ok 'adds options' grep -qx CONFIG_KASAN=y "$build/kernel/.config"
ok 'whatever the fragments say' grep -qx CONFIG_N=7 "$build/kernel/.config"
ok 'takes some out' not grep -q CONFIG_B= "$build/kernel/.config"
GDB=1 build
ok 'GDB=1 asks for source lines' grep -qx CONFIG_DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT=y "$build/kernel/.config"
build
says 'without them the kernel is again what it was' 'm: configure'
ok 'without those options' not grep -q KASAN "$build/kernel/.config"

echo CONFIG_LOST=y >>ci/config/m.config
build
exits 'an option that does not survive is incomplete' 2
says 'and is named' 'CONFIG_LOST=y was asked for, but is n'
says 'with what its Kconfig wants' 'depends on OTHER && MMU'
says 'and the files to mend' 'ci/config/common.config ci/config/m.config'
build
exits 'it is not forgotten' 2
sed -i 's/CONFIG_LOST=y/# CONFIG_LOST is not set/' ci/config/m.config
build
exits 'without it all is well' 0
echo CONFIG_OFF=y >"$build/kernel/force"
touch "$src/Kconfig"
build
exits 'an option that must be off and is on is incomplete' 2
says 'and is named' 'CONFIG_OFF=n was asked for, but is y'
printf 'CONFIG_N=6\n' >"$build/kernel/force"
sed -i 's/^CONFIG_N=5/CONFIG_N=7/' ci/config/m.config
build
exits 'so is a value that is another' 2
rm "$build/kernel/force"
build
exits 'and all is well again' 0

touch "$build/kernel/broken"
touch "$src/Kconfig"
build
exits 'a kernel that does not build is incomplete' 2
says 'with the error' 'a.c:3: error: no such thing'
says 'and the log' "the whole log is $build/build.log"
rm "$build/kernel/broken"

echo 30 >"$build/kernel/slow"
touch "$src/Kconfig"
ci/build m "$src" "$build" >/dev/null 2>&1 &
pid=$!
for _ in $(seq 50); do ! grep -qs half "$build/kernel/image" || break; sleep 0.1; done
kill "$pid"
wait "$pid" 2>/dev/null
sleep 0.5
ok 'an interrupted build leaves nothing running' not pgrep -f "O=$build/src/obj"
ok 'and nothing half-made' not grep -qs half "$build/kernel/image"
echo 0 >"$build/kernel/slow"
build
exits 'the next one just works' 0
ok 'and is whole' grep -q whole "$build/kernel/image"

machine twin virtio KERNEL=m
run ci/build twin "$src" "$T/twin"
exits 'a machine that names the kernel of another' 0
says 'has that built' 'm: build the kernel'
ok 'where the other one looks for it' grep -q whole "$T/m/kernel/image"
ok 'and boots the same' test "$T/twin/kernel/image" -ef "$T/m/kernel/image" -a -x "$T/twin/tests/prog" -a -x "$T/twin/init"
run ci/build twin "$src" "$T/twin"
exits 'once and again' 0

machine m virtio CROSS_COMPILE=nosuch-
build
exits 'a missing compiler is incomplete' 2
says 'with the package that has it' 'nosuch-gcc is not installed: apt-get install gcc qemu-stub-package'
machine m virtio
rm ci/config/m.config
build
exits 'a machine without a configuration is incomplete' 2
says 'and is told what to write' 'there is no ci/config/m.config'
# What ccache cannot know about.
mkdir -p "$T/ccache-bin"
printf '#!/bin/sh\necho "ccache: $*"\n' >"$T/ccache-bin/ccache"
chmod +x "$T/ccache-bin/ccache"
run env PATH="$T/ccache-bin:$PATH" ci/cc-cached echo -c x.c
says 'C goes through ccache' 'ccache: echo -c x.c'
run env PATH="$T/ccache-bin:$PATH" ci/cc-cached echo -c x.S -o x.o
lacks 'assembler source does not: it may take in a file' 'ccache:'

done_testing
