"""`python -m noesis.ibl`: exit code 0; 2 for wrong usage or data, 1 for what failed, with one line on stderr."""

import argparse
import json
import sys

from noesis.errors import ConfigError, RunError, UserError

EXAMPLES = """examples:
  python -m noesis.ibl list --root ibl-data
  python -m noesis.ibl list --remote --subject KS014 --username NAME
  python -m noesis.ibl download EID --root ibl-data --probe probe00
  python -m noesis.ibl bin ibl-data/LAB/Subjects/SUBJECT/DATE/001 --out session.h5
  python -m noesis.ibl bin FOLDER --out regions.h5 --level region --mapping beryl --bin-ms 50
  python -m noesis.ibl bin FOLDER --out null.h5 --surrogate shift --seed 1

Then gymnasium.make("noesis/Replay-v0", recording="session.h5"). The whole way: docs/guides/ibl.md.
Data of the IBL are under CC BY 4.0: cite the International Brain Laboratory.
"""


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m noesis.ibl",
        description="Recordings of the International Brain Laboratory for noesis/Replay-v0.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="list|download|bin")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(
            name, help=text, description=text, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        one.add_argument("--json", action="store_true", help="print JSON")
        return one

    def server(one: argparse.ArgumentParser) -> None:
        one.add_argument("--server", metavar="URL", help="another server than the public one")
        one.add_argument("--username", metavar="NAME", help="of your account there; asked for its password once")

    def choice(one: argparse.ArgumentParser) -> None:
        one.add_argument("--probe", action="append", metavar="NAME", help="this probe; may be repeated (default: all)")
        one.add_argument("--sorter", metavar="NAME", help="default: pykilosort, iblsorter, or the shortest name")
        one.add_argument(
            "--revision", metavar="NAME", help="of the datasets: this or the last before it (default: the last)"
        )

    lists = command("list", "Sessions in a folder, or on the server.")
    lists.add_argument("--root", metavar="DIR", default="ibl-data", help="of the ALF tree (default: ibl-data)")
    lists.add_argument("--remote", action="store_true", help="ask the server")
    lists.add_argument("--lab")
    lists.add_argument("--subject")
    lists.add_argument("--from-date", metavar="YYYY-MM-DD")
    lists.add_argument("--to-date", metavar="YYYY-MM-DD")
    lists.add_argument("--region", metavar="ACRONYM", help="recorded from (--remote)")
    lists.add_argument("--tag", help="of a data release, such as 2022_Q4_IBL_et_al_BWM (--remote)")
    server(lists)

    downloads = command("download", "The spikes, clusters, regions and trials of a session.")
    downloads.add_argument("eid", metavar="EID", help="as list --remote prints it")
    downloads.add_argument("--root", metavar="DIR", default="ibl-data", help="where to (default: ibl-data)")
    choice(downloads)
    server(downloads)

    bins = command("bin", "Bins the spikes of a session into one file.")
    bins.add_argument("session", metavar="FOLDER", help="of a session: .../SUBJECT/DATE/NUMBER")
    bins.add_argument("--out", metavar="FILE", required=True, help="the recording (HDF5)")
    bins.add_argument("--bin-ms", type=float, default=20.0, metavar="MS", help="width of a bin (default: 20)")
    bins.add_argument("--level", default="unit", choices=("unit", "region"), help="what a column is (default: unit)")
    bins.add_argument(
        "--min-label", type=float, default=1.0, metavar="Q", help="least quality of a cluster, 0 to 1 (default: 1)"
    )
    bins.add_argument(
        "--mapping",
        default="allen",
        choices=("allen", "beryl", "cosmos", "id", "none"),
        help="names of regions (default: allen)",
    )
    bins.add_argument("--region", action="append", metavar="NAME", help="this region; may be repeated (default: all)")
    bins.add_argument("--exclude", action="append", metavar="NAME", help="not this region (default: void, root)")
    bins.add_argument("--begin-s", type=float, metavar="S", help="default: when all probes have begun")
    bins.add_argument("--end-s", type=float, metavar="S", help="default: when the first probe ends")
    bins.add_argument(
        "--trial-event", metavar="NAME", help="where trials begin, such as stimOn_times (default: their start)"
    )
    bins.add_argument("--drop-invalid-times", action="store_true", help="leave out spikes whose time is not finite")
    bins.add_argument(
        "--surrogate", choices=("isi", "shift"), help="a null: intervals shuffled, or units shifted in a circle"
    )
    bins.add_argument("--seed", type=int, default=0, help="of the surrogate (default: 0)")
    bins.add_argument("--synthetic", action="store_true", help="say that the spikes were made, not recorded")
    choice(bins)
    return top


