#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Options and their values: each mistake is one line and status 1.
. tests/cli/lib.sh
power_off_guest "$tmp/off.bin"
v="-M riscv64-virt -display none -bios $tmp/off.bin"

# -- Names --
rejects "-kernle: there is no such option; did you mean '-kernel'?" -kernle x
rejects "--serail: there is no such option; did you mean '-serial'?" --serail x
rejects "-frobnicate-everything: there is no such option (see --help)" -frobnicate-everything
rejects "-kernel: expected an argument" -M riscv64-virt -kernel
for o in usb readconfig spice acpitable; do
    rejects "-$o: QEMU has this option, mynah does not yet" -$o x
done
ln -s "$MYNAH" "$tmp/mynah-system-vax"
check "a link of unknown name is refused" sh -c '! "$1" -version 2>/dev/null' sh "$tmp/mynah-system-vax"

# -- Machines, CPUs, memory --
rejects "-M: no machine is given (see -M help)" -display none
rejects "-M riscv64-vrit: no such machine (did you mean 'riscv64-virt'?)" -M riscv64-vrit
rejects "-M virt: no such machine (did you mean 'riscv64-virt'?)" -M virt
rejects "-M opentitan: QEMU has this machine, mynah does not yet; see -M help" -M opentitan
rejects "-M: aclint=maybe: expected on or off" $v -M aclint=maybe
rejects "-M: aia=plic: expected one of: none, aplic, aplic-imsic" $v -M aia=plic
rejects "-M: aia-guests=8: expected a number from 0 to 7" $v -M aia=aplic-imsic,aia-guests=8
rejects "-M: usb=on: this board has no USB; expected -device qemu-xhci where it has PCI" $v -M usb=on
rejects "-M dumpdtb=/nonexistent/x: No such file or directory" $v -M dumpdtb=/nonexistent/x
rejects "-m: size=1Q: expected a size such as 512M or 2G (a bare number is MiB)" $v -m 1Q
rejects "-m: there is no property 'szie'; did you mean 'size'?" $v -m szie=1G
rejects "-uuid 1234: expected a UUID such as 6e9b2d6c-8f0e-4f43-9a05-1c1d4b9a3c5e" $v -uuid 1234
rejects "-accel tcg: thread=both: expected one of: multi, single" $v -accel tcg,thread=both
rejects "-cpu rv46: no such RISC-V model; did you mean 'rv64'?" $v -cpu rv46
rejects "-cpu tt-ascalon: QEMU has this model, mynah does not yet: it needs V and H (-cpu help lists those it has)" $v \
    -cpu tt-ascalon
rejects "-cpu rv64: vlen: QEMU has this property, mynah does not yet" $v -cpu rv64,vlen=256
rejects "-uuid: expected an argument" $v -uuid
rejects "-name: there is no property 'proces'; did you mean 'process'?" $v -name a,proces=b
rejects "-global virtio-mmio.force-legac=off: device virtio-mmio has no property 'force-legac' (did you mean 'force-legacy'?)" \
    $v -global virtio-mmio.force-legac=off
rejects "-global a: expected DRIVER.PROPERTY=VALUE" $v -global a
"$MYNAH" $v -global a.b=c 2>"$tmp/stderr"
check "-global of a device that is not there is told" grep -q \
    "^mynah: warning: -global a.b=c: there is no device 'a'$" "$tmp/stderr"
rejects "-action watchdog=rest: watchdog=rest: expected one of: reset, shutdown, poweroff, inject-nmi, pause, debug, none" \
    $v -action watchdog=rest
rejects "-action reboot=never: reboot=never: expected one of: reset, shutdown" $v -action reboot=never

# -- Topology --
rejects "-smp: cpus=0: expected a number from 1 to 512" $v -smp 0
rejects "-smp: cpus=x: expected a number from 1 to 512" $v -smp x
rejects "-smp: sockets (3) * cores (2) * threads (1) is not maxcpus (8)" $v -smp 8,sockets=3
rejects "-smp: sockets (2) * clusters (2) * cores (2) * threads (1) is not maxcpus (4)" $v -smp 4,sockets=2,clusters=2,cores=2
rejects "-smp: cpus=4 is more than maxcpus=2" $v -smp 4,maxcpus=2
rejects "-smp: drawers=2: no machine here has drawers" $v -smp 4,drawers=2
rejects "-smp: there is no property 'corse'; did you mean 'cores'?" $v -smp 4,corse=2
for s in 4 cpus=2 2,maxcpus=4 sockets=2,cores=2 8,sockets=2,cores=2,threads=2 6,dies=3,clusters=2 "4 -smp sockets=2" 1,books=1; do
    # shellcheck disable=SC2086
    check "-smp $s" timeout 30 "$MYNAH" $v -smp $s
