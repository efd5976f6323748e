"""One router per slice; no rule and no SQL stands in one."""
