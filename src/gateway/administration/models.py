"""What was changed of a mutual's settings."""

import datetime as dt
from typing import Any

from gateway.kit.columns import TenantTable, check, instant, json_column, unique, whole, words


class MutualSettingChange(TenantTable, table=True):
    """One change of the mutual's settings. Insert only; the settings as they are stand in ``mutual.settings``."""

    __tablename__ = "mutual_setting_change"
    __table_args__ = (unique("version"), check("version > 0", "version"))
    version: int = whole()
    """1, 2, 3, …; the highest is the settings' own, and their ETag."""
    changes: dict[str, Any] = json_column()
    """Name -> ``{"before": …, "after": …}``; null where it was or is not set."""
    reason: str = words()
    actor: str = words()
    at: dt.datetime = instant(now=True)
