#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The monitor for programs: its transcripts.
. "$(dirname "$0")/lib.sh"
need socat
build_guest

# What is expected is written here without the spaces behind ':' and ','.
eval "raw_$(declare -f talk)"
talk() {
    raw_talk "$@"
    cp "$tmp/out" "$tmp/raw"
    sed -i 's/": /":/g; s/, \(["0-9{[n]\)/,\1/g' "$tmp/out"
}
# Spaces are where others have them, for those who look for the text.
raw() { if tr -d '\r' <"$tmp/raw" | grep -qF -e "$2"; then ok "$1"; else complain "$1" "expected '$2'"; fi; }

start -name guest1
talk qmp <<'EOF'
{"execute": "query-status"}
{"execute": "qmp_capabilities", "arguments": {"enable": ["oob"]}}
{"execute": "qmp_capabilities", "id": "first"}
{"execute": "qmp_capabilities"}
{"execute": "query-status", "id": {"nested": [1, 2.5, null, "x"]}}
{"execute": "query-version"} {"execute": "query-name"}
{"execute": "query-commands"}
{"execute": "query-kvm"}
{"execute": "query-chardev"}
{"execute": "human-monitor-command", "arguments": {"command-line": "print 6*7"}}
{"execute": "human-monitor-command", "arguments": {"command-line": "info registers", "cpu-index": 0}}
EOF
shows "greeting" '{"QMP":{"version":{"qemu":{"micro":0,"minor":0,"major":10},"package":"mynah-'
raw "greeting, as it is written" '{"QMP": {"version": {"qemu": {"micro": 0, "minor": 0, "major": 10}, "package": "mynah-'
raw "an answer, as it is written" '{"return": {"status": "prelaunch", "running": false}, "id": {"nested": [1, 2.5, null, "x"]}}'
shows "commands before the negotiation" '{"error":{"class":"CommandNotFound","desc":"Expecting capabilities negotiation with '
shows "a capability that is not there" '{"error":{"class":"GenericError"'
shows "negotiation; a string as id" '{"return":{},"id":"first"}'
shows "a second negotiation" 'Capabilities negotiation is already complete, command ignored'
shows "query-status; any JSON as id" '{"return":{"status":"prelaunch","running":false},"id":{"nested":[1,2.5,null,"x"]}}'
shows "query-version" '{"return":{"qemu":{'
shows "two commands on a line" '{"return":{"name":"guest1"}}'
shows "query-commands" '{"name":"human-monitor-command"}'
shows "query-kvm" '{"return":{"enabled":false,"present":false}}'
shows "query-chardev" '{"label":"serial0","filename":"null"'
shows "human-monitor-command" '{"return":"0x2a\n"}'
shows "... with a CPU" 'x10/a0'

talk qmp <<'EOF'
{"execute": "qmp_capabilities"}
{"execute": "frob", "id": 1}
{"execute": "human-monitor-command", "id": 2}
{"execute": "human-monitor-command", "arguments": {"command-line": 5}, "id": 3}
{"execute": "human-monitor-command", "arguments": {"command-line": "", "frob": 5}, "id": 4}
{"execute": "human-monitor-command", "arguments": {"command-line": "", "cpu-index": 77}, "id": 5}
{"execute": "stop", "arguments": {"now": true}, "id": 6}
{"execute": "stop", "arguments": [], "id": 7}
{"execute": "stop", "frob": 1, "id": 8}
{"exec": "stop", "id": 9}
{"execute": 5, "id": 10}
["stop"]
frob
{"execute": "stop"]
{"execute": "query-status", "id": "after \u00e4 } { \" bad ones"}
EOF
shows "a new client begins with the greeting" '{"QMP":'
shows "an unknown command" '{"error":{"class":"CommandNotFound","desc":"The command frob has not been found"},"id":1}'
shows "a missing argument" "{\"error\":{\"class\":\"GenericError\",\"desc\":\"Parameter 'command-line' is missing\"},\"id\":2}"
shows "an argument of a wrong type" "Invalid parameter type for 'command-line', expected: string\"},\"id\":3}"
shows "an argument too many" "Parameter 'frob' is unexpected\"},\"id\":4}"
shows "a CPU that is not there" "'cpu-index' expects a CPU number\"},\"id\":5}"
shows "an argument where there is none" "Parameter 'now' is unexpected\"},\"id\":6}"
shows "arguments that are no object" "'arguments' must be an object\"},\"id\":7}"
shows "an unknown member" "QMP input member 'frob' is unexpected\"},\"id\":8}"
shows "another unknown member" "QMP input member 'exec' is unexpected\"},\"id\":9}"
shows "a name that is no string" "'execute' must be a string\"},\"id\":10}"
shows "a list" "QMP input must be a JSON object"
shows "no JSON" "JSON parse error"
shows "the next one is understood" '{"return":{"status":"prelaunch","running":false},"id":"after ä } { \" bad ones"}'

