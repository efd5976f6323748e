"""How often may be tried: counted in the database, so that several processes agree."""

from sqlmodel import Session

from gateway.kit import db
from gateway.selfcheck import access_queries as sql
from gateway.selfcheck.errors import TooManyTriesError
from gateway.selfcheck.rules import WINDOW_SECONDS, Limits, digest


def take(session: Session, kind: str, *, asked: str, address: str, limits: Limits) -> TooManyTriesError | None:
    """Count one try; return the refusal where it is one too many. It is returned, not raised, so that it is counted.

    Args:
        session: The open transaction.
        kind: ``code`` or ``session``.
        asked: Digest of what was typed.
        address: Network address it came from.
        limits: What a window allows.
    """
    allowed = {
        f"{kind}:number:{asked}": limits.number,
        f"{kind}:address:{digest(address)}": limits.address,
        f"{kind}:overall": limits.overall,
    }
    rows = db.rows(session, sql.TAKE, {"buckets": sorted(allowed), "seconds": WINDOW_SECONDS})
    over = [row.seconds for row in rows if row.taken > allowed[row.bucket]]
    if not over:
        return None
    seconds = max(over)
    return TooManyTriesError(f"too many tries; wait {seconds} seconds and try once more", seconds=seconds)
