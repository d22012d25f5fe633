#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The monitor for people: commands, expressions, memory, line editing, and where it can be.
. "$(dirname "$0")/lib.sh"
need socat
build_guest

# -- Commands --
start -smp 2 -name "my guest" -uuid 6e9b2d6c-8f0e-4f43-9a05-1c1d4b9a3c5e -chardev null,id=spare
talk hmp <<'EOF'
info status
info version
info name
info uuid
info chardev
info roms
info mtree
info mtree -f
info qtree
info cpus
info jit
info irq
info history
info registers
info registers 1
cpu 1
info cpus
EOF
shows "banner" "Mynah "
shows "prompt and echo" "(qemu) info status"
shows "info status" "VM status: paused (prelaunch)"
shows "info name" "my guest"
shows "info uuid" "6e9b2d6c-8f0e-4f43-9a05-1c1d4b9a3c5e"
shows "info chardev" "spare: filename=null"
shows "info roms" "name=\"$tmp/guest.elf\""
shows "info mtree" "address-space: "
shows "info mtree -f" "FlatView: "
shows "... has the memory" "0000000080000000-0000000083ffffff (prio 0, ram): "
shows "info qtree" "dev: ns16550"
check "info cpus" grep -q '^\* CPU #0: thread_id=[1-9][0-9]* pc=0x0000000000001000' "$tmp/out"
shows "info jit" "translations"
shows "... blocks that went, and jumps between them" " invalidated, "
shows "info irq" "plic"
shows "info history" ": 'info name'"
shows "info registers" "x10/a0"
shows "info registers 1" "CPU#1"
shows "cpu 1" "* CPU #1: thread_id="
talk hmp <<'EOF'
help
info
help xp
help info qtree
hlep
info frob
info registers 2
info registers x
cpu 2
log frob
log
wavcapture
i /1xb 0x60
info numa
help wavcapture
stop now
x
x/4q 0
x/999999xb 0
x 0x10000000000
nmi
gdbserver frob
EOF
shows "an argument where there is none" "stop takes no arguments, not 'now'"
shows "help lists the commands" "system_powerdown"
shows "info lists the subjects" "info usernet"
shows "help COMMAND" "xp [/NFS] ADDR"
shows "help info SUBJECT" "info qtree"
shows "an unknown command" "unknown command: 'hlep'; did you mean 'help'?"
shows "an unknown subject" "unknown command: 'info frob'"
shows "a CPU that is not there" "not '2'"
shows "a CPU that is no number" "not 'x'"
shows "cpu 2" "cpu: expected a number from 0 to 1, not '2'"
line "a command of QEMU's that is still to come" "wavcapture: QEMU has this command, mynah does not yet"
line "... which is no beginning of info" "i: QEMU has this command, mynah does not yet"
line "... a subject" "info numa: QEMU has this command, mynah does not yet"
line "... help for one" "wavcapture: QEMU has this command, mynah does not yet"
shows "log without topics" "log: expected topics, or none"
shows "log frob" "log: 'frob': there is no such topic"
shows "x without an address" "expected a number"
shows "x with a bad format" "'q' is neither a format"
shows "x with a big count" "at most 65536"
line "x of nothing" "0000010000000000: Cannot access memory"
shows "nmi" "no non-maskable interrupt"
shows "gdbserver frob" "gdbserver: frob: "

