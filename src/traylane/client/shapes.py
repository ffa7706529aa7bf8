# Made by `make docs` from the API's description; edit the code that this comes from instead.
"""The published shapes: plain dictionaries, their properties by the API's names."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class CancelAnswer(TypedDict):
    """The order as it was left, in the structure of Fetch a Single Order; `message`: "" or non-blocking warnings."""

    orderNumber: str
    trayNumber: str
    poNumber: str
    message: str
    addons: list[str]
    arCode: str
    arDesc: str
    balanceLens: Literal["", "L", "R"]
    calculationDesc: Literal[
        "Both eyes calculated", "Calculations not done", "Left eye calculated", "Right eye calculated"
    ]
    cancellation: Cancellation | None
    corridorLength: float
    createdUser: str
    crib: float
    currentStation: str
    currentStationCustomerDesc: str
    currentStationDateTime: str | None
    currentStationDesc: str
    customerJobId: str
    customerNumber: str
    dateCompleted: str | None
    dateOrdered: str | None
    dateReceived: str | None
    dateTimeValid: str | None
    dateWanted: str | None
    ellh: float
    frameA: float
    frameB: float
    frameBridge: int
    frameCircumference: float
    frameColor: str
    frameED: float
    frameEye: int
    frameManufacturer: str
    frameName: str
    frameSKU: str
    frameStatusCode: Literal["", "E", "F", "L", "N", "O", "S", "U"]
    frameTemple: float
    frameType: str
    frameUPC: str
    jobType: Literal["", "A", "E", "F", "U"]
    ltADD: float | None
    ltAX: float | None
    ltBCOCUP: float | None
    ltCYL: float | None
    ltCalculated: bool
    ltDIA: str
    ltIPD: float | None
    ltLensColor: str
    ltLensMaterial: str
    ltLensStyle: str
    ltLensTreat: str
    ltMBASE: str
    ltMINCTR: float | None
    ltMINEDG: float | None
    ltNPD: float | None
    ltOCHT: float | None
    ltPRVA1: str
    ltPRVA2: str
    ltPRVM1: float | None
    ltPRVM2: float | None
    ltSEGHT: float | None
    ltSPH: float | None
    ltTrace: str
    onHold: bool
    pantoscopicTilt: float
    revision: int
    rtADD: float | None
    rtAX: float | None
    rtBCOCUP: float | None
    rtCYL: float | None
    rtCalculated: bool
    rtDIA: str
    rtIPD: float | None
    rtLensColor: str
    rtLensMaterial: str
    rtLensStyle: str
    rtLensTreat: str
    rtMBASE: str
    rtMINCTR: float | None
    rtMINEDG: float | None
    rtNPD: float | None
    rtOCHT: float | None
    rtPRVA1: str
    rtPRVA2: str
    rtPRVM1: float | None
    rtPRVM2: float | None
    rtSEGHT: float | None
    rtSPH: float | None
    rtTrace: str
    status: Literal["C", "P", "U", "V", "W"]
    statusDesc: Literal["Completed", "On Hold", "Other", "Process", "Unvalid", "Valid"]
    unvalidMessage: str


class CancelBody(TypedDict):
    """The body of a cancel: the delete reason, and what becomes of lenses and frame."""

    rtDisposition: NotRequired[Literal["broken", "stock"] | None]
    rtBreakageCode: NotRequired[str | None]
    rtEmployeeCode: NotRequired[str | None]
    ltDisposition: NotRequired[Literal["broken", "stock"] | None]
    ltBreakageCode: NotRequired[str | None]
    ltEmployeeCode: NotRequired[str | None]
    frameDisposition: NotRequired[Literal["broken", "stock"] | None]
    frameBreakageCode: NotRequired[str | None]
    frameEmployeeCode: NotRequired[str | None]
    deleteReason: NotRequired[str | None]


class Cancellation(TypedDict):
    """The mark of a cancellation; `actor` is an integrator or a role, `station` where the order was ("": nowhere)."""

    dateTime: str
    actor: str
    reason: str
    reasonDesc: str
    station: str
    override: bool


class CancellationAnswer(TypedDict):
    """How an order stands to a cancel: what is in the way, or the cancellation as it is."""

    orderNumber: str
    trayNumber: str
    poNumber: str
    allowed: bool
    refusals: list[RefusalMember]
    warnings: list[str]
    cancellation: Cancellation | None
    disposition: DispositionBody | None
    trayHeld: bool
    restore: RestoreShown | None


class CancelledStatusAnswer(TypedDict):
    """GET …/status of an order that is marked for cancellation: an error body under 200 (contract)."""

    error: str
    details: list[str]


class CheckInBody(TypedDict):
    """The body of a check-in."""

    orderIdentifier: str
    by: NotRequired[Literal["order", "po", "tray"] | None]
    operator: NotRequired[str | None]


class CheckedIn(TypedDict):
    """A scan that counted."""

    orderNumber: str
    trayNumber: str
    poNumber: str
    code: str
    desc: str
    customerDesc: str
    statusDateTime: str


class DispositionAnswer(TypedDict):
    """What was said of a cancelled order's parts, all of it."""

    orderNumber: str
    trayNumber: str
    poNumber: str
    message: str
    disposition: DispositionBody


