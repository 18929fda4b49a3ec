"""Draws the pictures of docs/environments: an episode of each environment under its scripted baseline.

    .venv/bin/python docs/images/environments.py      # writes beside itself
"""

import pathlib
import struct
import zlib

import gymnasium
import numpy as np

import noesis

STEPS = {"noesis/Discover-v0": 20, "noesis/Emulate-v0": 100}
SEED = 1


def png(picture: np.ndarray) -> bytes:
    """A uint8 (height, width, 3) picture as a PNG file."""
    height, width, _ = picture.shape
    rows = b"".join(b"\0" + row.tobytes() for row in picture)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


def picture(env_id: str) -> np.ndarray:
    """What there is to see at the end of an episode, or after so many steps of it."""
    env = gymnasium.make(env_id, render_mode="rgb_array")
    baseline = noesis.Baseline(env_id)
    baseline.restart(SEED)
    observation, _ = env.reset(seed=SEED)
    for _ in range(STEPS.get(env_id, 100)):
        observation, _, terminated, truncated, _ = env.step(baseline(observation))
        if terminated or truncated:
            break
    frame = env.render()
    env.close()
    return frame


def main() -> None:
    for env_id in noesis.env_ids():
        name = env_id.removeprefix("noesis/").removesuffix("-v0").lower()
        (pathlib.Path(__file__).parent / f"{name}.png").write_bytes(png(picture(env_id)))


if __name__ == "__main__":
    main()
