#!/usr/bin/env python3
"""Regenerates chemical.csv, electrical.csv, neurons.csv and positions.csv from the published sources.

    python3 convert.py --edges herm_full_edgelist.csv --polarity journal.pcbi.1007974.s003.xlsx \\
                       --neurons owmeta_cache.json --cells NeuroML2 [--out DIR]

The sources, their checksums and the conventions are in PROVENANCE.md. Needs only the standard
library. Fails when a source is not the one that the tables were made from, unless --any-version.
"""

import argparse
import collections
import csv
import hashlib
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree
import zipfile

SHA256 = {
    "edges": "142693f17556148d7f962835b18ac6dd5af18b7467eef61815ebc1dd5474c0ca",
    "polarity": "85959066fd7cbdbc2024d0ebb323b71c4365f4083bc85e555ee973f470697c47",
    "neurons": "064374a0fba18a6f0661a005032144ce91f46973722e1f07bccabaf2f56e6ed0",
    "cells": "fa97fbd776b24344c2fe59f51a3e2b2fa41da0ad5a189d01a03bc0d9fb86c358",
}
PHARYNGEAL = set(
    "I1L I1R I2L I2R I3 I4 I5 I6 M1 M2L M2R M3L M3R M4 M5 MCL MCR MI NSML NSMR".split())
TRANSMITTERS = {"Glu": "glutamate", "ACh": "acetylcholine", "GABA": "GABA"}
MONOAMINES = {"Dopamine", "Octopamine", "Serotonin", "Tyramine"}
NEUROML = "{http://www.neuroml.org/schema/neuroml2}"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def normal_name(name):
    """'VB01 ' -> 'VB1'."""
    return re.sub(r"(?<=[A-Z])0+(?=\d)", "", name.strip())


def read_sheet(path, name):
    """Yields the rows of one sheet of an .xlsx file, each as {column letter: text}."""
    with zipfile.ZipFile(path) as book:
        strings = ["".join(text.text or "" for text in item.iter(SHEET + "t"))
                   for item in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))]
        files = {relation.get("Id"): relation.get("Target")
                 for relation in ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))}
        sheets = {sheet.get("name"): sheet.get(RELATION + "id")
                  for sheet in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(SHEET + "sheet")}
        if name not in sheets:
            sys.exit(f"{path}: no sheet '{name}', only {sorted(sheets)}")
        table = ElementTree.fromstring(book.read("xl/" + files[sheets[name]]))
    for row in table.iter(SHEET + "row"):
        cells = {}
        for cell in row:
            value = cell.find(SHEET + "v")
            if value is not None and value.text is not None:
                column = re.match("[A-Z]+", cell.get("r")).group()
                cells[column] = strings[int(value.text)] if cell.get("t") == "s" else value.text
        yield cells


def read_neurons(neuron_path, polarity_path):
    """One dictionary a neuron, by name. The dominant and alternative transmitter are those of Fenyves
    et al.; monoamines, which they do not list, are added from owmeta."""
    info = json.loads(pathlib.Path(neuron_path).read_text())["neuron_info"]
    classical = {}
    for row in read_sheet(polarity_path, "1. NT expr"):
        found = [TRANSMITTERS[row[column]] for column in "BC" if row.get(column) in TRANSMITTERS]
        if "A" in row:
            classical[normal_name(row["A"])] = found
    neurons = {}
    for name in sorted(info):
        _, types, _, transmitters, *_ = info[name]
        found = classical.get(name, []) + sorted(
            text.lower() for text in transmitters if text in MONOAMINES)
        transmitter = found[0] if found else "unknown"
        neurons[name] = {
            "name": name,
            "type": "/".join(sorted(types)),
            "pharyngeal": int(name in PHARYNGEAL),
            "transmitter": transmitter,
            "cotransmitters": ";".join(found[1:]),
            "sign": -1 if transmitter == "GABA" else 1,
        }
    return neurons


