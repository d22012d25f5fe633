#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What setup and fetch-guests say where they cannot go on. The machine is made of stand-ins; nothing is installed or fetched.
. tests/cli/lib.sh
: "${tmp:?}" # the stand-ins go there and nowhere else
mkdir "$tmp/bin"
stub() { # stub NAME: a program of the script on stdin
    { echo '#!/bin/sh'; cat; } >"$tmp/bin/$1"
    chmod +x "$tmp/bin/$1"
}
for p in dirname sed grep tr; do
    ln -s "$(command -v $p)" "$tmp/bin/$p"
done
run() { env -i PATH="$tmp/bin" HOME="$tmp" /bin/bash ./setup demo </dev/null >"$tmp/stdout" 2>"$tmp/stderr"; }
says() { grep -qF -e "$2" "$tmp/$1"; }

echo 'echo 1000' | stub id
echo 'exit 1' | stub dpkg-query
echo 'exit 1' | stub apt-get
run
check "without sudo setup ends with status 1" [ $? = 1 ]
check "and has a line to paste" grep -qE '^apt-get update && apt-get install -y --no-install-recommends gcc make .* zlib1g-dev libzstd-dev libpng-dev libnbd-dev liburing-dev$' \
    "$tmp/stderr"

# shellcheck disable=SC2016
echo 'exec "$@"' | stub sudo
stub apt-get <<'END'
echo "Err:1 http://mirror.invalid/debian bookworm InRelease"
echo "  Could not resolve 'mirror.invalid'"
echo "E: Failed to fetch http://mirror.invalid/debian/dists/bookworm/InRelease" >&2
exit 100
END
run
check "a mirror that cannot be reached ends setup" [ $? = 1 ]
check "and is what is blamed" says stderr "setup: apt-get update failed (see above): can this machine reach the mirrors"
check "and apt's own words are there" says stdout "    E: Failed to fetch http://mirror.invalid"

stub apt-get <<'END'
case "$*" in
*update) echo "Get:1 http://mirror.invalid/debian bookworm InRelease [151 kB]" ;;
*) echo "Need to get 12.3 MB of archives."; echo "Get:1 http://mirror.invalid/debian gcc [12.3 MB]"; echo noise; exit 100 ;;
esac
END
run
check "an installation shows what it fetches" says stdout "    Get:1 http://mirror.invalid/debian gcc [12.3 MB]"
check "and not all that apt says" sh -c '! grep -q noise "$1/stdout"' sh "$tmp"
check "and, where it fails, what to run" says stderr "the line is, as root: apt-get update && apt-get install -y"

# -- fetch-guests --
if have apt-get && [ -e /usr/share/keyrings/debian-archive-keyring.gpg ]; then
    MYNAH_GUESTS=$tmp/guests MYNAH_MIRROR=http://127.0.0.1:9/debian timeout 100 tools/fetch-guests opensbi \
        >"$tmp/stdout" 2>"$tmp/stderr"
    check "fetch-guests ends where nobody answers" [ $? = 1 ]
    check "the mirror is blamed" says stderr "fetch-guests: the mirror http://127.0.0.1:9/debian cannot be read"
    check "... not the release" sh -c '! grep -q "any more" "$1/stderr"' sh "$tmp"
fi
done_testing
