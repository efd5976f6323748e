"""SPDCI-shaped registry search: messages in and out. What we do not know of them is let through and not used."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from gateway.api.schemas.common import example
from gateway.api.schemas.state import Document, Purpose

Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]


class RegistryQuery(BaseModel):
    """One identity number."""

    type: Name
    """The register: national_id, social_security, passport or newborn."""
    value: Document


class RegistryCriteria(BaseModel):
    """What is searched for, and why."""

    query_type: Literal["idtype-value"]
    query: RegistryQuery
    purpose: Purpose


class RegistryItem(BaseModel):
    """One search of a message."""

    reference_id: Name
    search_criteria: RegistryCriteria


class RegistryMessage(BaseModel):
    """The searches of one transaction."""

    transaction_id: Name
    search_request: Annotated[list[RegistryItem], Field(min_length=1, max_length=20)]


class RegistryHeader(BaseModel):
    """Who sends what, as SPDCI has it."""

    model_config = ConfigDict(extra="allow")

    message_id: Name
    message_ts: AwareDatetime
    action: Literal["search"]


_ITEM = {
    "reference_id": "1",
    "search_criteria": {
        "query_type": "idtype-value",
        "query": {"type": "national_id", "value": "00112345678"},
        "purpose": "social assistance, case 4",
    },
}


class RegistrySearch(BaseModel):
    """A search."""

    model_config = example(
        {
            "signature": "",
            "header": {"message_id": "m-1", "message_ts": "2026-04-01T09:00:00-04:00", "action": "search"},
            "message": {"transaction_id": "t-1", "search_request": [_ITEM]},
        }
    )

    signature: Annotated[str, StringConstraints(max_length=2000)] = ""
    """Requests are signed as RFC 9421 has it, where the client is registered so; this stays empty."""
    header: RegistryHeader
    message: RegistryMessage


class RegistryStatus(BaseModel):
    """A question what became of a search."""

    model_config = example({"message": {"transaction_id": "t-1"}})

    class About(BaseModel):
        """Which search."""

        transaction_id: Name

    message: About


class RegistryAnswer(BaseModel):
    """An answer with its header."""

    signature: str
    header: dict[str, Any]
    message: dict[str, Any]


class RegistryAck(BaseModel):
    """A search was taken and will be answered."""

    message: dict[str, Any]
