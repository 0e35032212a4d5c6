#!/usr/bin/env bash
# Set up a fresh machine and listen: ./setup_and_run.sh [--yes] [arguments of `auricle listen`]
#
# Makes .venv in this folder, installs the listener into it, and starts it with the shipped bundle.
# Run again, it starts at once. Nothing outside this folder is touched without asking.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export UV_CACHE_DIR="$PWD/.venv/cache/uv"

say() { printf '%s\n' "$*" >&2; }
fail() { say "setup_and_run.sh: $*"; exit 1; }

usage() {
    cat <<'TEXT'
usage: ./setup_and_run.sh [--yes] [FILE] [overrides]

  --yes    agree to everything, system packages (with root) included: for scripts
  FILE     listen to a sound file instead
  Other arguments go on to `auricle listen`, see `.venv/bin/auricle listen --help`.
TEXT
}

agreed=ask
case "${1:-}" in
    --yes) agreed=yes; shift ;;
    --help | -h) usage; exit 0 ;;
esac

# Whether the person agrees; without a terminal to ask on, no.
agree() {
    [ "$agreed" = yes ] && return 0
    [ -t 0 ] || return 1
    local answer
    read -r -p "$1 [y/N] " answer
    [[ "$answer" =~ ^[Yy] ]]
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# The command that installs the packages named for each kind of system: apt, dnf, pacman, brew.
package_command() {
    if command -v apt-get >/dev/null; then echo "apt-get install --yes --no-install-recommends $1"
    elif command -v dnf >/dev/null; then echo "dnf install --assumeyes $2"
    elif command -v pacman >/dev/null; then echo "pacman --sync --noconfirm --needed $3"
    elif command -v brew >/dev/null; then echo "brew install $4"
    fi
}

install_packages() {
    local command
    command=$(package_command "$@")
    [ -n "$command" ] || return 1
    case "$command" in
        brew*) agree "Install them now: $command ?" || return 1 ;;
        *) agree "Install them now, as root: $command ?" || return 1 ;;
    esac
    # The words of the command are wanted one by one.
    # shellcheck disable=SC2086
    case "$command" in
        brew*) $command ;;
        apt-get*) as_root apt-get update --quiet && as_root $command ;;
        *) as_root $command ;;
    esac >&2
}

fits='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

find_python() {
    local name
    for name in python3.13 python3.12 python3.11 python3 python; do
        if command -v "$name" >/dev/null && "$name" -c "$fits" 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    return 1
}

make_environment() {
    local python
    python=$(find_python) || fail "Python 3.11, 3.12 or 3.13 is needed: install it from your system's packages or from python.org"
    say "Making .venv with $("$python" --version)"
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        rm -rf .venv
        say "$python cannot make an environment (on Debian and Ubuntu the package python3-venv is missing)."
        install_packages "python3-venv" "python3" "python" "python" || fail "install python3-venv, then run this again"
        "$python" -m venv .venv || fail "$python -m venv .venv failed"
    fi
}

has_portaudio() {
    command -v cc >/dev/null || return 1
    local prefix=""
    command -v brew >/dev/null && prefix="-I$(brew --prefix)/include"
    # shellcheck disable=SC2086  # an empty prefix must vanish
    printf '#include <portaudio.h>\n#include <Python.h>\n' |
        cc -E $prefix "-I$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("include"))')" - >/dev/null 2>&1
}

# install NAME LOCK WHAT: install a lock file once; a stamp remembers which.
install() {
    local stamp=".venv/.installed-$1" sum
    sum=$(cksum <"$2")
    [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ] && return 0
    # An environment that uv made has no pip.
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
    # Chained: where a caller handles the failure, bash goes on after a command that failed.
    { [ -x .venv/bin/uv ] ||
        .venv/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check uv; } &&
        say "Downloading $3" &&
        VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install --quiet --compile-bytecode --require-hashes -r "$2" &&
        VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install --quiet --no-deps --editable . &&
        echo "$sum" >"$stamp"
}

if ! .venv/bin/python -c "$fits" 2>/dev/null; then
    make_environment
fi
install base requirements/base.lock "the listener (numpy, soundfile, soxr, LiteRT, Hydra, rich: about 45 MB) into .venv"

microphone_packages=("portaudio19-dev python3-dev gcc" "portaudio-devel python3-devel gcc" "portaudio gcc" "portaudio")
if [ ! -e .venv/.no-microphone ]; then
    if has_portaudio || {
        say "For a microphone PortAudio's headers and a C compiler are needed, and they are not here."
        install_packages "${microphone_packages[@]}"
    }; then
        install mic requirements/mic.lock "PyAudio and sounddevice, for microphones (under 1 MB) into .venv" ||
            say "PyAudio could not be built: listening goes on without a microphone."
    else
        # Asked once; `rm .venv/.no-microphone` asks again.
        if [ -t 0 ]; then touch .venv/.no-microphone; fi
        say "Without them there is no microphone. Later: $(package_command "${microphone_packages[@]}"), then run this again."
    fi
fi

exec .venv/bin/auricle listen "$@"
