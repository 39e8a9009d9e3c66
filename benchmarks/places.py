"""Paths of the benchmark, and the assignment of CPUs."""

import os
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
HOME: Final = ROOT / ".build" / "bench"
LATEST: Final = ROOT / "benchmarks" / "results" / "latest.json"
PAGE: Final = ROOT / "docs" / "benchmarks.md"
CHART: Final = ROOT / "docs" / "benchmarks.svg"

CPUS: Final = sorted(os.sched_getaffinity(0))
SERVER_CPU: Final = CPUS[0]
OTHER_CPU: Final = CPUS[-1]  # PostgreSQL and the client
