"""The operator's commands.

Whatever changes something does it only with ``--apply``; without it, the same work runs and is rolled back, and what it
would have done is shown. A refusal is a sentence on standard error and a non-zero exit status.
"""

from gateway.cli.root import main

__all__ = ["main"]
