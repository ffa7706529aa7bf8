# Made by `make docs` from the API's description; edit the code that this comes from instead.
"""The refusals of the API, a class for each code."""

from __future__ import annotations

from traylane.client.errors import Refused


class AlreadyCancelled(Refused):
    """The order is marked for cancellation."""

    code = "already_cancelled"


class AlreadyCompleted(Refused):
    """The order is completed."""

    code = "already_completed"


class Ambiguous(Refused):
    """Several orders have the PO."""

    code = "ambiguous"


class ArMissing(Refused):
    """The order needs AR and comes to final QA without it."""

    code = "ar_missing"


class ArNotNeeded(Refused):
    """The order comes to an AR station and needs no AR."""

    code = "ar_not_needed"


class BadArguments(Refused):
    """The request breaks a shape, a length or a range."""

    code = "bad_arguments"


class BodyTooLarge(Refused):
    """The body is longer than the service reads."""

    code = "body_too_large"


class BodyTooSlow(Refused):
    """The body did not arrive in time."""

    code = "body_too_slow"


class BreakageMissing(Refused):
    """It must be said first what became of the lenses."""

    code = "breakage_missing"


class Busy(Refused):
    """Others keep changing or holding the order; nothing was done."""

    code = "busy"


class Changed(Refused):
    """If-Match names a revision that is not the order's current one."""

    code = "changed"


class CheckinAmbiguous(Refused):
    """Several orders have the PO."""

    code = "checkin_ambiguous"


class CheckinCancelled(Refused):
    """The order is marked for cancellation."""

    code = "checkin_cancelled"


class CheckinCompleted(Refused):
    """The order is completed."""

    code = "checkin_completed"


class CheckinJobTrackerMissing(Refused):
    """The Job Tracker is not installed."""

    code = "checkin_job_tracker_missing"


class CheckinOnHold(Refused):
    """The order is on hold."""

    code = "checkin_on_hold"


class CheckinOrderNotFound(Refused):
    """No order fits the identifier."""

    code = "checkin_order_not_found"


class CheckinUnvalid(Refused):
    """The order is unvalid."""

    code = "checkin_unvalid"


class CursorGone(Refused):
    """The feed cannot go on from the cursor."""

    code = "cursor_gone"


class Forbidden(Refused):
    """The key lacks the scope."""

    code = "forbidden"


class Internal(Refused):
    """A fault of ours; the log says more under the reference."""

    code = "internal"


class JobTrackerMissing(Refused):
    """The Job Tracker is not installed."""

    code = "job_tracker_missing"


class KeyInUse(Refused):
    """The first request with this key is still under way."""

    code = "key_in_use"


class KeyReused(Refused):
    """The key came before with another request."""

    code = "key_reused"


class LabFrame(Refused):
    """The frame is the laboratory's own, and the setting keeps such orders."""

    code = "lab_frame"


class LensBroken(Refused):
    """A lens of the order was written off as broken."""

    code = "lens_broken"


class MethodNotAllowed(Refused):
    """The path exists, the method does not."""

    code = "method_not_allowed"


class NoReasons(Refused):
    """A reason is required, and no active one exists."""

    code = "no_reasons"


class NoRoute(Refused):
    """No such path."""

    code = "no_route"


class NoStation(Refused):
    """No station has the code."""

    code = "no_station"


class NonCancelStation(Refused):
    """The order's history holds a non-cancel station."""

    code = "non_cancel_station"


class NotCancelled(Refused):
    """The order is not marked for cancellation."""

    code = "not_cancelled"


class NotFound(Refused):
    """No order of the caller's fits."""

    code = "not_found"


class NothingCancelled(Refused):
    """All or nothing was asked for, and a row was refused."""

    code = "nothing_cancelled"


class NothingToDispose(Refused):
    """Only of a cancelled order it can be said what became of its parts."""

    code = "nothing_to_dispose"


class OperatorNotFound(Refused):
    """No working operator has this code."""

    code = "operator_not_found"


class OperatorRequired(Refused):
    """The station wants to know who scans."""

    code = "operator_required"


class OutcomeUnknown(Refused):
    """The database went away while it answered: the change may have been made."""

    code = "outcome_unknown"


class RateLimited(Refused):
    """The key's bucket is empty."""

    code = "rate_limited"


class ReasonForbidsOverride(Refused):
    """An override was asked for, and the delete reason does not allow one."""

    code = "reason_forbids_override"


class RestoreWindowOver(Refused):
    """The order was cancelled too long ago."""

    code = "restore_window_over"


class RestoredSince(Refused):
    """The order was restored after the request with this key: what it answered then is no longer so."""

    code = "restored_since"


class StationNotFound(Refused):
    """No working station has this code; operators and retired stations count as none."""

    code = "station_not_found"


class StepMissing(Refused):
    """A station that must come before this one has not had the order yet."""

    code = "step_missing"


class Unauthenticated(Refused):
    """No key came, or one that is unknown, expired or revoked."""

    code = "unauthenticated"


class Unavailable(Refused):
    """Not now; nothing was done."""

    code = "unavailable"


class UnknownDispositionCode(Refused):
    """A breakage or employee code is not an active one."""

    code = "unknown_disposition_code"


class UnknownReason(Refused):
    """A reason is required, and none or no active one came."""

    code = "unknown_reason"


class UnsupportedContentType(Refused):
    """The body is neither JSON nor, where that is enough, a form."""

    code = "unsupported_content_type"


BY_CODE: dict[str, type[Refused]] = {
    refusal.code: refusal
    for refusal in (
        AlreadyCancelled,
        AlreadyCompleted,
        Ambiguous,
        ArMissing,
        ArNotNeeded,
        BadArguments,
        BodyTooLarge,
        BodyTooSlow,
        BreakageMissing,
        Busy,
        Changed,
        CheckinAmbiguous,
        CheckinCancelled,
        CheckinCompleted,
        CheckinJobTrackerMissing,
        CheckinOnHold,
        CheckinOrderNotFound,
        CheckinUnvalid,
        CursorGone,
        Forbidden,
        Internal,
        JobTrackerMissing,
        KeyInUse,
        KeyReused,
        LabFrame,
        LensBroken,
        MethodNotAllowed,
        NoReasons,
        NoRoute,
        NoStation,
        NonCancelStation,
        NotCancelled,
        NotFound,
        NothingCancelled,
        NothingToDispose,
        OperatorNotFound,
        OperatorRequired,
        OutcomeUnknown,
        RateLimited,
        ReasonForbidsOverride,
        RestoreWindowOver,
        RestoredSince,
        StationNotFound,
        StepMissing,
        Unauthenticated,
        Unavailable,
        UnknownDispositionCode,
        UnknownReason,
        UnsupportedContentType,
    )
}
"""The class for a code."""
