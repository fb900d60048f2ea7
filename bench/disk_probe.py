"""The raw price of durability, read beside every durable run: how long one 4 KiB overwrite takes to reach the disk."""

import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 4096


@dataclass(frozen=True)
class DiskReading:
    """`per_second` of write and fdatasync pairs, and their median in milliseconds."""

    per_second: float
    p50_ms: float


def read_disk(folder: Path, seconds: float = 0.3) -> DiskReading:
    """Overwrites one block again and again in `folder`, with fdatasync after each."""
    took: list[float] = []
    with tempfile.TemporaryFile(dir=folder) as file:
        descriptor, block = file.fileno(), bytes(_BLOCK)
        os.pwrite(descriptor, block, 0)
        os.fsync(descriptor)
        until = time.perf_counter() + seconds
        while (began := time.perf_counter()) < until:
            os.pwrite(descriptor, block, 0)
            os.fdatasync(descriptor)
            took.append(time.perf_counter() - began)
    return DiskReading(len(took) / sum(took), statistics.median(took) * 1000)