done

check "-smp 512" timeout 60 "$MYNAH" $v -smp 512 # 2 TiB of soft page tables leave room for memory
check "-cpu rv64i has no CSR, so the reset code reads none" timeout 30 "$MYNAH" $v -cpu rv64i

# -- Engine and time --
# A host on which no memory can be executed: here, where no file may be longer than 1 MiB, which sanitizers have some of.
starved() (
    trap '' XFSZ
    ulimit -f 1024
    timeout 30 "$MYNAH" "$@" </dev/null 2>&1 | cat
)
unusable="-accel tcg: failed to initialize tcg: there is no memory for translated code: File too large"
check "-accel tcg that cannot be" [ "$(starved $v -accel tcg)" = "mynah: $unusable" ]
check "... and the accelerator that is fallen back to" \
    [ "$(starved $v -accel tcg -accel interp)" = "mynah: warning: $unusable; falling back to interp" ]
rejects "-accel kvm: QEMU has this accelerator, mynah does not yet; expected one of: tcg, interp" $v -accel kvm
rejects "-accel tgc: there is no such accelerator; did you mean 'tcg'?" $v -accel tgc
rejects "-accel hvm: there is no such accelerator; expected one of: tcg, interp" $v -accel hvm
rejects "-accel nvmm: QEMU has this accelerator, mynah does not yet; expected one of: tcg, interp" $v -accel kvm -accel nvmm
rejects "-accel interp: there is no property 'mmu'" $v -accel interp,mmu=flat
rejects "-accel interp: there is no property 'thred'; did you mean 'thread'?" $v -accel interp,thred=single
rejects "-accel tgc: there is no such accelerator; did you mean 'tcg'?" $v -accel tgc,help
rejects "-machine accel: expected an accelerator (see -accel help)" $v -M accel=
rejects "-accel tcg: there is no property 'thred'; did you mean 'thread'?" $v -accel tcg,thred=single
rejects "-accel tcg: tb-size=x: expected a number from 0 to 2047" $v -accel tcg,tb-size=x
rejects "-accel tcg: host-features=-avz: expected baseline, or features to leave out such as -avx" \
    $v -accel tcg,host-features=-avz
rejects "-accel cannot be combined with -machine accel=" $v -M accel=tcg -accel tcg
rejects "-machine accel kvm: QEMU has this accelerator, mynah does not yet; expected one of: tcg, interp" $v -M accel=kvm
rejects "-icount: shift=21: expected a number from 0 to 20" $v -icount shift=21
rejects "-icount: shift=Auto: expected a number from 0 to 20" $v -icount shift=Auto
rejects "-icount: expected shift=N, a number from 0 to 20 or auto" $v -icount align=on
rejects "-icount: align=on: an idle machine waits for real time too: sleep=off is not possible with it" \
    $v -icount auto,align=on,sleep=off
rejects "-icount: rr=record: expected rrfile=FILE" $v -icount 3,rr=record
rejects "-icount: rr=play: expected one of: none, record, replay" $v -icount 3,rr=play,rrfile=x
rejects "-icount: rrfile=/nowhere/x: cannot open it: No such file or directory" $v -icount 3,rr=replay,rrfile=/nowhere/x
rejects "-icount: rrfile=/dev/null: it is no recording" $v -icount 3,rr=replay,rrfile=/dev/null
rejects "-icount: rrsnapshot=s: no drive can hold snapshots: the folder for them is to be given by -snapshot-dir" $v \
    -icount "3,rr=record,rrfile=$tmp/log,rrsnapshot=s"
