"""Shapes of the log that everybody may check, and of what a member needs to check hers."""

import base64
import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from gateway.api.money import AmountText
from gateway.api.schemas.common import ReadModel
from gateway.transparency.publish import KeyRow
from gateway.transparency.queries import Head
from gateway.transparency.rules import text_of_hash

Hash = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$", examples=["47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="])]
"""SHA-256 in base64."""
NOTE = (
    "gateway.example/v1/transparency/amparo\n812\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n"
    "— gateway.example/v1/transparency/amparo R+KIKw…\n"
)


class HeadRead(ReadModel):
    """A signed head of the log."""

    id: int
    size: int
    """How many entries it stands over."""
    root: Hash
    checkpoint: Annotated[str, Field(examples=[NOTE])]
    """The signed note as C2SP tlog-checkpoint has it; what counts is this."""
    signed_at: dt.datetime

    @classmethod
    def of(cls, head: Head) -> Self:
        """Return the shape of a head."""
        root = text_of_hash(bytes(head.root))
        return cls(id=head.id, size=head.tree_size, root=root, checkpoint=head.note, signed_at=head.signed_at)


class LogRead(ReadModel):
    """The log as it stands."""

    mutual: str
    origin: str
    """The log's name; every head of it begins with it."""
    head: HeadRead


class HistoryRead(ReadModel):
    """Signed heads, oldest first."""

    items: list[HeadRead]
    next_after: int | None
    """Ask with it as ``after`` for the next; null on the last page."""

    @classmethod
    def of(cls, heads: Sequence[Head], limit: int) -> Self:
        """Return the shape of heads, of which one more than the limit was read."""
        shown = [HeadRead.of(head) for head in heads[:limit]]
        return cls(items=shown, next_after=shown[-1].id if len(heads) > limit else None)


class EntryRead(ReadModel):
    """One entry of the log."""

    index: int
    """Its place, from 0."""
    entry: str
    """The exact text that was hashed: JSON with its keys in order."""
    hash: Hash


class EntriesRead(ReadModel):
    """Entries of the log, in order."""

    size: int
    """That of the newest head; entries behind it are not shown."""
    items: list[EntryRead]
    next_start: int | None

    @classmethod
    def of(cls, rows: Sequence[Any], size: int, limit: int) -> Self:
        """Return the shape of entries, of which one more than the limit was read."""
        known = [row for row in rows if row.position < size]
        items = [
            EntryRead(index=row.position, entry=row.entry, hash=text_of_hash(bytes(row.entry_hash)))
            for row in known[:limit]
        ]
        return cls(size=size, items=items, next_start=items[-1].index + 1 if len(known) > limit else None)


class ConsistencyRead(ReadModel):
    """That the log of one size begins with that of another (RFC 9162, 2.1.4)."""

    from_size: int
    to_size: int
    path: list[Hash]


class InclusionRead(ReadModel):
    """That an entry is in the log of a size (RFC 9162, 2.1.3)."""

    index: int
    size: int
    path: list[Hash]


class KeyRead(ReadModel):
    """A key that signs or signed heads of the log."""

    verifier_key: str
    """Name, hash and key in one line, as C2SP signed-note writes it. Compare it with what you got on paper."""
    public_key: Hash
    """The 32 bytes of the Ed25519 key, base64."""
    first_size: int
    """The size of the log when it signed for the first time."""
    is_current: bool
    """It signed the newest head."""


class KeysRead(ReadModel):
    """Every key that ever signed, oldest first."""

    items: list[KeyRead]

    @classmethod
    def of(cls, keys: Sequence[KeyRow]) -> Self:
        """Return the shape of keys."""
        return cls(
            items=[
                KeyRead(
                    verifier_key=key.verifier_key,
                    public_key=base64.b64encode(key.public_key).decode(),
                    first_size=key.first_size,
                    is_current=key.is_current,
                )
                for key in keys
            ]
        )


class PartRead(ReadModel):
    """One leaf, and the way from it to the signed head."""

    leaf: str
    """The exact text that was hashed: JSON with its keys in order, a random salt among them."""
    index: int
    path: list[Hash]
    entry: str
    """The entry of the log whose root the leaf is under."""
    entry_index: int
    entry_path: list[Hash]


class KeptRead(ReadModel):
    """That the log goes on from the size that was asked for."""

    from_: Annotated[int, Field(alias="from", serialization_alias="from")]
    path: list[Hash]

    model_config = {"from_attributes": True, "populate_by_name": True, "serialize_by_alias": True}


class AboutRead(ReadModel):
    """What is to be proved, in words; the leaves prove it."""

    receipt: str | None = None
    amount: AmountText | None = None
    currency: str | None = None
    filing: int | None = None
    line: int | None = None


class UsedRead(ReadModel):
    """The part of a receipt that a filed line used: the oldest money first. Not signed: it explains one balance."""

    filing: int
    line: int
    period: str
    amount: AmountText


class ProofRead(ReadModel):
    """Everything that is needed to check without the gateway; save it as a file."""

    format: Literal["gateway.proof.1"]
    mutual: str
    status: Literal["sealed", "waiting", "late", "unsigned"]
    """waiting: sealed by ``ready_by``; late: that has passed; unsigned: the mutual has no key."""
    ready_by: dt.datetime | None
    about: AboutRead
    checkpoint: str | None
    parts: list[PartRead]
    used: list[UsedRead]
    consistency: KeptRead | None
    """From the size given as ``since`` to the head in this proof."""
