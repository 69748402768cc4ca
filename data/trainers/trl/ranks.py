"""The processes of a training: their ranks, the GPUs that each one sees, and when all of them stop."""

import os
import threading
from pathlib import Path

STOPPED = 143  # Exit status after a stop that was asked for, with a checkpoint saved.


def take_ranks_of_slurm() -> None:
    """`srun` starts a process for each rank, but with its own variables for the rank."""
    if "RANK" not in os.environ and int(os.environ.get("SLURM_STEP_NUM_TASKS", "1")) > 1:
        names = {"RANK": "SLURM_PROCID", "LOCAL_RANK": "SLURM_LOCALID", "WORLD_SIZE": "SLURM_STEP_NUM_TASKS"}
        os.environ.update({name: os.environ[own] for name, own in names.items()})


def show_gpus(count: int) -> None:
    """Show this process only so many GPUs; it would use all that it sees, slowly. Must run before torch is loaded."""
    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    seen = told.split(",") if told else [str(index) for index in range(count)]
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(seen[:count])


def barrier() -> None:
    from torch import distributed

    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()


def asked_to_stop(folder: Path, stop: threading.Event) -> bool:
    """Whether any rank was asked to stop: all must stop after the same step."""
    import torch
    from torch import distributed

    asked = stop.is_set() or (folder / "stop").exists()
    if not (distributed.is_available() and distributed.is_initialized()):
        return asked
    device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
    flag = torch.tensor(int(asked), device=device)
    distributed.all_reduce(flag, op=distributed.ReduceOp.MAX)
    return bool(flag.item())
