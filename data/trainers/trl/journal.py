"""Shared by the trainer and the scorer: the record of their work, the lock on their folder, errors in plain words."""

import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ranks import STOPPED

PREFIX = "@reversal "  # Starts log lines that repeat events.jsonl, for machines that see only the log.
LEAST_TRL = (1, 16)  # Earlier versions split prompt and completion in the wrong place.
Json = dict[str, Any]


class TrainerError(Exception):
    """An error that the user can fix: a code and one sentence."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


class Journal:
    """Events and result of one process of a run; of several processes, only rank 0 writes."""

    def __init__(self, folder: Path, attempt: int, writes: bool):
        self.folder, self.attempt, self.writes = folder, attempt, writes
        self.path = folder / "events.jsonl"
        self.count, self.lock = 0, threading.Lock()
        if writes and self.path.exists():
            text = self.path.read_bytes()
            whole = text[: text.rfind(b"\n") + 1]  # A line that was cut off by a kill is dropped.
            self.path.write_bytes(whole) if len(whole) < len(text) else None
            self.count = whole.count(b"\n")

    def begin(self) -> None:
        """Remove the result of an earlier attempt."""
        if self.writes:
            (self.folder / "result.json").unlink(missing_ok=True)
        self.event("status", message="starting")

    def event(self, kind: str, data: Json | None = None, **fields: Any) -> None:
        if not self.writes:
            return
        with self.lock:
            at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            told = {"attempt": self.attempt, "n": self.count, **(data or {})}
            line = json.dumps({"at": at, "type": kind, **fields, "data": told}, allow_nan=False)
            with self.path.open("a") as file:
                file.write(line + "\n")
            print(PREFIX + line, flush=True)
            self.count += 1

    def result(self, status: str, **fields: Any) -> None:
        if not self.writes:
            return
        value = {"status": status, "attempt": self.attempt, **fields}
        self.event("status", {"result": value}, message=status)
        write_whole(self.folder / "result.json", json.dumps(value, indent=2) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write a file completely or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def hold(folder: Path) -> Any:
    """Keep a second process from training in this folder. The lock is released when this process ends in any way."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    file = (folder / "trainer.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise TrainerError("ALREADY_TRAINING", f"Another process trains in {folder}.") from None
    except OSError:  # A file system without locks.
        pass
    return file


def alone(folder: Path, writes: bool, work: Callable[[], int]) -> int:
    """Do work while no other process trains in the folder. Returns its exit status."""
    try:
        _held = hold(folder) if writes else None  # Released when this function ends.
    except TrainerError as error:  # The files in the folder belong to the other process.
        print(f"{error.code}: {error}", file=sys.stderr)
        return 1
    return work()


def carry_out(journal: Journal, work: Callable[[Journal], str], known: Json) -> int:
    """Record the start and end of work, with its status and what is `known` by then. Returns the exit status."""
    try:
        journal.begin()
        status = work(journal)
        journal.result(status, **known)
        return STOPPED if status == "interrupted" else 0
    except Exception as error:
        traceback.print_exc()
        code, message = explain(error)
        print(f"{code}: {message}", file=sys.stderr, flush=True)
        journal.result("failed", code=code, message=message, **known)
        return 1


def check_packages() -> None:
    from importlib.metadata import PackageNotFoundError, version

    for name in ("torch", "transformers", "trl", "peft", "accelerate", "datasets"):
        try:
            found = version(name)
        except PackageNotFoundError:
            raise TrainerError(
                "PACKAGE_MISSING", f"{sys.executable} has no {name}: pip install -r requirements.txt"
            ) from None
        if name == "trl" and tuple(int(part) for part in found.split(".")[:2]) < LEAST_TRL:
            raise TrainerError("TRL_TOO_OLD", f"trl {found} is too old: 1.16 or newer is needed.")


def explain(error: BaseException) -> tuple[str, str]:
    """A code and one sentence for an error, as far as its cause is known."""
    if isinstance(error, TrainerError):
        return error.code, str(error)
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    names, text = {type(one).__name__ for one in chain}, " ".join(str(one) for one in chain).lower()
    if (
        names & {"OutOfMemoryError", "MemoryError"}
        or "out of memory" in text
        or "can't allocate memory" in text
    ):
        return (
            "OUT_OF_MEMORY",
            "The memory is full: use LoRA, gradient checkpointing, a smaller batch or more GPUs.",
        )
    if "GatedRepoError" in names or "gated repo" in text:
        return (
            "MODEL_GATED",
            "The model is gated: accept its licence on the Hub and set HF_TOKEN where it is trained.",
        )
    if names & {"RepositoryNotFoundError", "RevisionNotFoundError"} or "not a valid model identifier" in text:
        return "MODEL_NOT_FOUND", "The Hub has no such model or revision, or it is private."
    if names & {"LocalEntryNotFoundError", "OfflineModeIsEnabled"} or "couldn't connect" in text:
        return (
            "MODEL_NOT_CACHED",
            "The model is not on the machine that trains, and the Hub cannot be reached there.",
        )
    if "no space left on device" in text:
        return "NO_SPACE", "The disk is full."
    first = chain[0]
    lines = str(first).strip().splitlines() or [""]
    return "TRAINER_FAILED", f"{type(first).__name__}: {lines[0]}"
