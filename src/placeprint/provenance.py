"""What must be stated with every number: machine and versions."""

import os
import platform
from pathlib import Path

import numpy as np

from placeprint.version import __version__


def machine() -> str:
    """Processor, cores available to this process, and versions, in one line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    model = names[0] if names else platform.processor()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{model}, {cores} cores; Python {platform.python_version()}, NumPy {np.__version__}, "
        f"placeprint {__version__}"
    )