# Not JSON, too deep, too long: one answer each, and then it goes on.
{
    printf '{"execute": "qmp_capabilities"}\n'
    head -c 100000 /dev/zero | tr '\0' '['
    printf '\n{"execute": "query-status", "id": "deep"}\n'
    printf '{"execute": "'
    head -c 1500000 /dev/zero | tr '\0' 'y'
    printf '"}\n{"execute": "query-status", "id": "long"}\n'
    printf '{"execute": "half'
    printf '\377{"execute": "query-status", "id": "whole"}\n'
    printf '\001\002\200\n{"execute": "query-status", "id": "bytes"}\n'
} | talk qmp
shows "nesting is bounded" "nested too deeply"
shows "... and it goes on" '"id":"deep"}'
shows "length is bounded" "too long"
shows "... and it goes on" '"id":"long"}'
shows "a byte 0xff begins anew" '"id":"whole"}'
shows "bytes that are no text" '"id":"bytes"}'

# -- Events --
talk qmp <<'EOF'
{"execute": "cont"}
{"execute": "qmp_capabilities"}
{"execute": "cont"}
{"execute": "query-status"}
{"execute": "stop"}
{"execute": "query-status"}
{"execute": "cont"}
{"execute": "system_powerdown"}
{"execute": "system_reset"}
{"execute": "human-monitor-command", "arguments": {"command-line": "stop"}}
{"execute": "cont"}
EOF
shows "RESUME" '"event":"RESUME"}'
shows "... has a time" '{"timestamp":{"seconds":'
shows "... and is true" '{"return":{"status":"running","running":true}}'
shows "STOP" '"event":"STOP"}'
shows "... and is true" '{"return":{"status":"paused","running":false}}'
check "STOP comes twice, by both monitors" [ "$(grep -c '"event":"STOP"' "$tmp/out")" = 2 ]
check "RESUME comes three times, and none before the negotiation" [ "$(grep -c '"event":"RESUME"' "$tmp/out")" = 3 ]
talk qmp <<'EOF'
{"execute": "qmp_capabilities"}
{"execute": "system_reset"}
{"execute": "cont"}
{"execute": "quit", "id": "last"}
EOF
shows "RESET" '"event":"RESET","data":{"guest":false,"reason":"host-qmp-system-reset"}}'
shows "quit answers" '{"return":{},"id":"last"}'
shows "SHUTDOWN" '"event":"SHUTDOWN","data":{"guest":false,"reason":"host-qmp-quit"}}'
ends "quit"

# The guest's power off, which may leave the machine stopped: t0 = sifive_test; store 0x5555; loop.
printf '\267\002\020\000\067\123\000\000\023\003\123\125\043\240\142\000\157\000\000\000' >"$tmp/off.bin"
start -bios "$tmp/off.bin" -no-shutdown
talk qmp <<'EOF'
{"execute": "qmp_capabilities"}
{"execute": "cont"}
EOF
is_off() {
    printf '{"execute": "qmp_capabilities"}\n{"execute": "query-status"}\n' | talk qmp
    grep -q '"shutdown"' "$tmp/out"
}
wait_for is_off
shows "-no-shutdown leaves it in state shutdown" '{"return":{"status":"shutdown","running":false}}'
talk hmp <<'EOF'
info registers
EOF
shows "... behind the store that asked" 'pc       0000000080000010'
talk qmp <<'EOF'
{"execute": "qmp_capabilities"}
{"execute": "cont"}
{"execute": "system_reset"}
{"execute": "cont", "id": "again"}
EOF
shows "then cont is refused" 'Resetting the Virtual Machine is required'
shows "until a reset" '{"return":{},"id":"again"}'
kill "$machine"
ends "SIGTERM ends it"

