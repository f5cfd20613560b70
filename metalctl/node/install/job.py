"""One installation, in the order of decision 0003: record, clear, zero, write, verify, start of the disk, seed, record.

Looks before it acts: a disk whose record says "complete" for this very run and image is looked at, not written. Another
run of the same enrollment is a retry, whose disk somebody allowed to erase: it installs again, and is counted.
Until the last verified block the disk has no partition table, so an interrupted installation never boots; the next
one counts one more.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from metalctl.model.dossier import Installation
from metalctl.model.finding import Finding
from metalctl.model.inventory import Disk
from metalctl.model.run import InstallSpec
from metalctl.model.verdict import Verdict
from metalctl.node import tool
from metalctl.node.errors import NodeError, Refused, ToolFailed
from metalctl.node.guard import Claim
from metalctl.node.install import fat, record, transfer
from metalctl.node.install.device import Device, DeviceFailed, buffer
from metalctl.node.install.fetch import Patience, Source
from metalctl.node.install.manifest import Block, Manifest, ManifestError
from metalctl.node.install.progress import Append, Progress
from metalctl.node.install.record import Record
from metalctl.node.journal import now

_EDGE = 2**20
_LABEL = "CIDATA"


class DiskChanged(NodeError):
    """The record says "complete", but the disk does not hold that image: neither written again nor believed."""


@dataclass(frozen=True, slots=True)
class Result:
    """What an installation came to. findings: not empty when the verdict is FAIL."""

    verdict: Verdict
    installation: Installation
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One installation to perform. path: the device file of `disk`.

    leave: raises Refused unless the guard agrees; its claim is held until the disk is written (None: a regular file).
    """

    spec: InstallSpec
    manifest: Manifest
    disk: Disk
    path: str
    boot_id: str
    append: Append
    leave: Callable[[], Claim | None]
    patience: Patience = field(default_factory=Patience)

    def perform(self) -> Result:
        """Install, or report the installation that is there. Raises NodeError when it cannot tell."""
        with Device(self.path, writable=False) as device:
            before = record.load(device, self.disk.key)
            if before and before.holds(self.spec.enrollment, self.spec.run_id, self.manifest.sha256):
                return self._existing(device, before)
        with ExitStack() as held:
            claim = self.leave()
            if claim is not None:
                held.enter_context(claim)
            self._fits()
            following = record.following(before, self._record())
            try:
                device = held.enter_context(Device(self.path, writable=True, claim=claim))
                return self._install(device, before, following)
            except DeviceFailed as failed:
                return self._result(following.count, 0, (self._refused(failed),))

    def _fits(self) -> None:
        if (self.disk.size or 0) < self.manifest.size:
            raise Refused(
                f"{self.disk.label} has {self.disk.size} bytes, the image needs {self.manifest.size}",
                hint="choose a larger root disk in the profile",
            )
        if self.disk.logical_block not in (None, 512):
            raise Refused(
                f"{self.disk.label} has sectors of {self.disk.logical_block} bytes, the image is for 512",
                hint="reformat the namespace to 512-byte sectors (nvme format --lbaf) or choose another disk",
            )

    def _install(self, device: Device, before: Record | None, started: Record) -> Result:
        if before and before.state != "complete":
            self._note(
                f"an earlier installation of this disk did not end (run {before.run_id}, begun {before.started}); "
                f"this is number {started.count}"
            )
        record.save(device, started)
        self._clear(device)
        head = self._write(device)
        mismatches = self._verify(device, head)
        if not mismatches:
            self._seed(device)
            record.save(
                device, replace(started, state="complete", finished=now(), bytes_written=self.manifest.data_size)
            )
            self._show_partitions(device)
        return self._result(started.count, self.manifest.data_size, tuple(self._finding(m) for m in mismatches))

    def _record(self) -> Record:
        spec = self.spec
        return Record(
            0, spec.enrollment, spec.run_id, "writing", self.manifest.sha256, self.disk.key, self.boot_id, now()
        )

    def _clear(self, device: Device) -> None:
        """Nothing old may be found: discard all, then make zeros of the edges, where signatures lie. Not the record."""
        gone = [device.discard(at, size) for at, size in transfer.outside_record(0, device.size)]
        self._note("the disk was discarded first" if all(gone) else "the disk takes no discard")
        tail = max(_EDGE, (device.size - _EDGE) // 4096 * 4096)
        edges = [(0, _EDGE), (tail, device.size - tail)]
        edges += [(p.start, min(_EDGE, p.size)) for p in self.manifest.partitions]
        for start, length in edges:
            for at, size in transfer.outside_record(start, length):
                device.zero(at, size)

    def _write(self, device: Device) -> bytes:
        progress = Progress(self.append, "write", self.manifest.data_size)
        head = transfer.write(device, self.manifest, self._source, progress)
        device.flush()
        progress.finish()
        return head

    def _verify(self, device: Device, head: bytes) -> list[transfer.Mismatch]:
        """Everything but the start of the disk; that is written and proven last."""
        first, *rest = self.manifest.blocks
        ranges = [*rest, *self.manifest.zeroes]
        progress = Progress(self.append, "verify", sum(b.length for b in ranges) + first.length)
        found = transfer.verify(device, self.manifest, ranges, progress)
        if not found:
            with buffer(len(head)) as memory, memoryview(memory) as view:
                view[:] = head
                transfer.write_block(device, view, first.offset)
            device.flush()
            found = transfer.verify(device, self.manifest, [first], progress)
        progress.finish()
        self._blame_image(found)
        return found

    def _blame_image(self, found: list[transfer.Mismatch]) -> None:
        """A stream that never matched its manifest is no fault of the disk."""
        for mismatch in (m for m in found[:1] if m.expected != "zeros"):
            sent = transfer.streamed(self.manifest, mismatch.offset, self._source)
            if not mismatch.expected.endswith(sent):
                raise ManifestError(
                    f"the image stream is not what its manifest says at byte {mismatch.offset}",
                    hint="remove the image from the cache and build it again",
                )

    def _seed(self, device: Device) -> None:
        place = self.manifest.partition("cidata")
        volume = fat.image(place.size, _LABEL, self.spec.seed, secrets.randbits(32))
        device.write(volume, place.start)
        device.flush()
        if device.read(place.start, len(volume)) != volume:
            raise NodeError(f"{self.disk.label} returned another seed than was written", hint="replace the disk")
        self._note(f"seed written: {', '.join(sorted(self.spec.seed))}")

    def _show_partitions(self, device: Device) -> None:
        """Only so that this system sees them too; the installed one reads the table itself."""
        if device.is_block and not device.reread_table():
            self._note("the kernel did not re-read the partition table")
        try:
            tool.run(["udevadm", "settle", "--timeout=10"], 15)
        except ToolFailed as failed:
            self._note(failed.message)

    def _existing(self, device: Device, found: Record) -> Result:
        """In the boot that wrote it, verify all but the seed; later the system may have run, and changed it."""
        self._note(f"installed before by run {found.run_id} at {found.finished}: not written again")
        same_boot = found.boot_id == self.boot_id
        ranges = self._unchanging() if same_boot else []
        progress = Progress(self.append, "verify", sum(b.length for b in ranges))
        mismatches = transfer.verify(device, self.manifest, ranges, progress)
        progress.finish()
        if mismatches or device.read(512, 512)[:8] != b"EFI PART":
            raise DiskChanged(
                f"{self.disk.label}: its record says installed by run {found.run_id}, but the disk was changed since",
                hint="start a new enrollment of this node to install it again",
                offset=mismatches[0].offset if mismatches else 512,
            )
        return self._result(found.count, found.bytes_written, ())

    def _unchanging(self) -> list[Block]:
        seed = self.manifest.partition("cidata")
        everything = (*self.manifest.blocks, *self.manifest.zeroes)
        return [b for b in everything if b.end <= seed.start or b.offset >= seed.start + seed.size]

    def _result(self, count: int, written: int, findings: tuple[Finding, ...]) -> Result:
        installation = Installation(
            os=self.manifest.os,
            version=self.manifest.version,
            image_sha256=self.manifest.sha256,
            disk_serial=self.disk.key,
            bytes_written=written,
            verified=not findings,
            count=count,
            boot_id=self.boot_id,
        )
        return Result(Verdict.FAIL if findings else Verdict.PASS, installation, findings)

    def _refused(self, failed: DeviceFailed) -> Finding:
        return Finding(
            requirement="install.disk",
            verdict=Verdict.FAIL,
            expected="the disk reads and writes",
            got=failed.message,
            part=self.disk.label,
            source="in-band",
            remedy=failed.hint,
        )

    def _finding(self, mismatch: transfer.Mismatch) -> Finding:
        return Finding(
            requirement="install.verify",
            verdict=Verdict.FAIL,
            expected=f"{mismatch.expected} for {mismatch.length} bytes at byte {mismatch.offset}",
            got=f"{mismatch.got}: the disk returned other data than was written",
            part=self.disk.label,
            source="read back with O_DIRECT",
            remedy="replace this disk, or its cable or controller when other disks there fail too",
        )

    @property
    def _source(self) -> Source:
        return Source(f"{self.spec.base_url.rstrip('/')}/{self.manifest.stream}", self.patience, self._note)

    def _note(self, what: str) -> None:
        self.append("note", what=what)