rejects "-accel tcg: thread=multi: with -icount all CPUs take turns on one thread" $v -icount 1 -accel tcg,thread=multi
rejects "-rtc: base=yesterday: expected utc, localtime or a date such as 2006-06-17T16:01:21" $v -rtc base=yesterday
rejects "-rtc: base=2296-06-17: expected a date from 1970 to 2261" $v -rtc base=2296-06-17
rejects "-rtc: base=1969-12-31: expected a date from 1970 to 2261" $v -rtc base=1969-12-31
rejects "-rtc: driftfix=sloow: expected one of: none, slew" $v -rtc driftfix=sloow
rejects "-rtc: there is no property 'bse'; did you mean 'base'?" $v -rtc bse=utc
for a in "-accel tcg,interp=on" "-accel interp,thread=single,tb-size=16" "-accel bogus -accel interp" "-M accel=kvm:interp" "-accel tcg,mmu=tagged,host-features=baseline" "-accel tcg,host-features=-avx:-bmi2" \
    "-accel kvm -accel tcg" "-M accel=kvm:tcg" "-accel tcg,thread=single,tb-size=16,one-insn-per-tb=on" "-icount 3,sleep=off" \
    "-icount auto" "-icount 20,align=on" \
    "-icount shift=0" "-rtc base=2020-01-01,clock=vm" "-rtc base=localtime -rtc clock=rt"; do
    # shellcheck disable=SC2086
    check "$a" timeout 30 "$MYNAH" $v $a
done

# -- Servers: who reaches one has it --
"$MYNAH" $v -chardev socket,id=s,host=0.0.0.0,port=0,server=on,wait=off 2>"$tmp/stderr"
check "a server that everybody reaches is told" grep -q \
    '^mynah: s: tcp:0.0.0.0:[0-9]* listens on all interfaces, without authentication$' "$tmp/stderr"
"$MYNAH" $v -serial telnet::0,server,nowait -monitor tcp::0,server,nowait -qmp tcp:localhost:0,server,nowait -gdb tcp::0 \
    2>"$tmp/stderr"
check "one without a host is for this machine, and says nothing" [ ! -s "$tmp/stderr" ]

# -- Ports, displays --
rejects "-serial stido: 'stido': there is no such back end; did you mean 'stdio'?" $v -serial stido
rejects "-serial vc: vc: there is no display to show a virtual console on" $v -serial vc
rejects "-serial websocket::1,server: websocket: QEMU has this back end, mynah does not yet" $v -serial websocket::1,server
rejects "-serial stdio, the default: stdio is in use by another character device" -M riscv64-virt -monitor stdio -nographic
rejects "-serial: chardev 'c' is in use (mux=on lets several share it)" $v -chardev null,id=c -mon c -serial chardev:c
rejects "-chardev null,id=1: id=1: expected a letter followed by letters, digits, '-', '.' or '_'" $v -chardev null,id=1
rejects "-chardev socket,id=c: socket: expected path=FILE, host=HOST and port=PORT, or fd=N" $v -chardev socket,id=c
rejects "-serial chardev:x: there is no chardev with id 'x'" $v -serial chardev:x
rejects "-serial stdio: stdio is in use by another character device" $v -serial stdio -serial stdio
rejects "-chardev stdio: expected id=NAME" $v -chardev stdio
rejects "-chardev null,id=a: id=a: another character device has this id" $v -chardev null,id=a -chardev null,id=a
rejects "-mon x: chardev=x: there is no chardev with this id" $v -mon x
rejects "-display gtk: mynah has no displays yet; expected none" $v -display gtk
rejects "-display nnoe: there is no such display; did you mean 'none'?" $v -display nnoe
rejects "-echr 256: expected the code of a character, 0 to 255" $v -echr 256
rejects "-nographic cannot be used with -daemonize" -M riscv64-virt -nographic -daemonize
rejects "-serial stdio: stdio cannot be used with -daemonize" $v -serial stdio -daemonize

