#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A debugger at a hot loop of four harts: no breakpoint is passed, no instruction done twice.
. tests/stress/lib.sh
gdb=${GDB:-gdb-multiarch}
need "$gdb"
build hot

sum='counter[0] + counter[1] + counter[2] + counter[3]'
for m in jit interp single icount; do
    # shellcheck disable=SC2046
    timeout -k 5 "$limit" "$MYNAH" -M riscv64-virt -m 64M -display none -smp 4 -bios "$tmp/hot.bin" -S \
        -gdb "unix:$tmp/gdb,server=on,wait=off" $(mode $m) </dev/null >"$tmp/out" 2>&1 &
    pid=$!
    wait_for listens "$tmp/gdb"
    cat >"$tmp/commands" <<END
set pagination off
set osabi none
target remote $tmp/gdb
break *((char *)&hit + 12)
ignore 1 99
continue
printf "counted %ld\n", $sum
stepi 50
printf "stepped %d\n", \$pc == (long)&hit + 12
delete
break *&hit
ignore 2 49
continue
printf "at the start %d\n", \$pc == (long)&hit
delete
set \$h = \$_thread - 1
stepi 5
set \$c = counter[\$h]
stepi 100
printf "twenty rounds %ld\n", counter[\$h] - \$c
watch -l counter[\$h]
continue
set \$c = counter[\$h]
continue
printf "watched %ld\n", counter[\$h] - \$c
delete
tbreak trap
continue
printf "interrupted %d\n", interrupts[0] + interrupts[1] + interrupts[2] + interrupts[3] < 1000000
kill
END
    timeout "$limit" "$gdb" -nx -batch -x "$tmp/commands" "$tmp/hot.elf" >"$tmp/gdb.out" 2>&1
    kill $pid 2>/dev/null
    wait $pid
    wanted="counted 99:stepped 1:at the start 1:twenty rounds 20:watched 1:interrupted 1"
    got=$(grep -E '^(counted|stepped|at the start|twenty rounds|watched|interrupted) ' "$tmp/gdb.out" | tr '\n' ':')
    if [ "$got" = "$wanted:" ]; then
        ok "hot loop, $m"
    else
        not_ok "hot loop, $m"
        echo "# expected $wanted"
        echo "# got      $got"
        tail -n 30 "$tmp/gdb.out" "$tmp/out" | awk '{ print "# " $0 }'
    fi
    rm -f "$tmp/gdb"
done
done_testing
