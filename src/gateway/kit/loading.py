"""Load an application quickly: nothing that is loaded is garbage, so nobody looks for any meanwhile."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Load modules inside without the collector, and let it never look at them again.

    Modules, classes and schemas stay as long as the process. Looking through them while they are made takes a quarter
    of the time of loading, and each full collection later goes through all of them while requests wait.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