# -- What has little to say to these boards --
for a in "-boot c" "-boot order=dc,menu=on,strict=off" "-boot once=n" "-k en-us" "-audio none" "-audio driver=none,model=hda" \
    "-audiodev none,id=a" "-vnc none" "-sandbox off" "-run-with async-teardown=on" "-watchdog-action reset" "-seed 5" \
    "-action watchdog=none" "-M memory=64M,smp.cpus=2,smp.cores=2,boot.order=c" "-M memory.size=64M" "-rtc driftfix=slew" \
    "-object rng-builtin,id=r -device virtio-rng-device,rng=r" "-object {\"qom-type\":\"rng-builtin\",\"id\":\"r\"}" \
    "-device virtio-rng-device,rng=r -object rng-random,id=r,filename=/dev/urandom" \
    "-object memory-backend-ram,id=m,size=48M,share=off -M memory-backend=m" \
    "-device virtio-blk-device,drive=d,bootindex=1,write-cache=on,share-rw=off -drive if=none,id=d,format=raw,file=$tmp/disk" \
    "-nic model=virtio-net-device" "-device virtio-net-device,bootindex=2"; do
    [ -e "$tmp/disk" ] || truncate -s 1M "$tmp/disk"
    # shellcheck disable=SC2086
    check "$a" timeout 30 "$MYNAH" $v $a
done
rejects "-boot order=cxz: order=cxz: expected letters from a to p, each once" $v -boot order=cxz
rejects "-boot cc: order=cc: expected letters from a to p, each once" $v -boot cc
rejects "-boot splash=x: splash: QEMU has this property, mynah does not yet" $v -boot splash=x
rejects "-boot: there is no property 'ordr'; did you mean 'order'?" $v -boot ordr=c
rejects "-smp: there is no property 'cors'; did you mean 'cores'?" $v -M smp.cors=2
rejects "-audio pa: QEMU has this, mynah does not yet; expected none" $v -audio pa
rejects "-audiodev none: expected id=NAME" $v -audiodev none
rejects "-vnc :1: QEMU has this, mynah does not yet; expected none" $v -vnc :1
rejects "-sandbox on: QEMU has this, mynah does not yet; expected off" $v -sandbox on
rejects "-run-with chroot=/: chroot: QEMU has this property, mynah does not yet" $v -run-with chroot=/
rejects "-seed x: expected a number" $v -seed x
rejects "-watchdog-action rest: expected one of: reset, shutdown, poweroff, inject-nmi, pause, debug, none" \
    $v -watchdog-action rest
rejects "-object rng-bultin,id=r: 'rng-bultin': there is no such kind of object; did you mean 'rng-builtin'?" \
    $v -object rng-bultin,id=r
rejects "-object iothread,id=i: iothread: QEMU has this kind of object, mynah does not yet" $v -object iothread,id=i
rejects "-object rng-builtin: expected id=NAME" $v -object rng-builtin
rejects "-object rng-builtin,id=r: id=r: another object has this id" $v -object rng-builtin,id=r -object rng-builtin,id=r
rejects "-object rng-random,id=r,filename=/nonexistent: filename=/nonexistent: No such file or directory" \
    $v -object rng-random,id=r,filename=/nonexistent
rejects "-object memory-backend-ram,id=m: expected size=SIZE" $v -object memory-backend-ram,id=m
rejects "-M memory-backend=m: expected the id of an -object memory-backend-ram, -file or -memfd" $v -M memory-backend=m
rejects "-M memory-backend=m: its size is not that of -m" $v -m 64M -M memory-backend=m -object memory-backend-ram,id=m,size=48M
rejects "-device virtio-rng-device,rng=x: virtio-rng-device: rng=x: expected the id of an -object rng-builtin or rng-random" \
    $v -device virtio-rng-device,rng=x
rejects "-device virtio-blk-device,drive=d,write-cache=maybe: virtio-blk-device: write-cache=maybe: expected on, off or auto" \
    $v -device virtio-blk-device,drive=d,write-cache=maybe -drive "if=none,id=d,format=raw,file=$tmp/disk"
places="the machine has no such place for a drive; expected if=virtio, if=pflash, or if=none with -device"
rejects "-drive id=sd0,if=sd,index=0: $places" \
    $v -drive "if=sd,format=raw,file=$tmp/disk"
rejects "-drive id=pflash2,if=pflash,index=2: $places" \
    $v -drive "if=pflash,unit=2,format=raw,file=$tmp/disk"
rejects "-nic: model=ne2k_pci: mynah does not yet have this; expected virtio-net-pci" $v -nic user,model=ne2k_pci
for i in 1 2; do
    "$MYNAH" $v -m 32M -seed 7 -M dumpdtb="$tmp/seed$i.dtb"
