"""The machine and the versions that a measurement was made with."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np

# What in the environment changes how fast NumPy multiplies or a process starts.
VARIABLES = ("OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "PYTHONDONTWRITEBYTECODE")
NO_GPU = "none: everything ran on the processor"
PACKAGES = ("scipy", "scikit-learn", "torch", "torchvision", "opencv-python-headless", "dvc")


def describe() -> dict[str, str]:
    """Return what there is to know, by its name: processor, memory, system, Python, NumPy with its BLAS, packages."""
    variables = [f"{name}={os.environ[name]}" for name in VARIABLES if name in os.environ]
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "processor": f"{_cpu_model()} ({platform.machine()}), {len(os.sched_getaffinity(0))} cores used",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "GPU": _gpu(),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        "numpy": f"{np.__version__} with {blas['name']} {blas['version']}, kernels for {_blas_kernels()}",
        "environment": " ".join(variables) or "nothing of note",
    } | {name: version(name) for name in PACKAGES}


def _cpu_model() -> str:
    """The processor's name as the system knows it."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


def _gpu() -> str:
    """The GPU that torch finds."""
    import torch  # here: the page can be written without it

    return torch.cuda.get_device_name() if torch.cuda.is_available() else NO_GPU


def _blas_kernels() -> str:
    """The processor for which NumPy's BLAS chose its kernels."""
    from threadpoolctl import threadpool_info

    found = {pool.get("architecture", "unknown") for pool in threadpool_info() if "numpy.libs" in pool["filepath"]}
    return ", ".join(sorted(found)) or "unknown"
