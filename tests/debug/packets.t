#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# gdb's protocol as bytes: frames, acknowledgement, and what a client should not send.
. "$(dirname "$0")/lib.sh"
need socat
build_guest

packets() { # packets TEXT...: each in its frame, acknowledged
    local p i sum
    for p; do
        sum=0
        for ((i = 0; i < ${#p}; i++)); do
            sum=$((sum + $(printf %d "'${p:i:1}")))
        done
        printf '+$%s#%02x' "$p" $((sum & 255))
    done
}

start -smp 2
wait_for listens "$tmp/gdb"
packets "qSupported:multiprocess+;swbreak+;hwbreak+;vContSupported+" "?" "Hgp1.2" "qC" "qfThreadInfo" "qsThreadInfo" "qAttached" \
    "qThreadExtraInfo,p1.1" "Tp1.2" "vCont?" "p20" "m80000000,4" "qqemu.PhyMemMode" "Qqemu.PhyMemMode:1" "m80000000,8" \
    "qqemu.sstepbits" "qqemu.sstep" "Qqemu.sstep=1" "qqemu.sstep" "qXfer:features:read:target.xml:0,40" | talk gdb
shows "qSupported" 'qXfer:features:read+;vContSupported+;multiprocess+'
shows "why it stopped" '$T05thread:p01.01;'
shows "qC of the chosen thread" '$QCp01.02#'
shows "threads" '$mp01.01,p01.02#'
shows "end of threads" '$l#'
shows "thread info" "$(printf 'CPU#0' | od -An -tx1 | tr -d ' \n')"
shows "vCont?" '$vCont;c;C;s;S#'
shows "p" '$0010000000000000#'
shows "m" '$73000000#'
shows "physical memory" '$7300000001007300#'
shows "step bits" '$ENABLE=1,NOIRQ=2#'
shows "step flags" '$0x3#'
shows "... changed" '$0x1#'
shows "target.xml" '$m<?xml version="1.0"?>'

# Without multiprocess; a bad sum; a repetition.
{
    packets "?" "qC"
    printf '$g#00'
    printf -- '-'
} | talk gdb
shows "plain thread numbers" '$T05thread:01;'
shows "a bad sum is refused" '-'
check "what was sent last is sent again" [ "$(tr '$' '\n' <"$tmp/out" | grep -c '^QC01#')" -ge 2 ]

# Without acknowledgements sums do not matter.
{
    packets "QStartNoAckMode"
    printf '+$?#ff'
} | talk gdb
shows "QStartNoAckMode" '$OK#'
shows "... ignores sums" '$T05thread'

# Nonsense: each gets an error or the empty answer, and the server lives.
packets "G" "Gxyz" "P" "P20" "P20=12" "P20=zz" "p" "pfffffffff" "pffffffff" "m" "m80000000" "m,," "m80000000,ffffffffffffffff" \
    "mffffffffffffffff,4" "mfffffffffffffff8,100" "M80000000,ffffffffffffffff:" "M80000000,4:12" "M80000000,2:zzzz" "X80000000,5:abc" \
    "Z0" "Z9,0,1" "Z2,ffffffffffffffff,ffff" "Z2,0,0" "z0,1234,4" "Z1,,4" "H" "Hg" "Hx0" "Hg99" "Hgp9.1" "T" "T0" "T99" \
    "vCont" "vCont;" "vCont;x" "vCont;c:99" "vCont;c:" "vCont;C" "vCont;s:p7.1" "vAttach;99" "qXfer:features:read:" \
    "qXfer:features:read:frob.xml:0,10" "qXfer:features:read:target.xml:ffffffff,10" "qXfer:features:read:target.xml:x" \
    "qXfer:features:read:target.xml" "qRcmd," "qRcmd,4" "qRcmd,zz" "qThreadExtraInfo,77" "Qqemu.sstep=77" "Qqemu.PhyMemMode:" \
    "" "!" "frob" "vFrob" "qFrob" | talk gdb
shows "nonsense is answered" 'E22'
shows "memory that is not there" 'E14'
check "... each once" [ "$(tr '$' '\n' <"$tmp/out" | grep -c '#')" -ge 57 ]
shows_not "... and nothing resumed" 'T02'
{
    printf '$'
    head -c 200000 /dev/zero | tr '\0' 'm'
    printf '#00'
    head -c 50000 /dev/urandom
    printf '\003\003#00'
    packets "?"
} | talk gdb
shows "a packet without end, and noise" '$T05thread'

# As many breakpoints as there is room for, and one more.
{
    packets "QStartNoAckMode"
    for ((i = 0; i < 1025; i++)); do
        printf '$Z0,%x,2#00' $((0x80010000 + 2 * i))
    done
} | talk gdb
check "the number of breakpoints is bounded" [ "$(grep -o 'OK\|E28' "$tmp/out" | uniq -c | tr -s '\n ' ' ')" = " 1025 OK 1 E28 " ]

# They went with the client.
packets "Z0,80010000,2" "z0,80010000,2" "z0,80010002,2" | talk gdb
check "a client's breakpoints go with it" [ "$(grep -o 'OK\|E22' "$tmp/out" | tr '\n' ' ')" = "OK OK E22 " ]

# A jump into nothing, by the smallest client.
packets "P20=0000000000001000" "c" >"$tmp/go"
printf '\003' >>"$tmp/go"
packets "D;1" >>"$tmp/go"
talk gdb <"$tmp/go"
shows "c, Ctrl-C" '$T02thread:01;'
talk hmp <<'EOF'
info status
EOF
shows "D leaves it running" "VM status: running"
packets "vKill;1" | talk gdb
ends "vKill"
done_testing
