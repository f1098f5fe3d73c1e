#!/bin/sh
# Prints the path of a Python that can carry this project's environment, or explains in one sentence why there is none.
#
# The order: $PYTHON when it is set (and then nothing else), the interpreter of an existing .venv, the PATH.
# Only shell built-ins are used, and every candidate is run: version managers put shims on the PATH that exist but fail.
set -u

# 3.11 comes first because the figures in the documentation were measured on it; all three are supported.
names="python3.11 python3.12 python3.13 python3 python"
probe='
import sys
try:
    import ensurepip, ssl, venv
    missing = ""
except ImportError as error:
    missing = str(error)
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    print("is Python %d.%d" % sys.version_info[:2])
elif missing:
    print("cannot create environments (%s)" % missing)
else:
    print("suitable")
'
seen=""

is_suitable() {
    verdict=$("$1" -c "$probe" 2>/dev/null) || verdict="does not run"
    [ "$verdict" = suitable ] && return 0
    seen="$seen${seen:+, }$1 $verdict"
    return 1
}

give_up() {
    echo "make: this project needs Python 3.11, 3.12 or 3.13 with its venv module, but $1;" \
        "install one or name it, for example: make test PYTHON=/opt/python3.12/bin/python3" >&2
    exit 2
}

if [ -n "${PYTHON:-}" ]; then
    is_suitable "$PYTHON" || give_up "$seen"
    command -v "$PYTHON"
    exit
fi

if [ -x .venv/bin/python ] && is_suitable .venv/bin/python; then
    echo .venv/bin/python
    exit
fi

for name in $names; do
    IFS=:
    for directory in $PATH; do
        if [ -x "$directory/$name" ] && is_suitable "$directory/$name"; then
            echo "$directory/$name"
            exit
        fi
    done
    unset IFS
done
[ -n "$seen" ] && give_up "$seen"
give_up "there is no Python on the PATH"
