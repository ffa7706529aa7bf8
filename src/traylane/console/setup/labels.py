"""What the properties and kinds of the set-up are called where people read them."""

from __future__ import annotations

from typing import NamedTuple

from traylane.console.words import N_


class Called(NamedTuple):
    """A kind's pages: their name, what a new row is called, and a sentence that says what it is for."""

    many: str
    new: str
    about: str


KINDS: dict[str, Called] = {
    "stations": Called(N_("Stations"), N_("New station"), N_("Where trays are scanned, in the order of the line.")),
    "operators": Called(N_("Operators"), N_("New operator"), N_("Who scans at stations that need an operator.")),
    "reasons": Called(N_("Delete reasons"), N_("New reason"), N_("Why orders are cancelled: scanned, or pressed.")),
    "customers": Called(N_("Customers"), N_("New customer"), N_("The shops that order.")),
    "addons": Called(N_("Add-ons"), N_("New add-on"), N_("What is done to a lens beside grinding it.")),
    "breakages": Called(N_("Breakage codes"), N_("New breakage code"), N_("How a lens or a frame can break.")),
    "employees": Called(N_("Employees"), N_("New employee"), N_("Who can break one.")),
}
COLUMNS = {
    "code": N_("Code"),
    "number": N_("Number"),
    "desc": N_("Description"),
    "name": N_("Name"),
    "customerDesc": N_("Description for customers"),
    "sequence": N_("Place in the line"),
    "nonCancel": N_("Non-cancel"),
    "requiresOperator": N_("Needs an operator"),
    "active": N_("In use"),
    "isAR": N_("AR"),
    "finalQA": N_("Final QA"),
    "cancelRack": N_("Cancel rack"),
    "requires": N_("Must come before"),
    "allowsOverride": N_("Allows an override"),
    "excludeFromRxSite": N_("Not on the order site"),
    "externalCode": N_("Code in other systems"),
    "isBackside": N_("Backside"),
    "isMirror": N_("Mirror"),
    "isTint": N_("Tint"),
    "isUV": N_("UV"),
    "requiresDropBall": N_("Drop ball"),
    "requiresEtching": N_("Etching"),
    "requiresHarden": N_("Hardening"),
    "requiresPolish": N_("Polish"),
}
GROUPS = {
    "Orders1": N_("Orders"),
    "Modules": N_("Modules"),
    "Job Tracking": N_("Job tracking"),
    "Laboratory": N_("Laboratory"),
    "Access": N_("Access"),
    "Webhooks": N_("Webhooks"),
}
"""What the settings' names begin with."""
