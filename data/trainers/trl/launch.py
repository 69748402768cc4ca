"""Run a script of the trainer as a job of Ray, whose working directory holds the files of the job.

    python launch.py FOLDER PROCESSES SCRIPT ARGUMENTS...

Brings the files to FOLDER, which all machines share, and starts SCRIPT there, by accelerate where it takes several
processes. At SIGTERM, which is what Ray stops a job by, it asks the script to stop by a file, so that every rank saves a
checkpoint after the same step.
"""

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

ASKED = "Ray was asked to stop the job.\n"


def bring_files(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for file in Path.cwd().iterdir():
        there = folder / file.name
        if file.is_file() and not (there.exists() and there.read_bytes() == file.read_bytes()):
            temporary = there.with_name(there.name + ".tmp")
            temporary.write_bytes(file.read_bytes())
            temporary.replace(there)


def end_with_parent() -> None:
    """Where Ray kills this process, nothing goes on unseen."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def main(folder: Path, processes: int, script: str, arguments: list[str]) -> int:
    bring_files(folder)
    stop = folder / "stop"
    if stop.exists() and stop.read_text() == ASKED:  # Of an earlier attempt.
        stop.unlink()
    command = [sys.executable, str(folder / script), *arguments]
    if processes > 1:
        launcher = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1"]
        launcher += ["--num_processes", str(processes), "--mixed_precision", "no", "--dynamo_backend", "no"]
        command = [*launcher, "--main_process_port", "0", *command[1:]]
    # A session of its own: Ray signals the whole group, and launchers end their workers in haste.
    child = subprocess.Popen(command, cwd=folder, start_new_session=True, preexec_fn=end_with_parent)
    signal.signal(signal.SIGTERM, lambda *_: stop.write_text(ASKED))
    status = child.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
