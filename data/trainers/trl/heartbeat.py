"""Whether somebody still wants a job that waits for questions."""

import time
from pathlib import Path

PATIENCE_S = 60


class Heartbeat:
    """Whoever asks writes another number into `alive` every few seconds. Clocks are not compared: machines have their own."""

    def __init__(self, folder: Path):
        self.path = folder / "alive"
        self.last, self.at = self.read(), time.monotonic()

    def read(self) -> str:
        try:
            return self.path.read_text()
        except OSError:
            return ""

    def beats(self) -> bool:
        """Work that took long is no silence: what was written meanwhile counts."""
        if (now := self.read()) != self.last:
            self.last, self.at = now, time.monotonic()
        return time.monotonic() - self.at < PATIENCE_S
