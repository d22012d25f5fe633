#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The version is the same wherever it is written, and make help knows every target.
. tests/cli/lib.sh
version=$(sed -n 's/^AC_INIT(\[mynah\], \[\(.*\)\])$/\1/p' configure.ac)

check "configure.ac has a version" [ -n "$version" ]
check "configure has it" grep -qx "PACKAGE_VERSION='$version'" configure
check "the program" eval '"$MYNAH" -version | grep -qx "Mynah machine emulator version $version"'
check "the manual page" grep -q "^\.TH MYNAH 1 .* \"mynah $version\"" man/mynah.1
check "NEWS, at its top" [ "$(sed -n 's/^Version \([^ ]*\) (.*)$/\1/p' NEWS | head -n 1)" = "$version" ]
check "debian/changelog" [ "$(sed -n '1s/^mynah (\(.*\)) .*/\1/p' debian/changelog)" = "$version" ]

targets=$(cat Makefile.in ./*/dir.mk tests/fuzz/dir.mk | sed -n 's/^\.PHONY: //p')
for t in $targets; do
    [ "$t" = links ] || check "make help has $t" grep -q "^#: $t " Makefile.in bench/dir.mk tests/fuzz/dir.mk
done
done_testing
