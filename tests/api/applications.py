"""One application for all tests of a process, placed anew for each: to make its 250 routes takes longer than most tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from fastapi import FastAPI
from tests.api.calling import InProcess

from gateway.api.app import create_app, place
from gateway.kit.db import Database
from gateway.settings import Settings

_lent: list[FastAPI] = []


@contextmanager
def application(settings: Settings, database: Database) -> Iterator[FastAPI]:
    """Lend the application at a place of its own; whoever asks while it is lent gets another one."""
    if _lent:
        yield create_app(settings, database)
        return
    app = _made()
    app.middleware_stack = None
    app.user_middleware.clear()
    place(app, settings, database)
    _lent.append(app)
    try:
        yield app
    finally:
        _lent.clear()
        app.state.gate = None


@contextmanager
def called(settings: Settings, database: Database) -> Iterator[InProcess]:
    """Lend a way to call the application at a place of its own, without a socket."""
    with application(settings, database) as app, InProcess(app) as transport:
        yield transport


@cache
def _made() -> FastAPI:
    return create_app(Settings())
