# Made by `make docs` from the API's description; edit the code that this comes from instead.
"""The published shapes: plain dictionaries, their properties by the API's names."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class AddOnAnswer(TypedDict):
    """One add-on, as it is set up."""

    code: str
    desc: str
    excludeFromRxSite: bool
    externalCode: str
    isAR: bool
    isBackside: bool
    isMirror: bool
    isTint: bool
    isUV: bool
    requiresDropBall: bool
    requiresEtching: bool
    requiresHarden: bool
    requiresPolish: bool
    requires: list[str]
    active: bool


class AddOnBody(TypedDict):
    """The properties of one add-on. What is left out gets its default."""

    desc: str
    excludeFromRxSite: NotRequired[bool]
    externalCode: NotRequired[str]
    isAR: NotRequired[bool]
    isBackside: NotRequired[bool]
    isMirror: NotRequired[bool]
    isTint: NotRequired[bool]
    isUV: NotRequired[bool]
    requiresDropBall: NotRequired[bool]
    requiresEtching: NotRequired[bool]
    requiresHarden: NotRequired[bool]
    requiresPolish: NotRequired[bool]
    requires: NotRequired[list[str]]
    active: NotRequired[bool]


class AddOnList(TypedDict):
    """All add-ons, the retired included."""

    total: int
    items: list[AddOnAnswer]


class BreakageCodeAnswer(TypedDict):
    """One breakage code, as it is set up."""

    code: str
    desc: str
    active: bool


class BreakageCodeBody(TypedDict):
    """The properties of one breakage code. What is left out gets its default."""

    desc: str
    active: NotRequired[bool]


class BreakageCodeList(TypedDict):
    """All breakage codes, the retired included."""

    total: int
    items: list[BreakageCodeAnswer]


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
    remarks: str
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


class CancelResult(TypedDict):
    """What became of one row; `body` is that of the single call."""

    row: int
    status: int
    replayed: bool
    body: dict[str, Any]


class CancelResults(TypedDict):
    """One result a row, in the order of the rows."""

    total: int
    items: list[CancelResult]
    succeeded: int


class CancelRow(TypedDict):
    """One cancel: the order, and what a single cancel takes as parameters and body."""

    rtDisposition: NotRequired[Literal["broken", "stock"] | None]
    rtBreakageCode: NotRequired[str | None]
    rtEmployeeCode: NotRequired[str | None]
    ltDisposition: NotRequired[Literal["broken", "stock"] | None]
    ltBreakageCode: NotRequired[str | None]
    ltEmployeeCode: NotRequired[str | None]
    frameDisposition: NotRequired[Literal["broken", "stock"] | None]
    frameBreakageCode: NotRequired[str | None]
    frameEmployeeCode: NotRequired[str | None]
    orderIdentifier: str
    by: NotRequired[Literal["order", "po", "tray"] | None]
    deleteReason: NotRequired[str | None]
    override: NotRequired[bool]
    ifMatch: NotRequired[str | None]


class CancelRows(TypedDict):
    """Many cancels, in the order in which they are to be made."""

    items: list[CancelRow]


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


CancellationReport = TypedDict(
    "CancellationReport",
    {
        "from": "str",
        "to": "str",
        "timeZone": "str",
        "total": "int",
        "late": "int",
        "lateShare": "float",
        "overrides": "int",
        "restored": "int",
        "byReason": "list[ReasonCount]",
        "byCustomer": "list[CustomerCount]",
        "byStation": "list[StationCount]",
        "byHour": "list[HourCount]",
    },
)


class CancelledStatusAnswer(TypedDict):
    """GET …/status of an order that is marked for cancellation: an error body under 200 (contract)."""

    error: str
    details: list[str]


class ChangedAnswer(TypedDict):
    """The order after the change, as it is fetched; `message`: empty, or what there is to say."""

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
    remarks: str
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


class CheckInBody(TypedDict):
    """The body of a check-in."""

    orderIdentifier: str
    by: NotRequired[Literal["order", "po", "tray"] | None]
    operator: NotRequired[str | None]
    deviceDateTime: NotRequired[str | None]


class CheckedIn(TypedDict):
    """A scan that counted. `message` comes only where there is something to say."""

    orderNumber: str
    trayNumber: str
    poNumber: str
    code: str
    desc: str
    customerDesc: str
    statusDateTime: str
    message: NotRequired[str]


class Completed(TypedDict):
    """The order is completed."""

    orderNumber: str
    message: Literal["Successful"]


class CorrectBody(TypedDict):
    """What is to be corrected, at least one property; what does not come stays as it is."""

    dateWanted: NotRequired[str | None]
    poNumber: NotRequired[str]
    customerJobId: NotRequired[str]
    remarks: NotRequired[str]


class CreateBody(TypedDict):
    """A new order. At least one eye has a lens style, and at least one a lens material."""

    customerJobId: str
    customerNumber: str
    jobType: Literal["A", "E", "F", "U"]
    poNumber: str
    addons: NotRequired[list[str]]
    balanceLens: NotRequired[Literal["", "L", "R"]]
    corridorLength: NotRequired[float]
    crib: NotRequired[float]
    dateWanted: NotRequired[str | None]
    ellh: NotRequired[float]
    frameA: NotRequired[float]
    frameB: NotRequired[float]
    frameBridge: NotRequired[int]
    frameCircumference: NotRequired[float]
    frameColor: NotRequired[str]
    frameED: NotRequired[float]
    frameEye: NotRequired[int]
    frameManufacturer: NotRequired[str]
    frameName: NotRequired[str]
    frameSKU: NotRequired[str]
    frameStatusCode: NotRequired[Literal["", "E", "F", "L", "N", "O", "S", "U"]]
    frameTemple: NotRequired[float]
    frameType: NotRequired[str]
    frameUPC: NotRequired[str]
    ltADD: NotRequired[float | None]
    ltAX: NotRequired[float | None]
    ltBCOCUP: NotRequired[float | None]
    ltCYL: NotRequired[float | None]
    ltDIA: NotRequired[str]
    ltIPD: NotRequired[float | None]
    ltLensColor: NotRequired[str]
    ltLensMaterial: NotRequired[str]
    ltLensStyle: NotRequired[str]
    ltLensTreat: NotRequired[str]
    ltMBASE: NotRequired[str]
    ltMINCTR: NotRequired[float | None]
    ltMINEDG: NotRequired[float | None]
    ltNPD: NotRequired[float | None]
    ltOCHT: NotRequired[float | None]
    ltPRVA1: NotRequired[str]
    ltPRVA2: NotRequired[str]
    ltPRVM1: NotRequired[float | None]
    ltPRVM2: NotRequired[float | None]
    ltSEGHT: NotRequired[float | None]
    ltSPH: NotRequired[float | None]
    ltTrace: NotRequired[str]
    onHold: NotRequired[bool]
    pantoscopicTilt: NotRequired[float]
    remarks: NotRequired[str]
    rtADD: NotRequired[float | None]
    rtAX: NotRequired[float | None]
    rtBCOCUP: NotRequired[float | None]
    rtCYL: NotRequired[float | None]
    rtDIA: NotRequired[str]
    rtIPD: NotRequired[float | None]
    rtLensColor: NotRequired[str]
    rtLensMaterial: NotRequired[str]
    rtLensStyle: NotRequired[str]
    rtLensTreat: NotRequired[str]
    rtMBASE: NotRequired[str]
    rtMINCTR: NotRequired[float | None]
    rtMINEDG: NotRequired[float | None]
    rtNPD: NotRequired[float | None]
    rtOCHT: NotRequired[float | None]
    rtPRVA1: NotRequired[str]
    rtPRVA2: NotRequired[str]
    rtPRVM1: NotRequired[float | None]
    rtPRVM2: NotRequired[float | None]
    rtSEGHT: NotRequired[float | None]
    rtSPH: NotRequired[float | None]
    rtTrace: NotRequired[str]
    trayNumber: NotRequired[str]


class CreatedAnswer(TypedDict):
    """The new order, as it is fetched; `creationRemarks`: what there is to say about it."""

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
    creationRemarks: list[str]
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
    remarks: str
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


class CustomerAnswer(TypedDict):
    """One customer, as it is set up."""

    number: str
    name: str
    active: bool


class CustomerBody(TypedDict):
    """The properties of one customer. What is left out gets its default."""

    name: str
    active: NotRequired[bool]


class CustomerCount(TypedDict):
    """Cancellations of one customer's orders."""

    customerNumber: str
    count: int


