"""Serve a model with vLLM as a job, as long as a client needs it.

    python serve.py FOLDER

`serve.json` in FOLDER contains the `arguments` of `vllm serve`, and `key.txt` the key that requests must have. As soon
as the server is healthy, `server.json` contains its address. A file `stop` in FOLDER, a SIGTERM, or a minute in which
`alive` does not change, ends it. Needs only Python and the program vllm, next to it or on the path.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from heartbeat import Heartbeat
from journal import Journal, Json, TrainerError, carry_out, write_whole
from ranks import show_gpus

POLL_S = 0.25
PATIENCE_S = 30  # A server that was asked to end is killed after this time.


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return probe.getsockname()[1]


def start(config: Json, folder: Path, port: int) -> Any:
    """Start vLLM in its own session, as it starts further processes for its GPUs."""
    show_gpus(config["gpus"])
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    program = shutil.which("vllm", path=path)
    if program is None:
        raise TrainerError("VLLM_MISSING", f"There is no vllm beside {sys.executable}: pip install vllm")
    environment = {**os.environ, "PATH": path, "VLLM_API_KEY": (folder / "key.txt").read_text()}
    command = [program, "serve", *config["arguments"], "--port", str(port)]
    return subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True)


def is_healthy(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return answer.status == 200
    except (URLError, OSError):
        return False


def end(child: Any) -> None:
    """End all of its processes, not only the first."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, sent)
            child.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            return


def serve(config: Json, folder: Path, journal: Journal, stopped: Any) -> None:
    port = free_port()
    child = start(config, folder, port)
    known = False
    try:
        while not stopped():
            if child.poll() is not None:
                raise TrainerError("VLLM_ENDED", f"vLLM ended by itself with exit code {child.returncode}.")
            if not known and is_healthy(port):
                known = True
                host = "127.0.0.1" if config["host"] == "127.0.0.1" else socket.gethostname()
                write_whole(folder / "server.json", json.dumps({"base_url": f"http://{host}:{port}/v1"}))
                journal.event("status", message="running")
            time.sleep(POLL_S)
    finally:
        end(child)


def main(folder: Path) -> int:
    stop, heartbeat = threading.Event(), Heartbeat(folder)
    signal.signal(signal.SIGTERM, lambda *_: stop.set())

    def work(journal: Journal) -> str:
        config = json.loads((folder / "serve.json").read_text(encoding="utf-8"))
        serve(
            config,
            folder,
            journal,
            lambda: stop.is_set() or (folder / "stop").exists() or not heartbeat.beats(),
        )
        return "succeeded"

    return carry_out(Journal(folder, 1, writes=True), work, {})


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
