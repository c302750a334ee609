#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# ci/install with stubs for dpkg-query and apt-get: nothing is installed here.
. "$(dirname "$0")/lib.sh"
# shellcheck disable=SC2154 # T: lib.sh

sandbox
rm -f ci/machines/*
cat >ci/machines/one <<'EOT'
CROSS_COMPILE=one-linux-
PACKAGES="gcc-one qemu-one"
QEMU="qemu-one -M board"
EOT
cat >ci/machines/two <<'EOT'
CROSS_COMPILE=
PACKAGES="qemu-two"
QEMU="qemu-two -M board"
EOT
printf 'bison   # why\n\n# flex\n' >ci/packages

# A machine where $T/installed is what there is
mkdir "$T/bin"
cat >"$T/bin/dpkg-query" <<'EOT'
#!/usr/bin/env bash
if [[ $1 == -S ]]; then [[ $2 != */one-linux-gcc ]] || echo "gcc-one: /usr/bin/one-linux-gcc"; exit; fi
grep -qx -e "${@: -1}" "$T/installed" && printf installed
EOT
cat >"$T/bin/apt-get" <<'EOT'
#!/usr/bin/env bash
echo "apt-get $*"
[[ ! -e $T/offline ]] || exit 100
for p; do [[ $p == -* || $p == install || $p == update ]] || echo "$p" >>"$T/installed"; done
EOT
printf '#!/bin/bash\n"$@"\n' >"$T/bin/sudo"
for p in one-linux-gcc qemu-one qemu-two gcc; do printf '#!/bin/sh\n' >"$T/bin/$p"; done
chmod +x "$T"/bin/*
export PATH=$T/bin:$PATH T
: >"$T/installed"

NO_APT=1 run ci/install one
exits 'NO_APT=1 with packages missing' 2
says 'names them all, with the command' 'apt-get install bison linux-source-6.1 gcc-one qemu-one'
ok 'and installs nothing' test ! -s "$T/installed"
KSRC=/x NO_APT=1 run ci/install one
lacks 'with KSRC= the source package is not needed' linux-source
touch "$T/offline"
run ci/install one
exits 'apt-get fails' 2
says 'names what it was to install' 'apt-get could not install bison'
rm "$T/offline"
run ci/install one
exits 'all can be had' 0
says 'without recommended ones' 'apt-get -q -y --no-install-recommends install bison linux-source-6.1 gcc-one qemu-one'
run ci/install one
exits 'again' 0
lacks 'calls apt-get no more' 'apt-get'
MACHINES=all NO_APT=1 run ci/install
exits 'every machine' 2
says 'only what is missing' 'apt-get install qemu-two'
run ci/install three
exits 'a machine that there is not' 2
says 'lists those that there are' 'one two'

rm "$T/bin/one-linux-gcc"
run ci/install one
exits 'a package without its program' 2
says 'names program, package and cure' 'one-linux-gcc is missing: apt-get install --reinstall gcc-one'
rm "$T/bin/qemu-two"
echo qemu-two >>"$T/installed"
run ci/install two
exits 'the same for QEMU' 2
says 'names it' 'qemu-two is missing: apt-get install --reinstall qemu-two'
done_testing
