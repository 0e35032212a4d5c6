#!/usr/bin/env bash
# Set up a fresh machine and listen: ./setup_and_run.sh [--yes] [--conda] [arguments of `auricle listen`]
#
# Makes .venv in this folder, installs the listener into it, and names what the microphone hears.
# Run again, it starts at once. Nothing outside this folder is touched without asking.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export UV_CACHE_DIR="$PWD/.venv/cache/uv"

say() { printf '%s\n' "$*" >&2; }
fail() { say "setup_and_run.sh: $*"; exit 1; }

usage() {
    cat <<'TEXT'
usage: ./setup_and_run.sh [--yes] [--conda] [FILE | URL | -] [overrides]

  --yes    agree to everything, system packages (with root) included: for scripts
  --conda  use the conda environment `audio` instead of .venv: the whole pipeline, about 3 GB,
           as audio.yml says; made with conda, mamba or micromamba where it is not there
  FILE     listen to a sound file instead of the microphone; URL: to a stream; -: to samples on
           standard input
  Other arguments go on to `auricle listen`, see `.venv/bin/auricle listen --help`.
TEXT
}

agreed=ask environment=venv
while [ $# -gt 0 ]; do
    case "$1" in
        --yes) agreed=yes ;;
        --conda) environment=conda ;;
        --help | -h) usage; exit 0 ;;
        *) break ;;
    esac
    shift
done

# Whether the person agrees; without a terminal to ask on, no.
agree() {
    [ "$agreed" = yes ] && return 0
    [ -t 0 ] || return 1
    local answer
    read -r -p "$1 [y/N] " answer
    [[ "$answer" =~ ^[Yy] ]]
}

# What installs packages here, and what they are called.
as_root="sudo "
[ "$(id -u)" = 0 ] && as_root=""
if command -v apt-get >/dev/null; then
    installer="${as_root}apt-get install --yes --no-install-recommends"
    venv=python3-venv headers="portaudio19-dev python3-dev gcc" plugin=libasound2-plugins pactl=pulseaudio-utils
elif command -v dnf >/dev/null; then
    installer="${as_root}dnf install --assumeyes"
    venv=python3 headers="portaudio-devel python3-devel gcc" plugin=alsa-plugins-pulseaudio pactl=pulseaudio-utils
elif command -v pacman >/dev/null; then
    installer="${as_root}pacman --sync --noconfirm --needed"
    venv=python headers="portaudio gcc" plugin=pulseaudio-alsa pactl=libpulse
elif command -v brew >/dev/null; then
    installer="brew install" venv=python headers=portaudio plugin="" pactl=""
else
    installer="" venv="" headers="" plugin="" pactl=""
fi

# Install packages if the person agrees; the words of the command are wanted one by one.
# shellcheck disable=SC2086
install_packages() {
    local command="$installer $1"
    [ -n "$installer" ] && command -v "${installer%% *}" >/dev/null || return 1
    agree "Install them now: $command ?" || return 1
    case "$installer" in *apt-get*) ${as_root}apt-get update --quiet >&2 || return 1 ;; esac
    $command >&2
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

make_venv() {
    local python
    python=$(find_python) || fail "Python 3.11, 3.12 or 3.13 is needed: install it from your system's packages or from python.org"
    say "Making .venv with $("$python" --version)"
    if ! "$python" -m venv .venv >/dev/null 2>&1; then
        rm -rf .venv
        say "$python cannot make an environment (on Debian and Ubuntu the package python3-venv is missing)."
        install_packages "$venv" || fail "install python3-venv, then run this again"
        "$python" -m venv .venv || fail "$python -m venv .venv failed"
    fi
}

is_installed() { [ "$(cat ".venv/.installed-$1" 2>/dev/null)" = "$(cksum <"requirements/$1.lock")" ]; }

# install NAME WHAT: install requirements/NAME.lock once; a stamp remembers which.
install() {
    # An environment that uv made has no pip.
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
    # Chained: where a caller handles the failure, bash goes on after a command that failed.
    { [ -x .venv/bin/uv ] ||
        .venv/bin/python -m pip install --quiet --no-cache-dir --disable-pip-version-check uv; } &&
        say "Downloading $2" &&
        VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install --quiet --compile-bytecode --require-hashes -r "requirements/$1.lock" &&
        VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install --quiet --no-deps --editable . &&
        cksum <"requirements/$1.lock" >".venv/.installed-$1"
}

# PyAudio is compiled, against the headers of PortAudio and of Python.
has_headers() {
    command -v cc >/dev/null &&
        cc -E -x c "-I$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("include"))')" \
            -I/opt/homebrew/include -include Python.h -include portaudio.h /dev/null >/dev/null 2>&1
}

