"""Run a script of the trainer as a Ray job whose working directory contains the files of the job.

    python launch.py FOLDER PROCESSES SCRIPT ARGUMENTS...

Copies the files to FOLDER, which all machines share, and starts SCRIPT there, through accelerate if it needs several
processes. On SIGTERM, by which Ray stops a job, it writes a file that asks the script to stop, so that all ranks save a
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
    """End this process if Ray kills its parent, so that nothing keeps running unseen."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def main(folder: Path, processes: int, script: str, arguments: list[str]) -> int:
    bring_files(folder)
    stop = folder / "stop"
    if stop.exists() and stop.read_text() == ASKED:  # From an earlier attempt.
        stop.unlink()
    command = [sys.executable, str(folder / script), *arguments]
    if processes > 1:
        launcher = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1"]
        launcher += ["--num_processes", str(processes), "--mixed_precision", "no", "--dynamo_backend", "no"]
        command = [*launcher, "--main_process_port", "0", *command[1:]]
    # In its own session: Ray signals the whole process group, and launchers would end their workers at once.
    child = subprocess.Popen(command, cwd=folder, start_new_session=True, preexec_fn=end_with_parent)
    signal.signal(signal.SIGTERM, lambda *_: stop.write_text(ASKED))
    status = child.wait()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
