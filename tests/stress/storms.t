#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Resets, and stops from the monitor, while four harts run.
. tests/stress/lib.sh

# Until the serial port has another line
next_line() {
    wait_for another
    seen=$lines
}
another() {
    lines=$(wc -l <"$tmp/serial")
    [ "$lines" -gt "${seen:-0}" ] || grep -q "^passed" "$tmp/serial"
}

# Until the monitor has answered all that it was told, so that the machine runs in between however slow the host is
answers() {
    tries=0
    until [ "$(grep -c '^(qemu)' "$tmp/monitor")" -gt "$told" ] || grep -q "^passed" "$tmp/serial"; do
        tries=$((tries + 1))
        [ $tries -lt $((10000 * ${TIME_FACTOR:-1})) ] || return
        sleep 0.003
    done
}

# storm TITLE GUEST PAUSE COMMANDS OPTION...: the monitor gets COMMANDS again and again, each time after a PAUSE, until
# the guest has passed
storm() {
    title=$1 guest=$2 pause=$3 commands=$4
    shift 4
    : >"$tmp/serial" >"$tmp/monitor"
    told=0 # commands: each is followed by a prompt, and there is one before the first
    while $pause && printf '%b' "$commands"; do told=$((told + $(printf '%b' "$commands" | wc -l))); done 2>/dev/null |
        timeout -k 5 "$limit" "$MYNAH" -M riscv64-virt -m 64M -display none -smp 4 -bios "$tmp/$guest.bin" \
            -serial "file:$tmp/serial" -monitor stdio "$@" >"$tmp/monitor" 2>&1
    status=${PIPESTATUS[1]}
    if [ "$status" = 0 ] && grep -q '^passed' "$tmp/serial"; then
        ok "$title: $(sed -n 's/^passed: //p' "$tmp/serial"), $(grep -c '^(qemu)' "$tmp/monitor") commands"
    else
        not_ok "$title"
        echo "# exit status $status (124: too long)"
        tail -n 5 "$tmp/serial" "$tmp/monitor" | sed 's/\r$//; s/^/# /'
    fi
}

build dma
stress dma "jit interp"
build dma -DHARTS=4
stress dma "jit tagged interp single" -smp 4
build reset -DRESETS=15 -DBY_GUEST
stress reset "jit tagged interp evict single icount" -smp 4
build reset -DRESETS=8
build shootdown -DCHANGES=20
for m in jit interp single icount; do
    # shellcheck disable=SC2046
    storm "system_reset from outside, $m" reset next_line 'system_reset\ninfo registers\n' $(mode $m)
    # shellcheck disable=SC2046
    storm "stop and cont, $m" shootdown answers 'stop\ncont\ninfo jit\nstop\nx/2i $pc\ncont\n' $(mode $m)
done
done_testing
