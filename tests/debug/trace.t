#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every topic of -d says what it is for; -D, -dfilter.
. tests/cli/lib.sh

# t1 counts down from 100; then an odd write, an ecall that goes to mtvec (the power-off), and the power-off.
guest "$tmp/count.bin" 0x06400313 0xfff30313 0xfe031ee3 0x00000397 0x01838393 0x30539073 0x001002b7 0x0002a023 0x00000073 \
    0x001002b7 0x00005337 0x55530313 0x0062a023 0x0000006f

# traces TOPICS NAME TEXT [OPTION...]: the log of a run has the text
traces() {
    topics=$1 name=$2 text=$3
    shift 3
    rm -f "$tmp/log"
    timeout 60 "$MYNAH" -M riscv64-virt -m 32M -display none -serial null -bios "$tmp/count.bin" -d "$topics" -D "$tmp/log" "$@" \
        </dev/null >"$tmp/stdout" 2>"$tmp/stderr"
    if [ $? = 0 ] && grep -qF -e "$text" "$tmp/log" && [ ! -s "$tmp/stderr" ]; then
        ok "-d $topics: $name"
    else
        not_ok "-d $topics: $name"
        awk '{ print "# " $0 }' "$tmp/stderr" "$tmp/log" | head -40
    fi
}

lacks() { # lacks NAME TEXT: the last log does not have it
    if grep -qF -e "$2" "$tmp/log"; then not_ok "$1"; else ok "$1"; fi
}

for mode in "tcg" "tcg,interp=on"; do
    echo "# $mode"
    traces in_asm "addresses, code, instructions" "0x0000000080000004:  fff30313          addi t1,t1,-1" -accel $mode
    lacks "and nothing else" "insn 0x"
    traces ir "IR as made" "insn 0x80000004" -accel $mode
    lacks "and not optimised" "IR_OPT"
    traces ir_opt "IR optimised" "IR_OPT: pc 0x80000000" -accel $mode
    traces exec "blocks" "[0000000080000000/" -accel $mode
    traces exec,nochain "every block" "[0000000080000004/" -accel $mode
    check "each time" [ "$(grep -c '\[0000000080000004/' "$tmp/log")" = 99 ]
    traces cpu,nochain "registers" " x6/t1    000000000000002a" -accel $mode
    check "at every block" [ "$(grep -c ' pc       0000000080000004' "$tmp/log")" = 99 ]
    traces int "exceptions" "ecall from M" -accel $mode
    traces mmu "page walks" "walk 0x80000000 fetch" -accel $mode
    traces guest_errors "what the guest may not do" "write of 0x0" -accel $mode
    traces cpu_reset "registers at reset" "CPU 0 is reset" -accel $mode
    traces op_opt,fpu "QEMU's name for ir_opt" "IR_OPT: pc 0x80000000" -accel $mode
    traces stats "counters" "translations        " -accel $mode
    traces page "the memory map" "(prio 0, ram): " -accel $mode
    traces all "everything" "IN: cpu0" -accel $mode
done

if "$MYNAH" -M riscv64-virt -m 32M -display none -serial null -bios "$tmp/count.bin" -d stats -D "$tmp/log" </dev/null &&
    grep -q '^engine  *x64' "$tmp/log"; then
    traces out_asm "host code" "OUT: pc 0x80000000"
else
    ok "-d out_asm: host code # SKIP no back end for this host"
fi

traces in_asm "-dfilter" "0x0000000080000004" -dfilter 0x80000004+4
lacks "-dfilter leaves others out" "0x0000000000001000"

if command -v fdtput >/dev/null; then
    "$MYNAH" -M riscv64-virt,dumpdtb="$tmp/board.dtb" -m 32M -display none -serial null >/dev/null 2>&1
    fdtput -cp "$tmp/board.dtb" /soc/frob@40000000 &&
        fdtput -ts "$tmp/board.dtb" /soc/frob@40000000 compatible acme,frob &&
        fdtput -tx "$tmp/board.dtb" /soc/frob@40000000 reg 0 40000000 0 1000
    rm -f "$tmp/log"
    timeout 60 "$MYNAH" -M dtb="$tmp/board.dtb" -display none -serial null -bios "$tmp/count.bin" -d unimp -D "$tmp/log" </dev/null
    check "-d unimp: a device that is not modelled" grep -q "acme,frob" "$tmp/log"
else
    ok "-d unimp # SKIP no fdtput"
fi

# Symbols. f is a function, loop a label, hidden no code; start calls f, which ends with an ecall in loop's third instruction.
if have riscv64-unknown-elf-gcc; then
    cat >"$tmp/sym.S" <<'END'
        .globl start
    start:
        la t0, off
        csrw mtvec, t0
        call f
        .type f, @function
    f:  li a0, 3
    inner: # within a function: no symbol of its own
        addi a0, a0, -1
        bnez a0, inner
        j loop
        .size f, . - f
    loop:
        nop
        nop
        ecall
        .align 2
    off:
        li t0, 0x100000
        li t1, 0x5555
        sw t1, (t0)
    1:  j 1b
        .data
    hidden: .word 1
END
    riscv64-unknown-elf-gcc -nostdlib -march=rv64i_zicsr -mabi=lp64 -Wl,-Ttext=0x80000000,-Tdata=0x80002000,-e,start \
        -o "$tmp/sym.elf" "$tmp/sym.S" 2>"$tmp/cc.err" || cat "$tmp/cc.err"
    elf="-bios none -kernel $tmp/sym.elf"
    # shellcheck disable=SC2086
    {
        traces in_asm "the function's name" "IN: start cpu0 key" $elf
        check "the target of a jump" grep -q ' jal 0x[0-9a-f]* <f>$' "$tmp/log"
        check "a target within a function" grep -q ' bnez a0,0x[0-9a-f]* <f+0x4>$' "$tmp/log"
        check "a place within a function" grep -q '^IN: f+0x4 cpu0' "$tmp/log"
        lacks "names of data" hidden
        traces exec,nochain "the function's name" "] f" $elf
        check "and the place in it" grep -q '\] f+0x4$' "$tmp/log"
        traces int "the place of the trap" "ecall from M) at 0x" $elf
        check "by name" grep -q ' at 0x[0-9a-f]* <loop+0x8> in M' "$tmp/log"
    }
    # shellcheck disable=SC2086
    printf 'x/2i 0x80000000\nquit\n' | timeout 30 "$MYNAH" -M riscv64-virt -m 32M -display none -serial null -monitor stdio -S \
        $elf >"$tmp/out" 2>&1
    check "the monitor's x/i" grep -q '^start:' "$tmp/out"
fi
done_testing
