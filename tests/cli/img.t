#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# mynah-img: its commands, what they print, their statuses. Where qemu-img is there, both have the same images, and say the
# same if it is of version 10: others word some of it differently.
. tests/cli/lib.sh
img=$BUILD/mynah-img
cd "$tmp" || exit 1

status() { # status NUMBER TITLE COMMAND...: it ends so
    want=$1 title=$2
    shift 2
    "$@" >out 2>err
    got=$?
    if [ $got = "$want" ]; then ok "$title"; else
        not_ok "$title"
        echo "# status $got, expected $want"
        awk '{ print "# " $0 }' out err | head -20
    fi
}
peer=$(qemu-img --version 2>/dev/null | sed -n 's/^qemu-img version \([0-9]*\).*/\1/p')
peer_agrees() { # peer_agrees TITLE ARGUMENT...: qemu-img's status is 0, if it is there
    [ -n "$peer" ] || return
    title=$1
    shift
    status 0 "$title" qemu-img "$@"
}
says() { check "$1" grep -qF -e "$2" out err; }

# Something with data, zeroes and holes: 6 MiB.
awk 'BEGIN { for (i = 0; i < 120000; i++) printf "%d line %d\n", i * 7919 % 65536, i }' >some
dd if=some of=src.raw bs=1k count=1500 2>/dev/null
dd if=some of=src.raw bs=1k seek=3001 count=700 conv=notrunc 2>/dev/null
truncate -s 6M src.raw
head -c 1000000 some >some6.raw
truncate -s 6M some6.raw

# -- Create, convert, check, compare, for all shapes --
shapes="cluster_size=512 cluster_size=4k,compat=0.10 cluster_size=64k cluster_size=64k,lazy_refcounts=on
    cluster_size=2M,refcount_bits=1 cluster_size=16k,extended_l2=on,refcount_bits=64 cluster_size=64k,compression_type=zstd"
for o in $shapes; do
    for c in "" -c; do
        status 0 "convert $c to $o" "$img" convert $c -f raw -O qcow2 -o $o src.raw a.qcow2
        status 0 "it is fine" "$img" check a.qcow2
        status 0 "and the same" "$img" compare -f raw -F qcow2 src.raw a.qcow2
        status 0 "and back" "$img" convert -O raw a.qcow2 b.raw
        check "all bytes" cmp src.raw b.raw
        [ -n "$peer" ] || continue
        peer_agrees "qemu-img finds nothing wrong" check a.qcow2
        peer_agrees "qemu-img finds the same" compare -f raw -F qcow2 src.raw a.qcow2
        # Where a file below has holes, qemu-img's map looks at them or not, by a guess at how the image was made.
        for what in info "info --output=json" "${c:+map --output=json}" "check --output=json" "measure -O qcow2 -o $o"; do
            [ -n "$what" ] && [ "$peer" = 10 ] || continue
            qemu-img $what a.qcow2 >theirs 2>&1
            "$img" $what a.qcow2 >ours 2>&1
            check "$what says what qemu-img's does" cmp theirs ours
        done
        qemu-img convert $c -f raw -O qcow2 -o $o src.raw q.qcow2
        status 0 "qemu-img's image is fine" "$img" check q.qcow2
        status 0 "and the same" "$img" compare -f raw -F qcow2 src.raw q.qcow2
    done
done

# -- Other formats --
for f in vdi vhdx vpc vmdk; do
    status 0 "convert to $f" "$img" convert -f raw -O $f src.raw o.$f
    peer_agrees "qemu-img finds the same" compare -f raw -F $f src.raw o.$f
    [ $f = vpc ] || peer_agrees "and nothing wrong" check o.$f
    status 0 "back from $f" "$img" convert -f $f -O raw o.$f b.raw
    check "all bytes" cmp src.raw b.raw
done
# The sizes of vpc images are the geometry's, where nothing else is asked for.
for f in vdi vpc,force_size=on vpc,subformat=fixed,force_size=on vmdk vmdk,subformat=streamOptimized vhdx vhdx,block_state_zero=off,block_size=1M \
    vhdx,subformat=fixed,log_size=2M vhdx,subformat=fixed,block_state_zero=off; do # the last one's file ends with the disk
    [ -n "$peer" ] || continue
    case $f in
    *,*) qemu-img convert -f raw -O ${f%%,*} -o "${f#*,}" src.raw t.img ;;
    *) qemu-img convert -f raw -O $f src.raw t.img ;;
    esac
    status 0 "qemu-img's $f" "$img" compare -f ${f%%,*} -F raw t.img src.raw
    case $f in *stream*) continue ;; esac
    status 0 "is written to" "$img" convert -n -f raw -O ${f%%,*} some6.raw t.img
    peer_agrees "as qemu-img sees" compare -f ${f%%,*} -F raw t.img some6.raw
