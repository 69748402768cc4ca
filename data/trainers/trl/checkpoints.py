"""The checkpoints that a training resumes from, and the model that it saves: each appears complete or not at all."""

import json
import shutil
from pathlib import Path
from typing import Any

from journal import Json, write_whole
from ranks import barrier

COMPLETE = "complete"  # Written into a checkpoint last; contains the number of tokens trained on so far.


def complete(checkpoint: Path, tokens: int) -> None:
    write_whole(checkpoint / COMPLETE, str(tokens))


def newest_checkpoint(checkpoints: Path, sweeps: bool) -> str | None:
    """The newest complete checkpoint. With `sweeps`, removes incomplete ones."""
    found = sorted(checkpoints.glob("checkpoint-*"), key=lambda path: int(path.name.rsplit("-", 1)[1]))
    whole = [path for path in found if (path / COMPLETE).exists()]
    for path in set(found) - set(whole) if sweeps else ():
        shutil.rmtree(path)
    return str(whole[-1]) if whole else None


def tokens_of(checkpoint: str | None) -> int:
    """Tokens trained on before a checkpoint: TRL counts from 0 again when a training resumes."""
    return 0 if checkpoint is None else int((Path(checkpoint) / COMPLETE).read_text())


def save(trainer: Any, folder: Path, config: Json) -> None:
    """The model appears complete; its checkpoints are kept until then."""
    trainer.save_model(str(folder / "model.tmp"))
    barrier()
    if trainer.args.should_save:
        adapter = folder / "model.tmp" / "adapter_config.json"
        if adapter.exists():
            adapter.write_text(
                json.dumps(
                    {**json.loads(adapter.read_text()), "base_model_name_or_path": config["model"]}, indent=2
                )
            )
        shutil.rmtree(folder / "model", ignore_errors=True)
        (folder / "model.tmp").rename(folder / "model")
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    barrier()