done
check "-seed: the same seed" cmp -s "$tmp/seed1.dtb" "$tmp/seed2.dtb"
"$MYNAH" $v -m 32M -seed 8 -M dumpdtb="$tmp/seed2.dtb"
check "-seed: another seed" sh -c '! cmp -s "$1/seed1.dtb" "$1/seed2.dtb"' sh "$tmp"

# -- Files --
"$MYNAH" $v -L /nonexistent 2>"$tmp/stderr"
check "-L of a folder that is not there" grep -q "^mynah: warning: -L /nonexistent: there is no such folder$" "$tmp/stderr"
"$MYNAH" $v -vga std 2>"$tmp/stderr"
check "-vga std" grep -q "^mynah: warning: -vga std: no machine here has a place for it$" "$tmp/stderr"
rejects "-vga sdt: there is no such graphics card; expected none" $v -vga sdt
"$MYNAH" $v -netdev user,id=alone 2>"$tmp/stderr"
check "a network without a device" grep -q "^mynah: warning: the network back end alone is not used by a device$" "$tmp/stderr"
check "-m 0 is the default" timeout 30 "$MYNAH" $v -m 0
rejects "-foo: there is no such option (see --help)" $v -foo
rejects "-D /nonexistent/log: No such file or directory" $v -D /nonexistent/log
rejects "-pidfile /nonexistent/pid: No such file or directory" $v -pidfile /nonexistent/pid
rejects "-drive file=/nonexistent: cannot open '/nonexistent': No such file or directory" $v -drive file=/nonexistent
rejects "-drive: bps and bps_rd or bps_wr: expected one or the other" $v -drive file=x,format=raw,bps=1000,bps_rd=1
rejects "-drive: iops_max: expected at least iops" $v -drive file=x,format=raw,throttling.iops-total=9,iops_max=1
rejects "-hda nonexistent.img: cannot open 'nonexistent.img': No such file or directory" nonexistent.img $v
rejects "-fw_cfg name=opt/x: expected name=NAME and either file=FILE or string=TEXT" $v -fw_cfg name=opt/x
rejects "-smbios type=0,release=1: release=1: expected two numbers, 1.2" $v -smbios type=0,release=1
rejects "-smbios type=1,uuid=x: uuid=x: expected a UUID such as 6e9b2d6c-8f0e-4f43-9a05-1c1d4b9a3c5e" $v -smbios type=1,uuid=x
rejects "-smbios type=99: expected file=FILE, or type=0, 1, 2, 3, 4, 8, 11, 17 or 41" $v -smbios type=99
rejects "-smbios file=/dev/null: file=/dev/null: expected one SMBIOS structure with its strings" $v -smbios file=/dev/null
rejects "-smbios type=41,pcidev=x: there is no PCI device of this id" $v -smbios type=41,pcidev=x
rejects "-smbios: machine riscv64-spike has no firmware configuration device" -M riscv64-spike -bios none -display none -smbios type=1
rejects "-chardev file,id=f,path=/nonexistent/x: path=/nonexistent/x: No such file or directory" \
    $v -chardev file,id=f,path=/nonexistent/x

rejects "-chardev file,id=f,path=/dev/null,input-path=/nonexistent: input-path=/nonexistent: No such file or directory" \
    $v -chardev file,id=f,path=/dev/null,input-path=/nonexistent

# -- Logs, devices, networks --
rejects "-d frobnicate: 'frobnicate': there is no such topic (see -d help)" $v -d frobnicate
rejects "-d in_ams: 'in_ams': there is no such topic; did you mean 'in_asm'?" $v -d in_ams
rejects "-d stid: 'stid': there is no such topic; did you mean 'tid'?" $v -d stid
"$MYNAH" $v -d op_ind,op_plugin,plugin,pcall,strace,tid,invalid_mem,fpu,vpu,trace:x 2>"$tmp/stderr"
check "QEMU's topics that say nothing here" [ "$(grep -c '^mynah: warning: -d .* says nothing here: ' "$tmp/stderr")" = 8 ]
rejects "-dfilter xyz: expected addresses such as 0x8000..0x8fff,0x1000+0x200,0x7000-0x100" $v -dfilter xyz
rejects "-device virtio-blk-devic: 'virtio-blk-devic' is not a valid device model name (did you mean 'virtio-blk-device'?)" $v -device virtio-blk-devic
rejects "-device virtio-sound-pci: 'virtio-sound-pci': QEMU has this device, mynah does not yet" $v -device virtio-sound-pci
rejects "-device virtio-rng-pci,adr=3: device virtio-rng-pci has no property 'adr' (did you mean 'addr'?)" $v -device virtio-rng-pci,adr=3
rejects "-global virtio-rng-pci.period=x: device virtio-rng-device: period='x': expected a number from 0 to 4294967295" \
    $v -global virtio-rng-pci.period=x
