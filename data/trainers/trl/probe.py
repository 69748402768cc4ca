"""Print one line of JSON: the packages and GPUs of this Python, and whether it sees a path. Needs only Python.

    python probe.py [PATH]
"""

import json
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")


def found(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def gpus() -> dict[str, Any]:
    import torch

    count = torch.cuda.device_count()
    return {
        "gpus": count,
        "bf16": all(torch.cuda.get_device_capability(index)[0] >= 8 for index in range(count)),
        "gpu_bytes": min(
            (torch.cuda.get_device_properties(index).total_memory for index in range(count)), default=None
        ),
    }


packages = {package: found(package) for package in PACKAGES}
told: dict[str, Any] = {
    "python": platform.python_version(),
    "executable": sys.executable,
    "packages": packages,
    **({"seen": Path(sys.argv[1]).exists()} if len(sys.argv) > 1 else {}),
}
try:
    told.update(gpus())
except Exception as error:  # The probe is there to find a missing or broken torch.
    told["problem"] = (
        f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"
    )
print(json.dumps(told))