class CustomerList(TypedDict):
    """All customers, the retired included."""

    total: int
    items: list[CustomerAnswer]


DayAnswer = TypedDict(
    "DayAnswer",
    {"date": "str", "in": "int", "completed": "int", "cancelled": "int", "restored": "int", "inWork": "int"},
)


class DayList(TypedDict):
    """Days, oldest first."""

    total: int
    timeZone: str
    items: list[DayAnswer]


class DeleteReasonAnswer(TypedDict):
    """One delete reason, as it is set up."""

    code: str
    desc: str
    allowsOverride: bool
    active: bool


class DeleteReasonBody(TypedDict):
    """The properties of one delete reason. What is left out gets its default."""

    desc: str
    allowsOverride: NotRequired[bool]
    active: NotRequired[bool]


class DeleteReasonList(TypedDict):
    """All delete reasons, the retired included."""

    total: int
    items: list[DeleteReasonAnswer]


class DeliveryAnswer(TypedDict):
    """One event on its way to one endpoint."""

    cursor: str
    messageId: str
    state: Literal["delivered", "failed", "pending"]
    nextDateTime: str | None
    tries: list[TryAnswer]


class DeliveryList(TypedDict):
    """Deliveries, the newest first."""

    items: list[DeliveryAnswer]


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


class EmployeeAnswer(TypedDict):
    """One employee, as it is set up."""

    code: str
    name: str
    active: bool


