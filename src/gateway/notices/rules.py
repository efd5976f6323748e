"""When members are told what is coming: pure."""

import datetime as dt

DAYS_BEFORE_CHILD_LEAVES = 60
"""So many days before a child leaves her family the member is told: time to bring proof of studies or a disability."""


def told_from(leaves_on: dt.date) -> dt.date:
    """Return the day from which a member is told that a child of hers will leave.

    Source:
        SRC-MUTUAL, the mutual's own practice; no law sets it.
    """
    return leaves_on - dt.timedelta(days=DAYS_BEFORE_CHILD_LEAVES)


def latest_leaving(today: dt.date) -> dt.date:
    """Return the last leaving day that is told of today or before.

    Source:
        SRC-MUTUAL, the same practice seen from today.
    """
    return today + dt.timedelta(days=DAYS_BEFORE_CHILD_LEAVES)
