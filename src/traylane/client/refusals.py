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


class AlreadyOnHold(Refused):
    """The order is on hold."""

    code = "already_on_hold"


class AlreadyValid(Refused):
    """The order is valid."""

    code = "already_valid"


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


class BoundToCustomer(Refused):
    """The key is bound to a customer: what is the laboratory's own is not for it, whatever its scopes."""

    code = "bound_to_customer"


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


class CompleteAmbiguous(Refused):
    """Several orders have the PO."""

    code = "complete_ambiguous"


class CompleteCancelled(Refused):
    """The order is marked for cancellation."""

    code = "complete_cancelled"


class CompleteCompleted(Refused):
    """The order is completed."""

    code = "complete_completed"


class CompleteNotFound(Refused):
    """No order fits the identifier."""

    code = "complete_not_found"


class CompleteOnHold(Refused):
    """The order is on hold."""

    code = "complete_on_hold"


class CompleteUnvalid(Refused):
    """The order is unvalid."""

    code = "complete_unvalid"


class CompleteWithoutFinalQa(Refused):
    """Where stations are verified, the order has not been through final QA."""

    code = "complete_without_final_qa"


class CribOnlyUncut(Refused):
    """A crib diameter came with a job that is not uncut."""

    code = "crib_only_uncut"


class CursorGone(Refused):
    """The feed cannot go on from the cursor."""

    code = "cursor_gone"


class EllhOnlyUncut(Refused):
    """An ellipse height came with a job that is not uncut."""

    code = "ellh_only_uncut"


class Forbidden(Refused):
    """The key lacks the scope."""

    code = "forbidden"


class FrozenCancelled(Refused):
    """The order is marked for cancellation: it stays as it is."""

    code = "frozen_cancelled"


class FrozenCompleted(Refused):
    """The order is completed: it stays as it is."""

    code = "frozen_completed"


class HasTray(Refused):
    """The order has a tray."""

    code = "has_tray"


class InProcess(Refused):
    """The order is in process."""

    code = "in_process"


class Internal(Refused):
    """A fault of ours; the log says more under the reference."""

    code = "internal"


class JobTrackerMissing(Refused):
    """The Job Tracker is not installed."""

    code = "job_tracker_missing"


class KeyInUse(Refused):
    """The first request with this key is still under way."""

    code = "key_in_use"


class KeyNotFound(Refused):
    """No live key has this id or is the only one of this name."""

    code = "key_not_found"


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


class NoAddons(Refused):
    """An addon job came without add-ons."""

    code = "no_addons"


class NoFreeOrderNumber(Refused):
    """Every number of the range was given."""

    code = "no_free_order_number"


class NoFreeTray(Refused):
    """Every tray of the pool holds an order, and the setting asks for one."""

    code = "no_free_tray"


class NoReasons(Refused):
    """A reason is required, and no active one exists."""

    code = "no_reasons"


class NoRoute(Refused):
    """No such path."""

    code = "no_route"


class NoStation(Refused):
    """No station has the code."""

    code = "no_station"


class NoTray(Refused):
    """The order holds no tray."""

    code = "no_tray"


class NoWebhook(Refused):
    """No endpoint of the caller's has this id."""

    code = "no_webhook"


class NonCancelStation(Refused):
    """The order's history holds a non-cancel station."""

    code = "non_cancel_station"


class NotCancelled(Refused):
    """The order is not marked for cancellation."""

    code = "not_cancelled"


class NotFound(Refused):
    """No order of the caller's fits."""

    code = "not_found"


class NotOnHold(Refused):
    """The order is not on hold."""

    code = "not_on_hold"


class NotSetUp(Refused):
    """Nothing of the name or code is set up."""

    code = "not_set_up"


class NothingCancelled(Refused):
    """All or nothing was asked for, and a row was refused."""

    code = "nothing_cancelled"


class NothingToDispose(Refused):
    """Only of a cancelled order it can be said what became of its parts."""

    code = "nothing_to_dispose"


class OnlyTray(Refused):
    """The identifier fits only as a tray, where a tray is no answer."""

    code = "only_tray"


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


class SetupChanged(Refused):
    """If-Match names a version of the set-up that is not the current one."""

    code = "setup_changed"


class SetupConflict(Refused):
    """What is to be set up does not go with what is there; nothing was changed."""

    code = "setup_conflict"


