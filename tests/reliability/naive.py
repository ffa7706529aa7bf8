"""The naive model: an order desk in a few dictionaries, written from the contract, one order after the other."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Job:
    """One order as the model has it. `label`: the tray that it is known by; `holds`: whether it holds it."""

    label: str
    holds: bool
    status: str = "V"
    on_hold: bool = False
    cancelled: bool = False
    lost: bool = False
    scans: list[str] = field(default_factory=list)
    changes: int = 1


@dataclass
class Model:
    """What the laboratory should look like."""

    jobs: dict[str, Job] = field(default_factory=dict)
    non_cancel: frozenset[str] = frozenset({"GEN"})
    reasons: frozenset[str] = frozenset({"CUS", "BRK"})
    override_reasons: frozenset[str] = frozenset({"BRK"})

    def holder(self, tray: str) -> Job | None:
        """The order in a tray."""
        return next((job for job in self.jobs.values() if job.holds and job.label == tray), None)

    def create(self, tray: str) -> str | None:
        return "tray_in_use" if self.holder(tray) else None

    def _frozen(self, job: Job) -> str | None:
        if job.cancelled:
            return "frozen_cancelled"
        return "frozen_completed" if job.status == "C" else None

    def hold(self, job: Job) -> str | None:
        if refused := self._frozen(job) or ("already_on_hold" if job.on_hold else None):
            return refused
        job.on_hold = True
        return self._changed(job)

    def release(self, job: Job) -> str | None:
        if refused := self._frozen(job) or (None if job.on_hold else "not_on_hold"):
            return refused
        job.on_hold = False
        return self._changed(job)

    def validate(self, job: Job) -> str | None:
        if refused := self._frozen(job) or (None if job.status == "U" else "already_valid"):
            return refused
        job.status = "V"
        return self._changed(job)

    def unvalid(self, job: Job) -> str | None:
        if refused := self._frozen(job) or ("in_process" if job.status == "P" else None):
            return refused
        job.status = "U"
        return self._changed(job)

    def cancel(self, job: Job, reason: str, override: bool) -> str | None:
        late = not self.non_cancel.isdisjoint(job.scans)
        if job.cancelled:
            return "already_cancelled"
        if job.status == "C":
            return "already_completed"
        if reason not in self.reasons:
            return "unknown_reason"
        if late and not override:
            return "non_cancel_station"
        if late and reason not in self.override_reasons:
            return "reason_forbids_override"
        job.cancelled = True
        return self._changed(job)

    def restore(self, job: Job) -> str | None:
        if not job.cancelled:
            return "not_cancelled"
        job.cancelled = job.lost = False
        if job.label and not job.holds:
            if self.holder(job.label):
                job.label = ""
            job.holds = bool(job.label)
        return self._changed(job)

    def check_in(self, job: Job, station: str) -> str | None:
        if job.cancelled:
            return "checkin_cancelled"
        if job.status == "C":
            return "checkin_completed"
        if job.status == "U":
            return "checkin_unvalid"
        if job.on_hold:
            return "checkin_on_hold"
        job.scans.append(station)
        job.status = "P"
        return self._changed(job)

    def assign(self, job: Job, tray: str, reassign: bool) -> str | None:
        if job.cancelled:
            return "tray_for_cancelled"
        if job.status == "C":
            return "tray_for_completed"
        if job.on_hold:
            return "tray_for_held"
        other = self.holder(tray)
        if other is not None and other is not job and not other.cancelled:
            return "tray_in_use"
        if job.holds and not reassign:
            return "has_tray"
        if other is not None and other is not job:
            other.holds, other.lost = False, True
            other.changes += 1
        job.label, job.holds = tray, True
        return self._changed(job)

    def release_tray(self, job: Job) -> str | None:
        if not job.holds and not job.lost:
            return "no_tray"
        job.label = job.label if job.cancelled else ""
        job.holds = job.lost = False
        return self._changed(job)

    def complete(self, job: Job) -> str | None:
        if job.cancelled:
            return "complete_cancelled"
        if job.status == "U":
            return "complete_unvalid"
        if job.status == "C":
            return "complete_completed"
        if job.on_hold:
            return "complete_on_hold"
        job.status, job.holds = "C", False
        return self._changed(job)

    def _changed(self, job: Job) -> str | None:
        job.changes += 1
        return None
