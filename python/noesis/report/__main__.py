"""`python -m noesis.report RUN`: exit code 0, or 2 with one line on stderr."""

import argparse
import pathlib
import sys

from noesis.report import ReportError, make_report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m noesis.report", description="Make the report of a run.")
    parser.add_argument("run", metavar="RUN", type=pathlib.Path, help="folder of a run, or recording of `noesis simulate`")
    try:
        print(make_report(parser.parse_args().run))
    except ReportError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
