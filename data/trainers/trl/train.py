"""Fine-tune a causal language model of Hugging Face with TRL, as one config.json says.

    python train.py CONFIG [ATTEMPT]

Runs alike under plain Python, `accelerate launch`, `torchrun`, `srun` and as a worker of Ray Train (`run` is the
function). The folder of CONFIG is the truth of the run: `events.jsonl` grows a line for each step, `checkpoints/` holds
what to go on from, `model/` what was trained, and `result.json` appears last and whole. A SIGTERM, or a file `stop` in
the folder, ends the training with a checkpoint. Exit status: 0 trained, 1 failed, 143 stopped.
"""

import json
import math
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from journal import Journal, Json, TrainerError, check_packages, explain, hold, write_whole
from models import load_model

STOPPED = 143
COMPLETE = "complete"  # Written into a checkpoint last; holds the number of tokens trained on until then.


class Stopped(Exception):
    """The training was asked to stop before it had begun."""


def take_ranks_of_slurm() -> None:
    """`srun` starts a process for each rank and names it in its own words."""
    if "RANK" not in os.environ and int(os.environ.get("SLURM_STEP_NUM_TASKS", "1")) > 1:
        names = {"RANK": "SLURM_PROCID", "LOCAL_RANK": "SLURM_LOCALID", "WORLD_SIZE": "SLURM_STEP_NUM_TASKS"}
        os.environ.update({name: os.environ[own] for name, own in names.items()})


def run(config_path: str, attempt: int = 1) -> int:
    """Train; returns the exit status."""
    take_ranks_of_slurm()
    folder = Path(config_path).resolve().parent
    writes = int(os.environ.get("RANK", "0")) == 0
    stop = threading.Event()
    if threading.current_thread() is threading.main_thread():  # A worker of Ray Train runs in another.
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        _held = hold(folder) if writes else None  # Let go of when this function ends.
    except TrainerError as error:  # What lies in the folder is the other's.
        print(f"{error.code}: {error}", file=sys.stderr)
        return 1
    journal = Journal(folder, attempt, writes)
    progress: Json = {"step": 0}
    try:
        config = json.loads(Path(config_path).read_text(encoding="utf-8"))
        journal.begin()
        done = train(config, folder, journal, stop, progress)
        journal.result("succeeded" if done else "interrupted", **progress)
        return 0 if done else STOPPED
    except Stopped:
        journal.result("interrupted", **progress)
        return STOPPED
    except Exception as error:
        traceback.print_exc()
        code, message = explain(error)
        print(f"{code}: {message}", file=sys.stderr, flush=True)
        journal.result("failed", code=code, message=message, **progress)
        return 1


def train(config: Json, folder: Path, journal: Journal, stop: threading.Event, progress: Json) -> bool:
    """True where it trained to the end, false where it stopped with a checkpoint."""
    check_packages()
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        show_gpus(config["gpus"])
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    # A cluster may show each of several processes its own GPU alone.
    wanted, seen = min(config["gpus"], 1) if world > 1 else config["gpus"], torch.cuda.device_count()
    if wanted > seen:
        raise TrainerError("NO_GPU", f"{config['gpus']} GPUs were asked for and torch sees {seen}.")
    micro, accumulate = split_batch(config["batch_size"], world, config["micro_batch_size"])
    texts, validation = (
        read_texts(folder, config["training_file"]),
        read_texts(folder, config["validation_file"]),
    )
    if not texts:
        raise TrainerError("NO_TRAINING_TEXTS", "The training file has no text.")
    steps = math.ceil(len(texts) / config["batch_size"]) * config["epochs"]
    lora, half = config["lora"], config["precision"]
    shards = config["shard"] and world > 1 and config["gpus"] > 0  # There is no FSDP between processors.
    checkpoints = folder / "checkpoints"
    arguments = SFTConfig(
        output_dir=str(checkpoints),
        num_train_epochs=config["epochs"],
        per_device_train_batch_size=micro,
        per_device_eval_batch_size=micro,
        gradient_accumulation_steps=accumulate,
        learning_rate=config["learning_rate"],
        lr_scheduler_type=config["schedule"],
        warmup_steps=min(50, math.ceil(steps / 10)),
        weight_decay=config["weight_decay"],
        adam_beta2=config["adam_beta2"],
        max_grad_norm=config["max_grad_norm"],
        max_length=config["max_length"],
        completion_only_loss=config["loss"] == "completion",
        seed=config["seed"],
        data_seed=config["seed"],
        bf16=half == "bf16",
        fp16=half == "fp16",
        use_cpu=config["gpus"] == 0,
        gradient_checkpointing=config["gradient_checkpointing"],
        fsdp=True if shards else None,
        fsdp_config={"version": 2, "state_dict_type": "FULL_STATE_DICT"} if shards else None,
        save_steps=config["checkpoint_every"],
        save_total_limit=2,
        eval_strategy="epoch" if validation else "no",
        logging_steps=1,
        logging_nan_inf_filter=False,  # It would show an earlier loss in place of one that is no number.
        disable_tqdm=True,
        report_to="none",
    )
    # An adapter learns beside frozen weights, which need no more than half precision.
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(half if lora else "", torch.float32)
    model, tokenizer = load_model(config["model"], config["revision"], dtype)
    peft = lora and LoraConfig(
        task_type="CAUSAL_LM",
        base_model_name_or_path=config["model"],
        revision=config["revision"],
        r=lora["rank"],
        lora_alpha=lora["alpha"],
        lora_dropout=lora["dropout"],
        target_modules=linear_layers(model) if lora["targets"] == "all" else lora["targets"].split(","),
    )

    start = newest_checkpoint(checkpoints, sweeps=journal.writes)

    class Recorder(TrainerCallback):
        def __init__(self) -> None:
            self.began, self.before, self.first_tokens = time.monotonic(), tokens_of(start), None

        def on_train_begin(self, args, state, control, **_):
            progress.update(step=state.global_step, total_steps=state.max_steps)
            journal.event("status", {"total_steps": state.max_steps}, message="running")

        def on_log(self, args, state, control, logs, **_):
            step = state.global_step
            if "eval_loss" in logs:
                journal.event("validation", step=step, loss=logs["eval_loss"])
            if "loss" not in logs:
                return
            if not math.isfinite(logs["loss"]):
                raise TrainerError(
                    "DIVERGED", f"The loss is {logs['loss']} at step {step}: lower the learning rate."
                )
            tokens, now = self.before + int(logs.get("num_tokens", 0)), time.monotonic()
            if self.first_tokens is None:
                self.began, self.first_tokens = now, tokens
            spent = now - self.began
            peak = torch.cuda.max_memory_allocated() if config["gpus"] else None
            progress.update(step=step, loss=logs["loss"], tokens=tokens, peak_memory_bytes=peak)
            journal.event(
                "step",
                {"grad_norm": finite(logs.get("grad_norm")), "memory_bytes": peak},
                step=step,
                loss=logs["loss"],
                tokens=tokens,
                learning_rate=logs["learning_rate"],
                tokens_per_second=(tokens - self.first_tokens) / spent if spent > 0 else 0,
            )

        def on_step_end(self, args, state, control, **_):
            if asked_to_stop(folder, stop) and state.global_step < state.max_steps:
                control.should_save = control.should_training_stop = True

        def on_save(self, args, state, control, **_):
            barrier()
            name = f"checkpoint-{state.global_step}"
            if journal.writes:
                write_whole(checkpoints / name / COMPLETE, str(progress.get("tokens", 0)))
            journal.event("checkpoint", step=state.global_step, message=name)

    if asked_to_stop(folder, stop):
        raise Stopped
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(as_records(texts, config["loss"])),
        eval_dataset=Dataset.from_list(as_records(validation, config["loss"])) if validation else None,
        processing_class=tokenizer,
        peft_config=peft or None,
        callbacks=[Recorder()],
    )
    if shards and not trainer.is_fsdp_enabled:
        raise TrainerError("NOT_SHARDED", "This transformers does not share the model among the GPUs (FSDP).")
    trainer.train(resume_from_checkpoint=start)
    progress["step"] = trainer.state.global_step
    if trainer.state.global_step < trainer.state.max_steps:
        return False
    save(trainer, folder, config)
    return True


