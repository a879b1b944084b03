"""Keeps the product's programs running until it is told to stop; PostgreSQL goes last."""

import http.client
import signal
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from types import FrameType

from launcher.processes import Service
from launcher.services import Services
from launcher.stops import Code, Stop, say

SECONDS_TO_ANSWER = 120
LONGEST_PAUSE = 30.0


def answers(port: int) -> bool:
    """Does the web server give any answer that isn't its own failure?"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@dataclass
class Supervisor:
    """The one process above all others of `make run`."""

    services: Services
    programs: list[Service] = field(default_factory=list)
    is_stopping: bool = False
    is_urgent: bool = False

    def __post_init__(self) -> None:
        self._ends: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=10))
        self._not_before: dict[str, float] = {}

    def listen(self) -> None:
        """From now on Ctrl-C, kill and a closed terminal end in `stop`; a second one hurries."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.is_stopping:
            self.is_urgent = True
            return
        self.is_stopping = True
        raise KeyboardInterrupt

    def start(self, programs: list[Service], port: int) -> None:
        """Starts the programs and returns when the first of them, the web server, answers."""
        self.programs = programs
        for program in programs:
            program.start()
        deadline = time.monotonic() + SECONDS_TO_ANSWER
        while not answers(port):
            if not programs[0].is_running or time.monotonic() > deadline:
                raise Stop(
                    Code.STEP_FAILED,
                    f"The web server does not answer: {programs[0].last_words()}"
                    f" (more in {programs[0].log}).",
                )
            time.sleep(0.1)

    def watch(self) -> None:
        """Starts again whatever ends; returns never, but by the signal that stops the product."""
        cluster = self.services.cluster
        while True:
            if cluster and cluster.service and not cluster.service.is_running:
                say("PostgreSQL ended and is started again.")
                cluster.revive()
            redis = [self.services.redis] if self.services.redis else []
            for program in [*redis, *self.programs]:
                if not program.is_running:
                    self._revive(program)
            time.sleep(0.2)

    def _revive(self, program: Service) -> None:
        """Starts an ended program again, after a pause that doubles while it keeps ending."""
        now = time.monotonic()
        if program.name not in self._not_before:
            ends = self._ends[program.name]
            ends.append(now)
            recent = sum(1 for end in ends if end > now - 120)
            pause = 0.0 if recent == 1 else min(LONGEST_PAUSE, 2.0 ** (recent - 1))
            self._not_before[program.name] = now + pause
            code = program.process.returncode if program.process else None
            say(f"{program.name} ended ({code}) and is started again; see {program.log}.")
        if now >= self._not_before[program.name]:
            program.kill()  # children of a killed parent
            program.start()
            del self._not_before[program.name]

    def stop(self) -> None:
        """Ends everything in order; after a second Ctrl-C without waiting for running work."""
        self.is_stopping = True
        for program in self.programs:
            program.ask_to_stop()
        for program in self.programs:
            program.await_end(lambda: self.is_urgent)
        self.services.stop()
