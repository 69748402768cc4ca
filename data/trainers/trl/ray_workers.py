"""Train on several machines of a Ray cluster: the trainer's own function, as the worker of Ray Train.

    python ray_workers.py NODES GPUS train.py CONFIG ATTEMPT
"""

import sys
from pathlib import Path
from typing import Any


def work(job: dict[str, Any]) -> None:
    sys.path.insert(0, job["folder"])
    from train import run

    status = run(job["config"], job["attempt"])
    if status not in (0, 143):  # A stop with a checkpoint is not a failure of the worker.
        raise SystemExit(status)


def main(nodes: int, gpus: int, config: Path, attempt: int) -> int:
    import json

    import ray
    from ray.train import RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    folder = config.parent
    ray.init(address="auto")
    trainer = TorchTrainer(
        work,
        train_loop_config={"folder": str(folder), "config": str(config), "attempt": attempt},
        scaling_config=ScalingConfig(
            num_workers=nodes * max(1, gpus), use_gpu=gpus > 0, placement_strategy="PACK"
        ),
        run_config=RunConfig(name=f"attempt-{attempt}", storage_path=str(folder / "ray")),
    )
    trainer.fit()
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return {"succeeded": 0, "interrupted": 143}.get(result["status"], 1)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[4]), int(sys.argv[5])))