class EmployeeBody(TypedDict):
    """The properties of one employee. What is left out gets its default."""

    name: str
    active: NotRequired[bool]


class EmployeeList(TypedDict):
    """All employees, the retired included."""

    total: int
    items: list[EmployeeAnswer]


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


class ForeseenResults(TypedDict):
    """What the cancels would say, each as if it were the only one; nothing was written."""

    total: int
    items: list[CancelResult]
    succeeded: int


class Health(TypedDict):
    """How the service is."""

    status: Literal["alive", "ready"]


class HoldingAnswer(TypedDict):
    """An order's time in a tray."""

    orderNumber: str
    since: str
    given: str
    until: str | None
    left: str | None
    cancelled: bool


class HourCount(TypedDict):
    """Cancellations in one hour of the day, in the laboratory's time zone."""

    hour: int
    count: int


class JobAnswer(TypedDict):
    """An order in process."""

    orderNumber: str
    trayNumber: str
    poNumber: str
    customerNumber: str
    station: str
    since: str
    minutes: int
    workingMinutes: int
    onHold: bool
    dateWanted: str | None
    late: bool
    hot: bool


class KeyAnswer(TypedDict):
    """A key without its secret."""

    id: str
    name: str
    hint: str
    scopes: list[str]
    customerNumber: str | None
    rate: int | None
    createdDateTime: str
    expiresDateTime: str | None
    revokedDateTime: str | None


class KeyBody(TypedDict):
    """What a new key may do."""

    name: str
    scopes: list[
        Literal[
            "orders:read",
            "orders:write",
            "orders:cancel",
            "orders:override",
            "orders:restore",
            "tracking:read",
            "tracking:write",
            "setup:read",
            "setup:write",
            "events:read",
            "webhooks:write",
            "reports:read",
            "metrics:read",
            "admin",
        ]
    ]
    customerNumber: NotRequired[str | None]
    rate: NotRequired[int | None]
    expiresDateTime: NotRequired[str | None]


class KeyList(TypedDict):
    """Every key, the oldest first, the revoked included."""

    total: int
    items: list[KeyAnswer]


class NewKeyAnswer(TypedDict):
    """A new key. Nobody can show its secret again."""

    id: str
    name: str
    hint: str
    scopes: list[str]
    customerNumber: str | None
    rate: int | None
    createdDateTime: str
    expiresDateTime: str | None
    revokedDateTime: str | None
    secret: str | None


class NewWebhookAnswer(TypedDict):
    """An endpoint with a new secret. Nobody can show it again."""

    id: str
    url: str
    description: str
    types: list[str]
    customerNumber: str | None
    includeStaff: bool
    enabled: bool
    disabledDateTime: str | None
    disabledReason: str
    failingSinceDateTime: str | None
    createdDateTime: str
    secret: str | None


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
    remarks: str
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


class OrderList(TypedDict):
    """Orders, each in the structure of Fetch a Single Order."""

    total: int
    items: list[OrderAnswer]


class Problem(TypedDict):
    """The same as RFC 9457 wants it, with what proves the refusal as further members (station, time, place)."""

    type: str
    title: str
    status: int
    error: str
    details: list[str]
    code: str


class ReasonCount(TypedDict):
    """Cancellations with one delete reason; an empty code: with none."""

    code: str
    desc: str
    count: int


class RecallAnswer(TypedDict):
    """A cancelled order whose work is still about."""

    orderNumber: str
    trayNumber: str
    poNumber: str
    customerNumber: str
    cancelled: str
    reason: str | None
    lastStation: str | None
    lastStationDesc: str
    lastSeen: str | None
    minutesSince: int
    refusedScans: int
    trayHolds: str | None


