#!/usr/bin/env bash
# The launcher on a copy of itself, with stand-ins for apt, pip, cmake and ninja that write down how
# they were called. Goes red when it installs against the user's will, counts a half-made .venv as
# done, does work twice, or spoils stdout.
# shellcheck disable=SC2016 # bodies of stand-ins are expanded when they run
set -euo pipefail

source_root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cases=0

stand_in() { # NAME: reads the body from stdin
  { printf '#!/bin/bash\necho "%s $*" >>"%s/calls"\n' "$1" "$work"; cat; } >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}

# A tree in which nothing is missing and noesis is built.
fresh() {
  rm -rf "${work:?}"/*
  mkdir -p "$work/bin" "$work/tree/tests" "$work/tree/.venv/bin" "$work/tree/build/release"
  cp "$source_root"/{noesis,requirements.txt,CMakePresets.json} "$work/tree/"
  cp "$source_root/tests/run.sh" "$work/tree/tests/"
  : >"$work/calls"
  stand_in dpkg-query <<<'shift 3; for package; do echo "$package installed"; done'
  stand_in apt-get <<<'exit 0'
  stand_in sudo <<<'"$@"'
  stand_in python3 <<<'[[ $2 == venv ]] || exit 0; mkdir -p "${@: -1}/bin"; cp "$(dirname "$0")/python" "${@: -1}/bin/"'
  stand_in python <<<'exit 0'
  stand_in cmake <<<'touch build/release/build.ninja'
  stand_in ninja <<<'exit 0'
  cp "$work/bin/python" "$work/tree/.venv/bin/"
  printf '#!/bin/bash\necho "ran $*"; exit 3\n' >"$work/tree/build/release/noesis"
  chmod +x "$work/tree/build/release/noesis"
}

# As a user without rights, without a terminal; leaves stdout, stderr and status.
launch() {
  local user=()
  [[ $EUID != 0 ]] || user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chmod -R a+rwX "$work"
  status=0
  "${user[@]}" env -u CI -u CMAKE_PREFIX_PATH -u NOESIS_PRESET NOESIS_OFFLINE=0 PATH="$work/bin:$PATH" \
    "$@" </dev/null >"$work/stdout" 2>"$work/stderr" || status=$?
  cases=$((cases + 1))
}

expect() { # DESCRIPTION COMMAND...
  local description=$1
  shift
  "$@" && return
  printf 'FAILED: %s\n--- status %s, stderr:\n' "$description" "$status"
  cat "$work/stderr" "$work/calls"
  exit 1
}
not() { ! "$@"; }
called() { grep -q -- "$1" "$work/calls"; }
says() { grep -q -- "$1" "$work/stderr"; }

fresh
launch "$work/tree/noesis" loop --json
expect "the command's status is handed on" [ "$status" = 3 ]
expect "stdout is the command's alone" [ "$(<"$work/stdout")" = "ran loop --json" ]
launch "$work/tree/noesis" loop
expect "an up-to-date start is silent" [ ! -s "$work/stderr" ]
expect "configuring is done once" [ "$(grep -c '^cmake' "$work/calls")" = 1 ]
expect "nothing is installed when all is there" not called 'apt-get\|pip'

mkdir -p "$work/tree/build/asan"
exec 8>"$work/tree/build/asan/.lock"
flock 8
launch "$work/tree/noesis" loop
expect "a build of another preset is not waited for" [ ! -s "$work/stderr" ]
exec 8>"$work/tree/build/release/.lock"
flock 8
(sleep 1 && exec 8>&-) &
exec 8>&-
launch "$work/tree/noesis" loop
expect "one of the same preset is" says 'waiting for another ./noesis that is building or testing build/release'
expect "and then all goes on" [ "$status" = 3 ]

launch "$work/tree/noesis" docs --out site
expect "docs are built by the program that was built" called 'docs/site/build.py --noesis .*/build/release/noesis --out site$'

launch "$work/tree/noesis" train --help
expect "where it is built, help is the program's" [ "$(<"$work/stdout")" = "ran train --help" ]

fresh
rm -r "$work/tree/build" "$work/tree/.venv"
stand_in dpkg-query <<<'exit 0'
for question in --help -h help "train --help" "--yes loop -h"; do
  # shellcheck disable=SC2086 # words
  launch "$work/tree/noesis" $question
  expect "$question is answered where nothing is built" [ "$status" = 0 ]
  expect "with the commands" grep -q '^  simulate ' "$work/stdout"
  expect "and where more is" grep -q 'docs/guides' "$work/stdout"
  expect "without building or installing" [ ! -s "$work/calls" ]
  expect "or writing" [ ! -e "$work/tree/build" ]
done
launch "$work/tree/noesis"
expect "no command is a usage error, at once" [ "$status" = 2 ]
expect "which tells the commands" says '^  simulate '

fresh
mkdir -p "$work/tree/.venv/lib/python3.11/site-packages"
stand_in ninja <<<'mkdir -p "$2/python/noesis"; touch "$2/python/noesis/__init__.py"'
launch "$work/tree/noesis" loop
link=$work/tree/.venv/lib/python3.11/site-packages/noesis.pth
expect ".venv imports the package that was built" [ "$(<"$link")" = "$work/tree/build/release/python" ]

lacking='shift 3; for package; do [[ $package == ninja-build ]] || echo "$package installed"; done'
fresh
stand_in dpkg-query <<<"$lacking"
launch "$work/tree/noesis" loop
expect "no install without consent" [ "$status" = 1 ]
expect "the one command is printed" says 'sudo apt-get install --yes --no-install-recommends ninja-build$'
expect "only the size was asked" not called 'apt-get install --yes --no-install-recommends ninja\|sudo'
launch NOESIS_OFFLINE=1 "$work/tree/noesis" --yes loop
expect "offline stops" [ "$status" = 1 ]
expect "offline says what is missing" says '1 system packages are missing: ninja-build'
expect "offline wins over --yes" not called 'sudo'
launch "$work/tree/noesis" --yes loop
expect "--yes installs what is missing and runs" [ "$status" = 3 ]
expect "only what is missing" called 'apt-get install --yes --no-install-recommends ninja-build$'

fresh
touch "$work/tree/.venv/.incomplete" && cp "$work/tree/.venv/bin/python" "$work/tree/.venv/.ready"
launch "$work/tree/noesis" loop
expect "a half-made .venv is made anew" called 'python3 -m venv --clear'
expect "with the pinned packages" called 'pip install .* torch==[0-9.]*$'
expect "and then counts as done" [ ! -e "$work/tree/.venv/.incomplete" ]

fresh
rm -r "$work/tree/.venv"
mkdir -p "$work/torch/share/cmake/Torch" && touch "$work/torch/share/cmake/Torch/TorchConfig.cmake"
launch CMAKE_PREFIX_PATH="/nowhere:$work/torch" "$work/tree/noesis" loop
expect "another LibTorch is not doubled" not called 'pip install .*torch'
expect "the rest is installed" called 'pip install .*numpy'

fresh
rm -r "$work/tree/.venv"
launch NOESIS_OFFLINE=1 "$work/tree/noesis" loop
expect "offline never calls pip" not called '-m venv\|-m pip'
expect "and says what .venv lacks" says 'lacks some of:.* torch=='

fresh
stand_in ninja <<<'echo "[1/2] Building a"; echo "FAILED: a.o"; echo "a.cpp:1: error: no"; exit 1'
launch "$work/tree/noesis" loop
expect "a failed build stops" [ "$status" = 1 ]
expect "its errors are shown" says 'a.cpp:1: error: no'
expect "and the log named" says 'build/release/build.log'

fresh
launch "$work/tree/noesis" test --label nonsense
expect "an unknown label is a usage error" [ "$status" = 2 ]

fresh
rm "$work/bin/python3"
stand_in ctest <<<'echo "<testsuite name=\"(empty)\" tests=\"0\"/>" >"${@: -1}"'
launch "$work/tree/noesis" test --label unit
expect "labels without a case fail" [ "$status" = 1 ]
expect "and say so" says 'no case has these labels'
expect "and are counted" grep -q '^0 passed, 1 failed$' "$work/stdout"
printf '%d launches as expected\n' "$cases"