def show_gpus(count: int) -> None:
    """One process with several GPUs in sight would use them all, and in a slow way. Has to come before torch."""
    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    seen = told.split(",") if told else [str(index) for index in range(count)]
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(seen[:count])


def save(trainer: Any, folder: Path, config: Json) -> None:
    """The model appears whole; what it was trained from is kept until then."""
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


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def newest_checkpoint(checkpoints: Path, sweeps: bool) -> str | None:
    """The newest that was written to its end. One that was not is removed."""
    found = sorted(checkpoints.glob("checkpoint-*"), key=lambda path: int(path.name.rsplit("-", 1)[1]))
    whole = [path for path in found if (path / COMPLETE).exists()]
    for path in set(found) - set(whole) if sweeps else ():
        shutil.rmtree(path)
    return str(whole[-1]) if whole else None


def tokens_of(checkpoint: str | None) -> int:
    """TRL counts the tokens of a training that goes on from 0 again."""
    return 0 if checkpoint is None else int((Path(checkpoint) / COMPLETE).read_text())


def barrier() -> None:
    from torch import distributed

    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()


def asked_to_stop(folder: Path, stop: threading.Event) -> bool:
    """Whether any rank was asked: all have to stop after the same step."""
    import torch
    from torch import distributed

    asked = stop.is_set() or (folder / "stop").exists()
    if not (distributed.is_available() and distributed.is_initialized()):
        return asked
    device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
    flag = torch.tensor(int(asked), device=device)
    distributed.all_reduce(flag, op=distributed.ReduceOp.MAX)
    return bool(flag.item())


def split_batch(batch: int, world: int, most: int) -> tuple[int, int]:
    """Texts of a process at once, and how often before a step, so that a step sees `batch` texts."""
    if batch % world != 0:
        raise TrainerError("BATCH_SIZE", f"A batch of {batch} texts cannot be shared by {world} processes.")
    own = batch // world
    micro = max(size for size in range(1, min(own, most) + 1) if own % size == 0)
    return micro, own // micro


def read_texts(folder: Path, name: str | None) -> list[Json]:
    if name is None:
        return []
    with (folder / name).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def as_records(records: list[Json], loss: str) -> list[Json]:
    """Prompt and completion as one text where the loss goes over both."""
    if loss == "completion":
        return [{"prompt": record["prompt"], "completion": record["completion"]} for record in records]
    return [{"text": record["prompt"] + record["completion"]} for record in records]


def linear_layers(model: Any) -> list[str]:
    """Last parts of the names of all linear layers but the output: not every reader takes PEFT's whole paths."""
    from torch.nn import Linear
    from transformers.pytorch_utils import Conv1D

    output = model.get_output_embeddings()
    layers = (
        name
        for name, part in model.named_modules()
        if isinstance(part, (Linear, Conv1D)) and part is not output
    )
    return sorted({name.rsplit(".", 1)[-1] for name in layers})


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1))
