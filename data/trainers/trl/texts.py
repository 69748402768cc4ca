"""The texts of a training, and how a batch is divided among processes."""

import json
from pathlib import Path

from journal import Json, TrainerError


def read_texts(folder: Path, name: str | None) -> list[Json]:
    if name is None:
        return []
    with (folder / name).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def as_records(records: list[Json], loss: str) -> list[Json]:
    """Prompt and completion, as one text if the loss covers both."""
    if loss == "completion":
        return [{"prompt": record["prompt"], "completion": record["completion"]} for record in records]
    return [{"text": record["prompt"] + record["completion"]} for record in records]


def split_batch(batch: int, world: int, most: int) -> tuple[int, int]:
    """Texts per pass of one process, and passes per step, so that a step covers `batch` texts."""
    if batch % world != 0:
        raise TrainerError("BATCH_SIZE", f"A batch of {batch} texts cannot be shared by {world} processes.")
    own = batch // world
    micro = max(size for size in range(1, min(own, most) + 1) if own % size == 0)
    return micro, own // micro
