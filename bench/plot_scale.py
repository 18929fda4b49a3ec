#!/usr/bin/env python3
"""The scale benchmark as a picture: noesis bench scale --json scale.json, then

python bench/plot_scale.py scale.json docs/images/scale.svg --caches 32 512 32768
"""

import argparse
import json
import math
import re
from pathlib import Path

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 70, 20, 40, 60
BYTES_A_NEURON = 4  # of the state that synapses read: what a cache should hold


def size_of(case):
    number, unit = re.match(r"(\d+)([kM])", case).groups()
    return int(number) * {"k": 1_000, "M": 1_000_000}[unit]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("rows")
    parser.add_argument("picture")
    parser.add_argument("--caches", nargs="*", type=float, default=[], help="sizes of L1, L2, L3 [KiB]")
    arguments = parser.parse_args()
    rows = [r for r in json.loads(Path(arguments.rows).read_text()) if r["name"] == "scale"]
    points = sorted((size_of(r["case"]), 1 / r["value"]) for r in rows)  # ns a synapse

    low, high = math.log10(points[0][0]), math.log10(points[-1][0])
    top = 1.15 * max(y for _, y in points)

    def x(n):
        return LEFT + (math.log10(n) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(ns):
        return HEIGHT - BOTTOM - ns / top * (HEIGHT - TOP - BOTTOM)

    def text(px, py, words, anchor="middle", extra=""):
        return f'<text x="{px:.1f}" y="{py:.1f}" text-anchor="{anchor}" {extra}>{words}</text>'

    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12" fill="#333">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        text(WIDTH / 2, 20, "Time of the sparse product, 100 uniformly random synapses a neuron, 1 environment"),
        text(WIDTH / 2, HEIGHT - 12, "neurons"),
        text(18, HEIGHT / 2, "ns a synapse", extra=f'transform="rotate(-90 18 {HEIGHT / 2})"'),
    ]
    for power in range(math.ceil(low), math.floor(high) + 1):
        for digit in (1, 2, 5):
            n = digit * 10**power
            if math.log10(n) > high + 1e-9:
                continue
            label = f"{n // 1_000_000}M" if n >= 1_000_000 else f"{n // 1000}k"
            svg.append(f'<line x1="{x(n):.1f}" x2="{x(n):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#eee"/>')
            svg.append(text(x(n), HEIGHT - BOTTOM + 18, label))
    step = 10 ** math.floor(math.log10(top))
    step = next(s for s in (step / 5, step / 2, step) if top / s <= 8)
    for tick in range(int(top / step) + 1):
        level = tick * step
        svg.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(level):.1f}" y2="{y(level):.1f}" stroke="#eee"/>')
        svg.append(text(LEFT - 8, y(level) + 4, f"{level:.2g}", "end"))
    for name, kib in zip(("L1", "L2", "L3"), arguments.caches):
        n = kib * 1024 / BYTES_A_NEURON
        if low <= math.log10(n) <= high:
            svg.append(
                f'<line x1="{x(n):.1f}" x2="{x(n):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" '
                'stroke="#c33" stroke-dasharray="4 3"/>'
            )
            svg.append(text(x(n) + 4, TOP + 12, f"{name}: {kib:g} KiB of rates", "start", 'fill="#c33"'))
    line = " ".join(f"{x(n):.1f},{y(ns):.1f}" for n, ns in points)
    svg.append(f'<polyline points="{line}" fill="none" stroke="#1565c0" stroke-width="2"/>')
    svg += [f'<circle cx="{x(n):.1f}" cy="{y(ns):.1f}" r="3.5" fill="#1565c0"/>' for n, ns in points]
    svg.append("</svg>")
    Path(arguments.picture).write_text("\n".join(svg) + "\n")


if __name__ == "__main__":
    main()
