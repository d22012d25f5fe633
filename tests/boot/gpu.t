#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# virtio-gpu under Debian's arm64 kernel: its driver reads EDID and makes a console of text, which screendump sees, and a
# snapshot keeps.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
linux_guest arm64
need_programs xz cpio socat python3
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; rm -rf "$work"' EXIT
ramfs_modules "" drivers/virtio/virtio_dma_buf drivers/gpu/drm/drm drivers/gpu/drm/drm_kms_helper \
    drivers/gpu/drm/drm_shmem_helper drivers/gpu/drm/virtio/virtio-gpu
ramfs_pack
mkdir "$work/snapshots"
start "virtio-gpu" 240 "${board[@]}" -m 512M -kernel "$kernel" -initrd "$work/initrd" -append "console=$console quiet" \
    -device virtio-gpu-pci,id=vga,xres=800,yres=600 -monitor "unix:$work/monitor,server=on,wait=off" \
    -snapshot-dir "$work/snapshots"
expect "BOOTED Linux" && send /load && expect LOADED || exit
send 'for i in /sys/class/drm/card0-*; do cat $i/status; head -n 1 $i/modes; done' && expect connected && expect 800x600 || exit
send 'od -A n -t x1 -N 10 /sys/class/drm/card0-*/edid' && expect "00 ff ff ff ff ff ff 00 37 2e" || exit
send 'cat /sys/class/graphics/fb0/virtual_size' && expect "800,600" || exit
# White, by letters of full blocks: one line of 100 columns, of which 50 are written, in the middle of nothing.
send 'printf "\033[2J\033[?25l\033[11;1H\033[47m%50s\033[40m" "" >/dev/tty1; echo DRA""WN' && expect DRAWN || exit
picture() { # of the monitor's, as "WIDTH HEIGHT WHITE-LIKE"
    tell monitor <<<"screendump $work/picture" >/dev/null
    python3 - "$work/picture" <<'END'
import sys
data = open(sys.argv[1], 'rb').read()
head, size, top, pixels = data.split(b'\n', 3)
width, height = map(int, size.split())
assert head == b'P6' and len(pixels) == width * height * 3
print(width, height, sum(pixels[i] > 100 and pixels[i + 1] > 100 and pixels[i + 2] > 100 for i in range(0, len(pixels), 3)))
END
}
drawn() { [ "$(picture)" = "800 600 6400" ]; } # 50 letters of 8 by 16
if wait_for drawn; then ok "the picture"; else not_ok "the picture: $(picture)"; fi
cp "$work/picture" "${KEEP:-/dev/null}" 2>/dev/null || true
tell monitor <<<$'savevm one' >/dev/null
send 'printf "\033[2J" >/dev/tty1; echo CLEA""RED' && expect CLEARED || exit
cleared() { [ "$(picture)" = "800 600 0" ]; }
if wait_for cleared; then ok "another picture"; else not_ok "another picture: $(picture)"; fi
tell monitor <<<$'loadvm one' >/dev/null
if drawn; then ok "the picture of the snapshot"; else not_ok "the picture of the snapshot: $(picture)"; fi
send 'printf "\033[2J" >/dev/tty1; echo AGA""IN' && expect AGAIN || exit
if wait_for cleared; then ok "the driver goes on"; else not_ok "the driver goes on: $(picture)"; fi
send "poweroff -f" && finish 0
done_testing
