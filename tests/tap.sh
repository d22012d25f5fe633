# SPDX-License-Identifier: BSD-2-Clause
# What all tests that are shell scripts use to report and to wait: sh, sourced.
#
#   ok NAME, not_ok NAME       a line of TAP. Comments (# ...) right before or behind a test that failed are shown to whoever
#                              runs the tests (tests/explain)
#   check NAME COMMAND...      ok if the command succeeds
#   wait_for COMMAND...        until it succeeds; false after 20 seconds, $TIME_FACTOR times
#   listens PATH               somebody listens at the socket of that name; that there is one says less
#   free_port                  a TCP port that nobody has at the moment
#   done_testing               at the end
#
# Nothing here or in the tests may hang on how fast the machine is: what a test does next waits for what shows that it may
# (wait_for a text, a socket, a file), never for a time, and every limit is for what hangs, times $TIME_FACTOR
# (timeout(1) is tests/patient/timeout where that is not 1).

tests=0
failed=0

ok() { tests=$((tests + 1)); echo "ok $tests - $*"; }
not_ok() { tests=$((tests + 1)); failed=1; echo "not ok $tests - $*"; }
done_testing() { echo "1..$tests"; exit $failed; }

check() {
    check_name=$1
    shift
    if "$@"; then
        ok "$check_name"
    else
        check_status=$?
        not_ok "$check_name"
        echo "# status $check_status of: $*"
        for check_file in "$tmp/out" "$tmp/err"; do
            [ ! -s "$check_file" ] || { echo "# $check_file:"; tail -n 20 "$check_file" | tr -d '\r\000' | awk '{ print "#   " $0 }'; }
        done
    fi
}

wait_for() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt $((400 * ${TIME_FACTOR:-1})) ] || return 1
        sleep 0.05
    done
}

free_port() { # below those that the host gives to whoever asks for none
    for free_port in $(shuf -i 20000-32000 -n 50); do
        bash -c "exec 3<>/dev/tcp/127.0.0.1/$free_port" 2>/dev/null || { echo "$free_port"; return; }
    done
}

listens() { awk -v path="$1" '$4 == "00010000" && $8 == path { found = 1 } END { exit !found }' /proc/net/unix; }
