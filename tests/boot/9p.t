#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Folders of the host by 9P under Debian 13's arm64 kernel, by each model of owners and modes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
linux_guest arm64
need_programs xz cpio
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT
ramfs_modules "" fs/netfs/netfs net/9p/9pnet net/9p/9pnet_virtio fs/9p/9p
cat >"$work/ramfs/use" <<'END'
#!/bin/sh
# use TAG: a file, a folder, a link, a pipe, owners; all of it is there after mounting anew
mkdir -p /m && mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 "$1" /m || { echo "USE-FAILED mount"; exit; }
cd /m
[ "$(md5sum <given)" = "$(cat given.md5)" ] || echo "USE-FAILED given"
mkdir -p dir/sub && dd if=given of=dir/copy bs=64k 2>/dev/null && mv dir/copy dir/sub/moved
ln -s ../given dir/link; mkfifo dir/pipe; echo more >>dir/sub/moved; truncate -s 100 dir/short
chmod 640 dir/sub/moved; chown 12:34 dir/sub/moved 2>/dev/null
i=0; while [ $i -lt 300 ]; do : >dir/f$i; i=$((i + 1)); done
rm dir/f7; touch -d '2001-02-03 04:05:06' dir/f8
cd /; umount /m; mount -t 9p -o trans=virtio,version=9p2000.L "$1" /m; cd /m
[ "$(head -c $(stat -c %s given) dir/sub/moved | md5sum)" = "$(cat given.md5)" ] || echo "USE-FAILED moved"
[ "$(ls dir | wc -l)" = 303 ] || echo "USE-FAILED ls $(ls dir | wc -l)"
[ "$(readlink dir/link)" = ../given ] && [ -p dir/pipe ] && cmp dir/link given || echo "USE-FAILED link"
[ "$(stat -c %s dir/short)" = 100 ] && [ "$(stat -c %Y dir/f8)" = 981173106 ] || echo "USE-FAILED stat"
echo "MODE $1 $(stat -c '%a %u %g' dir/sub/moved)"
rmdir dir 2>/dev/null && echo "USE-FAILED rmdir"
cd /; umount /m; echo "USED $1"
END
chmod +x "$work/ramfs/use"
ramfs_pack
options=()
for model in none mapped-xattr mapped-file; do
    mkdir -p "$work/$model"
    head -c 3000000 /dev/urandom >"$work/$model/given"
    md5sum <"$work/$model/given" >"$work/$model/given.md5"
    options+=(-virtfs "local,path=$work/$model,mount_tag=$model,security_model=$model")
done
mkdir "$work/ro"
echo hello >"$work/ro/file"
start "folders" 240 "${board[@]}" -smp 2 -m 256M -kernel "$kernel" -initrd "$work/initrd" -append "console=$console quiet" \
    "${options[@]}" -fsdev "local,id=r,path=$work/ro,security_model=none,readonly=on" -device virtio-9p-pci,fsdev=r,mount_tag=ro
expect "BOOTED Linux" && send /load && expect LOADED || exit
for model in none mapped-xattr mapped-file; do
    send "/use $model" && expect "USED $model" || exit
done
send 'mount -t 9p -o trans=virtio ro /m; cat /m/file; echo x >/m/file || echo REFU""SED; umount /m' && expect hello && expect REFUSED
if grep -q USE-FAILED "$guest_log"; then not_ok "what the guest did"; grep USE-FAILED "$guest_log" | awk '{ print "# " $0 }'; else ok "what the guest did"; fi
for model in mapped-xattr mapped-file; do
    if grep -q "MODE $model 640 12 34" "$guest_log"; then ok "$model: owner and mode"; else not_ok "$model: owner and mode"; fi
done
send "poweroff -f" && finish 0
for model in none mapped-xattr mapped-file; do
    if [ "$(head -c 3000000 "$work/$model/dir/sub/moved" | md5sum)" = "$(cat "$work/$model/given.md5")" ]; then
        ok "$model: what is in the folder"
    else
        not_ok "$model: what is in the folder"
    fi
done
if [ -h "$work/none/dir/link" ] && [ ! -h "$work/mapped-xattr/dir/link" ]; then ok "links"; else not_ok "links"; fi
done_testing
