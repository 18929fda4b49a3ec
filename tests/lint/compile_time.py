"""The files that took the compiler longest in a build folder. usage: compile_time.py BUILD [COUNT]

From ninja's log, so of whatever was compiled last; what came from ccache took no time and says so. Seconds are of
the wall, beside whatever else ran."""

import pathlib
import sys

CACHED_MS = 1500  # below that a file of ours was not compiled


def main():
    build, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10
    took = {}
    for line in (build / ".ninja_log").read_text(encoding="utf-8").splitlines()[1:]:
        begin, end, _, output, _ = line.split("\t")
        output = output.removeprefix(f"{build.resolve()}/")
        if output.endswith(".o"):
            took[output] = int(end) - int(begin)
    slowest = sorted(took.items(), key=lambda item: -item[1])
    cached = sum(time < CACHED_MS for time in took.values())
    print(f"{len(took)} objects in {sum(took.values()) / 1000:.0f} s of compiler time, {cached} of them from the cache or tiny")
    for output, time in slowest[:count]:
        print(f"{time / 1000:7.1f} s  {output}")


if __name__ == "__main__":
    main()