def read_edges(path, neurons):
    """({(pre, post): count}, {(a, b): count}) between neurons; muscles and other cells are left out."""
    edges = {"chemical": {}, "electrical": {}}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            pair = normal_name(row["Source"]), normal_name(row["Target"])
            if pair[0] not in neurons or pair[1] not in neurons:
                continue
            table = edges[row["Type"].strip()]
            if pair in table:
                sys.exit(f"{path}: {pair[0]} -> {pair[1]} stands twice")
            table[pair] = int(row["Weight"])
    # A gap junction is listed from both sides, not always alike: take the larger count.
    gaps = collections.defaultdict(int)
    for (a, b), count in edges["electrical"].items():
        if a != b:
            gaps[min(a, b), max(a, b)] = max(gaps[min(a, b), max(a, b)], count)
    return edges["chemical"], dict(gaps)


def read_polarity(path, chemical):
    """{(pre, post): '+', '-', 'complex' or 'none'}, for exactly the edges of `chemical`."""
    names = {"+": "+", "-": "-", "complex": "complex", "no pred": "none"}
    polarity = {}
    for row in read_sheet(path, "5. Sign prediction"):
        pair = normal_name(row.get("A", "")), normal_name(row.get("D", ""))
        if row.get("F") != "chemical" or pair not in chemical:
            continue
        if int(row["E"]) != chemical[pair]:
            sys.exit(f"{path}: {pair[0]} -> {pair[1]} has weight {row['E']}, "
                     f"but {chemical[pair]} in the edge list")
        polarity[pair] = names[row["Q"]]
    missing = sorted(set(chemical) - set(polarity))
    if missing:
        sys.exit(f"{path}: no polarity for {len(missing)} edges, first {missing[0]}")
    return polarity


def read_positions(folder, neurons):
    """[name, x, y, z] of the centre of each soma: segment 0 of the cell's morphology. The numbers keep
    the digits of the source."""
    positions = []
    for name in neurons:
        segments = ElementTree.parse(folder / f"{name}.cell.nml").iter(NEUROML + "segment")
        soma = next(segment for segment in segments if segment.get("id") == "0")
        if "soma" not in soma.get("name").lower():
            sys.exit(f"{folder}/{name}.cell.nml: segment 0 is '{soma.get('name')}', not a soma")
        point = soma.find(NEUROML + "proximal")
        positions.append([name, point.get("x"), point.get("y"), point.get("z")])
    return positions


def sha256(path):
    """Of a file, or of the names and contents of all *.cell.nml files of a folder."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for file in sorted(path.glob("*.cell.nml")):
        digest.update(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n".encode())
    return digest.hexdigest()


def write_table(path, header, rows):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    print(f"{path}: {sha256(path)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for name in SHA256:
        parser.add_argument("--" + name, required=True, type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).parent)
    parser.add_argument("--any-version", action="store_true", help="accept other source files")
    options = parser.parse_args()
    for name, expected in SHA256.items():
        path = getattr(options, name)
        found = sha256(path)
        if found != expected and not options.any_version:
            sys.exit(f"{path}: sha256 {found}, expected {expected}; --any-version goes on")

    neurons = read_neurons(options.neurons, options.polarity)
    chemical, gaps = read_edges(options.edges, neurons)
    polarity = read_polarity(options.polarity, chemical)
    write_table(options.out / "neurons.csv",
                ["id", "name", "type", "pharyngeal", "transmitter", "cotransmitters", "sign"],
                [[index, *neuron.values()] for index, neuron in enumerate(neurons.values())])
    write_table(options.out / "chemical.csv", ["pre", "post", "count", "polarity"],
                [[*pair, chemical[pair], polarity[pair]] for pair in sorted(chemical)])
    write_table(options.out / "electrical.csv", ["a", "b", "count"],
                [[*pair, gaps[pair]] for pair in sorted(gaps)])
    write_table(options.out / "positions.csv", ["name", "x", "y", "z"],
                read_positions(options.cells, neurons))


if __name__ == "__main__":
    main()
