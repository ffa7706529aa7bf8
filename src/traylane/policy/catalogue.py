"""Every setting of the laboratory. Documentation, set-up files, the API, the command line and validation are made from
this tuple; rules read a setting as the attribute of `Policy` that its row names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from traylane.policy.value_types import HOSTS, HOURS, NETWORKS, SWITCH, ZONE, Type, Value, span, text, whole


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `attribute` is its name on `Policy`; `unit` is empty where there is none.

    What is `guarded` decides who gets in, and only the scope `admin` may change it.
    """

    name: str
    attribute: str
    type: Type
    default: Value
    help: str
    unit: str = ""
    guarded: bool = False

    def check(self, value: object) -> str | None:
        """What is wrong with `value`, or None."""
        return self.type.check(value)


REASON_REQUIRED = "Orders1:Enter reason code when deleting order"
LAB_FRAMES = "Orders1:Lab-supplied frames may be cancelled"
BREAKAGE_FIRST = "Orders1:Breakage must be entered before a cancel"
RESTORE_HOURS = "Orders1:Restore window in hours"
ORDER_NUMBER_LENGTH = "Orders1:Order number length"
ORDER_NUMBER_RANGE = "Orders1:Order number range"
TRAY_REQUIRED = "Orders1:Tray required"
TRAY_POOL = "Orders1:Tray pool"
JOB_TRACKER = "Modules:Job Tracker"
STATION_VERIFY = "Job Tracking:Jobtrack station verify"
VERIFY_TRAY = "Job Tracking:Verify Tray is Empty"
DOUBLED_SCAN = "Job Tracking:Doubled scan seconds"
SCANNER_PREFIX = "Job Tracking:Scanner prefix"
TIME_ZONE = "Laboratory:Time zone"
WORKING_HOURS = "Laboratory:Working hours"
RETENTION = "Laboratory:Retention in days"
TRUSTED_NETWORKS = "Access:Trusted networks"
WEBHOOK_HOSTS = "Webhooks:Private hosts"

SETTINGS: tuple[Setting, ...] = (
    Setting(
        REASON_REQUIRED,
        "reason_required",
        SWITCH,
        False,
        "A cancel needs an active delete reason. Off: a reason that comes is ignored and not stored.",
    ),
    Setting(
        LAB_FRAMES,
        "lab_frames_cancellable",
        SWITCH,
        True,
        "An order whose frame the laboratory supplies may be cancelled.",
    ),
    Setting(
        BREAKAGE_FIRST,
        "breakage_first",
        SWITCH,
        False,
        "Before an order is cancelled it must be said what became of its lenses.",
    ),
    Setting(
        RESTORE_HOURS,
        "restore_hours",
        whole(0, 8_760),
        12,
        "So long after its cancel an order can be restored. 0: never.",
        "hours",
    ),
    Setting(
        ORDER_NUMBER_LENGTH,
        "order_number_length",
        whole(1, 8),
        6,
        "Order numbers that Traylane gives have so many digits, filled up with zeros.",
        "digits",
    ),
    Setting(
        ORDER_NUMBER_RANGE,
        "order_number_range",
        span(1, 99_999_999),
        [100_000, 999_999],
        "Order numbers are given from this range.",
    ),
    Setting(
        TRAY_REQUIRED,
        "tray_required",
        SWITCH,
        False,
        "A new order must have a tray: when none of the pool is free it is refused. Off: then it has none.",
    ),
    Setting(
        TRAY_POOL,
        "tray_pool",
        span(1, 99_999),
        [1, 99_999],
        "Trays are given from this range.",
    ),
    Setting(
        JOB_TRACKER,
        "job_tracker_installed",
        SWITCH,
        True,
        "The Job Tracker is installed. Without it nothing can be cancelled or checked in.",
    ),
    Setting(
        STATION_VERIFY,
        "station_verify",
        SWITCH,
        False,
        "A check-in verifies that the steps which a station and the add-ons require were taken.",
    ),
    Setting(
        VERIFY_TRAY,
        "verify_tray",
        SWITCH,
        False,
        "A tray that still holds a cancelled order is given to another one only by `reassign`.",
    ),
    Setting(
        DOUBLED_SCAN,
        "doubled_scan_seconds",
        whole(0, 3_600),
        0,
        "Scans of one order at one station within this time are one scan. 0: every scan counts.",
        "seconds",
    ),
    Setting(
        SCANNER_PREFIX,
        "scanner_prefix",
        text(10),
        "",
        "What barcode readers put before what they read; it is taken off a scan. Empty: nothing.",
    ),
    Setting(
        TIME_ZONE,
        "time_zone",
        ZONE,
        "UTC",
        "Where the laboratory's days begin and end. Date-times of the API stay in UTC.",
    ),
    Setting(
        WORKING_HOURS,
        "working_hours",
        HOURS,
        ["00:00", "24:00"],
        "When the laboratory works, in its time zone; past midnight when the second time is the earlier one. "
        "How long orders stand at a station is told in these hours as well.",
    ),
    Setting(
        RETENTION,
        "retention_days",
        whole(0, 36_500),
        0,
        "So long the patients' data of completed and cancelled orders is kept: `traylane erase --by-retention` removes "
        "what is older. 0: for ever.",
        "days",
    ),
    Setting(
        TRUSTED_NETWORKS,
        "trusted_networks",
        NETWORKS,
        [],
        'Networks whose requests may come without a key, and the key they act as: "192.168.7.0/24 = floor".',
        guarded=True,
    ),
    Setting(
        WEBHOOK_HOSTS,
        "webhook_hosts",
        HOSTS,
        [],
        "Hosts of the laboratory's own network that webhooks may go to, over http too. Any other one must be public.",
        guarded=True,
    ),
)

BY_NAME: Mapping[str, Setting] = {setting.name: setting for setting in SETTINGS}


def conflicts(values: Mapping[str, Value]) -> Iterator[str]:
    """What is wrong with all settings together, one sentence each."""
    length, numbers = values[ORDER_NUMBER_LENGTH], values[ORDER_NUMBER_RANGE]
    if isinstance(numbers, list) and isinstance(length, int) and len(str(numbers[1])) > length:
        yield f'"{ORDER_NUMBER_RANGE}" ends with {numbers[1]}, which has more than {length} digits'
