#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What configure chooses: tools of the host and of the build machine, hardening.
. tests/cli/lib.sh
have pkg-config || done_testing
have cc || done_testing
here=$PWD
unset CC CFLAGS CPPFLAGS LDFLAGS CC_FOR_BUILD CFLAGS_FOR_BUILD PKG_CONFIG PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR

configure() { # configure ARGUMENT...: in a new folder
    rm -rf "$tmp/b" && mkdir "$tmp/b" && (cd "$tmp/b" && "$here/configure" "$@" >out 2>&1)
}
setting() { sed -n "s/^$1 = *//p" "$tmp/b/Makefile"; }
is() { # is VARIABLE VALUE: in the Makefile
    if [ "$(setting "$1")" = "$2" ]; then ok "$1 is $2"; else not_ok "$1 is $2"; echo "# $(setting "$1")"; fi
}

# A cross toolchain that makes programs of this machine: who is called is what counts.
mkdir "$tmp/bin"
for tool in cc:gcc ar:ar; do
    printf '#!/bin/sh\nexec %s "$@"\n' "${tool%:*}" >"$tmp/bin/aarch64-linux-gnu-${tool#*:}"
done
printf '#!/bin/sh\nexec cc "$@"\n' >"$tmp/bin/gcc"
chmod +x "$tmp"/bin/*
PATH=$tmp/bin:$PATH
cross="--build=x86_64-pc-linux-gnu --host=aarch64-linux-gnu"

if command -v aarch64-linux-gnu-pkg-config >/dev/null; then
    ok "a missing pkg-config of the host is an error # SKIP there is one"
else
    # shellcheck disable=SC2086
    check "a missing pkg-config of the host is an error" eval '! configure $cross'
    check "that says so" grep -q 'error: aarch64-linux-gnu-pkg-config not found' "$tmp/b/out"
fi
printf '#!/bin/sh\nexec pkg-config "$@"\n' >"$tmp/bin/aarch64-linux-gnu-pkg-config"
chmod +x "$tmp/bin/aarch64-linux-gnu-pkg-config"
# shellcheck disable=SC2086
check "a cross build" configure $cross
is CC aarch64-linux-gnu-gcc
is AR aarch64-linux-gnu-ar
is CC_FOR_BUILD gcc
is HOST_BACKEND none
check "the host's pkg-config is asked" grep -q 'aarch64-linux-gnu-pkg-config' "$tmp/b/config.log"
check "the generator is made by the build machine's compiler" \
    eval 'make -n -C "$tmp/b" tools/decodegen | grep -q "^gcc .*decodegen.c"'

check "without hardening" configure --disable-hardening CC=cc LDFLAGS=-Wl,-O1
is HARDEN_CFLAGS ""
is HARDEN_LDFLAGS ""
is LDFLAGS -Wl,-O1
is CC_FOR_BUILD cc
check "a build without optimisation" configure --enable-debug
check "is not fortified" eval '! setting HARDEN_CFLAGS | grep -q FORTIFY'
check "but has the stack protector" eval 'setting HARDEN_CFLAGS | grep -q stack-protector'
check "a level of _FORTIFY_SOURCE that is given" configure CPPFLAGS=-D_FORTIFY_SOURCE=2
check "stays" eval '! setting HARDEN_CFLAGS | grep -q FORTIFY'
done_testing