# -- Devices that come and go --
start -chardev null,id=c0 -device virtio-serial-device,id=vs
talk qmp <<'EOF'
{"execute": "qmp_capabilities"}
{"execute": "device_add", "arguments": {"driver": "virtserialport", "id": "p1", "chardev": "c0", "nr": 5}}
{"execute": "human-monitor-command", "arguments": {"command-line": "info qtree"}}
{"execute": "device_add", "arguments": {"driver": "virtserialport", "id": "p2", "chardev": "c0"}, "id": 1}
{"execute": "device_add", "arguments": {"driver": "virtserialport", "id": "p1"}, "id": 2}
{"execute": "device_add", "arguments": {"driver": "virtio-rng-device"}, "id": 3}
{"execute": "device_add", "arguments": {"id": "x"}, "id": 4}
{"execute": "device_add", "arguments": {"driver": "virtserialport", "frob": 1}, "id": 5}
{"execute": "device_add", "arguments": {"driver": "virtserialport", "bus": "virtio-mmio-bus.7"}, "id": 6}
{"execute": "device_del", "arguments": {"id": "vs"}, "id": 7}
{"execute": "device_del", "arguments": {"id": "nobody"}, "id": 8}
{"execute": "device_del", "arguments": {"id": "p1"}, "id": 9}
{"execute": "device_add", "arguments": {"driver": "virtserialport", "id": "p2", "chardev": "c0"}, "id": 10}
EOF
shows "device_add: the device is there, with its properties" 'dev: virtserialport, id \"p1\"\n            chardev = \"c0\"\n            name = \"\"\n            nr = 5 (0x5)'
shows "a chardev that is in use" "chardev 'c0' is in use (mux=on lets several share it)\"},\"id\":1}"
shows "an id that is in use" "Duplicate device ID 'p1'\"},\"id\":2}"
shows "a bus without hotplug" "Bus 'virtio-mmio-bus.6' does not support hotplugging\"},\"id\":3}"
shows "no driver" "Parameter 'driver' is missing\"},\"id\":4}"
shows "an unknown property" "virtserialport has no property 'frob'\"},\"id\":5}"
shows "another kind of bus" "can't go on virtio-bus bus: expected a virtio-serial-bus\"},\"id\":6}"
shows "device_del: a bus without hotplug" "Bus 'virtio-mmio-bus.7' does not support hotplugging\"},\"id\":7}"
shows "device_del: nobody" '{"error":{"class":"DeviceNotFound","desc":"Device '"'nobody' not found\"},\"id\":8}"
shows "device_del" '{"return":{},"id":9}'
shows "DEVICE_DELETED" '"event":"DEVICE_DELETED","data":{"device":"p1","path":"/machine/peripheral/p1"}}'
shows "its chardev is free again" '{"return":{},"id":10}'
talk hmp <<'EOF'
device_del p2
device_del p2
device_add virtserialport,id=p3,chardev=c1
chardev-add socket,id=c1,path=/nonexistent/x,server=on,wait=on
chardev-add null,id=c1
device_add virtserialport,id=p3,chardev=c1
chardev-remove c1
device_del p3
chardev-remove c1
chardev-remove c1
device_add virtserialport,help
EOF
shows "HMP: device_del twice" "Error: Device 'p2' not found"
shows "HMP: a chardev that is not there" "chardev='c1': expected the id of a -chardev"
shows "HMP: chardev-add does not wait" "Error: wait=on: the machine would stand still"
shows "HMP: chardev-remove of one in use" "Error: chardev 'c1' is in use"
shows "HMP: chardev-remove" "Error: Chardev 'c1' not found"
shows "HMP: device_add NAME,help" "nr=<uint32>"
kill "$machine"
ends "SIGTERM ends it"

