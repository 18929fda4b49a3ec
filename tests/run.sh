# shellcheck shell=bash
# `./noesis test`: builds what the labels need, runs their ctest cases, counts. Sourced by the launcher,
# whose functions and variables it uses (root, build, preset, jobs, say, fail, ensure_build).

default_labels=(unit property reference python docs install gpu-host distributed)
known_labels=("${default_labels[@]}" slow gpu asan tsan fuzz)

# Adds the cases of a JUnit file to `passed` and `failed`; skipped ones are only named. No case at all is
# one failure.
count_cases() {
  local counts
  counts=$(python3 - "$1" <<'PY'
import sys
import xml.etree.ElementTree as ElementTree
suite = ElementTree.parse(sys.argv[1]).getroot()
cases = suite.findall("testcase")
skipped = [c.get("name") for c in cases if c.get("status") in ("notrun", "disabled") and c.find("failure") is None]
failed = [c.get("name") for c in cases if c.find("failure") is not None or c.get("status") == "fail"]
for name in failed:
    print("failed: " + name, file=sys.stderr)
for name in skipped:
    print("skipped: " + name, file=sys.stderr)
if not cases:
    print("failed: no case has these labels", file=sys.stderr)
print(len(cases) - len(failed) - len(skipped), len(failed) or int(not cases))
PY
  )
  passed=$((passed + ${counts% *}))
  failed=$((failed + ${counts#* }))
}

# run_labels PRESET LABEL...: builds everything of that preset (and each public header alone, where
# that is not to be done again for a sanitizer) and runs the cases of the labels. A build that fails is
# one failure.
run_labels() {
  local report regex targets fixed_addresses=()
  preset=$1 build=$root/build/$1
  shift
  case $preset in
    asan) targets=(quick_tests) ;;
    fuzz) targets=(all) ;;
    tsan)
      targets=(threaded_tests)
      # libzmq's own hand-overs cannot be seen, since it is not instrumented.
      export TSAN_OPTIONS=${TSAN_OPTIONS:-ignore_noninstrumented_modules=1}
      ;;
    *) targets=(all all_verify_interface_header_sets) ;;
  esac
  regex="^($(IFS='|' && printf '%s' "$*"))$"
  # The thread sanitizer of GCC 12 fails at start where addresses are randomised by more than 28 bits.
  if [[ $preset == tsan ]] && setarch --addr-no-randomize true 2>/dev/null; then
    fixed_addresses=(setarch --addr-no-randomize)
  fi
  hold_build
  say "testing build/$preset: $*"
  if ! (ensure_build "${targets[@]}"); then
    failed=$((failed + 1))
    return
  fi
  report=$build/tests.xml
  rm -f "$report"
  "${fixed_addresses[@]}" ctest --test-dir "$build" -L "$regex" -j "$jobs" --output-on-failure --progress \
    --no-tests=error --output-junit "$report" >&2 || true
  if [[ -s $report ]]; then
    count_cases "$report"
  else
    say "ctest did not run any case of: $*"
    failed=$((failed + 1))
  fi
}

run_tests() {
  local labels=() plain=() label
  while (($#)); do
    [[ $1 == --label && $# -ge 2 ]] || fail_usage "$1"
    labels+=("$2")
    shift 2
  done
  ((${#labels[@]})) || labels=("${default_labels[@]}")
  passed=0 failed=0
  for label in "${labels[@]}"; do
    [[ " ${known_labels[*]} " == *" $label "* ]] || fail_usage "$label"
    [[ $label == [at]san || $label == fuzz ]] || plain+=("$label")
    [[ $label != distributed ]] || plain+=(hemispheres) # in processes, of which sanitizers see little
  done
  ((${#plain[@]} == 0)) || run_labels "$preset" "${plain[@]}"
  for label in "${labels[@]}"; do
    [[ $label != asan ]] || run_labels asan unit property gpu-host distributed
    [[ $label != tsan ]] || run_labels tsan unit distributed
    [[ $label != fuzz ]] || run_labels fuzz fuzz
  done
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0 && passed > 0)) || exit 1
}

fail_usage() {
  say "test: not understood: $1; usage: ./noesis test [--label L]..., L one of: ${known_labels[*]}"
  exit 2
}