class RecallList(TypedDict):
    """Open recalls, the longest cancelled first."""

    total: int
    items: list[RecallAnswer]


class RefusalMember(TypedDict):
    """One thing in the way of a cancel."""

    error: str
    details: list[str]
    code: str
    evidence: dict[str, Any]


class ReplayBody(TypedDict):
    """Which events are sent again: from `first` to `last`, both included; one event when they are the same."""

    first: str
    last: str


class Replayed(TypedDict):
    """How many events are sent again."""

    count: int


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
    remarks: str
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


class ScanAnswer(TypedDict):
    """One scan of an order."""

    seq: int
    code: str
    desc: str
    customerDesc: str
    operator: str | None
    dateTime: str
    secondsSinceLast: int | None
    deviceDateTime: str | None
    nonCancel: bool


class ScanList(TypedDict):
    """Where an order has been, oldest first."""

    total: int
    items: list[ScanAnswer]


class SettingAnswer(TypedDict):
    """A setting of the laboratory."""

    name: str
    value: bool | int | str | list[int | str]
    default: bool | int | str | list[int | str]
    type: str
    unit: str
    help: str
    adminOnly: bool


class SettingBody(TypedDict):
    """The new value of a setting."""

    value: bool | int | str | list[int | str]


class SettingList(TypedDict):
    """Every setting."""

    total: int
    items: list[SettingAnswer]


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
    isAR: bool
    finalQA: bool
    cancelRack: bool
    requires: list[str]


class StationBody(TypedDict):
    """The properties of one station. What is left out gets its default."""

    desc: str
    customerDesc: NotRequired[str]
    sequence: NotRequired[int]
    nonCancel: NotRequired[bool]
    requiresOperator: NotRequired[bool]
    active: NotRequired[bool]
    isAR: NotRequired[bool]
    finalQA: NotRequired[bool]
    cancelRack: NotRequired[bool]
    requires: NotRequired[list[str]]
    operator: NotRequired[bool]


class StationCount(TypedDict):
    """Cancellations of orders that stood at one station; an empty code: before the first check-in."""

    code: str
    desc: str
    count: int


class StationList(TypedDict):
    """Stations and operators in the order of the line."""

    total: int
    items: list[StationAnswer]


class StationWork(TypedDict):
    """What stands at a station."""

    code: str
    desc: str
    customerDesc: str
    count: int
    onHold: int
    late: int
    hot: int
    oldestDateTime: str
    oldestMinutes: int
    oldestWorkingMinutes: int


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


class TrayAnswer(TypedDict):
    """Who held a tray, oldest first, and who holds it now."""

    trayNumber: str
    holds: str | None
    total: int
    items: list[HoldingAnswer]


class TrayBody(TypedDict):
    """The tray that the order is to have."""

    trayNumber: str
    reassign: NotRequired[bool]


class TryAnswer(TypedDict):
    """One try of a delivery."""

    dateTime: str
    milliseconds: int
    status: int
    error: str
    answer: str


class UnvalidBody(TypedDict):
    """What is wrong with the order."""

    message: str


class VerdictAnswer(TypedDict):
    """What a cancel would say; nothing was written."""

    allowed: bool
    refusals: list[RefusalMember]
    warnings: list[str]
    orderNumber: str


class WebhookAnswer(TypedDict):
    """An endpoint without its secret."""

    id: str
    url: str
    description: str
    types: list[str]
    customerNumber: str | None
    includeStaff: bool
    enabled: bool
    disabledDateTime: str | None
    disabledReason: str
    failingSinceDateTime: str | None
    createdDateTime: str


class WebhookBody(TypedDict):
    """A new endpoint."""

    url: str
    description: NotRequired[str]
    types: NotRequired[list[str]]
    customerNumber: NotRequired[str | None]
    includeStaff: NotRequired[bool]


class WebhookList(TypedDict):
    """Endpoints, the oldest first."""

    total: int
    items: list[WebhookAnswer]


class WebhookPatch(TypedDict):
    """What is to be changed of an endpoint; what is left out stays."""

    url: NotRequired[str | None]
    description: NotRequired[str | None]
    types: NotRequired[list[str] | None]
    includeStaff: NotRequired[bool | None]
    enabled: NotRequired[bool | None]


class WorkAnswer(TypedDict):
    """What is in process now. The numbers and `stations` count all that fits the filters, `items` is a window of it."""

    total: int
    late: int
    hot: int
    dateTime: str
    stations: list[StationWork]
    items: list[JobAnswer]
