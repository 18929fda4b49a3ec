#!/usr/bin/env python3
"""A cable between two network namespaces that delays every frame, for kernels without netem: two TAP
devices, of which each passes on what enters the other DELAY milliseconds later. Needs root.

    cable.py DEVICE NAMESPACE DEVICE NAMESPACE DELAY_MS

Says "ready" once both devices are in their namespaces, and ends with its standard input."""

import collections
import fcntl
import os
import select
import struct
import subprocess
import sys
import time

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
MTU = 60_000  # few frames, since each costs this program some microseconds


def plug(device, namespace):
    """The end of the cable that is in a namespace."""
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TAP | IFF_NO_PI))
    for words in (
        ["link", "set", device, "mtu", str(MTU), "txqueuelen", "10000"],
        ["link", "set", device, "netns", namespace],
    ):
        subprocess.run(["ip", *words], check=True)
    return end


def main():
    first, first_namespace, second, second_namespace, delay_ms = sys.argv[1:]
    ends = [plug(first, first_namespace), plug(second, second_namespace)]
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    delay = float(delay_ms) / 1000
    on_the_way = collections.deque()  # (when it is due, where to, frame), the oldest first
    print("ready", flush=True)
    while True:
        wait = max(0, on_the_way[0][0] - time.monotonic()) if on_the_way else None
        readable, _, _ = select.select([*ends, sys.stdin], [], [], wait)
        if sys.stdin in readable and not sys.stdin.buffer.read1(1):
            return
        for end in readable:
            if end not in other:
                continue
            try:
                while True:
                    frame = os.read(end, MTU + 64)
                    on_the_way.append((time.monotonic() + delay, other[end], frame))
            except BlockingIOError:
                pass
        while on_the_way and on_the_way[0][0] <= time.monotonic():
            _, end, frame = on_the_way.popleft()
            try:
                os.write(end, frame)
            except (BlockingIOError, OSError):
                pass  # lost, as on a cable; TCP sends it again


if __name__ == "__main__":
    main()
