"""The state's systems that may ask and tell us things: registered, given other keys, disabled."""

import json
from typing import Any

from fastapi.responses import Response

from gateway.backoffice.areas.administration.place import MANAGER, area, crumbs
from gateway.backoffice.frame.area import Confirmation
from gateway.backoffice.frame.desk import Desk, Go
from gateway.backoffice.frame.forms import Form
from gateway.backoffice.frame.listing import Column
from gateway.backoffice.frame.texts import N_
from gateway.statelink import queries
from gateway.statelink.register import NewClient, disable_client, register_client, rotate_keys
from gateway.statelink.states import ClientMethod, Scope

AT = "/administration/state-clients"
SCOPES = {
    Scope.PUSH_ACKNOWLEDGEMENTS: N_("tell that a file was received"),
    Scope.PUSH_LINE_RESULTS: N_("tell how lines were answered"),
    Scope.PUSH_BILLS: N_("tell of bills"),
    Scope.PUSH_PAYMENTS: N_("tell that a payment came"),
    Scope.PUSH_REMITTANCES: N_("tell of benefits paid"),
    Scope.PUSH_COVERAGE: N_("tell of changes of cover"),
    Scope.READ_COVERAGE: N_("look at somebody's cover"),
    Scope.READ_CONTRIBUTIONS: N_("look at somebody's contributions"),
    Scope.READ_FILINGS: N_("look at filings"),
    Scope.READ_EVIDENCE: N_("fetch evidence"),
    Scope.READ_TRANSPARENCY: N_("read the heads of the books"),
    Scope.READ_FHIR: N_("read as FHIR"),
    Scope.SEARCH_REGISTRY: N_("search the register of members"),
    Scope.MANAGE_WEBHOOKS: N_("keep its own list of what it is told"),
}
METHODS = {ClientMethod.PRIVATE_KEY_JWT: N_("a key of its own"), ClientMethod.TLS_CLIENT_AUTH: N_("a certificate")}


@area.page(AT, *MANAGER)
def clients(desk: Desk) -> Response:
    """List the systems that were let in."""
    words = desk.words
    found = desk.listing(
        [
            Column(N_("Name"), lambda row: row.name, link=lambda row: f"{AT}/{row.client_id}"),
            Column(N_("Identifier"), lambda row: row.client_id, "code"),
            Column(N_("May"), lambda row: ", ".join(words.say(SCOPES[Scope(one)]) for one in row.scopes)),
            Column(
                N_("Status"),
                lambda row: words.say("let in") if row.is_active else words.say("disabled"),
                "status",
                tone=lambda row: "good" if row.is_active else "plain",
            ),
        ],
        lambda after, limit: queries.list_clients(desk.session, after=after[0] if after else 0, limit=limit),
        key=lambda row: (row.id,),
        empty=N_("No system of the state was let in."),
    )
    if isinstance(found, Response):
        return found
    return desk.page(
        "administration/clients.html",
        list=found,
        may=desk.may(MANAGER),
        crumbs=crumbs(desk, (N_("The state's systems"), "")),
    )


def _show_new(desk: Desk, form: Form) -> Response:
    return desk.page(
        "administration/client_new.html",
        form=form,
        scopes=[(scope.value, desk.words.say(said)) for scope, said in SCOPES.items()],
        scope_names=[scope.name.lower() for scope in SCOPES],
        methods=[(method.value, desk.words.say(said)) for method, said in METHODS.items()],
        crumbs=crumbs(desk, (N_("The state's systems"), AT), (N_("Let a system in"), "")),
    )


def _keys(form: Form) -> tuple[dict[str, Any] | None, str | None, list[str]]:
    """Read keys, their address, and certificates; what is no JSON is noted beside its field."""
    text, jwks = form.text("jwks", most=4000), None
    if text:
        try:
            jwks = json.loads(text)
        except ValueError:
            form.fault("jwks", N_("This is no JSON; paste the whole set of keys."))
    certificates = [line.strip() for line in form.text("certificates", most=4000).splitlines() if line.strip()]
    return jwks, form.text("jwks_url") or None, certificates


@area.act(f"{AT}/new", *MANAGER, show=_show_new, fields={"client_taken": "name", "client_invalid": "jwks"})
def let_in(desk: Desk, form: Form) -> Go:
    """Let a system of the state in, only as far as its scopes reach."""
    name = form.text("name", required=True)
    method = form.choice("method", [one.value for one in ClientMethod], required=True)
    scopes = [scope.value for scope in Scope if form.has(f"scope-{scope.name.lower()}")]
    jwks, jwks_url, certificates = _keys(form)
    if not scopes:
        form.fault("scope-read_coverage", N_("Choose at least one thing it may do."))
    form.check()
    new = NewClient(
        name=name,
        scopes=scopes,
        method=ClientMethod(method),
        jwks=jwks,
        jwks_url=jwks_url,
        certificates=certificates,
        needs_signature=form.has("needs_signature"),
        callback_url=form.text("callback_url") or None,
    )
    row = register_client(desk.session, new, actor=desk.actor, over_tls=not desk.gate.settings.demo)
    return Go(f"{AT}/{row.client_id}", N_("Let in. Tell the other side its identifier."))


def _show_client(desk: Desk, form: Form, client_id: str) -> Response:
    row = queries.lock_client(desk.session, client_id)
    return desk.page(
        "administration/client.html",
        form=form,
        row=row,
        scopes=[desk.words.say(SCOPES[Scope(one)]) for one in row.scopes],
        method=desk.words.say(METHODS[ClientMethod(row.method)]),
        keys=[] if row.jwks is None else [key.get("kid") or "–" for key in row.jwks.get("keys", [])],
        may=desk.may(MANAGER),
        crumbs=crumbs(desk, (N_("The state's systems"), AT), (row.name, "")),
    )


@area.page(f"{AT}/{{client_id}}", *MANAGER)
def client(desk: Desk, client_id: str) -> Response:
    """Show a system of the state."""
    return _show_client(desk, desk.form(), client_id)


@area.act(
    f"{AT}/{{client_id}}/keys", *MANAGER, show=_show_client, fields={"client_invalid": "jwks"}, at=f"{AT}/{{client_id}}"
)
def give_keys(desk: Desk, form: Form, client_id: str) -> Go:
    """Replace what a system shows itself with."""
    jwks, jwks_url, certificates = _keys(form)
    form.check()
    rotate_keys(
        desk.session,
        client_id,
        actor=desk.actor,
        jwks=jwks,
        jwks_url=jwks_url,
        certificates=certificates,
        over_tls=not desk.gate.settings.demo,
    )
    return Go(f"{AT}/{client_id}", N_("It has other keys now."))


def _sure(desk: Desk, form: Form, client_id: str) -> Confirmation:
    row, words = queries.lock_client(desk.session, client_id), desk.words
    form.text("reason", required=True, most=500)
    return Confirmation(
        words.say("Disable {name}: it can ask and tell nothing from now on, tokens it has included", name=row.name),
        words.say("Disable it"),
        f"{AT}/{client_id}",
        warnings=[words.say("It cannot be let in again; another has to be registered.")],
    )


@area.act(f"{AT}/{{client_id}}/disablement", *MANAGER, show=_show_client, confirm=_sure, at=f"{AT}/{{client_id}}")
def disable(desk: Desk, form: Form, client_id: str) -> Go:
    """Let a system do nothing any more."""
    reason = form.text("reason", required=True, most=500)
    form.check()
    disable_client(desk.session, client_id, reason=reason, actor=desk.actor)
    return Go(f"{AT}/{client_id}", N_("Disabled."))