def run_list(args: argparse.Namespace) -> None:
    from noesis.ibl import list_sessions

    if args.remote:
        rows = _list_remote(args)
    else:
        if args.region or args.tag:
            raise ConfigError(
                what="only the server knows this", where="list", got="--region or --tag", next="add --remote"
            )
        rows = [
            {
                "folder": str(session.folder),
                "lab": session.lab,
                "subject": session.subject,
                "date": session.date,
                "number": session.number,
                "probes": {probe: [c.removeprefix("alf/") for c in where] for probe, where in session.probes.items()},
                "trials": session.trials,
            }
            for session in list_sessions(args.root)
            if (not args.lab or session.lab == args.lab)
            and (not args.subject or session.subject == args.subject)
            and (not args.from_date or session.date >= args.from_date)
            and (not args.to_date or session.date <= args.to_date)
        ]
    if args.json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        if args.remote:
            print(row["eid"], row["lab"], row["subject"], row["date"], row["number"], sep="  ")
        else:
            sorted_by = "; ".join(f"{probe}: {', '.join(where)}" for probe, where in row["probes"].items())
            print(row["folder"], sorted_by or "no sorted spikes", f"{row['trials']} trials", sep="  ")
    print(f"{len(rows)} session{'' if len(rows) == 1 else 's'}", file=sys.stderr)


def _client(args: argparse.Namespace):
    from noesis.ibl import connect

    given = {"base_url": args.server, "username": args.username}
    given = {key: value for key, value in given.items() if value is not None}
    return connect(args.root, silent=not sys.stdin.isatty(), **given)


def _list_remote(args: argparse.Namespace) -> list[dict]:
    from noesis.ibl import list_remote

    terms = {"lab": args.lab, "subject": args.subject, "atlas_acronym": args.region, "tag": args.tag}
    if args.from_date or args.to_date:
        terms["date_range"] = [args.from_date, args.to_date]
    return list_remote(_client(args), **{key: value for key, value in terms.items() if value})


def run_download(args: argparse.Namespace) -> None:
    from noesis.ibl import download

    session = download(_client(args), args.eid, probes=args.probe, sorter=args.sorter, revision=args.revision)
    print(json.dumps({"folder": str(session.folder)}) if args.json else session.folder)


def run_bin(args: argparse.Namespace) -> None:
    from noesis.ibl import Session, bin_session

    options = {
        "bin_ms": args.bin_ms, "level": args.level, "min_label": args.min_label, "mapping": args.mapping,
        "probes": args.probe, "sorter": args.sorter, "regions": args.region, "begin_s": args.begin_s,
        "end_s": args.end_s, "trial_event": args.trial_event, "surrogate": args.surrogate, "seed": args.seed,
        "invalid_times": "drop" if args.drop_invalid_times else "error", "synthetic": args.synthetic,
    }  # fmt: skip
    if args.exclude is not None:
        options["exclude"] = tuple(args.exclude)
    done = bin_session(Session(args.session, revision=args.revision), args.out, **options)
    if args.json:
        print(json.dumps(done, indent=1))
        return
    probes = ", ".join(f"{name} ({source})" for name, source in done["probes"].items())
    print(f"{done['file']}: {done['session']}, {probes}")
    print(
        f"{done['bins']} bins of {done['bin_ms']:g} ms from {done['begin_s']:.3f} s, {done['columns']} {args.level}s "
        f"({done['units']} of {done['clusters']} clusters), {done['spikes']} spikes, {done['trials']} trials, "
        f"{done['seconds']:.1f} s"
    )
    if done["spikes_without_time"]:
        print(f"{done['spikes_without_time']} spikes without a time are left out", file=sys.stderr)
    for name in done["unsorted_probes"]:
        print(f"{name}: spikes were not in order of time and have been sorted", file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    args = parser().parse_args(arguments)
    try:
        {"list": run_list, "download": run_download, "bin": run_bin}[args.command](args)
    except RunError as error:
        print(error, file=sys.stderr)
        return 1
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
