"""Every refusal has a title in Spanish, English and French."""

import importlib
import pkgutil
from collections.abc import Iterator

import gateway
from gateway.api.titles import LANGUAGES, catalogue, language_of, title_of
from gateway.kit.errors import GatewayError

for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
    # Every module that refuses anything is loaded; what runs when it is loaded, and the outside worlds, are not.
    if not module.name.endswith("__main__") and not module.name.startswith(("gateway.sandbox", "gateway.demo")):
        importlib.import_module(module.name)


def every_refusal(kind: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__.startswith("gateway."):
            yield from every_refusal(below)


def test_every_refusal_has_a_title_in_every_language() -> None:
    missing = {kind.code for kind in every_refusal()} - catalogue().keys()
    assert missing == set(), "add them to src/gateway/api/titles.toml"
    for code, titles in catalogue().items():
        assert titles.keys() == {"es", "fr"}, code
        assert all(title and not title.endswith(".") for title in titles.values()), code


def test_no_title_is_of_a_refusal_that_is_gone() -> None:
    assert catalogue().keys() - {kind.code for kind in every_refusal()} == set()


def test_a_title_is_told_in_the_language_that_was_asked_for() -> None:
    for kind in every_refusal():
        told = {language: title_of(kind, language) for language in LANGUAGES}
        assert told["en"] == kind.title
        assert len(set(told.values())) == 3, kind.code


def test_a_refusal_without_a_title_of_its_own_has_that_of_its_kind() -> None:
    class SomethingNewError(GatewayError):
        code = "never_heard_of"
        title = "Never heard of"

    assert title_of(SomethingNewError, "fr") == "La demande a été refusée"


def test_an_unreadable_wish_for_a_language_gets_the_usual_one() -> None:
    for header in (None, "", "*", "de", "xx;q=1", ",,,", "en;q=abc", "q=", "é" * 300):
        assert language_of(header) == "es"
