#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A folder as a disk (fat:FOLDER): mtools finds in its file system what is in the folder.
. "$(dirname "$0")/lib.sh"
for p in mcopy mdir; do have $p || { done_testing; exit; }; done
img=$BUILD/mynah-img dir=$tmp/folder
mkdir -p "$dir/sub/deep" "$dir/empty"
echo hello >"$dir/short.txt"
echo PLAIN >"$dir/PLAIN.TXT"
head -c 20000 /dev/urandom >"$dir/A long name.data"
: >"$dir/nothing"
echo hidden >"$dir/sub/deep/.hidden"
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "$i" >"$dir/sub/the same beginning $i"; done
ln -s /etc/passwd "$dir/link"
check "convert" "$img" convert -O raw "fat:$dir" "$tmp/out.img"
part=$tmp/out.img@@32256
check "its size" [ "$(stat -c %s "$tmp/out.img")" = 528482304 ]
check "a long name" cmp "$dir/A long name.data" <(mcopy -i "$part" "::A long name.data" -)
check "a short one" cmp "$dir/short.txt" <(mcopy -i "$part" ::SHORT.TXT -)
check "one in capitals" cmp "$dir/PLAIN.TXT" <(mcopy -i "$part" ::PLAIN.TXT -)
check "in folders" cmp "$dir/sub/deep/.hidden" <(mcopy -i "$part" ::sub/deep/.hidden -)
check "short names that differ" cmp "$dir/sub/the same beginning 12" <(mcopy -i "$part" "::sub/the same beginning 12" -)
mkdir "$tmp/back"
check "all of it" mcopy -s -i "$part" ::/* "$tmp/back/"
rm "$dir/link"
check "is what was there" diff -r "$dir" "$tmp/back"
check "the label" grep -q "QEMU VVFAT" <(mdir -i "$part" ::)
check "as a node" sh -c "echo quit | '$MYNAH' -M riscv64-virt -S -display none -serial none -monitor stdio \\
    -blockdev driver=vvfat,dir=$dir,node-name=n,read-only=on -device virtio-blk-device,drive=n >/dev/null"
m="-M riscv64-virt" drive="file=fat:$dir,format=raw"
truncate -s 600M "$dir/large"
rejects "-drive $drive,readonly=on: vvfat: Directory does not fit in FAT16 (capacity 504.00 MB)" \
    $m -drive "$drive,readonly=on"
rm "$dir/large"
rejects "-blockdev driver=vvfat,dir=$dir,node-name=n: '$dir': mynah only lets it be read; expected readonly=on" \
    $m -blockdev "driver=vvfat,dir=$dir,node-name=n"
rejects "-drive file=fat:rw:$dir,format=raw: 'fat:rw:$dir': mynah does not yet have this; expected fat:FOLDER" \
    $m -drive "file=fat:rw:$dir,format=raw"
rejects "-blockdev: driver=vvfat: mynah has fat-type=16, floppy=off and rw=off only" \
    $m -blockdev "driver=vvfat,dir=$dir,node-name=n,rw=on,read-only=on"
rejects "-drive file=fat:$dir/none,format=raw,readonly=on: '$dir/none': No such file or directory" \
    $m -drive "file=fat:$dir/none,format=raw,readonly=on"
done_testing
