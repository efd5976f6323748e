"""What the treasury's portal says of a whole file."""

from gateway.authority.portal import FileCodes

CODES = FileCodes(all_taken="0", some_taken="250", none_taken="301")
"""SRC-001: all good 0; some lines bad, P with 250; none good, R with 301."""
