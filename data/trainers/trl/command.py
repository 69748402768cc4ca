"""Run the user's own trainer as a job: a command that trains on the files in this folder and writes a model.

    python command.py TRAINER ATTEMPT

TRAINER is a file with the words of the `command`, the folder `output` in which it writes the model or adapter, and the
file `events` to which it may append a line of JSON for each step: {"step": 1, "loss": 2.3}, with `learning_rate`,
`tokens` and `total_steps` if it knows them. It succeeded if it ends with 0 and the model exists. A SIGTERM, or a file
`stop` in the folder, is passed on as SIGTERM. Exit status: 0 trained, 1 failed, 143 stopped. Needs only Python.
"""

import json
import math
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from journal import Journal, Json, TrainerError, alone, carry_out
from ranks import show_gpus

POLL_S = 0.25
PATIENCE_S = 300  # A trainer that was asked to stop may save a checkpoint first.
LAST_BYTES = 2000
TOLD = ("loss", "tokens", "learning_rate", "tokens_per_second")


class Progress:
    """Turns the trainer's own reports into events of the run."""

    def __init__(self, path: Path, journal: Journal, known: Json):
        self.path, self.journal, self.known = path, journal, known
        self.read = path.stat().st_size if path.exists() else 0  # What is there belongs to an earlier attempt.

    def take(self) -> None:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self.read)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self.read += len(whole)
        for line in whole.splitlines():
            try:
                told = json.loads(line)
                step = told["step"]
            except (ValueError, TypeError, KeyError):
                continue
            if not isinstance(step, int) or step < 0:
                continue
            fields = {name: told[name] for name in TOLD if is_number(told.get(name))}
            if isinstance(told.get("total_steps"), int):
                self.known["total_steps"] = told["total_steps"]
            self.known.update(
                step=step, **{name: fields[name] for name in ("loss", "tokens") if name in fields}
            )
            self.journal.event("step", step=step, **fields)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def start(command: list[str], folder: Path) -> Any:
    """
    Start the trainer in its own session, as trainers start further processes, and in its own folder: Python imports
    modules from the folder where it starts, and the trainer must not import ours. Programs next to this Python come
    first.
    """
    (folder / "work").mkdir(exist_ok=True)
    paths = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    environment = {**os.environ, "PATH": os.pathsep.join(paths)}
    options: Json = {
        "cwd": folder / "work",
        "env": environment,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
    }
    try:
        return subprocess.Popen(command, start_new_session=True, **options)
    except (FileNotFoundError, PermissionError):
        raise TrainerError("TRAINER_MISSING", f"{command[0]} cannot be run where the job runs.") from None


def repeat(stream: Any, last: bytearray) -> None:
    """Print the trainer's output, and keep the end of it."""
    while chunk := stream.read1(65536):
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        last.extend(chunk)
        del last[:-LAST_BYTES]


def wait_for(child: Any, progress: Progress, stopped: Any) -> bool:
    """Wait for the trainer to end. True if it was asked to stop."""
    waited, sent = 0.0, None
    while True:
        try:
            child.wait(POLL_S)
        except subprocess.TimeoutExpired:
            pass
        progress.take()
        if child.returncode is not None:
            return sent is not None
        if sent is None and not stopped():
            continue
        waited += POLL_S
        wanted = signal.SIGKILL if waited > PATIENCE_S else signal.SIGTERM
        if wanted != sent:
            sent = wanted
            os.killpg(child.pid, wanted)


def run(trainer: Json, folder: Path, journal: Journal, progress: Progress, stopped: Any) -> bool:
    """True if the training finished, false if it was stopped."""
    if stopped():
        return False
    show_gpus(trainer["gpus"])
    child, last = start(trainer["command"], folder), bytearray()
    reader = threading.Thread(target=repeat, args=(child.stdout, last), daemon=True)
    reader.start()
    journal.event("status", message="running")
    if wait_for(child, progress, stopped):
        return False
    reader.join(POLL_S)
    if child.returncode != 0:
        words = last.decode(errors="replace").replace("\r", "\n").strip().splitlines()
        said = f"; its last output: {words[-1].strip()}" if words else ""
        raise TrainerError("TRAINER_FAILED", f"The trainer ended with exit code {child.returncode}{said}")
    output = folder / trainer["output"]
    if not any((output / name).exists() for name in ("adapter_config.json", "config.json")):
        raise TrainerError("NO_MODEL", f"The trainer ended well but left no model in {output}.")
    return True


def main(path: Path, attempt: int) -> int:
    folder, stop = path.parent, threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    writes = int(os.environ.get("SLURM_PROCID", "0")) == 0
    known: Json = {"step": 0}

    def work(journal: Journal) -> str:
        trainer = json.loads(path.read_text(encoding="utf-8"))
        progress = Progress(folder / trainer["events"], journal, known)
        done = run(trainer, folder, journal, progress, lambda: stop.is_set() or (folder / "stop").exists())
        return "succeeded" if done else "interrupted"

    return alone(folder, writes, lambda: carry_out(Journal(folder, attempt, writes), work, known))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), int(sys.argv[2])))
