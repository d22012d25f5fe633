#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian's kernel as a hypervisor (KVM) on arm64-virt, with Debian's kernels as its guests: at EL2 alone, with VHE, a
# GICv2 and a GICv3, two CPUs, and a 32-bit guest. kvm.c is the program that makes the virtual machine.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
here=$(dirname "$0")
need_programs aarch64-linux-gnu-gcc dtc
linux_guest armhf
kernel32=$kernel initramfs32=$initramfs
linux_guest arm64
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT

tree() { # tree CPUS GIC INITRD TIMER
    local i gic='compatible = "arm,gic-v3"; reg = <0 0x8000000 0 0x10000>, <0 0x80a0000 0 0x100000>;'
    [ "$2" = 3 ] || gic='compatible = "arm,cortex-a15-gic"; reg = <0 0x8000000 0 0x1000>, <0 0x8010000 0 0x2000>;'
    cat <<END
/dts-v1/;
/ {
    #address-cells = <2>;
    #size-cells = <2>;
    compatible = "linux,dummy-virt";
    interrupt-parent = <&gic>;
    chosen {
        bootargs = "console=ttyS0 quiet";
        linux,initrd-start = <0x88000000>;
        linux,initrd-end = <$((0x88000000 + $(stat -c %s "$3")))>;
    };
    memory@80000000 {
        device_type = "memory";
        reg = <0 0x80000000 0 0xc000000>;
    };
    cpus {
        #address-cells = <1>;
        #size-cells = <0>;
END
    for ((i = 0; i < $1; i++)); do
        echo "cpu@$i { device_type = \"cpu\"; compatible = \"arm,armv8\"; reg = <$i>; enable-method = \"psci\"; };"
    done
    cat <<END
    };
    psci {
        compatible = "arm,psci-0.2";
        method = "hvc";
    };
    timer {
        compatible = "$4";
        interrupts = <1 13 4>, <1 14 4>, <1 11 4>, <1 10 4>;
    };
    gic: intc {
        $gic
        #interrupt-cells = <3>;
        interrupt-controller;
    };
    serial@9000000 {
        compatible = "ns16550a";
        reg = <0 0x9000000 0 8>;
        clock-frequency = <1843200>;
        interrupts = <0 1 4>;
    };
};
END
}

mkdir "$work/ramfs"
aarch64-linux-gnu-gcc -static -O1 -Wall -Wextra -pthread -o "$work/ramfs/kvm" "$here/kvm.c" ||
    { echo "Bail out! kvm.c cannot be built"; exit 1; }
cp "$kernel" "$work/ramfs/kernel64"
cp "$kernel32" "$work/ramfs/kernel32"
# What the guest's guest does: it tells of itself, and powers off.
for bits in 32 64; do
    from=initramfs$bits
    [ $bits = 32 ] || from=initramfs
    mkdir -p "$work/inner"
    cat >"$work/inner/init" <<'END'
#!/bin/sh
mount -t proc p /proc; mount -t devtmpfs d /dev
echo "VIRTUAL $(uname -m), CPUs: $(nproc)"
dd if=/dev/zero bs=64k count=64 2>/dev/null | md5sum
poweroff -f
END
    chmod +x "$work/inner/init"
    { cat "${!from}"; (cd "$work/inner" && echo init | cpio --quiet -o -H newc | gzip -1n); } >"$work/ramfs/initrd$bits"
done
for gic in 2 3; do
    for cpus in 1 2; do
        tree $cpus $gic "$work/ramfs/initrd64" arm,armv8-timer | dtc -q -O dtb -o "$work/ramfs/64-$gic-$cpus"
        tree $cpus $gic "$work/ramfs/initrd32" arm,armv7-timer | dtc -q -O dtb -o "$work/ramfs/32-$gic-$cpus"
    done
done
ramfs_pack

host() { # host TITLE MODE OPTION...
    local title=$1 mode=$2
    shift 2
    start "$title" 200 "${board[@]}" -m 1G "$@" -kernel "$kernel" -initrd "$work/initrd" -append "console=$console" &&
        expect "$mode mode initialized successfully" && expect "BOOTED Linux"
}
virtual() { # virtual BITS GIC CPUS MACHINE
    send "/kvm /kernel$1 /$1-$2-$3 /initrd$1 $3 $2 $1"
    expect "VIRTUAL $4, CPUs: $3" && expect b5cfa9d6c8febd618f91ac2843d50a1c && expect VIRTUAL-POWER-OFF
}

host "VHE, GICv3" VHE -M arm64-virt,virtualization=on,gic-version=3 -cpu max -smp 2 &&
    virtual 64 3 2 aarch64 && virtual 32 3 1 armv7l && send "poweroff -f" && finish 0
host "EL2 alone, GICv2" "Hyp nVHE" -M arm64-virt,virtualization=on,gic-version=2 -cpu cortex-a72 &&
    virtual 64 2 1 aarch64 && virtual 32 2 2 armv7l && send "poweroff -f" && finish 0
done_testing
