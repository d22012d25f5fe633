#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# virtio-vsock under Debian's arm64 kernel, whose programs' streams are made with a small program of ours, since busybox
# has none: both sides call, and files go both ways.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/ramfs.sh"
linux_guest arm64
need_programs xz cpio socat python3 aarch64-linux-gnu-gcc
work=$(mktemp -d)
trap '[ -z "$guest_pid" ] || stop; kill ${servers:-} 2>/dev/null; rm -rf "$work"' EXIT
cat >"$work/vs.c" <<'END'
/* vs call PORT | answer PORT: a stream to the host, or one that comes; standard input goes out, to its end, then what comes is printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

static void copy(int from, int to)
{
    static char buf[65536];
    ssize_t n;

    while ((n = read(from, buf, sizeof(buf))) > 0)
        for (ssize_t done = 0, w; done < n; done += w)
            if ((w = write(to, buf + done, n - done)) <= 0)
                exit(1);
}

int main(int argc, char **argv)
{
    struct sockaddr_vm a = { .svm_family = AF_VSOCK, .svm_port = atoi(argv[2]), .svm_cid = VMADDR_CID_ANY };
    int s = socket(AF_VSOCK, SOCK_STREAM, 0);

    if (!strcmp(argv[1], "call")) {
        a.svm_cid = VMADDR_CID_HOST;
        if (connect(s, (struct sockaddr *)&a, sizeof(a)))
            return perror("connect"), 2;
    } else {
        if (bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 1))
            return perror("listen"), 2;
        fputs("LISTENING\n", stderr);
        s = accept(s, NULL, NULL);
    }
    copy(0, s);
    shutdown(s, SHUT_WR);
    copy(s, 1);
    return 0;
}
END
ramfs_modules "" net/vmw_vsock/vsock net/vmw_vsock/vmw_vsock_virtio_transport_common net/vmw_vsock/vmw_vsock_virtio_transport
if ! aarch64-linux-gnu-gcc -static -O -o "$work/ramfs/vs" "$work/vs.c" 2>"$work/cc.log"; then
    ok "vsock # SKIP the guest's program can't be compiled"
    done_testing
    exit
fi
ramfs_pack
head -c 3000000 /dev/urandom >"$work/blob"
sum=$(md5sum <"$work/blob" | cut -d' ' -f1)
servers=
# What comes is kept to its end, then a file goes back.
cat >"$work/serve" <<END
#!/bin/bash
cat >"$work/came.new"
mv "$work/came.new" "$work/came"
cat "$work/blob"
END
chmod +x "$work/serve"
socat "UNIX-LISTEN:$work/v_5000,fork" "EXEC:$work/serve" 2>/dev/null &
servers=$!
wait_for test -S "$work/v_5000"

start "vsock" 240 "${board[@]}" -m 256M -kernel "$kernel" -initrd "$work/initrd" -append "console=$console quiet" \
    -device "virtio-vsock-pci,guest-cid=3,uds-path=$work/v" || exit
expect "BOOTED Linux" && send /load && expect LOADED && send 'head -c 2000000 /dev/urandom >/x; md5sum </x; echo SUM""MED' || exit
expect SUMMED || exit
sent=$(grep -aoE '[0-9a-f]{32}' "$guest_log" | tail -n 1)
send '/vs call 5000 </x >/y; md5sum </y; echo CAL""LED' && expect "$sum" && expect CALLED || exit
if [ "$(md5sum <"$work/came" | cut -d' ' -f1)" = "$sent" ]; then ok "what the guest sent"; else not_ok "what the guest sent"; fi
send '/vs call 5001 </x; echo STAT""US $?' && expect "STATUS 2" || exit
send '/vs answer 77 </x >/z; md5sum </z; echo ANSW""ERED' && expect LISTENING || exit
cat >"$work/caller" <<'END'
import hashlib, socket, sys, threading
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b'CONNECT 77\n')
f = s.makefile('rb')
line = f.readline()
assert line.startswith(b'OK '), line
def send(): # while we read, since the guest sends first
    s.sendall(open(sys.argv[2], 'rb').read())
    s.shutdown(socket.SHUT_WR)
t = threading.Thread(target=send)
t.start()
print(hashlib.md5(f.read()).hexdigest())
t.join()
END
got=$(timeout $((60 * ${TIME_FACTOR:-1})) python3 "$work/caller" "$work/v" "$work/blob")
if [ "$got" = "$sent" ]; then ok "the host calls: what the guest sent"; else not_ok "the host calls: what the guest sent: $got"; fi
expect "$sum" && expect ANSWERED && send "poweroff -f" && finish 0
if [ ! -e "$work/v" ]; then ok "the socket is gone"; else not_ok "the socket is gone"; fi
done_testing
