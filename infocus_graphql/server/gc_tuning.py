"""Python's search for garbage, where a server's answers wait for it."""

import gc
from typing import Final

# Of what requests leave behind, little is in circles: looking for those after each 700 objects costs some
# per cent of the time, and finds nothing.
_OBJECTS: Final = 5_000


def freeze_startup_objects() -> None:
    """Has the collector pass over everything made so far, which will live as long as the process.

    The schema alone is some hundred thousand objects; looking through them all stops every request for a
    tenth of a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