class DispositionBody(TypedDict):
    """What becomes of each part; a broken one needs its breakage code and the employee's code."""

    rtDisposition: NotRequired[Literal["broken", "stock"] | None]
    rtBreakageCode: NotRequired[str | None]
    rtEmployeeCode: NotRequired[str | None]
    ltDisposition: NotRequired[Literal["broken", "stock"] | None]
    ltBreakageCode: NotRequired[str | None]
    ltEmployeeCode: NotRequired[str | None]
    frameDisposition: NotRequired[Literal["broken", "stock"] | None]
    frameBreakageCode: NotRequired[str | None]
    frameEmployeeCode: NotRequired[str | None]


class ErrorBody(TypedDict):
    """Every error, always: a text, and one string for each thing there is to add."""

    error: str
    details: list[str]


class EventAnswer(TypedDict):
    """One thing that happened."""

    id: str
    seq: int
    type: str
    dateTime: str
    actor: str
    data: dict[str, Any]


class EventList(TypedDict):
    """What happened to an order, oldest first."""

    total: int
    items: list[EventAnswer]


class FeedEvent(TypedDict):
    """One thing that happened, and the cursor of who has read up to it."""

    id: str
    seq: int
    type: str
    dateTime: str
    actor: str
    data: dict[str, Any]
    cursor: str


class FeedPage(TypedDict):
    """Events that fit, oldest first."""

    items: list[FeedEvent]
    cursor: str
    more: bool


class Health(TypedDict):
    """How the service is."""

    status: Literal["alive", "ready"]


class NotRestoredMember(TypedDict):
    """Something that a restore does not bring back."""

    what: str
    code: str
    reason: str


class OrderAnswer(TypedDict):
    """Fetch a Single Order: orderNumber, trayNumber, poNumber, then the rest in ASCII order (capitals before small)."""

    orderNumber: str
    trayNumber: str
    poNumber: str
    addons: list[str]
    arCode: str
    arDesc: str
    balanceLens: Literal["", "L", "R"]
    calculationDesc: Literal[
        "Both eyes calculated", "Calculations not done", "Left eye calculated", "Right eye calculated"
    ]
    cancellation: Cancellation | None
    corridorLength: float
    createdUser: str
    crib: float
    currentStation: str
    currentStationCustomerDesc: str
    currentStationDateTime: str | None
    currentStationDesc: str
    customerJobId: str
    customerNumber: str
    dateCompleted: str | None
    dateOrdered: str | None
    dateReceived: str | None
    dateTimeValid: str | None
    dateWanted: str | None
    ellh: float
    frameA: float
    frameB: float
    frameBridge: int
    frameCircumference: float
    frameColor: str
    frameED: float
    frameEye: int
    frameManufacturer: str
    frameName: str
    frameSKU: str
    frameStatusCode: Literal["", "E", "F", "L", "N", "O", "S", "U"]
    frameTemple: float
    frameType: str
    frameUPC: str
    jobType: Literal["", "A", "E", "F", "U"]
    ltADD: float | None
    ltAX: float | None
    ltBCOCUP: float | None
    ltCYL: float | None
    ltCalculated: bool
    ltDIA: str
    ltIPD: float | None
    ltLensColor: str
    ltLensMaterial: str
    ltLensStyle: str
    ltLensTreat: str
    ltMBASE: str
    ltMINCTR: float | None
    ltMINEDG: float | None
    ltNPD: float | None
    ltOCHT: float | None
    ltPRVA1: str
    ltPRVA2: str
    ltPRVM1: float | None
    ltPRVM2: float | None
    ltSEGHT: float | None
    ltSPH: float | None
    ltTrace: str
    onHold: bool
    pantoscopicTilt: float
    revision: int
    rtADD: float | None
    rtAX: float | None
    rtBCOCUP: float | None
    rtCYL: float | None
    rtCalculated: bool
    rtDIA: str
    rtIPD: float | None
    rtLensColor: str
    rtLensMaterial: str
    rtLensStyle: str
    rtLensTreat: str
    rtMBASE: str
    rtMINCTR: float | None
    rtMINEDG: float | None
    rtNPD: float | None
    rtOCHT: float | None
    rtPRVA1: str
    rtPRVA2: str
    rtPRVM1: float | None
    rtPRVM2: float | None
    rtSEGHT: float | None
    rtSPH: float | None
    rtTrace: str
    status: Literal["C", "P", "U", "V", "W"]
    statusDesc: Literal["Completed", "On Hold", "Other", "Process", "Unvalid", "Valid"]
    unvalidMessage: str