done

# -- vhdx --
for o in block_size=1M block_size=2M,log_size=2M,block_state_zero=off subformat=fixed,block_size=1M; do
    status 0 "convert to vhdx, $o" "$img" convert -f raw -O vhdx -o $o src.raw v.vhdx
    status 0 "it is fine" "$img" check v.vhdx
    status 0 "and the same" "$img" compare -f raw -F vhdx src.raw v.vhdx
    [ -n "$peer" ] || continue
    peer_agrees "qemu-img finds nothing wrong" check v.vhdx
    peer_agrees "qemu-img finds the same" compare -f raw -F vhdx src.raw v.vhdx
    peer_agrees "what it writes there" convert -n -f raw -O vhdx some6.raw v.vhdx
    status 0 "is the same here" "$img" compare -f raw -F vhdx some6.raw v.vhdx
    for what in info "info --output=json" "check --output=json"; do
        [ "$peer" = 10 ] || continue
        qemu-img $what v.vhdx >theirs 2>&1
        "$img" $what v.vhdx >ours 2>&1
        check "$what says what qemu-img's does" cmp theirs ours
    done
done
log_used() { # log_used IMAGE: a header has the GUID of a log that is in use
    for at in 65584 131120; do
        [ "$(dd if="$1" bs=1 skip=$at count=16 2>/dev/null | tr -d '\0' | wc -c)" -gt 0 ] && return
    done
    return 1
}
"$img" create -q -f vhdx -o block_size=1M k.vhdx 512M
"$img" bench -f vhdx -w -c 100000000 -d 1 -s 4096 -S 1M --flush-interval 1 k.vhdx >/dev/null &
writer=$!
wait_for log_used k.vhdx
kill -9 $writer
wait $writer 2>/dev/null
status 1 "a vhdx image that was not closed is not read" "$img" info k.vhdx
says "says what to do" "mynah-img check -r all 'k.vhdx'"
cp k.vhdx k2.vhdx
status 0 "check -r all" "$img" check -r all k.vhdx
says "says so" "inconsistencies were found and repaired"
status 0 "is fine then" "$img" check k.vhdx
peer_agrees "for qemu-img too" check k.vhdx
peer_agrees "qemu-img puts the log in place" check -r all k2.vhdx
[ -n "$peer" ] && status 0 "and has the same" "$img" compare k.vhdx k2.vhdx
status 1 "blocks of 3 MiB" "$img" create -f vhdx -o block_size=3M x.vhdx 1M
says "says why" "Block size must be a power of two"
status 1 "65 TiB" "$img" create -f vhdx x.vhdx 65T
status 1 "vhdx is not resized" "$img" resize k.vhdx 1G

# -- NBD --
if have qemu-nbd; then
    qemu-img convert -f raw -O qcow2 src.raw n.qcow2
    for format in raw qcow2; do # the server's format: then ours is what it exports, or the file as it is
        qemu-nbd -t -k "$tmp/nbd.sock" -f $format -x disk n.qcow2 &
        server=$!
        wait_for listens "$tmp/nbd.sock"
        ours=$([ $format = raw ] && echo qcow2 || echo raw)
        uri="nbd:unix:$tmp/nbd.sock:exportname=disk"
        status 0 "$ours over NBD" "$img" compare -f $ours -F raw "$uri" src.raw
        status 0 "by a URI" "$img" compare -f $ours -F raw "nbd+unix:///disk?socket=$tmp/nbd.sock" src.raw
        status 1 "an export that is not there" "$img" info "nbd:unix:$tmp/nbd.sock:exportname=none"
        if [ $format = qcow2 ]; then
            status 0 "written" "$img" convert -n -f raw -O raw some6.raw "$uri"
            status 0 "reads so" "$img" compare -f raw -F raw "$uri" some6.raw
            (echo "info block"; echo q) | timeout 60 "$MYNAH" -M riscv64-virt -m 32M -bios none -display none -S \
                -monitor stdio -serial null \
                -blockdev driver=nbd,node-name=n,server.type=unix,server.path="$tmp/nbd.sock",export=disk >out 2>err
            says "-blockdev driver=nbd" "n: nbd:unix:$tmp/nbd.sock:exportname=disk (nbd)"
        fi
        kill $server
        wait $server 2>/dev/null
        rm -f nbd.sock
    done
    status 1 "no server" "$img" info "nbd:unix:$tmp/nbd.sock"
fi

