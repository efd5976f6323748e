"""Load an application quickly, and look for garbage where there may be some.

Nearly nothing here is garbage in a circle, which is all the collector looks for: what is loaded stays as long as the
process, and rows by the thousand go with the last reference to them.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (50_000, 20, 20)
"""New objects before the collector looks at them, and how often its longer looks come. As Python has it, at 700, it looks
through ten thousand rows fourteen times while they are read, which takes a quarter of the time of reading them."""


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
        gc.set_threshold(*SELDOM)
        gc.enable()
        gc.freeze()
