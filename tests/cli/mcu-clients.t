#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The command lines with which tools of embedded developers start QEMU, under its name: cortex-debug's, with gdb's MI behind
# it, Zephyr's, NuttX's, the FreeRTOS demos', a cargo runner.
. tests/cli/lib.sh
case $MYNAH in /*) ;; *) MYNAH=$PWD/$MYNAH ;; esac
have arm-none-eabi-gcc || { done_testing; exit; }
have riscv64-unknown-elf-gcc || { done_testing; exit; }
mkdir "$tmp/bin"
for system in arm riscv32 riscv64; do
    ln -s "$MYNAH" "$tmp/bin/qemu-system-$system"
done
PATH=$tmp/bin:$PATH

# Programs: one that speaks by the board's UART for ever, one that ends by semihosting with status 33.
m="-mthumb -g -O1 -ffreestanding -nostdlib -Wall"
# shellcheck disable=SC2086
{
    arm-none-eabi-gcc -mcpu=cortex-m3 $m -DPL011 -DUART=0x4000c000 -DIRQ=5 -T tests/cortex-m/link.ld -o "$tmp/pl011.elf" \
        tests/cortex-m/uart.c
    arm-none-eabi-gcc -mcpu=cortex-m3 $m -DCMSDK -DUART=0x40004000 -DIRQ=0 -T tests/cortex-m/link.ld -o "$tmp/cmsdk.elf" \
        tests/cortex-m/uart.c
    arm-none-eabi-gcc -mcpu=cortex-m0 $m -DNRF -DUART=0x40002000 -DIRQ=2 -T tests/cortex-m/link.ld -o "$tmp/nrf.elf" \
        tests/cortex-m/uart.c -lgcc
    for cpu in 0 1; do # of the AN521
        arm-none-eabi-gcc -mcpu=cortex-m33 $m -DCMSDK -DUART=$((0x50200000 + cpu * 0x1000)) -DIRQ=$((32 + 2 * cpu)) -DCPU=$cpu \
            -Wl,--defsym=code_start=$((0x10000000 + cpu * 0x100000)) -Wl,--defsym=data_start=$((0x30000000 + cpu * 0x8000)) \
            -DSTACK=$((0x30001800 + cpu * 0x8000)) -DWAKES=0x10100000 -T tests/cortex-m/link.ld -o "$tmp/an521-$cpu.elf" tests/cortex-m/uart.c
    done
}
cat >"$tmp/main.c" <<END
volatile unsigned counted;
static unsigned long host_call(unsigned long op, const volatile void *arg)
{
#ifdef __riscv
    register unsigned long r0 __asm__("a0") = op;
    register const volatile void *r1 __asm__("a1") = arg;
    __asm__ volatile(".balign 16\n.option push\n.option norvc\nslli zero, zero, 31\nebreak\nsrai zero, zero, 7\n.option pop"
                     : "+r"(r0) : "r"(r1) : "memory");
#else
    register unsigned long r0 __asm__("r0") = op;
    register const volatile void *r1 __asm__("r1") = arg;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
#endif
    return r0;
}
void refused(void) { for (;;) ; }
void count(unsigned n) { counted += n; }
void begin(void)
{
    volatile unsigned long block[2];
    block[0] = 0x20026;
    block[1] = 33;
    counted = 0;
    for (unsigned i = 1; i < 4; i++)
        count(i);
    host_call(4, "done\n");
    host_call(0x20, block);
    for (;;) ;
}
END
link="-T tests/semihosting/link.ld -Wl,--no-warn-rwx-segments,--build-id=none tests/semihosting/start.S $tmp/main.c"
# shellcheck disable=SC2086
{
    arm-none-eabi-gcc -mcpu=cortex-m3 $m $link -Wl,--defsym=START=0 -Wl,--defsym=DATA=0x20000000 -o "$tmp/m3.elf"
    riscv64-unknown-elf-gcc -march=rv32imac_zicsr -mabi=ilp32 -g -O1 -ffreestanding -nostdlib $link \
        -Wl,--defsym=START=0x80000000 -o "$tmp/rv32.elf"
    riscv64-unknown-elf-gcc -march=rv64imac_zicsr -mabi=lp64 -mcmodel=medany -g -O1 -ffreestanding -nostdlib $link \
        -Wl,--defsym=START=0x80000000 -o "$tmp/rv64.elf"
}

# ends STATUS COMMAND...: by itself, with that status; its output is in $tmp/out
ends() {
    want=$1
    shift
    timeout 60 "$@" >"$tmp/out" 2>&1 </dev/null
    status=$?
    [ $status = "$want" ] && return
    echo "# status $status, expected $want"
    awk '{ print "# " $0 }' "$tmp/out"
    return 1
}

# told COMMAND...: says hello, and ends with status 0 on SIGTERM to the process of its -pidfile
told() {
    rm -f "$tmp/pid" "$tmp/out"
    "$@" >"$tmp/out" 2>&1 </dev/null &
    emulator=$!
    wait_for grep -qs hello "$tmp/out" && wait_for [ -s "$tmp/pid" ] || kill "$emulator"
    kill -TERM "$(cat "$tmp/pid")"
    wait $emulator
    status=$?
    [ $status = 0 ] && grep -q hello "$tmp/out" && [ ! -e "$tmp/pid" ] && return
    echo "# status $status"
    awk '{ print "# " $0 }' "$tmp/out"
    return 1
}

# Zephyr: cmake/emu/qemu.cmake and its boards'
zephyr="-pidfile $tmp/pid -chardev stdio,id=con,mux=on -serial chardev:con -mon chardev=con,mode=readline"
icount="-icount shift=6,align=off,sleep=off -rtc clock=vm"
# shellcheck disable=SC2086
{
    check "Zephyr's qemu_cortex_m3" told qemu-system-arm -cpu cortex-m3 -machine lm3s6965evb -nographic -vga none -net none \
        $zephyr $icount -kernel "$tmp/pl011.elf"
    check "Zephyr's qemu_cortex_m0" told qemu-system-arm -cpu cortex-m0 -machine microbit -nographic -vga none -net none \
        $zephyr $icount -kernel "$tmp/nrf.elf"
    check "Zephyr's mps2/an385" told qemu-system-arm -cpu cortex-m3 -machine mps2-an385 -nographic -vga none $zephyr \
        -kernel "$tmp/cmsdk.elf"
    check "Zephyr's mps2/an385 with -icount auto" told qemu-system-arm -cpu cortex-m3 -machine mps2-an385 -nographic -vga none \
        -icount auto $zephyr -kernel "$tmp/cmsdk.elf"
    check "Zephyr's mps2/an521/cpu0" told qemu-system-arm -cpu cortex-m33 -machine mps2-an521 -nographic -m 16 -vga none \
        -net none $zephyr -chardev pty,id=hostS0 -serial chardev:hostS0 -kernel "$tmp/an521-0.elf"
    check "Zephyr's mps2/an521/cpu1" told qemu-system-arm -cpu cortex-m33 -machine mps2-an521 -nographic -m 16 -vga none \
        -net none -pidfile "$tmp/pid" -serial null -serial stdio -monitor none -device loader,file="$tmp/an521-0.elf" \
        -device loader,file="$tmp/an521-1.elf"
    check "Zephyr's mps3/corstone300/an547 is refused" ends 1 qemu-system-arm -cpu cortex-m55 -machine mps3-an547 -vga none \
        $zephyr -kernel "$tmp/cmsdk.elf"
    check "... says why" grep -q "mps3-an547: QEMU has this machine, mynah does not yet: its Cortex-M55 is Armv8.1-M;" "$tmp/out"
    check "Zephyr's mps3/an536 is refused" ends 1 qemu-system-arm -cpu cortex-r52 -machine mps3-an536 -vga none $zephyr \
        -kernel "$tmp/cmsdk.elf"
    check "... says why" grep -q "mps3-an536: QEMU has this machine, mynah does not yet: its Cortex-R52 is Armv8-R;" "$tmp/out"
    check "Zephyr's qemu_riscv32" ends 33 qemu-system-riscv32 -nographic -machine virt -bios none -m 256 -net none \
        -pidfile "$tmp/pid" $icount -semihosting -kernel "$tmp/rv32.elf"
    check "Zephyr's qemu_riscv64" ends 33 qemu-system-riscv64 -nographic -machine virt -bios none -m 512 -net none \
        -pidfile "$tmp/pid" -icount shift=6,align=off,sleep=off -semihosting -kernel "$tmp/rv64.elf"
}

# NuttX: Documentation/platforms, rv-virt and lm3s6965-ek
check "NuttX's rv-virt" ends 33 qemu-system-riscv32 -semihosting -M virt,aclint=on -cpu rv32 -smp 8 -bios none \
    -kernel "$tmp/rv32.elf" -nographic
check "NuttX's rv-virt, 64 bits" ends 33 qemu-system-riscv64 -semihosting -M virt,aclint=on -cpu rv64 -bios none \
    -kernel "$tmp/rv64.elf" -nographic
check "NuttX's lm3s6965-ek" told qemu-system-arm -M lm3s6965evb -nographic -kernel "$tmp/pl011.elf" -pidfile "$tmp/pid"

# FreeRTOS: Demo/CORTEX_MPU_M3_MPS2_QEMU_GCC, Demo/CORTEX_M3_MPS2_QEMU_GCC
check "FreeRTOS's MPS2 demo" told qemu-system-arm -machine mps2-an385 -cpu cortex-m3 -kernel "$tmp/cmsdk.elf" -monitor none \
    -nographic -serial stdio -pidfile "$tmp/pid"
check "FreeRTOS's with semihosting" ends 33 qemu-system-arm -machine mps2-an385 -monitor null -semihosting \
    --semihosting-config enable=on,target=native -kernel "$tmp/m3.elf" -serial none -nographic

# cargo: runner = "..." of cortex-m-quickstart's and riscv-rt's .cargo/config.toml
check "cargo's runner" ends 33 qemu-system-arm -cpu cortex-m3 -machine lm3s6965evb -nographic \
    -semihosting-config enable=on,target=native -kernel "$tmp/m3.elf"
check "... prints" grep -qx done "$tmp/out"
check "cargo's runner, RISC-V" ends 33 qemu-system-riscv32 -machine virt -nographic -bios none \
    -semihosting-config enable=on,target=native -kernel "$tmp/rv32.elf"
check "cargo's runner, mynah run" ends 33 "$MYNAH" run "$tmp/m3.elf"

# cortex-debug: src/qemu.ts; gdb by MI, restart by the monitor
if have gdb-multiarch && have python3; then
    port=$(free_port)
    timeout 100 qemu-system-arm -cpu cortex-m3 -machine lm3s6965evb -nographic -semihosting-config enable=on,target=native \
        -gdb "tcp::$port" -S -kernel "$tmp/m3.elf" >"$tmp/err" 2>&1 </dev/null &
    emulator=$!
    cat >"$tmp/mi.py" <<END
import subprocess, sys, time
gdb = subprocess.Popen(["gdb-multiarch", "-nx", "-q", "--interpreter=mi2", sys.argv[1]], stdin=subprocess.PIPE,
                       stdout=subprocess.PIPE, text=True)
def until(*wanted):
    for line in gdb.stdout:
        print(line, end="")
        if line.startswith(wanted):
            return line
    sys.exit("gdb has ended")
def do(command, *wanted):
    gdb.stdin.write("9" + command + "\\n")
    gdb.stdin.flush()
    return until(*(wanted or ("9^",)))
do("-gdb-set mi-async on")
for _ in range(300): # until it listens
    if do("-target-select extended-remote localhost:" + sys.argv[2]).startswith("9^connected"):
        break
    time.sleep(0.1)
do('-interpreter-exec console "monitor stop"')
do('-interpreter-exec console "monitor system_reset"')
do("-break-insert count")
do("-exec-continue", "*stopped")
do("-stack-list-frames")
do("-break-insert -h begin")
do('-interpreter-exec console "monitor stop"')
do('-interpreter-exec console "monitor system_reset"')
do("-exec-continue", "*stopped")
do("-break-delete")
do("-break-watch counted")
do("-exec-continue", "*stopped")
do("-break-delete")
do("-data-list-register-values x 13 15")
do("-exec-continue", "=thread-group-exited")
do("-gdb-exit")
END
    timeout 100 python3 "$tmp/mi.py" "$tmp/m3.elf" "$port" >"$tmp/out" 2>&1
    wait $emulator
    check "cortex-debug: the program's status" test $? = 33
    for want in 'reason="breakpoint-hit".*func="count"' 'frame=.level="1".*func="begin"' \
        'reason="breakpoint-hit".*func="begin"' 'reason="watchpoint-trigger"' 'thread-group-exited.*exit-code="041"'; do
        check "cortex-debug: $want" grep -q "$want" "$tmp/out"
    done

    # A probe's session: the program comes by gdb, into flash; breakpoints there and in RAM, a watchpoint, registers
    cat >"$tmp/flash.c" <<END
#include <stdint.h>
extern void reset(void);
extern uint32_t data_from[], data_start[], data_end[];
__attribute__((section(".vectors"), used)) static void *const vectors[] = { (void *)0x20004000, reset };
volatile unsigned counted;
__attribute__((section(".ramcode"), noinline, long_call)) unsigned in_ram(unsigned n) { counted += n; return counted; }
__attribute__((noinline)) unsigned in_flash(unsigned n) { return in_ram(n) * 2; }
void reset(void)
{
    for (unsigned i = 0; &data_start[i] < data_end; i++)
        data_start[i] = data_from[i];
    counted = 0;
    volatile unsigned block[2];
    block[1] = in_flash(3) + in_flash(4);
    block[0] = 0x20026;
    register unsigned r0 __asm__("r0") = 0x20;
    register volatile void *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    for (;;) ;
}
END
    cat >"$tmp/flash.ld" <<END
ENTRY(reset)
MEMORY { flash : ORIGIN = 0x08000000, LENGTH = 64K  ram : ORIGIN = 0x20000000, LENGTH = 8K }
SECTIONS {
    .text : { KEEP(*(.vectors)) *(.text*) *(.rodata*) . = ALIGN(4); } > flash
    .data : { data_start = .; *(.data* .ramcode) . = ALIGN(4); data_end = .; } > ram AT > flash
    data_from = LOADADDR(.data);
    .bss (NOLOAD) : { *(.bss*) } > ram
    /DISCARD/ : { *(.ARM.*) }
}
END
    # shellcheck disable=SC2086
    arm-none-eabi-gcc -mcpu=cortex-m4 $m -mfloat-abi=hard -mfpu=fpv4-sp-d16 -T "$tmp/flash.ld" -Wl,--no-warn-rwx-segments \
        -o "$tmp/flash.elf" "$tmp/flash.c"
    port=$(free_port)
    timeout 100 qemu-system-arm -cpu cortex-m4 -machine netduinoplus2 -nographic -serial null -monitor none \
        -semihosting-config enable=on,target=native -gdb "tcp::$port" -S >"$tmp/err" 2>&1 </dev/null &
    emulator=$!
    sed '/^do(.-interpreter-exec console "monitor stop"/,$d' "$tmp/mi.py" >"$tmp/probe.py"
    cat >>"$tmp/probe.py" <<END
do("-target-download")
do('-interpreter-exec console "monitor system_reset"')
do("-break-insert in_flash")
do("-break-insert in_ram")
do("-exec-continue", "*stopped")
do("-exec-continue", "*stopped")
do("-break-delete")
do("-break-watch counted")
do("-exec-continue", "*stopped")
do("-data-evaluate-expression counted")
do("-data-list-register-names")
do('-interpreter-exec console "info registers msp psp primask basepri faultmask control xpsr"')
do("-break-delete")
do("-exec-continue", "=thread-group-exited")
do("-gdb-exit")
END
    timeout 100 python3 "$tmp/probe.py" "$tmp/flash.elf" "$port" >"$tmp/out" 2>&1
    wait $emulator
    check "a probe's session: the program's status" test $? = 20
    for want in '9^done,address=.*load-size=' 'reason="breakpoint-hit".*func="in_flash"' 'reason="breakpoint-hit".*func="in_ram"' \
        'reason="watchpoint-trigger"' 'register-names=.*"msp","psp","primask","basepri","faultmask","control"' \
        'msp  *0x20003' 'thread-group-exited.*exit-code="024"'; do
        check "a probe's session: $want" grep -q "$want" "$tmp/out"
    done
fi
done_testing
