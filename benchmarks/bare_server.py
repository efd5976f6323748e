"""The barest endpoint that inserts one row durably, on the same server, driver and framework as the gateway's own."""

import os
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI, Response
from pydantic import BaseModel
from sqlalchemy import create_engine, text
from sqlmodel import Session

from gateway.kit.db import sqlalchemy_url

INSERT = text("INSERT INTO note (reference, amount) VALUES (:reference, :amount) RETURNING id")
READ = text("SELECT id, reference, amount FROM note WHERE id = :id")


class Note(BaseModel):
    """What is sent."""

    reference: str
    amount: str


def create_app() -> FastAPI:
    """Return the application: one insert, one read, nothing else."""
    engine = create_engine(sqlalchemy_url(os.environ["BENCH_DATABASE_URL"]), pool_size=10, max_overflow=10)
    app = FastAPI()

    @app.post("/notes", status_code=201)
    def create(note: Note) -> dict[str, Any]:
        with Session(engine) as session, session.begin():
            return {"id": session.execute(INSERT, note.model_dump()).scalar_one(), **note.model_dump()}

    @app.get("/notes/{note_id}")
    def read(note_id: int) -> Any:
        with Session(engine) as session:
            row = session.execute(READ, {"id": note_id}).first()
        return Response(status_code=404) if row is None else dict(row._mapping)

    return app


if __name__ == "__main__":
    uvicorn.run(
        "benchmarks.bare_server:create_app",
        factory=True,
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        server_header=False,
    )