# -- Networks --
finish
start -netdev user,id=n0 -device virtio-net-device,netdev=n0
talk hmp <<'EOF'
set_link n0 off
info network
set_link n0 on
set_link n0 maybe
set_link n7 on
hostfwd_add tcp:127.0.0.1:0-:22
hostfwd_add n7 tcp:127.0.0.1:0-:22
hostfwd_add frob
hostfwd_remove n0 tcp:127.0.0.1:1
netdev_add user,id=n1,restrict=on
netdev_add user,id=n1
netdev_add frob,id=n2
netdev_add user,id=n3,frob=1
netdev_del n0
netdev_del n1
netdev_del n1
EOF
shows "set_link off" ",link=off"
shows "set_link maybe" "set_link: expected the name of a network device or back end, and on or off"
shows "set_link of nothing" "set_link: there is no network device or back end 'n7'"
shows "hostfwd_add to nothing" "hostfwd_add: 'n7': expected the id of a user network back end"
shows "hostfwd_add of no rule" "hostfwd_add: hostfwd=frob: expected"
shows "hostfwd_remove of nothing" "hostfwd_remove: "
shows "netdev_add of an id that is in use" "Error: -netdev user: id=n1 is already in use"
shows "netdev_add of no type" "Error: -netdev frob: expected bridge, "
shows "netdev_add of no property" "frob"
shows "netdev_del of what is in use" "Error: network back end 'n0' is in use by"
line "netdev_del of nothing" "Error: Device 'n1' not found"
finish
start -smp 2

talk hmp <<EOF
in sta
system_
info mt
info block
info block frob
info qtree -b
info pic
memsave 0x80000000 8 "$tmp/mem"
pmemsave 0x80000000+4 4 $tmp/pmem
memsave 0x80000000
memsave 0x80000000 8 /nonexistent/x
memsave 0 5000 $tmp/none
EOF
shows "beginnings of names" "VM status: paused"
shows "... that are not enough" "'system_' is not enough: it may be system_powerdown, system_reset"
shows "info mt is mtree" "address-space: "
shows "info block of a drive that is not there" "there is no drive or node 'frob'"
shows "info qtree -b" "dev: ns16550"
shows_not "... has no properties" "regshift"
shows "info pic" "plic"
check "memsave" [ "$(od -An -tx1 "$tmp/mem")" = " 73 00 00 00 01 00 73 00" ]
check "pmemsave" [ "$(od -An -tx1 "$tmp/pmem")" = " 01 00 73 00" ]
shows "memsave without a size" "expected ADDR SIZE FILE"
shows "memsave to nowhere" "/nonexistent/x: No such file or directory"
shows "memsave of nothing" "Cannot access memory at address 0x0"