# -- Snapshots, as jobs --
mkdir "$tmp/snaps"
truncate -s 1M "$tmp/disk"
start -snapshot-dir "$tmp/snaps" -drive "if=none,id=d0,format=raw,file=$tmp/disk" -device virtio-blk-device,drive=d0
talk qmp <<'EOF'
{"execute": "qmp_capabilities"}
{"execute": "snapshot-save", "arguments": {"job-id": "j1", "tag": "t1", "vmstate": "d0", "devices": ["d0"]}}
{"execute": "query-jobs"}
{"execute": "snapshot-save", "arguments": {"job-id": "j1", "tag": "t2"}, "id": 1}
{"execute": "snapshot-save", "arguments": {"job-id": "1j", "tag": "t2"}, "id": 2}
{"execute": "snapshot-save", "arguments": {"job-id": "j2"}, "id": 3}
{"execute": "snapshot-save", "arguments": {"job-id": "j2", "tag": "t2", "devices": "d0"}, "id": 4}
{"execute": "snapshot-save", "arguments": {"job-id": "j2", "tag": "t2", "devices": [[]]}, "id": 5}
{"execute": "job-dismiss", "arguments": {"id": "j9"}, "id": 6}
EOF
shows "snapshot-save: a job is created" '"event":"JOB_STATUS_CHANGE","data":{"status":"created","id":"j1"}}'
shows "... and runs" '"event":"JOB_STATUS_CHANGE","data":{"status":"running","id":"j1"}}'
shows "an id that is in use" "Job ID 'j1' already in use\"},\"id\":1}"
shows "an id that is none" "Invalid job ID '1j'\"},\"id\":2}"
shows "no tag" "Parameter 'tag' is missing\"},\"id\":3}"
shows "devices that are no list" "Invalid parameter type for 'devices', expected: array\"},\"id\":4}"
shows "devices that are no names" "expected: array of strings\"},\"id\":5}"
shows "a job that is none" "Job not found\"},\"id\":6}"
settled() { # the jobs have all ended
    talk qmp <<<'{"execute": "qmp_capabilities"}
{"execute": "query-jobs"}'
    ! grep -q '"running"' "$tmp/out"
}
wait_for settled
shows "query-jobs: it ended well" '[{"current-progress":1,"status":"concluded","total-progress":1,"type":"snapshot-save","id":"j1"}]'
check "the snapshot is there" [ -e "$tmp/snaps/t1.state" ]
talk qmp <<'EOF'
{"execute": "qmp_capabilities"}
{"execute": "job-dismiss", "arguments": {"id": "j1"}}
{"execute": "snapshot-save", "arguments": {"job-id": "s2", "tag": "t1"}}
{"execute": "snapshot-save", "arguments": {"job-id": "s3", "tag": "t3", "vmstate": "d1"}}
{"execute": "snapshot-save", "arguments": {"job-id": "s4", "tag": "t3", "devices": ["d1"]}}
{"execute": "snapshot-save", "arguments": {"job-id": "s5", "tag": "t3", "devices": []}}
{"execute": "snapshot-load", "arguments": {"job-id": "l1", "tag": "t1", "vmstate": "d0", "devices": ["d0"]}}
{"execute": "snapshot-load", "arguments": {"job-id": "l2", "tag": "t9"}}
{"execute": "snapshot-delete", "arguments": {"job-id": "d1", "tag": "t1", "devices": ["d0"]}}
{"execute": "snapshot-delete", "arguments": {"job-id": "d2", "tag": "t1"}}
EOF
shows "job-dismiss" '"event":"JOB_STATUS_CHANGE","data":{"status":"null","id":"j1"}}'
wait_for settled
job() { echo "{\"current-progress\":1,\"status\":\"concluded\",\"total-progress\":1,\"type\":\"snapshot-$1\",\"id\":\"$2\"$3}"; }
shows "query-jobs: the newest first" "\"return\":[$(job delete d2),$(job delete d1),"
shows "a tag that is in use" "$(job save s2 ",\"error\":\"Snapshot 't1' already exists in one or more devices\"")"
shows "a node for the state that is none" "$(job save s3 ",\"error\":\"vmstate block device 'd1' does not exist\"")"
shows "a node that is none" "$(job save s4 ",\"error\":\"No block device node 'd1'\"")"
shows "a disk that would be missing" "$(job save s5 ",\"error\":\"snapshots have every disk that can be written, and 'd0' is not among devices\"")"
shows "snapshot-load" "$(job load l1)"
shows "snapshot-load of none" "$(job load l2 ",\"error\":\"snapshot 't9' does not exist\"")"
check "snapshot-delete" [ ! -e "$tmp/snaps/t1.state" ]
talk qmp <<<'{"execute": "qmp_capabilities"}
{"execute": "query-replay"}'
shows "query-replay without one" '{"return":{"mode":"none","icount":0}}'
kill "$machine"
ends "SIGTERM ends it"
start -icount "shift=1,rr=record,rrfile=$tmp/rr.log"
talk qmp <<<'{"execute": "qmp_capabilities"}
{"execute": "query-replay"}'
shows "query-replay of a recording" "{\"return\":{\"mode\":\"record\",\"filename\":\"$tmp/rr.log\",\"icount\":0}}"
kill "$machine"
ends "SIGTERM ends it"