# -- Chains --
"$img" convert -f raw -O qcow2 src.raw base.qcow2
status 0 "create on a backing file" "$img" create -f qcow2 -b base.qcow2 -F qcow2 top.qcow2
says "which is noted" "backing_file=base.qcow2 backing_fmt=qcow2"
status 1 "a backing file without format" "$img" create -f qcow2 -b base.qcow2 x.qcow2
says "says why" "Backing file specified without backing format"
status 0 "reads as it" "$img" compare top.qcow2 base.qcow2
status 0 "info of a chain" "$img" info --backing-chain top.qcow2
check "has both" [ "$(grep -c '^image:' out)" = 2 ]
dd if=some of=new.raw bs=64k count=20 2>/dev/null
truncate -s 6M new.raw
status 0 "convert into what is there" "$img" convert -n -f raw -O qcow2 new.raw top.qcow2
status 0 "writes all of it" "$img" compare -F raw top.qcow2 new.raw
"$img" convert -f raw -O qcow2 new.raw other.qcow2
status 0 "rebase" "$img" rebase -b other.qcow2 -F qcow2 top.qcow2
status 0 "changes nothing of it" "$img" compare -F raw top.qcow2 new.raw
status 0 "rebase onto nothing" "$img" rebase -b "" top.qcow2
status 0 "neither" "$img" compare -F raw top.qcow2 new.raw
"$img" create -q -f qcow2 -b base.qcow2 -F qcow2 top.qcow2 8M
"$img" convert -n -f raw -O qcow2 new.raw top.qcow2
status 0 "commit" "$img" commit top.qcow2
status 0 "makes the base the same" "$img" compare -F raw base.qcow2 new.raw
status 0 "which is larger and fine" "$img" check base.qcow2
cp top.qcow2 loop.qcow2
"$img" rebase -u -b loop.qcow2 -F qcow2 loop.qcow2
status 1 "an image behind itself" timeout 60 "$img" map loop.qcow2
status 1 "also for info" timeout 60 "$img" info --backing-chain loop.qcow2
says "which says so" "infinite loop"

# -- Sizes, snapshots, parts --
"$img" convert -f raw -O qcow2 src.raw a.qcow2
status 0 "snapshot" "$img" snapshot -c one a.qcow2
status 0 "resize" "$img" resize a.qcow2 +10M
says "says so" "Image resized."
status 1 "to less" "$img" resize a.qcow2 1M
status 0 "with --shrink" "$img" resize --shrink a.qcow2 -15M
status 0 "or behind --" "$img" resize a.qcow2 --shrink -- -512
status 0 "is fine" "$img" check a.qcow2
status 0 "convert -l" "$img" convert -l one -O raw a.qcow2 b.raw
check "has the snapshot" cmp src.raw b.raw
status 0 "snapshot -a" "$img" snapshot -a one a.qcow2
status 0 "brings it back" "$img" compare -f qcow2 -F raw a.qcow2 src.raw
status 0 "snapshot -d" "$img" snapshot -d one a.qcow2
status 0 "leaves it fine" "$img" check a.qcow2
status 0 "dd" "$img" dd -f raw -O raw bs=1k skip=100 count=1000 if=src.raw of=part.raw
dd if=src.raw of=want.raw bs=1k skip=100 count=1000 2>/dev/null
check "copies that" cmp part.raw want.raw
status 0 "bench" "$img" bench -c 100 -w a.qcow2
for p in metadata falloc full; do
    status 0 "preallocation=$p" "$img" create -f qcow2 -o preallocation=$p,cluster_size=4k p.qcow2 3M
    status 0 "is fine" "$img" check p.qcow2
    check "all clusters" grep -q '768/768 = 100.00% allocated' out
done

# -- What is wrong --
status 1 "no image" "$img" info none.qcow2
status 63 "check of a raw image" "$img" check -f raw src.raw
status 1 "compare of what differs" "$img" compare -f raw -F raw src.raw new.raw
says "says where" "Content mismatch at offset"
status 2 "compare with none" "$img" compare src.raw none.raw
status 1 "no command" "$img" nothing
status 1 "a size that is none" "$img" create x 1X
status 1 "an option that is none" "$img" create -f qcow2 -o foo=1 x.qcow2 1M
check "made nothing" [ ! -e x.qcow2 ]
for bad in "2 8 \\0\\0" "3 8000 \\0\\1"; do # a refcount of the block at 128K: of a cluster that is used, of one that is not
    set -- $bad
    cp base.qcow2 bad.qcow2
    printf "$3" | dd of=bad.qcow2 bs=1 seek=$((131072 + $2)) conv=notrunc 2>/dev/null
    status "$1" "check of a wrong refcount" "$img" check bad.qcow2
    status 0 "check -r all" "$img" check -r all bad.qcow2
    says "says so" "inconsistencies were found and repaired"
    status 0 "is fine then" "$img" check bad.qcow2
    peer_agrees "for qemu-img too" check bad.qcow2
    status 0 "and the same" "$img" compare bad.qcow2 base.qcow2
done
head -c 200000 base.qcow2 >cut.qcow2
status 1 "an image that was cut off" "$img" convert -O raw cut.qcow2 b.raw
done_testing