# -- Expressions --
talk hmp <<'EOF'
print 1+2*3
p (1 + 2) * 3
p/d -8/2
p -7%4
p (-9223372036854775807-1)/-1
p/x ~0xf & 0xff
p 0x10 | 1 ^ 3
p 'A'
p/c 66
p/o 8
p/u -1
p/x 7%4-1
p 0
p/x $pc + 4
p/x $x5
p/x $mtvec
p $frob
p 1/0
p (1
p 12abc
p 1 2
p ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1
EOF
line "hexadecimal is the default; precedence" "0x7"
line "parentheses" "0x9"
line "division is signed" "-4"
line "... and keeps its format; the remainder too" "-3"
line "... and does not trap" "-9223372036854775808"
line "complement and and" "0xf0"
line "or and xor" "0x12"
line "a character" "0x41"
line "print/c" "'B'"
line "print/o" "010"
line "print/u" "18446744073709551615"
line "remainder" "0x2"
line "zero" "0"
line "\$pc" "0x1004"
shows "an unknown register" "there is no register \$frob"
shows "division by zero" "division by zero"
shows "an open parenthesis" "expected ')'"
shows "a bad number" "'12abc' is not a number"
shows "something behind" "unexpected '2'"
shows "nesting is bounded" "nested too deeply"

# -- Memory --
talk hmp <<'EOF'
x/2i $pc
xp/4xb 0x80000000
xp/2xh 0x80000000
xp/xw 0x80000000
xp/dw 0x80000000
xp/1xg 0x80000000
xp/3i 0x80000000
xp/s 0x80001108
xp/4c 0x80001108
x/uw 0x80000000
x/ob 0x80000000
xp/20xb 0x80000000
xp/3dh 0x80000000
xp/2d 0x84000000
print 15
xp/10c 0x80001108
EOF
shows "eight bytes a line" "0000000080000008: 0x"
line "xp/dh" "0000000080000000:   115     0     1"
line "no memory" "0000000084000000: Cannot access memory"
line "print goes on with the format of xp" "15"
line "eight characters a line" "0000000080001108: 'a' ' ' 's' 't' 'r' 'i' 'n' 'g'"
shows "x/i" "auipc"
shows "xp/b" "0000000080000000: 0x73 0x00 0x00 0x00"
shows "xp/h" "0000000080000000: 0x0073 0x0000"
shows "xp/w" "0000000080000000: 0x00000073"
line "xp/d" "0000000080000000:        115"
shows "xp/g" "0000000080000000: 0x0073000100000073"
shows "xp/i" "ecall"
shows "xp/s" '"a string\x0a"'
shows "xp/c" "'a' ' ' 's' 't'"
shows "xp/o" "0163"

# -- Life --
talk hmp <<'EOF'
cont
info status
stop
info status
c
EOF
shows "cont" "VM status: running"
shows "stop" "VM status: paused"
talk hmp <<EOF
info status
system_reset
log in_asm,int
logfile $tmp/traced
system_powerdown
EOF
shows "it runs on while nobody is there" "VM status: running"
check "log and logfile" wait_for grep -sq "IN: cpu" "$tmp/traced"
talk hmp <<'EOF'
log none
logfile
quit
EOF
ends "quit"

# -- Line editing --
start
printf 'infx\177o versionn\b\n' | talk hmp # a mistake mended
shows_not "backspace" "unknown"
printf 'prnt 5\033[D\033[D\033[D\033[D\033[1~\033[C\033[Ci\n' | talk hmp
line "arrows and insertion" "0x5"
shows_not "... made a command" "unknown command"
printf 'print 40+2\n\033[A\b1\n\033[A\033[A\033[B\n' | talk hmp
line "the line before, changed" "0x29"
shows_not "... and nothing broken" "unknown"
printf 'inf\tst\t\n' | talk hmp
shows "tab completes" "VM status"
printf 'system_\t\025\n' | talk hmp
shows "tab lists what there is" "system_powerdown"
printf 'frob\025print 6*7\nxyzzy\003print 6*9\n' | talk hmp
line "Ctrl-U" "0x2a"
line "Ctrl-C" "0x36"
shows_not "... and the lines are gone" "unknown"
printf '\033[999999999999999999999C\033[\033OA\033\033[[[A\001\013\004\010\027\005\002\006\n' | talk hmp
shows_not "odd sequences do nothing" "unknown"
{ head -c 100000 /dev/zero | tr '\0' 'y'; printf '\n'; } | talk hmp
shows "a line without end is cut" "unknown command: 'yyy"
printf 'info history\n' | talk hmp
shows "history is kept for the next one" "print 40+2"
finish

# -- Places --
printf 'info status\nquit\n' | timeout 20 "$MYNAH" -M riscv64-virt -display none -serial null -m 32M -bios "$tmp/guest.elf" \
    -monitor stdio >"$tmp/out"
check "-monitor stdio ends with quit" [ $? = 0 ]
shows "-monitor stdio" "VM status: running"
printf '\001cinfo status\nquit\n' | timeout 20 "$MYNAH" -M riscv64-virt -nographic -m 32M -bios "$tmp/guest.elf" >"$tmp/out"
check "-nographic and Ctrl-a c: quit" [ $? = 0 ]
shows "-nographic and Ctrl-a c" "VM status: running"
printf '\001x' | timeout 20 "$MYNAH" -M riscv64-virt -nographic -m 32M -bios "$tmp/guest.elf" >"$tmp/out"
shows_not "-nographic alone shows no prompt" "(qemu)"
printf 'print 3*4\nquit\n' | timeout 20 "$MYNAH" -M riscv64-virt -display none -serial null -m 32M -bios "$tmp/guest.elf" \
    -chardev stdio,id=here,mux=on -mon chardev=here,mode=readline >"$tmp/out"
line "-mon" "0xc"
done_testing