class Problem(TypedDict):
    """The same as RFC 9457 wants it, with what proves the refusal as further members (station, time, place)."""

    type: str
    title: str
    status: int
    error: str
    details: list[str]
    code: str


class RefusalMember(TypedDict):
    """One thing in the way of a cancel."""

    error: str
    details: list[str]
    code: str
    evidence: dict[str, Any]


class RestoreAnswer(TypedDict):
    """The order as it is now, in the structure of Fetch a Single Order; `notRestored`: what it lacks."""

    orderNumber: str
    trayNumber: str
    poNumber: str
    message: str
    notRestored: list[NotRestoredMember]
    addons: list[str]
    arCode: str
    arDesc: str
    balanceLens: Literal["", "L", "R"]
    calculationDesc: Literal[
        "Both eyes calculated", "Calculations not done", "Left eye calculated", "Right eye calculated"
    ]
    cancellation: Cancellation | None
    corridorLength: float
    createdUser: str
    crib: float
    currentStation: str
    currentStationCustomerDesc: str
    currentStationDateTime: str | None
    currentStationDesc: str
    customerJobId: str
    customerNumber: str
    dateCompleted: str | None
    dateOrdered: str | None
    dateReceived: str | None
    dateTimeValid: str | None
    dateWanted: str | None
    ellh: float
    frameA: float
    frameB: float
    frameBridge: int
    frameCircumference: float
    frameColor: str
    frameED: float
    frameEye: int
    frameManufacturer: str
    frameName: str
    frameSKU: str
    frameStatusCode: Literal["", "E", "F", "L", "N", "O", "S", "U"]
    frameTemple: float
    frameType: str
    frameUPC: str
    jobType: Literal["", "A", "E", "F", "U"]
    ltADD: float | None
    ltAX: float | None
    ltBCOCUP: float | None
    ltCYL: float | None
    ltCalculated: bool
    ltDIA: str
    ltIPD: float | None
    ltLensColor: str
    ltLensMaterial: str
    ltLensStyle: str
    ltLensTreat: str
    ltMBASE: str
    ltMINCTR: float | None
    ltMINEDG: float | None
    ltNPD: float | None
    ltOCHT: float | None
    ltPRVA1: str
    ltPRVA2: str
    ltPRVM1: float | None
    ltPRVM2: float | None
    ltSEGHT: float | None
    ltSPH: float | None
    ltTrace: str
    onHold: bool
    pantoscopicTilt: float
    revision: int
    rtADD: float | None
    rtAX: float | None
    rtBCOCUP: float | None
    rtCYL: float | None
    rtCalculated: bool
    rtDIA: str
    rtIPD: float | None
    rtLensColor: str
    rtLensMaterial: str
    rtLensStyle: str
    rtLensTreat: str
    rtMBASE: str
    rtMINCTR: float | None
    rtMINEDG: float | None
    rtNPD: float | None
    rtOCHT: float | None
    rtPRVA1: str
    rtPRVA2: str
    rtPRVM1: float | None
    rtPRVM2: float | None
    rtSEGHT: float | None
    rtSPH: float | None
    rtTrace: str
    status: Literal["C", "P", "U", "V", "W"]
    statusDesc: Literal["Completed", "On Hold", "Other", "Process", "Unvalid", "Valid"]
    unvalidMessage: str


class RestoreShown(TypedDict):
    """Whether a cancelled order may be restored."""

    allowed: bool
    until: str
    secondsLeft: int
    refusals: list[RefusalMember]
    notRestored: list[NotRestoredMember]


class RestoreVerdictAnswer(TypedDict):
    """What a restore would say; nothing was written."""

    allowed: bool
    refusals: list[RefusalMember]
    notRestored: list[NotRestoredMember]
    warnings: list[str]
    orderNumber: str


class StationAnswer(TypedDict):
    """A station, or an operator."""

    code: str
    desc: str
    customerDesc: str
    operator: bool
    nonCancel: bool
    requiresOperator: bool
    sequence: int
    active: bool


class StationList(TypedDict):
    """Stations and operators in the order of the line."""

    total: int
    items: list[StationAnswer]


class StatusAnswer(TypedDict):
    """GET …/status of an order that is not marked for cancellation."""

    orderNumber: str
    trayNumber: str
    poNumber: str
    calculationDesc: Literal[
        "Both eyes calculated", "Calculations not done", "Left eye calculated", "Right eye calculated"
    ]
    currentStation: str
    currentStationCustomerDesc: str
    currentStationDateTime: str | None
    currentStationDesc: str
    status: Literal["C", "P", "U", "V", "W"]
    statusDesc: Literal["Completed", "On Hold", "Other", "Process", "Unvalid", "Valid"]
    onHold: bool
    unvalidMessage: str
    rtCalculated: bool
    ltCalculated: bool


class VerdictAnswer(TypedDict):
    """What a cancel would say; nothing was written."""

    allowed: bool
    refusals: list[RefusalMember]
    warnings: list[str]
    orderNumber: str