sockets="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
has_sound_server() { [ -S "$sockets/pipewire-0" ] || [ -S "$sockets/pulse/native" ] || [ -n "${PULSE_SERVER:-}" ]; }

# PortAudio reaches a sound server through a plugin of ALSA: pipewire or pulse.
has_plugin() {
    local folder
    for folder in ${ALSA_PLUGIN_DIR:-/usr/lib*/alsa-lib /usr/lib*/*/alsa-lib}; do
        if compgen -G "$folder/libasound_module_pcm_p[iu]*.so" >/dev/null; then return 0; fi
    done
    return 1
}

prepare_microphone() {
    local packages="" reached="" reason="" python
    if ! has_headers; then
        # Of the Python that is used, which need not be the system's first; others bring their own.
        python=$(readlink -f .venv/bin/python)
        case "$python" in /usr/bin/*) headers="${headers/python3-dev /${python##*/}-dev }" ;; esac
        packages="$headers" reason="PortAudio's headers and a C compiler (PyAudio is compiled)"
    fi
    if has_sound_server; then
        [ -S "$sockets/pipewire-0" ] && plugin=pipewire-alsa
        has_plugin || reached="$plugin"
        command -v pactl >/dev/null || reached="$reached $pactl" # it tells when the server moves a stream
    fi
    if [ -n "$reached" ]; then
        packages="${packages:+$packages }${reached# }" reason="${reason:+$reason, and }what reaches the sound server"
    fi
    if [ -n "$reason" ]; then
        say "A microphone needs what is not here: $reason."
        if [ -e .venv/.no-microphone ] || ! install_packages "$packages"; then
            # Asked once; what is installed by hand is found all the same.
            if [ -t 0 ]; then touch .venv/.no-microphone; fi
            say "It goes on without. Later: ${installer:-install} $packages, then run this again."
        fi
    fi
    if has_headers; then
        install mic "PyAudio and sounddevice, for microphones (under 1 MB) into .venv" ||
            say "PyAudio could not be built, so there is no microphone."
        if [ "$(uname)" = Darwin ]; then
            say "macOS asks whether this terminal may use the microphone, and lets it hear nothing until you agree: System Settings, Privacy & Security, Microphone."
        fi
    fi
}

# The environment `audio`, which may be another checkout's: its folder is printed if it is this one's.
in_audio='import pathlib, sys, auricle
if not pathlib.Path(auricle.__file__).samefile("src/auricle/__init__.py"): sys.exit(1)
print(sys.prefix)'

with_conda() {
    local name conda="" prefix
    for name in conda mamba micromamba "${CONDA_EXE:-}" "${MAMBA_EXE:-}"; do
        if [ -n "$name" ] && command -v "$name" >/dev/null; then conda=$name; break; fi
    done
    [ -n "$conda" ] || fail "--conda needs conda, mamba or micromamba, and none is on the PATH: install Miniforge (conda-forge.org/download), or leave out --conda"
    if ! prefix=$("$conda" run --name audio python -c "$in_audio" 2>/dev/null); then
        if "$conda" run --name audio python --version >/dev/null 2>&1; then
            say "There is an environment \`audio\`, but not with this Auricle."
            agree "Install this one into it?" || fail "remove it ($conda env remove --name audio) or agree, then run this again"
            "$conda" run --name audio python -m pip install --editable ".[train,mic]" >&2
        else
            say "Making the conda environment \`audio\` as audio.yml says (about 3 GB)"
            export CONDA_ALWAYS_YES=true MAMBA_ALWAYS_YES=true
            "$conda" env create --file audio.yml >&2 &&
                { [ "$(uname)" != Linux ] || "$conda" install --name audio --channel conda-forge alsa-plugins >&2; }
        fi || fail "the environment \`audio\` could not be made: see above"
        prefix=$("$conda" run --name audio python -c "$in_audio") || fail "the environment \`audio\` has no Auricle: see above"
    fi
    # Without `conda run`, which would hold back the terminal and Ctrl-C.
    export PATH="$prefix/bin:$PATH" CONDA_PREFIX="$prefix"
    exec "$prefix/bin/auricle" listen "$@"
}

if [ "$environment" = conda ]; then
    with_conda "$@"
fi
if ! .venv/bin/python -c "$fits" 2>/dev/null; then
    make_venv
fi
if ! is_installed base; then
    install base "the listener (numpy, soundfile, soxr, LiteRT, Hydra, rich, pooch: about 45 MB) into .venv"
fi
# A file, a stream or standard input needs no microphone.
case "${1:-}" in
    *://*) ;;
    "" | *=*) is_installed mic || prepare_microphone ;;
esac
exec .venv/bin/auricle listen "$@"
