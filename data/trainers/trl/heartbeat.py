"""Whether a job that waits for requests is still needed."""

import time
from pathlib import Path

PATIENCE_S = 60


class Heartbeat:
    """The client writes a new number into `alive` every few seconds. Clocks of different machines are not compared."""

    def __init__(self, folder: Path):
        self.path = folder / "alive"
        self.last, self.at = self.read(), time.monotonic()

    def read(self) -> str:
        try:
            return self.path.read_text()
        except OSError:
            return ""

    def beats(self) -> bool:
        """Long work does not count as silence: a number written meanwhile counts."""
        if (now := self.read()) != self.last:
            self.last, self.at = now, time.monotonic()
        return time.monotonic() - self.at < PATIENCE_S