rejects "-device virtio-rng: virtio-rng-device: period=0: expected milliseconds" $v -global virtio-rng-pci.period=0 -device virtio-rng
rejects "-device virtio-crypto-device: 'virtio-crypto-device': QEMU has this device, mynah does not yet" $v -device virtio-crypto-device
rejects "-device igb: 'igb': QEMU has this device, mynah does not yet" $v -device igb
rejects "-device virtio-rng-device,id=1: id=1: expected a letter followed by letters, digits, '-', '.' or '_'" \
    $v -device virtio-rng-device,id=1
rejects "-device virtio-rmg: 'virtio-rmg' is not a valid device model name (did you mean 'virtio-rng'?)" $v -device virtio-rmg
rejects "-device nosuch: there is no such device (see -device help)" -device nosuch,help
rejects "-M nosuch: there is no such machine (see -M help)" -M nosuch,help
rejects "-netdev usr: expected bridge, dgram, hubport, socket, stream, tap, user" $v -netdev usr,id=n
for a in "-nodefaults" "-no-user-config" "-name vm,process=vm" "-uuid 2b82de4d-f341-4506-a529-3492bd4f6808" "-nic none" \
    "-vga none -parallel none" "-overcommit mem-lock=off" "-no-acpi" "-msg timestamp=on" "-d guest_errors,unimp -D $tmp/log" \
    "-fw_cfg opt/x,string=y" "-device virtio-rng-device" "-device {\"driver\":\"virtio-rng-device\",\"id\":\"r\"}" \
    "-global virtio-mmio.force-legacy=false" "-chardev null,id=n -serial chardev:n" "-serial none" "-m 64 -m size=128M"; do
    # shellcheck disable=SC2086
    check "$a" timeout 30 "$MYNAH" $v $a
done

# -- Keys that are not there, beside those that are missing --
no() { rejects "$1: there is no property '$2'; did you mean '$3'?" $v $4; }
no -drive fil file "-drive fil=x"
no -drive snapsot snapshot "-drive file=x,format=raw,snapsot=on"
no "-netdev user" hostfw hostfwd "-netdev user,hostfw=tcp::1-:1"
no "-netdev user" di id "-netdev user,di=n"
no "-nic user" modle model "-nic user,modle=virtio"
no "-net nic" netdv netdev "-net nic,netdv=n"
no -blockdev filenam filename "-blockdev file,node-name=n,filenam=x"
no -blockdev file.filenam file.filename "-blockdev raw,node-name=n,file.driver=file,file.filenam=x"
no -blockdev node-nam node-name "-blockdev file,node-nam=n,filename=$tmp/off.bin"
no "-object rng-random" file filename "-object rng-random,file=x"
no "-object memory-backend-ram" siz size "-object memory-backend-ram,id=m,siz=4"
no -smp core cores "-smp core=2"
no -m siz size "-m siz=4"
no -icount sift shift "-icount sift=1"
no -rtc bas base "-rtc bas=utc"
no "-accel tcg" thred thread "-accel tcg,thred=single"
no -mon mod mode "-mon mod=control"
no -fw_cfg nam name "-fw_cfg nam=x"
no -M acint aclint "-M acint=on"
no -boot ordr order "-boot ordr=c"
rejects "-chardev socket,id=c,pth=x: socket: there is no property 'pth'; did you mean 'path'?" $v -chardev socket,id=c,pth=x
rejects "-chardev socket,di=c: socket: there is no property 'di'; did you mean 'id'?" $v -chardev socket,di=c
rejects "-chardev socket,id=c,path=x,host=y: socket: expected only one of path=FILE, host=HOST and port=PORT, or fd=N" \
    $v -chardev socket,id=c,path=x,host=y
