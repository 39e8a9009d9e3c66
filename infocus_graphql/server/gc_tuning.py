"""Garbage collector tuning: start-up objects are frozen so that full collections don't stall requests."""

import gc
from typing import Final

# Requests create few reference cycles: collecting after every 700 objects, Python's default, costs a few per
# cent of the CPU time and finds nothing.
_OBJECTS: Final = 5_000
# The application is about 400,000 objects after its start.
_OBJECTS_AT_START: Final = 500_000


def collect_rarely() -> None:
    """Makes collections rare while modules are imported and the schema is built.

    All of these objects stay, and traversing them over and over took a fifth of the start-up time.
    """
    gc.set_threshold(_OBJECTS_AT_START, *gc.get_threshold()[1:])


def freeze_startup_objects() -> None:
    """Excludes all objects created so far from collection, because they live as long as the process.

    The schema alone has several hundred thousand objects; traversing them stalls requests for 0.1 seconds.
    They are not collected before, which would take 0.2 seconds and free 1 MiB.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])


def skip_last_collection() -> None:
    """Excludes the objects of a short command from the collection at its exit, which takes 0.3 seconds.

    A server, which has frozen its start-up objects, keeps the collection: it reports exceptions of tasks that
    nothing has retrieved.
    """
    if not gc.get_freeze_count():
        gc.freeze()