# -- Snapshots in an image --
"$BUILD/mynah-img" create -q -f qcow2 "$tmp/disk.qcow2" 1M
start -drive "if=none,id=d0,file=$tmp/disk.qcow2" -device virtio-blk-device,drive=d0
talk qmp <<<"{\"execute\": \"qmp_capabilities\"}
{\"execute\": \"snapshot-save\", \"arguments\": {\"job-id\": \"j1\", \"tag\": \"a\\nstate=x\"}}
{\"execute\": \"snapshot-save\", \"arguments\": {\"job-id\": \"j2\", \"tag\": \"$(printf '%256s' | tr ' ' a)\"}}
{\"execute\": \"snapshot-save\", \"arguments\": {\"job-id\": \"j3\", \"tag\": \"größer als 1\"}}"
wait_for settled
for j in j1 j2; do
    shows "a tag that is no name" "$(job save $j ',"error":"the tag is no name: expected 1 to 255 bytes of text"')"
done
shows "a tag that is one" "$(job save j3)"
talk qmp <<<'{"execute": "qmp_capabilities"}
{"execute": "snapshot-load", "arguments": {"job-id": "l1", "tag": "größer als 1"}}'
wait_for settled
shows "... and is found" "$(job load l1)"
kill "$machine"
ends "SIGTERM ends it"

# -- Order: events of a command come before its answer, and why the program ends is the last that is told --
# order NAME WORDS OPTION...: with the commands of stdin; the words are events, their reasons, and answers
order() {
    local name=$1 want=$2 got
    shift 2
    timeout 20 "$MYNAH" -M riscv64-virt -display none -serial null -m 32M -qmp stdio "$@" >"$tmp/out"
    got=$(grep -o '"event": "[A-Z]*"\|"reason": "[a-z-]*"\|"return"' "$tmp/out" | sed 's/.*: //' | tr -d '"' | tr '\n' ' ')
    if [ "$got" = "$want " ]; then ok "$name"; else complain "$name" "got '$got', expected '$want '"; fi
}
hello='{"execute": "qmp_capabilities"}'
order "quit" "return SHUTDOWN host-qmp-quit return" -bios "$tmp/guest.elf" -no-shutdown <<<"$hello
{\"execute\": \"quit\"}"
order "system_powerdown, system_reset, quit" "return POWERDOWN return RESET host-qmp-system-reset return SHUTDOWN host-qmp-quit return" \
    -bios "$tmp/guest.elf" -S <<<"$hello
{\"execute\": \"system_powerdown\"}
{\"execute\": \"system_reset\"}
{\"execute\": \"human-monitor-command\", \"arguments\": {\"command-line\": \"quit\"}}"
order "system_reset with -no-reboot" "return SHUTDOWN host-qmp-system-reset return" -bios "$tmp/guest.elf" -no-reboot <<<"$hello
{\"execute\": \"system_reset\"}"
order "power off" "return RESUME return SHUTDOWN guest-shutdown" -bios "$tmp/off.bin" -S <<<"$hello
{\"execute\": \"cont\"}"
# The same with 0x7777.
printf '\267\002\020\000\067\163\000\000\023\003\163\167\043\240\142\000\157\000\000\000' >"$tmp/reset.bin"
order "the guest's reset with -no-reboot" "return RESUME return SHUTDOWN guest-reset" -bios "$tmp/reset.bin" -S -no-reboot <<<"$hello
{\"execute\": \"cont\"}"

# -- Media: a CD drive's tray, and what is in it --
truncate -s 64K "$tmp/a.iso" "$tmp/b.iso"
start -device virtio-scsi-device -drive if=none,id=c,media=cdrom -device scsi-cd,id=cd,drive=c
talk qmp <<EOF
{"execute": "qmp_capabilities"}
{"execute": "query-block", "id": 1}
{"execute": "blockdev-change-medium", "arguments": {"id": "cd", "filename": "$tmp/a.iso", "format": "raw"}, "id": 2}
{"execute": "eject", "arguments": {"device": "c"}, "id": 3}
{"execute": "blockdev-add", "arguments": {"driver": "raw", "node-name": "n", "read-only": true, "file": {"driver": "file", "filename": "$tmp/b.iso"}}, "id": 4}
{"execute": "blockdev-insert-medium", "arguments": {"id": "cd", "node-name": "n"}, "id": 5}
{"execute": "blockdev-close-tray", "arguments": {"id": "cd"}, "id": 6}
{"execute": "blockdev-remove-medium", "arguments": {"id": "cd"}, "id": 7}
{"execute": "human-monitor-command", "arguments": {"command-line": "info block c"}, "id": 8}
{"execute": "eject", "arguments": {"device": "c", "id": "cd"}, "id": 9}
{"execute": "eject", "arguments": {"device": "d"}, "id": 10}
{"execute": "blockdev-change-medium", "arguments": {"id": "cd", "filename": "$tmp/a.iso", "read-only-mode": "maybe"}, "id": 11}
EOF
shows "query-block" '{"return":[{"device":"c","qdev":"cd","type":"unknown","locked":false,"removable":true,"tray_open":false}],"id":1}'
shows "blockdev-change-medium" '{"return":{},"id":2}'
shows "... and the tray opened" '"event":"DEVICE_TRAY_MOVED","data":{"device":"c","id":"cd","tray-open":true}'
shows "... and closed" '"event":"DEVICE_TRAY_MOVED","data":{"device":"c","id":"cd","tray-open":false}'
shows "eject" '{"return":{},"id":3}'
shows "blockdev-insert-medium" '{"return":{},"id":5}'
shows "blockdev-close-tray" '{"return":{},"id":6}'
shows "a closed tray" "Tray of device 'c' is not open\"},\"id\":7"
shows "info block" "c (n): $tmp/b.iso (raw, read-only)"
shows "a device and an id" "Need exactly one of 'device' and 'id'"
shows "no such drive" '{"error":{"class":"DeviceNotFound","desc":"Device '"'d'"' not found"},"id":10}'
shows "no such mode" "Parameter 'read-only-mode' does not accept value 'maybe'"
talk hmp <<EOF
change c $tmp/a.iso raw
info block c
eject c
info block c
drive_add 0 if=virtio,file=$tmp/b.iso,format=raw
drive_add 0 if=none,id=x,file=$tmp/a.iso,format=raw
device_add scsi-hd,drive=x,id=hd
drive_del x
drive_del nosuch
eject x
EOF
shows "change" "c (#block"
shows "... with the tray closed" "Removable device: not locked, tray closed"
shows "HMP's eject" "c: [not inserted]"
shows "... leaves it open" "Removable device: not locked, tray open"
shows "drive_add of another kind" "drive_add: expected if=none"
shows "drive_add" "OK"
shows "drive_del of one in use" "Device 'x' is in use by hd"
shows "drive_del of none" "Device 'nosuch' not found"
shows "eject of a hard disk" "Device 'x' is not removable"
# -- Pretty, and as the program's own terminal --
printf '{"execute": "qmp_capabilities"}\n{"execute": "quit"}\n' |
    timeout 20 "$MYNAH" -M riscv64-virt -display none -serial null -m 32M -bios "$tmp/guest.elf" -qmp-pretty stdio >"$tmp/out"
check "-qmp-pretty stdio" [ $? = 0 ]
shows "... and empty where it is empty" '    "return": {}'
shows "... is indented" '        "version": {'
done_testing