rejects "-chardev socket,id=c,host=x: port=: expected a port from 0 to 65535" $v -chardev socket,id=c,host=x
rejects "-netdev user: id: expected a name for the back end" $v -netdev user
rejects "-device virtio-blk-device,driv=x: device virtio-blk-device has no property 'driv' (did you mean 'drive'?)" \
    $v -device virtio-blk-device,driv=x

# -- -net nic,netdev= and -global of CPUs --
check "-net nic,netdev=" timeout 30 "$MYNAH" $v -netdev user,id=n -net nic,netdev=n
rejects "-net nic: netdev=x: expected the id of a -netdev" $v -net nic,netdev=x
rejects "-device virtio-net-device,netdev=n: netdev 'n' is already in use by virtio-net-device" \
    $v -netdev user,id=n -net nic,netdev=n -device virtio-net-device,netdev=n
isa() { # isa OPTION...: riscv,isa of the first hart
    rm -f "$tmp/isa.dtb"
    "$MYNAH" $v -M dumpdtb="$tmp/isa.dtb" "$@" && fdtget "$tmp/isa.dtb" /cpus/cpu@0 riscv,isa
}
check "-global riscv-cpu.zba=off" sh -c 'case $1 in *zba*) false ;; *zbb*) ;; *) false ;; esac' sh "$(isa -global riscv-cpu.zba=off)"
check "-global driver=rv64-riscv-cpu" sh -c 'case $1 in *zba*) false ;; esac' sh \
    "$(isa -global driver=rv64-riscv-cpu,property=zba,value=false)"
check "that of another model" sh -c 'case $1 in *zba*) ;; *) false ;; esac' sh "$(isa -cpu max -global rv64-riscv-cpu.zba=off)"
check "-cpu wins" sh -c 'case $1 in *zba*) ;; *) false ;; esac' sh "$(isa -cpu rv64,zba=on -global riscv-cpu.zba=off)"
rejects "-cpu rv64: no feature 'zbaa'; did you mean 'zba'?" $v -global riscv-cpu.zbaa=off

# -- The tree that -M aia makes --
"$MYNAH" $v -M aia=aplic-imsic,aia-guests=3,dumpdtb="$tmp/imsic.dtb" -smp 3
"$MYNAH" $v -M aia=aplic,dumpdtb="$tmp/aplic.dtb" -smp 3
get() { fdtget -t x "$tmp/$1.dtb" "/soc/$2" "$3"; }
check "a page a hart, and three for guests" [ "$(get imsic interrupt-controller@28000000 reg)" = "0 28000000 0 c000" ]
check "an APLIC that sends messages drives no lines" sh -c '! fdtget "$1" /soc/interrupt-controller@d000000 \
    interrupts-extended 2>/dev/null' sh "$tmp/imsic.dtb"
check "devices speak to the supervisor's domain" [ "$(get imsic serial@10000000 interrupts)" = "a 4" ]
check "IMSICs bring Smaia" sh -c 'fdtget "$1" /cpus/cpu@2 riscv,isa | grep -q _smaia_ssaia_' sh "$tmp/imsic.dtb"
check "an APLIC alone does not" sh -c '! fdtget "$1" /cpus/cpu@2 riscv,isa | grep -q smaia' sh "$tmp/aplic.dtb"
check "there is one controller" sh -c '! fdtget "$1" /soc/plic@c000000 reg 2>/dev/null' sh "$tmp/aplic.dtb"

