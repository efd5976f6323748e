"""How each connection is doing."""

from collections.abc import Mapping

from fastapi.responses import Response

from gateway.administration.connections import Connection, list_connections
from gateway.administration.rules import Standing
from gateway.backoffice.areas.administration.place import MANAGER, area, crumbs
from gateway.backoffice.frame.desk import Desk
from gateway.backoffice.frame.texts import N_
from gateway.ledger.bank_accounts import list_bank_accounts

KINDS = {
    "state": N_("The state"),
    "payer": N_("Payer"),
    "bank": N_("Bank statements"),
    "messages": N_("Messages to members"),
    "inbox": N_("What is pushed to us"),
    "webhook": N_("Another system that is told"),
}
STANDINGS = {
    Standing.FAILING: (N_("failing"), "bad"),
    Standing.WAITING: (N_("waiting"), "wait"),
    Standing.WORKING: (N_("working"), "good"),
    Standing.UNUSED: (N_("never used"), "plain"),
}
WAITS = {
    "state": N_("Filings on their way"),
    "payer": N_("Batches on their way"),
    "bank": N_("Lines not matched"),
    "messages": N_("Messages to carry"),
    "inbox": N_("Messages not read"),
    "webhook": N_("Events to tell"),
}
PLACES = {
    "state": "/filings",
    "payer": "/payouts",
    "bank": "/reconciliation",
    "webhook": "/administration/webhooks",
}
"""Kind of connection -> where what it carries is looked after."""
DO = {
    "state": N_("It is asked again by itself. If it stays, look at the filing, and call the treasury."),
    "payer": N_("It is asked again by itself. If it stays, look at the batch, and call the provider."),
    "bank": N_("Load the bank's next statement, or look why the last one was put aside."),
    "messages": N_("What waits is sent again by itself. If it stays, call who carries the messages."),
    "inbox": N_("Somebody has to look at what could not be read."),
    "webhook": N_("It is told again by itself. If it stays, tell the other side."),
}
"""What somebody does who sees that it fails."""


@area.page("/administration/connections", *MANAGER)
def connections(desk: Desk) -> Response:
    """Show every connection, those that fail first."""
    found = list_connections(desk.session, today=desk.today)
    called = {one.ledger_code: one.name for one in list_bank_accounts(desk.session)}
    counts = [
        (desk.words.say(said), desk.words.number(sum(one.standing is kind for one in found)))
        for kind, (said, _) in STANDINGS.items()
    ]
    return desk.page(
        "administration/connections.html",
        connections=[(one, _name(desk, one, called), *STANDINGS[one.standing]) for one in found],
        kinds=KINDS,
        waits=WAITS,
        to_do=DO,
        places=PLACES,
        counts=counts,
        crumbs=crumbs(desk, (N_("Connections"), "")),
    )


def _name(desk: Desk, one: Connection, called: Mapping[str, str]) -> str:
    kind = desk.words.say(KINDS[one.kind])
    return kind if one.kind in ("state", "messages") else f"{kind}: {called.get(one.name, one.name)}"
