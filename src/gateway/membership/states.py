"""Life of a member, and the words of this slice.

    active <-> on_leave
      |  ^        |
      v  |        |
     left <-------+      (comes back: left -> active)
      |
      v
    deceased             (from anywhere; nothing leads out)

Leave, departure and death also end or bound enrolments; a filing made before keeps what it declared.
"""

from enum import StrEnum

from gateway.kit.states import StateMachine


class IdentityKind(StrEnum):
    """Which register an identity number is from."""

    NATIONAL_ID = "national_id"
    """The state's identity card (cédula)."""
    SOCIAL_SECURITY = "social_security"
    """The social security number (NSS; UAN in India)."""
    PASSPORT = "passport"
    NEWBORN = "newborn"
    """The number a newborn has before an identity card (NUI)."""


class DependantCategory(StrEnum):
    """Whether a dependant costs something more."""

    DIRECT = "direct"
    ADDITIONAL = "additional"


class LeaveKind(StrEnum):
    """Why a member does not work for a time."""

    HOLIDAY = "holiday"
    VOLUNTARY = "voluntary"
    MATERNITY = "maternity"
    DISABILITY = "disability"


class ImportKind(StrEnum):
    """What the rows of an uploaded file are."""

    MEMBERS = "members"
    DEPENDANTS = "dependants"


class ImportState(StrEnum):
    """Where an uploaded file stands."""

    UPLOADED = "uploaded"
    """Kept, and not looked at yet."""
    PREVIEWED = "previewed"
    APPLIED = "applied"


class ImportPolicy(StrEnum):
    """What is to become of a file with bad rows."""

    GOOD_ROWS = "good_rows"
    """The good rows are taken, the others go back."""
    ALL_OR_NOTHING = "all_or_nothing"


class MemberStatus(StrEnum):
    """Whether a member takes part now."""

    ACTIVE = "active"
    ON_LEAVE = "on_leave"
    LEFT = "left"
    DECEASED = "deceased"


class MemberEvent(StrEnum):
    """What can happen to a member."""

    GO_ON_LEAVE = "go_on_leave"
    RESUME = "resume"
    """The leave is over."""
    LEAVE = "leave"
    """She gives up her place in every payroll."""
    DIE = "die"
    COME_BACK = "come_back"


_HERE = frozenset({MemberStatus.ACTIVE, MemberStatus.ON_LEAVE})

MEMBER = StateMachine[MemberStatus, MemberEvent](
    {
        MemberEvent.GO_ON_LEAVE: (frozenset({MemberStatus.ACTIVE}), MemberStatus.ON_LEAVE),
        MemberEvent.RESUME: (frozenset({MemberStatus.ON_LEAVE}), MemberStatus.ACTIVE),
        MemberEvent.LEAVE: (_HERE, MemberStatus.LEFT),
        MemberEvent.DIE: (_HERE | {MemberStatus.LEFT}, MemberStatus.DECEASED),
        MemberEvent.COME_BACK: (frozenset({MemberStatus.LEFT}), MemberStatus.ACTIVE),
    }
)