# -- Lists --
prints "riscv64-virt " -M help
prints "aclint" -M riscv64-virt,help
prints "rv64 " -cpu help
prints "virtio-blk-device" -device help
prints "drive=<drive>" -device virtio-blk-device,help
prints "socket " -chardev help
prints "guest_errors" -d help
prints "translates guest code" -accel help
prints "interp " -accel help
prints "tb-size=<num>" -accel interp,help
prints "interp=<bool>" -accel tcg,help
prints "user" -netdev help
prints "dhcpstart=<str>                (default: 10.0.2.15)" -netdev user,help
prints "hostfwd=<str>" -nic user,help
prints "netdev=<str>" -net nic,help
prints "server=<bool>                  (default: off)" -chardev socket,help
prints "signal=<bool>                  (default: on)" -chardev stdio,help
prints "filename=<str>                 (default: /dev/urandom)" -object rng-random,help
prints "cores=<num>" -smp help
prints "sleep=<bool>                   (default: on)" -icount help
prints "driftfix=none|slew             (default: none)" -rtc help
prints "snapshot=<bool>                (default: off)" -drive help
prints "Supported formats: raw" -drive format=help
prints "file" -blockdev help
prints "filename=<str>" -blockdev file,help
prints "size=<str>" -m help
prints "order=<str>" -boot help
prints "mode=readline|control" -mon help
prints "name=<str>" -fw_cfg help
prints "manufacturer=<str>" -smbios type=1,help
prints "panic=shutdown|pause|exit-failure|none" -action help
prints "mem-lock=<bool>" -overcommit help
prints "chardev:ID" -serial help
prints "none" -vga help
prints "trace:PATTERN" -d help
prints "aclint=<bool>" -M riscv64-virt,help
prints "zba=<bool>             - address generation (default: on)" -cpu rv64,help
prints "zba=<bool>             - address generation (default: off)" -cpu rv64,zba=off,help
MYNAH=${MYNAH%/*}/mynah-system-aarch64 prints "pauth=<bool>" -M virt -cpu max,help # of the architectures that have a "max"
prints "pauth=<bool>" -cpu max,help -M arm64-virt,gic-version=3
prints "zba=<bool>" -M riscv64-virt -cpu max,help
prints "off: 32-bit (default: off)" -M arm-virt -cpu max,help
rejects "-cpu rv46: no such RISC-V model; did you mean 'rv64'?" -cpu rv46,help
rejects "-chardev sockt,help: 'sockt': there is no such back end; did you mean 'socket'?" -chardev sockt,help
rejects "-netdev vde,help: -netdev vde: QEMU has this type, mynah does not yet; expected bridge, dgram, hubport, socket, stream, tap, user" -netdev vde,help
prints "stream" -netdev help
prints "downscript=<str>" -netdev tap,help
prints "addr.path=<str>" -nic stream,help
prints "local.host=<str>" -netdev dgram,help
prints "mcast=<str>" -netdev socket,help
prints "filter-dump" -object help
prints "maxlen=<num>" -object filter-dump,help
rejects "-object filter-dump: netdev=n: there is no -netdev with this id" $v -object filter-dump,id=f,netdev=n,file="$tmp/pcap"
prints "none" -display help
prints "rng-builtin" -object help
prints "virtio-net-device" -nic user,model=help
prints "/share" -L help
prints "Mynah machine emulator version" -version
prints "-smp [cpus=]N" --help
prints "-serial " -h
ln -s "$MYNAH" "$tmp/mynah-system-riscv64"
plain=$MYNAH
MYNAH=$tmp/mynah-system-riscv64
prints "virt " -M help
prints "(default)" -M help
check "-M virt in its namespace" timeout 30 "$MYNAH" -M virt -display none -bios "$tmp/off.bin"
check "its default machine" timeout 30 "$MYNAH" -display none -bios "$tmp/off.bin"
# Under QEMU's names too: a command line needs no change, and scripts read the version off the first line.
for s in riscv64 riscv32; do
    mkdir -p "$tmp/bin"
    ln -s "$plain" "$tmp/bin/qemu-system-$s"
    MYNAH=$tmp/bin/qemu-system-$s
    prints "virt " -M help
    prints "QEMU emulator version 10.0.0 (mynah-" --version
    prints "usage: qemu-system-$s [options]" --help
    check "qemu-system-$s -M virt" timeout 30 "$MYNAH" -M virt -display none -bios "$tmp/off.bin"
done
check "found in PATH" env PATH="$tmp/bin:$PATH" timeout 30 qemu-system-riscv64 -M virt -display none -bios "$tmp/off.bin"
ln -s "$plain" "$tmp/qemu-system-s390x"
MYNAH=$tmp/qemu-system-s390x
rejects "$MYNAH: there is no such system; expected a name that ends in -system-riscv64, -system-riscv32, -system-aarch64 or -system-arm" -M virt
MYNAH=$plain

"$MYNAH" --help | sed -n 's/^-\([A-Za-z_-]*\)[, ].*/\1/p' | sort -u >"$tmp/names"
check "the list is whole" [ "$(wc -l <"$tmp/names")" -gt 50 ]

done_testing
