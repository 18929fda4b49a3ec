"""Registers, spilled bytes and shared memory of every kernel, against a table that is kept.

usage: resources.py TABLE BUILD_FOLDER [--hip-architectures A B ...] [--write]

Reads what the device compilers said of each kernel (BUILD_FOLDER/cuda-*.log, hip-*.log), prints it, and
exits 1 where a kernel takes noticeably more than TABLE says, or is not in it. Architectures that were not
built are not looked at. --write makes the table anew; look at its difference before you keep it.
"""

import argparse
import csv
import pathlib
import re
import subprocess
import sys

# Compilers differ by a few registers from version to version; what hurts is more than that.
MORE_REGISTERS, MORE_BYTES = 8, 64
COLUMNS = ["architecture", "kernel", "registers", "spilled_bytes", "shared_bytes"]


def cuda_resources(text):
    """(architecture, mangled name) -> [registers, spilled bytes, shared bytes], of ptxas -v."""
    found, key, spilled = {}, None, 0
    for line in text.splitlines():
        if match := re.search(r"Compiling entry function '(\w+)' for '(\w+)'", line):
            key, spilled = (match[2], match[1]), 0
        elif match := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line):
            spilled = int(match[1]) + int(match[2])
        elif (match := re.search(r"Used (\d+) registers", line)) and key:
            shared = re.search(r"(\d+) bytes smem", line)
            found[key] = [int(match[1]), spilled, int(shared[1]) if shared else 0]
            key = None
    return found


def hip_resources(text, architectures):
    """The same of -Rpass-analysis=kernel-resource-usage, which does not say for what it compiles: the
    architectures come one after the other."""
    found, seen, key = {}, {}, None
    for line in text.splitlines():
        if match := re.search(r"Function Name: (\w+)", line):
            count = seen[match[1]] = seen.get(match[1], 0) + 1
            key = (architectures[count - 1], match[1])
            found[key] = [0, 0, 0]
        elif key is None:
            continue
        elif match := re.search(r"\bVGPRs: (\d+)", line):
            found[key][0] = int(match[1])
        elif match := re.search(r"ScratchSize \[bytes/lane\]: (\d+)", line):
            found[key][1] = int(match[1])
        elif match := re.search(r"LDS Size \[bytes/block\]: (\d+)", line):
            found[key][2] = int(match[1])
    return found


def demangled(names):
    """By c++filt, reduced to the kernel: "Stage<WilsonCowan<float>, 16>"."""
    text = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True).stdout
    kernels = []
    for line in text.splitlines():
        start = line.index("run_kernel<") + len("run_kernel<")
        depth, end = 1, start
        while depth:
            depth += {"<": 1, ">": -1}.get(line[end], 0)
            end += 1
        kernel = re.sub(r"noesis::(cuda::|hip::)?", "", line[start : end - 1])
        kernels.append(re.sub(r"\(Activation\)", "activation ", kernel).replace("> >", ">>").strip())
    return kernels


def read_logs(folder, hip_architectures):
    found = {}
    for log in sorted(folder.glob("cuda-*.log")):
        found |= cuda_resources(log.read_text())
    for log in sorted(folder.glob("hip-*.log")):
        found |= hip_resources(log.read_text(), hip_architectures)
    keys = list(found)
    kernels = demangled([name for _, name in keys])
    return {(arch, kernel): found[arch, name] for (arch, name), kernel in zip(keys, kernels)}


def complaints(found, table):
    for key, (registers, spilled, shared) in sorted(found.items()):
        if key not in table:
            yield f"{key[0]} {key[1]}: not in the table"
            continue
        most = table[key]
        for name, got, kept, more in [
            ("registers", registers, most[0], MORE_REGISTERS),
            ("spilled bytes", spilled, most[1], MORE_BYTES),
            ("bytes of shared memory", shared, most[2], 0),
        ]:
            if got > kept + more:
                yield f"{key[0]} {key[1]}: {got} {name}, {kept} in the table"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("table", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--hip-architectures", nargs="*", default=[])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found = read_logs(options.folder, options.hip_architectures)
    if not found:
        sys.exit("no kernel was built: nothing to look at")
    if options.write:
        with options.table.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows([*key, *values] for key, values in sorted(found.items()))
    with options.table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    table = {(r["architecture"], r["kernel"]): [int(r[c]) for c in COLUMNS[2:]] for r in rows}
    for (architecture, kernel), values in sorted(found.items()):
        print(f"{architecture:8s} {kernel:50s} {values[0]:4d} registers {values[1]:5d} spilled {values[2]:6d} shared")
    wrong = list(complaints(found, table))
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
