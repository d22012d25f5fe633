#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Files that are missing, damaged or for another machine, and sizes out of range: each is one line and status 1.
. tests/cli/lib.sh
power_off_guest "$tmp/off.bin"
v="-M riscv64-virt -display none -bios none"
cd "$tmp" || exit 1
case $MYNAH in /*) ;; *) MYNAH=$OLDPWD/$MYNAH ;; esac

# elf CLASS MACHINE (octal): the header of a file without segments
elf() { printf "\\177ELF\\$1\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0\\$2\\0\\1\\0\\0\\0"; head -c 200 /dev/zero; }
elf 2 76 >x86-64.elf
elf 1 363 >rv32.elf
elf 2 363 >empty.elf
printf '\177ELF\2\1\1' >short.elf
head -c 4096 /dev/urandom | gzip >whole.gz
head -c 2000 whole.gz >short.gz
(head -c 10 whole.gz; printf "\377\377\377\377\377\377\377\377\377") >damaged.gz
: >empty
printf '%s\r\n' :0200000480007A :10000000B702100015631B03535523A0620001A023 :040000058000000077 :00000001FF >off.hex
sed s/A023/A024/ off.hex >bad.hex
sed 's/^:0200000480/:0200000490/; s/7A/6A/' off.hex >far.hex
printf '%s\n' S00B00006F66662E73726563DE S31580000000B702100015631B03535523A0620001A09D S705800000007A >off.srec
sed s/A09D/A09E/ off.srec >bad.srec
perl -e 'print pack("V8a476V", 0x0a324655, 0x9e5d5157, 0, 0x80000000, 16, 0, 1, 0,
    pack("H*", "B702100015631B03535523A0620001A0"), 0x0ab16f30)' >off.uf2
head -c 100 off.uf2 >short.uf2
printf 070701 >cpio
printf abc >three
head -c 100 /dev/zero >zeros
truncate -s 40M large
truncate -s 3M drive

# -- Kernels and firmware --
rejects "-kernel missing: No such file or directory" $v -kernel missing
rejects "-kernel .: Is a directory" $v -kernel .
rejects "-bios missing: No such file or directory" -M riscv64-virt -bios missing
rejects "-kernel empty: the file is empty" $v -kernel empty
rejects "-kernel x86-64.elf: is a 64-bit ELF file for x86-64, expected one for 64-bit RISC-V" $v -kernel x86-64.elf
rejects "-bios x86-64.elf: is a 64-bit ELF file for x86-64, expected one for 64-bit RISC-V" -M riscv64-virt -bios x86-64.elf
rejects "-kernel rv32.elf: is a 32-bit ELF file for RISC-V, expected one for 64-bit RISC-V" $v -kernel rv32.elf
rejects "-bios empty.elf: is a 64-bit ELF file for RISC-V, expected one for 32-bit RISC-V" -M riscv32-virt -bios empty.elf
rejects "-kernel short.elf: the ELF file is truncated" $v -kernel short.elf
rejects "-kernel short.gz: the gzip data is truncated" $v -kernel short.gz
rejects "-kernel damaged.gz: the gzip data is damaged" $v -kernel damaged.gz
rejects "-kernel bad.hex: line 2: the checksum of the Intel HEX record is wrong: 0x24, expected 0x23" $v -kernel bad.hex
rejects "-kernel bad.srec: line 2: the checksum of the S-record is wrong: 0x9e, expected 0x9d" $v -kernel bad.srec
rejects "-bios short.uf2: the UF2 file is truncated" -M riscv64-virt -bios short.uf2
rejects "-kernel cpio: is a cpio archive, expected ELF, Intel HEX, S-records, UF2, a RISC-V Linux Image or raw code" $v -kernel cpio
for file in off.hex off.srec off.uf2; do
    check "-kernel $file" timeout 30 "$MYNAH" $v -kernel $file
    check "-device loader,file=$file" timeout 30 "$MYNAH" $v -device loader,file=$file
    check "-device loader,file=$file with an entry" timeout 30 "$MYNAH" $v -device loader,file=$file,cpu-num=0
done
printf 'a bit of firmware' >firmware
rejects "-kernel off.hex at 0x80000000-0x8000000f overlaps firmware at 0x80000000-0x80000010; use -bios none to run it \
without firmware" -M riscv64-virt -display none -bios firmware -kernel off.hex
rejects "-kernel large at 0x80000000-0x827fffff does not fit in memory: there is none at 0x82000000" $v -m 32M -kernel large
rejects "-initrd missing: No such file or directory" $v -kernel three -initrd missing
rejects "-initrd large at 0x81000000-0x837fffff does not fit in memory: there is none at 0x82000000" \
    $v -m 32M -kernel three -initrd large
rejects "-initrd is only allowed with -kernel" $v -initrd three
rejects "-append is only allowed with -kernel" $v -append x

# -- Device trees --
rejects "-dtb three is no valid device tree: FDT_ERR_TRUNCATED" $v -kernel three -dtb three
rejects "-M dtb=three is no valid device tree: FDT_ERR_TRUNCATED" -M dtb=three
rejects "-M dtb=zeros is no valid device tree: FDT_ERR_BADMAGIC" -M dtb=zeros
rejects "-M dtb=missing: No such file or directory" -M dtb=missing

# -- Images and other files --
rejects "-drive file=missing,format=raw: cannot open 'missing': No such file or directory" $v -drive file=missing,format=raw
for f in /proc/version /proc/self/environ /proc/filesystems; do
    drive=file=$f,format=raw,readonly=on # not everybody may write it
    rejects "-drive $drive: '$f': expected a file or a block device, not what the kernel makes up as it is read" \
        $v -drive $drive
done
rejects "-drive file=/dev/null,format=raw: '/dev/null': expected a file or a block device" $v -drive file=/dev/null,format=raw
check "-drive file= without a byte in it" timeout 30 "$MYNAH" $v -kernel off.hex -drive file=empty,format=raw,if=none
rejects "-drive if=pflash,unit=0,id=pflash0: the image has 3145728 bytes, the flash bank needs exactly 33554432" \
    $v -drive file=drive,format=raw,if=pflash
rejects "-fw_cfg name=opt/x,file=missing: file=missing: No such file or directory" \
    $v -fw_cfg name=opt/x,file=missing
rejects "-serial file:missing/x: path=missing/x: No such file or directory" $v -serial file:missing/x
rejects "-D missing/x: No such file or directory" $v -d int -D missing/x
rejects "-pidfile missing/x: No such file or directory" $v -pidfile missing/x

# -- -device loader --
words=
at=$((0x80000000))
for w in 0x001002b7 0x00005337 0x55530313 0x0062a023 0x0000006f; do
    words="$words -device loader,addr=$(printf 0x%x $at),data=$w,data-len=4"
    at=$((at + 4))
done
# shellcheck disable=SC2086
check "-device loader,data=" timeout 30 "$MYNAH" $v $words
check "-device loader,file=" timeout 30 "$MYNAH" $v -device loader,file=off.bin,addr=0x80000000
check "-device loader,file= with an entry" timeout 30 "$MYNAH" $v -device loader,file=off.bin,addr=0x80100000,cpu-num=0
check "-device loader,file= over the firmware" timeout 30 "$MYNAH" -M riscv64-virt -display none -bios firmware \
    -device loader,file=off.hex,addr=0x80200000
check "-device loader,file=x.gz is not unpacked" timeout 30 "$MYNAH" $v -kernel off.hex -m 16M \
    -device loader,file=short.gz,addr=0x80100000
timeout 30 "$MYNAH" $v -kernel off.hex -device loader,file=x86-64.elf,addr=0x80100000 2>stderr
check "-device loader,file=ELF,addr= as data" [ $? = 0 ]
check "and that is told" grep -q \
    "^mynah: warning: x86-64.elf: is a 64-bit ELF file for x86-64, .*; placed at 0x80100000 as it is$" \
    stderr
check "-device loader,cpu-num=" timeout 30 "$MYNAH" $v -smp 2 -device loader,file=off.bin,addr=0x80100000 \
    -device loader,cpu-num=1,addr=0x80100000
check "-device loader as JSON" timeout 30 "$MYNAH" $v -device '{"driver":"loader","file":"off.bin","addr":2147483648}'
rejects "-device loader: expected file=FILE, data= and data-len=, or cpu-num= and addr=" $v -device loader
rejects "-device guest-loader,addr=0x80000000: expected kernel=FILE[,bootargs=TEXT] or initrd=FILE" $v \
    -device guest-loader,addr=0x80000000
rejects "-device guest-loader,initrd=short.gz,bootargs=x: expected kernel=FILE[,bootargs=TEXT] or initrd=FILE" $v \
    -device guest-loader,initrd=short.gz,bootargs=x
rejects "-device guest-loader,addr=0x80000000,kernel=missing: kernel=missing: No such file or directory" $v \
    -device guest-loader,addr=0x80000000,kernel=missing
check "-device guest-loader,kernel=" timeout 30 "$MYNAH" $v -device guest-loader,addr=0x80000000,kernel=off.bin,bootargs=x
rejects "-device loader,file=missing: file=missing: No such file or directory" $v -device loader,file=missing
rejects "-device loader,file=x86-64.elf: file=x86-64.elf: is a 64-bit ELF file for x86-64, expected one for 64-bit RISC-V" \
    $v -device loader,file=x86-64.elf
rejects "-device loader,file=x86-64.elf,addr=0x80000000,cpu-num=0: file=x86-64.elf: is a 64-bit ELF file for x86-64, \
expected one for 64-bit RISC-V" $v -device loader,file=x86-64.elf,addr=0x80000000,cpu-num=0
printf '\047\005\031\126' >uimage
rejects "-device loader,file=uimage,addr=0x80000000: file=uimage: is a U-Boot image (uImage), expected ELF, Intel HEX, \
S-records, UF2 or raw bytes (force-raw=on takes it as it is)" $v -device loader,file=uimage,addr=0x80000000
rejects "-device loader,file=far.hex: file=far.hex at 0x90000000-0x9000000f does not fit in memory: there is none at \
0x90000000" $v -device loader,file=far.hex
rejects "-device loader,addr=1,data=1: data-len=0: expected 1 to 8" $v -device loader,addr=1,data=1
rejects "-device loader,addr=1,data=1,data-len=9: data-len=9: expected 1 to 8" $v -device loader,addr=1,data=1,data-len=9
rejects "-device loader,cpu-num=1: cpu-num=1: expected 0 to 0" $v -device loader,cpu-num=1
rejects "-device loader,addr=1,data=1,data-len=1,cpu-num=0: cpu-num= and data= are two things: give two loaders" \
    $v -device loader,addr=1,data=1,data-len=1,cpu-num=0
rejects "-device loader,addr=0x10000000,data=1,data-len=1: data at 0x10000000-0x10000000 does not fit in memory: there is none \
at 0x10000000" $v -device loader,addr=0x10000000,data=1,data-len=1

# -- Sizes --
rejects "-m: ram: 1099511627776 bytes of guest memory: at most 511 GiB can be had" $v -m 1T
rejects "-m: machine riscv32-virt has at most 2048 MiB" -M riscv32-virt -bios none -display none -m 4G
rejects "-smp: cpus=513: expected a number from 1 to 512" $v -smp 513
rejects "-smp: cpus=0: expected a number from 1 to 512" $v -smp 0

# -- What linkers make: the file's headers on a page before the code. The rest is loaded. --
if have riscv64-unknown-elf-gcc; then
    cat >off.S <<'END'
.globl _start
_start: li t0, 0x100000
        li t1, 0x5555
        sw t1, 0(t0)
        j .
END
    riscv64-unknown-elf-gcc -nostdlib -Wl,-Ttext=0x80000000 -Wl,-N -o off.elf off.S 2>/dev/null
    check "a linked ELF file runs" timeout 30 "$MYNAH" $v -kernel off.elf
    # The same with its headers loaded at 0x7ffff000.
    cat >off.ld <<'END'
ENTRY(_start)
PHDRS { all PT_LOAD FILEHDR PHDRS; }
SECTIONS { . = 0x7ffff000 + SIZEOF_HEADERS; . = 0x80000000; .text : { *(.text) } :all }
END
    riscv64-unknown-elf-gcc -nostdlib -Wl,-T,off.ld -Wl,-z,max-page-size=4096 -o before.elf off.S 2>/dev/null
    timeout 30 "$MYNAH" $v -kernel before.elf 2>stderr
    check "an ELF file with headers before memory runs" [ $? = 0 ]
    check "without a warning: they are not needed" [ ! -s stderr ]
    sed 's/\. = 0x80000000/. = 0x7fffff00; .rodata : { LONG(1) } :all . = 0x80000000/' off.ld >content.ld
    riscv64-unknown-elf-gcc -nostdlib -Wl,-T,content.ld -Wl,-z,max-page-size=4096 -o content.elf off.S 2>/dev/null
    timeout 30 "$MYNAH" $v -kernel content.elf 2>stderr
    check "an ELF file with content before memory runs" [ $? = 0 ]
    check "and what is not loaded is told" grep -q \
        "^mynah: warning: content.elf: 0x7ffff000-0x7fffffff is not loaded: there is no memory$" stderr
    # .bss of one part where the bytes of another one are stored.
    cat >bss.ld <<'END'
ENTRY(_start)
PHDRS { a PT_LOAD; b PT_LOAD; c PT_LOAD; }
SECTIONS { . = 0x80000000; .text : { *(.text) } :a .data 0x80002000 : { LONG(1) } :b
           .bss 0x80005000 (NOLOAD) : AT(0x80001000) { . += 0x2000; } :c }
END
    riscv64-unknown-elf-gcc -nostdlib -Wl,-T,bss.ld -Wl,-z,max-page-size=4096 -o bss.elf off.S 2>/dev/null
    check "an ELF file with .bss over its bytes runs" timeout 30 "$MYNAH" $v -kernel bss.elf
fi

done_testing
