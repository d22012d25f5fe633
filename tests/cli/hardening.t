#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The program is built so that a mistake in it is hard to use: what configure does unless it is told --disable-hardening.
. tests/cli/lib.sh
have readelf || done_testing
config=$("${BUILD:-.}/config.status" --config 2>/dev/null)
case $config in *--disable-hardening* | *--enable-hardening=no*)
    ok "hardening # SKIP configured without"
    done_testing
    ;;
esac

# elf OPTION PATTERN: a line of what readelf prints matches
elf() { readelf -W "$1" "$MYNAH" 2>/dev/null | grep -qE -e "$2"; }
lacks() { ! elf "$@"; }

check "position-independent" elf -h 'Type: *DYN'
check "read-only relocations" elf -l '^ *GNU_RELRO'
check "all symbols bound at start" elf -d 'BIND_NOW|FLAGS.*NOW'
check "a stack" elf -l '^ *GNU_STACK'
check "that is not executable" lacks -l '^ *GNU_STACK.* RWE '
check "nothing is both writable and executable" lacks -l '^ *LOAD.* RWE '
check "no relocations in code" lacks -d 'TEXTREL'
check "no search path for libraries" lacks -d 'RPATH|RUNPATH'
check "capstone, libnbd and liburing are loaded only when something needs them" lacks -d 'NEEDED.*lib(capstone|nbd|uring)'
check "stack protector" elf --dyn-syms ' __stack_chk_fail(@|$)'
case $config in
*--enable-debug* | *--enable-?san* | *--enable-ubsan* | *-O0* | *-fsanitize*) ok "fortified functions # SKIP not in this build" ;;
*) check "fortified functions" elf --dyn-syms ' __(mem|str|snprintf|vsnprintf|read|longjmp)[a-z]*_chk(@|$)' ;;
esac
# Translated code has no landing pads.
check "no claim of landing pads" lacks -n 'x86 feature:.*IBT'
done_testing
