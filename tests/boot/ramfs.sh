# SPDX-License-Identifier: BSD-2-Clause
# Functions for tests whose guest has more than the initramfs of tools/fetch-guests: bash, sourced after lib.sh. They work
# in $work, a folder of the test's own; $modules is the kernel's folder of modules.
#
#   ramfs_modules COMMANDS PATH...  the guest's /load loads these modules in this order, does the commands, prints LOADED
#   ramfs_pack                      $work/initrd: the guest's initramfs and what is in $work/ramfs
#   serve BYTES                     a web server of the host's at $port that has one file; its md5sum is $served

# Disk, file system, network and random numbers, as ramfs_modules wants them.
virtio_modules="crypto/crc32c_generic lib/crc16 fs/mbcache fs/jbd2/jbd2 fs/ext4/ext4 net/core/failover drivers/net/net_failover
    drivers/net/virtio_net drivers/block/virtio_blk drivers/char/hw_random/virtio-rng drivers/virtio/virtio_mmio"

ramfs_modules() {
    local commands=$1 m
    shift
    mkdir -p "$work/ramfs/mod"
    {
        echo '#!/bin/sh'
        for m; do
            m=${m##*/}
            echo "insmod /mod/$m.ko || echo INSMOD-FAILED $m"
        done
        [ -z "$commands" ] || printf '%s\n' "$commands"
        echo 'echo LOADED'
    } >"$work/ramfs/load"
    chmod +x "$work/ramfs/load"
    for m; do
        xz -dc "$modules/$m.ko.xz" >"$work/ramfs/mod/${m##*/}.ko"
    done
}

ramfs_pack() {
    { cat "${initramfs:-$guests/initramfs.cpio.gz}"; (cd "$work/ramfs" && find . | cpio --quiet -o -H newc | gzip -1n); } >"$work/initrd"
}

page() { # page PORT: what a server of the guest's, behind that port, answers is $got; false if that is nothing
    got=$(printf 'GET /index.html HTTP/1.0\r\n\r\n' | socat -t 20 - "TCP:127.0.0.1:$1" | tail -n 1)
    [ -n "$got" ]
}

serve() {
    head -c "$1" /dev/urandom >"$work/served"
    served=$(md5sum <"$work/served" | cut -d' ' -f1)
    cat >"$work/serve" <<END
#!/bin/bash
while read -r line && [ \${#line} -gt 1 ]; do :; done # the request: up to an empty line
printf 'HTTP/1.0 200 OK\r\nContent-Length: $1\r\n\r\n'
cat "$work/served"
END
    chmod +x "$work/serve"
    port=$(free_port)
    socat "TCP-LISTEN:$port,bind=127.0.0.1,reuseaddr,fork" EXEC:"$work/serve" 2>/dev/null &
    server=$!
}