class StationNotFound(Refused):
    """No working station has this code; operators and retired stations count as none."""

    code = "station_not_found"


class StepMissing(Refused):
    """A station that must come before this one has not had the order yet."""

    code = "step_missing"


class TooManyKeys(Refused):
    """The integrator has two live keys already: enough to rotate."""

    code = "too_many_keys"


class TooManyWebhooks(Refused):
    """There are as many endpoints as there may be."""

    code = "too_many_webhooks"


class TrayForCancelled(Refused):
    """The order is marked for cancellation."""

    code = "tray_for_cancelled"


class TrayForCompleted(Refused):
    """The order is completed."""

    code = "tray_for_completed"


class TrayForHeld(Refused):
    """The order is on hold."""

    code = "tray_for_held"


class TrayInUse(Refused):
    """Another order holds the tray."""

    code = "tray_in_use"


class TrayNotNumeric(Refused):
    """The tray number has something else than digits, or nothing."""

    code = "tray_not_numeric"


class TrayOrderAmbiguous(Refused):
    """Several orders have the PO."""

    code = "tray_order_ambiguous"


class TrayOrderNotFound(Refused):
    """No order fits the identifier."""

    code = "tray_order_not_found"


class TrayTooLong(Refused):
    """The tray number has more than five digits."""

    code = "tray_too_long"


class Unauthenticated(Refused):
    """No key came, or one that is unknown, expired or revoked."""

    code = "unauthenticated"


class Unavailable(Refused):
    """Not now; nothing was done."""

    code = "unavailable"


class UnknownAddon(Refused):
    """An add-on is not set up, or retired."""

    code = "unknown_addon"


class UnknownCustomer(Refused):
    """No such customer of the caller's."""

    code = "unknown_customer"


class UnknownDispositionCode(Refused):
    """A breakage or employee code is not an active one."""

    code = "unknown_disposition_code"


class UnknownReason(Refused):
    """A reason is required, and none or no active one came."""

    code = "unknown_reason"


class UnsupportedContentType(Refused):
    """The body is neither JSON nor, where that is enough, a form."""

    code = "unsupported_content_type"


class ValidationFailed(Refused):
    """The prescription or the frame cannot be."""

    code = "validation_failed"


BY_CODE: dict[str, type[Refused]] = {
    refusal.code: refusal
    for refusal in (
        AlreadyCancelled,
        AlreadyCompleted,
        AlreadyOnHold,
        AlreadyValid,
        Ambiguous,
        ArMissing,
        ArNotNeeded,
        BadArguments,
        BodyTooLarge,
        BodyTooSlow,
        BoundToCustomer,
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
        CompleteAmbiguous,
        CompleteCancelled,
        CompleteCompleted,
        CompleteNotFound,
        CompleteOnHold,
        CompleteUnvalid,
        CompleteWithoutFinalQa,
        CribOnlyUncut,
        CursorGone,
        EllhOnlyUncut,
        Forbidden,
        FrozenCancelled,
        FrozenCompleted,
        HasTray,
        InProcess,
        Internal,
        JobTrackerMissing,
        KeyInUse,
        KeyNotFound,
        KeyReused,
        LabFrame,
        LensBroken,
        MethodNotAllowed,
        NoAddons,
        NoFreeOrderNumber,
        NoFreeTray,
        NoReasons,
        NoRoute,
        NoStation,
        NoTray,
        NoWebhook,
        NonCancelStation,
        NotCancelled,
        NotFound,
        NotOnHold,
        NotSetUp,
        NothingCancelled,
        NothingToDispose,
        OnlyTray,
        OperatorNotFound,
        OperatorRequired,
        OutcomeUnknown,
        RateLimited,
        ReasonForbidsOverride,
        RestoreWindowOver,
        RestoredSince,
        SetupChanged,
        SetupConflict,
        StationNotFound,
        StepMissing,
        TooManyKeys,
        TooManyWebhooks,
        TrayForCancelled,
        TrayForCompleted,
        TrayForHeld,
        TrayInUse,
        TrayNotNumeric,
        TrayOrderAmbiguous,
        TrayOrderNotFound,
        TrayTooLong,
        Unauthenticated,
        Unavailable,
        UnknownAddon,
        UnknownCustomer,
        UnknownDispositionCode,
        UnknownReason,
        UnsupportedContentType,
        ValidationFailed,
    )
}
"""The class for a code."""
