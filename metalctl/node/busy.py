"""How busy the processors were while something ran, and how slow they got: counted, not taken from a tool's word."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType

from metalctl.node.errors import ToolFailed
from metalctl.node.inspect.host import LocalHost

_CPUS = "sys/devices/system/cpu"
# In /proc/stat's line "cpu": idle and iowait.
_IDLE = (3, 4)


class Watch:
    """`with Watch() as watch`: afterwards `busy` and `slowest`.

    busy: the share of all processors' time that was not idle. slowest: by physical package, the lowest clock of its
    processors' mean (Hz), looked at each `every` seconds; {} where the kernel states none.
    """

    def __init__(self, root: Path = Path("/"), every: float = 1.0) -> None:
        self._root, self._every = root, every
        self._host = LocalHost(root)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="busy", daemon=True)
        self.busy = 0.0
        self.slowest: dict[str, float] = {}

    def __enter__(self) -> Watch:
        self._begun = self._times()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        if error is None:
            spent = [after - before for before, after in zip(self._begun, self._times(), strict=False)]
            if sum(spent) <= 0:
                raise ToolFailed("/proc/stat did not count on", hint="look at the node's clock and kernel log")
            self.busy = 1.0 - sum(spent[i] for i in _IDLE) / sum(spent)

    def _times(self) -> list[int]:
        try:
            line = (self._root / "proc/stat").read_text().partition("\n")[0].split()
            # Guests' time is counted in user's already.
            return [int(word) for word in line[1:9]]
        except (OSError, ValueError) as error:
            raise ToolFailed(f"/proc/stat cannot be read: {error}", hint="see cat /proc/stat on the node") from error

    def _look(self) -> None:
        while not self._stop.wait(self._every):
            for package, clock in self._clocks().items():
                self.slowest[package] = min(self.slowest.get(package, clock), clock)

    def _clocks(self) -> dict[str, float]:
        found: dict[str, list[float]] = {}
        for name in self._host.names(_CPUS):
            if name.startswith("cpu") and name[3:].isdigit():
                clock = self._host.number(f"{_CPUS}/{name}/cpufreq/scaling_cur_freq")
                if clock is not None:
                    package = self._host.text(f"{_CPUS}/{name}/topology/physical_package_id") or "0"
                    found.setdefault(package, []).append(clock * 1000.0)
        return {package: sum(clocks) / len(clocks) for package, clocks in found.items()}
