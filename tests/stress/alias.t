#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Code pages at many addresses at once.
. tests/stress/lib.sh
build alias
stress alias "jit tagged interp evict one icount icount-interp"

# A breakpoint at one of the addresses: every time there, and only there.
gdb=${GDB:-gdb-multiarch}
need "$gdb"
for m in jit interp icount; do
    # shellcheck disable=SC2046
    timeout -k 5 "$limit" "$MYNAH" -M riscv64-virt -m 64M -display none -bios "$tmp/alias.bin" -S \
        -gdb "unix:$tmp/gdb,server=on,wait=off" $(mode $m) </dev/null >"$tmp/out" 2>&1 &
    pid=$!
    wait_for listens "$tmp/gdb"
    cat >"$tmp/commands" <<END
set pagination off
set osabi none
target remote $tmp/gdb
tbreak supervisor_begins
continue
break *0x1480006300
ignore 2 19
continue
printf "there %d, after %ld\n", \$pc == 0x1480006300, landings[2]
stepi 2
delete
break *0x1480008ffe
continue
printf "crossing %d\n", \$pc == 0x1480008ffe
stepi
printf "crossed %d\n", \$pc == 0x1480009002
kill
END
    timeout "$limit" "$gdb" -nx -batch -x "$tmp/commands" "$tmp/alias.elf" >"$tmp/gdb.out" 2>&1
    kill $pid 2>/dev/null
    wait $pid
    got=$(grep -E '^(there|crossing|crossed) ' "$tmp/gdb.out" | tr '\n' ':')
    if [ "$got" = "there 1, after 20:crossing 1:crossed 1:" ]; then
        ok "breakpoint at an alias, $m"
    else
        not_ok "breakpoint at an alias, $m"
        echo "# got $got"
        tail -n 30 "$tmp/gdb.out" "$tmp/out" | awk '{ print "# " $0 }'
    fi
    rm -f "$tmp/gdb"
done

build alias -DHARTS=4
stress alias "jit tagged interp evict single icount" -smp 4
done_testing
