"""Records the steps, checkpoints and losses of a training as events of its run."""

import math
import threading
import time
from pathlib import Path

import torch
from checkpoints import complete, tokens_of
from journal import Journal, Json, TrainerError
from ranks import asked_to_stop, barrier
from transformers import TrainerCallback


class Recorder(TrainerCallback):
    """Records events, and stops the training with a checkpoint after a step if it was asked to."""

    def __init__(
        self, folder: Path, journal: Journal, stop: threading.Event, progress: Json, start: str | None
    ):
        self.folder, self.journal, self.stop, self.progress = folder, journal, stop, progress
        self.began, self.before, self.first_tokens = time.monotonic(), tokens_of(start), None

    def on_train_begin(self, args, state, control, **_):
        self.progress.update(step=state.global_step, total_steps=state.max_steps)
        self.journal.event("status", {"total_steps": state.max_steps}, message="running")

    def on_log(self, args, state, control, logs, **_):
        step = state.global_step
        if "eval_loss" in logs:
            self.journal.event("validation", step=step, loss=logs["eval_loss"])
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
        peak = None if args.use_cpu else torch.cuda.max_memory_allocated()
        self.progress.update(step=step, loss=logs["loss"], tokens=tokens, peak_memory_bytes=peak)
        self.journal.event(
            "step",
            {"grad_norm": finite(logs.get("grad_norm")), "memory_bytes": peak},
            step=step,
            loss=logs["loss"],
            tokens=tokens,
            learning_rate=logs["learning_rate"],
            tokens_per_second=(tokens - self.first_tokens) / spent if spent > 0 else 0,
        )

    def on_step_end(self, args, state, control, **_):
        if asked_to_stop(self.folder, self.stop) and state.global_step < state.max_steps:
            control.should_save = control.should_training_stop = True

    def on_save(self, args, state, control, **_):
        barrier()
        name = f"checkpoint-{state.global_step}"
        if self.journal.writes:
            complete(Path(args.output_dir) / name, self.progress.get("tokens", 0))
        self.journal.event("checkpoint", step=state.global_step, message=name)


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
