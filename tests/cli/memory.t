#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Where the guest's memory comes from: -object memory-backend-*, -mem-path, -mem-prealloc; -m slots=,maxmem=; -numa and
# what the device tree says of it.
. "$(dirname "$0")/lib.sh"

v="-M virt -display none -serial none -bios none -S"
MYNAH=${MYNAH%/*}/mynah-system-riscv64

monitor() { # monitor COMMANDS OPTION...: what the monitor says
    commands=$1
    shift
    # shellcheck disable=SC2086
    printf '%s\nquit\n' "$commands" | timeout 60 "$MYNAH" $v -monitor stdio "$@" >"$tmp/out" 2>"$tmp/err"
}
at() { od -An -v -tx1 -j "$2" -N 4 "$1" | tr -d ' \n'; } # at FILE OFFSET
tree() { # tree NODE PROPERTY OPTION...
    node=$1 property=$2
    shift 2
    rm -f "$tmp/dtb"
    timeout 60 "$MYNAH" -M "virt,dumpdtb=$tmp/dtb" -display none -serial none -bios none "$@" 2>"$tmp/err" && fdtget -t x "$tmp/dtb" "$node" "$property"
}
says() { # says WANTED NODE PROPERTY OPTION...
    wanted=$1
    shift
    got=$(tree "$@")
    if [ "$got" = "$wanted" ]; then ok "$*: $wanted"; else not_ok "$*: $wanted, got $got"; fi
}

# -- Files --
data="-device loader,addr=0x80001000,data=0x11223344,data-len=4,data-be=on"
file=$tmp/memory
for share in on off; do
    rm -f "$file"
    # shellcheck disable=SC2086
    monitor "pmemsave 0x80001000 4 $tmp/seen" -object memory-backend-file,id=m,size=16M,mem-path="$file",share=$share -M memory-backend=m $data
    check "the file has the memory's size, share=$share" [ "$(stat -c %s "$file")" = 16777216 ]
    check "memory of a file, share=$share" [ "$(at "$tmp/seen" 0)" = 11223344 ]
    wanted=11223344
    [ $share = on ] || wanted=00000000
    check "share=$share: what the file has" [ "$(at "$file" 4096)" = $wanted ]
done
printf '\252\273\314\335' | dd of="$file" bs=1 seek=1048576 conv=notrunc 2>/dev/null
monitor "pmemsave 0x80100000 4 $tmp/seen" -mem-path "$file" -m 16M
check "-mem-path: what was in the file is in memory" [ "$(at "$tmp/seen" 0)" = aabbccdd ]
monitor "pmemsave 0x800ff000 4 $tmp/seen" -object memory-backend-file,id=m,size=8M,mem-path="$file",offset=4K -M memory-backend=m
check "offset=" [ "$(at "$tmp/seen" 0)" = aabbccdd ]

# A snapshot has what is in the file, though nobody touched it; loading puts it back, and zeros.
mkdir "$tmp/snapshots" "$tmp/folder"
monitor "savevm one" -mem-path "$file" -m 16M -snapshot-dir "$tmp/snapshots"
: >"$file"
truncate -s 16M "$file"
printf '\001\002\003\004' | dd of="$file" bs=1 seek=2097152 conv=notrunc 2>/dev/null
for share in on off; do
    monitor "pmemsave 0x80100000 4 $tmp/seen
pmemsave 0x80200000 4 $tmp/zero" -object memory-backend-file,id=m,size=16M,mem-path="$file",share=$share -M memory-backend=m -snapshot-dir "$tmp/snapshots" -loadvm one
    check "loadvm puts the snapshot's memory into the file, share=$share" [ "$(at "$tmp/seen" 0)" = aabbccdd ]
    check "and zeros where it has zeros, share=$share" [ "$(at "$tmp/zero" 0)" = 00000000 ]
done

rm -f "$file"
monitor "" -object memory-backend-file,id=m,size=16M,mem-path="$file",share=on,prealloc=on,prealloc-threads=3 -M memory-backend=m
check "prealloc=on: the file has all its blocks" [ "$(stat -c '%b * %B / 1048576' "$file" | { read -r b _ size _; echo $((b * size / 1048576)); })" -ge 16 ]
monitor "pmemsave 0x80001000 4 $tmp/seen" -mem-path "$tmp/folder" -mem-prealloc -m 16M
check "-mem-path FOLDER leaves no file" [ -s "$tmp/seen" -a -z "$(ls "$tmp/folder")" ]
# shellcheck disable=SC2086
for kind in ram,share=on ram,merge=off,dump=off,reserve=off memfd memfd,share=off,seal=off memfd,prealloc=on; do
    rm -f "$tmp/seen"
    monitor "pmemsave 0x80001000 4 $tmp/seen" -object memory-backend-$kind,id=m,size=16M -M memory-backend=m $data
    check "memory-backend-$kind" [ "$(at "$tmp/seen" 0)" = 11223344 ]
done

rejects "-object memory-backend-file,id=m,size=4M: expected mem-path=PATH" $v -object memory-backend-file,id=m,size=4M
rejects "-object memory-backend-ram,id=m: expected size=SIZE" $v -object memory-backend-ram,id=m
rejects "-object memory-backend-ram,id=m,size=4M,host-nodes=0: host-nodes= needs a policy= other than default" \
    $v -object memory-backend-ram,id=m,size=4M,host-nodes=0
rejects "-object memory-backend-ram,id=m,size=4M,policy=bind: policy= needs host-nodes=" \
    $v -object memory-backend-ram,id=m,size=4M,policy=bind
rejects "-object memory-backend-ram,id=m,size=4M,policy=bind,host-nodes=x: host-nodes=x: expected numbers from 0 to 63, such as 0-3" \
    $v -object memory-backend-ram,id=m,size=4M,policy=bind,host-nodes=x
rejects "-M memory-backend=m: its size is not that of -m" $v -m 8M -object memory-backend-ram,id=m,size=4M -M memory-backend=m
rejects "-mem-path: $tmp/none/x: No such file or directory" $v -mem-path "$tmp/none/x"
truncate -s 1M "$tmp/short"
rejects "-m: ram: the file has 1048576 bytes, expected 16777216" $v -m 16M -mem-path "$tmp/short"
rejects "-m: maxmem=: expected at least the size, 64 MiB" $v -m 64M,maxmem=32M
rejects "-m: slots=2: expected maxmem=SIZE too" $v -m 64M,slots=2
check "-m slots=,maxmem=" monitor "" -m 64M,slots=2,maxmem=128M

# -- -numa --
two="-object memory-backend-ram,id=a,size=64M -object memory-backend-memfd,id=b,size=192M -numa node,memdev=a,cpus=0-2 -numa node,memdev=b,cpus=3"
# shellcheck disable=SC2086
{
    says "0 80000000 0 4000000" /memory@80000000 reg -smp 4 $two
    says "0 84000000 0 c000000" /memory@84000000 reg -smp 4 $two
    says 1 /memory@84000000 numa-node-id -smp 4 $two
    says 0 /cpus/cpu@2 numa-node-id -smp 4 $two
    says 1 /cpus/cpu@3 numa-node-id -smp 4 $two
    says "0 0 a 0 1 20 1 0 20 1 1 a" /distance-map distance-matrix -smp 4 $two -numa dist,src=0,dst=1,val=32
    says 0 /cpus/cpu@1 numa-node-id -smp 4 -m 64M -numa node,mem=32M -numa node,mem=32M
    says 1 /cpus/cpu@2 numa-node-id -smp 4 -m 64M -numa node,mem=32M -numa node,mem=32M
    says 1 /cpus/cpu@0 numa-node-id -smp 2 -m 64M -numa node,mem=32M -numa node,mem=32M -numa cpu,node-id=1,core-id=0 -numa cpu,node-id=0,core-id=1
    # One behind the other, whatever they are made of.
    monitor "pmemsave 0x83fffffe 4 $tmp/seen" -smp 4 $two -device loader,addr=0x83fffffe,data=0x11223344,data-len=4,data-be=on
    check "memory of two objects" [ "$(at "$tmp/seen" 0)" = 11223344 ]
    rejects "-numa: CPU is already assigned to node-id: 0" $v -smp 4 $two -numa node,cpus=2
    rejects "-numa: CPU index (4) should be smaller than maxcpus (4)" $v -smp 4 $two -numa node,cpus=4
    rejects "-numa: CPU 4 has no node: expected cpus= for all or for none" $v -smp 5 $two
    rejects "-numa: val=5: expected 11 to 255 (255: not to be reached)" $v -smp 4 $two -numa dist,src=0,dst=1,val=5
    rejects "-numa: memdev=a: it is node 0's" $v -smp 4 $two -numa node,memdev=a
    rejects "-numa: total memory for NUMA nodes (0x10000000) should equal RAM size (0x8000000)" $v -m 128M -smp 4 $two
}
rejects "-numa: there is no node 0" $v -numa node,nodeid=1,mem=64M
rejects "-numa: expected mem= or memdev= for all nodes, not both" $v -object memory-backend-ram,id=a,size=64M \
    -numa node,memdev=a -numa node,mem=64M
rejects "-numa: hmat-lb: QEMU has this, mynah does not yet" $v -numa hmat-lb
MYNAH=${MYNAH%/*}/mynah
rejects "-numa: machine microbit has no memory that could be told of in parts" -M microbit -numa node,mem=16K
rejects "-m: ram: the machine has 16 KiB of memory, what it is to be made of has 65536" -M microbit \
    -object memory-backend-ram,id=m,size=64M -M memory-backend=m
done_testing
