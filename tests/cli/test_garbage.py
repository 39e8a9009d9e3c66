"""What a server is made of is no longer looked through for garbage."""

import gc
from collections.abc import Iterator

import pytest

from infocus_graphql.server.gc_tuning import freeze_startup_objects


@pytest.fixture
def own_collector() -> Iterator[None]:
    """Gives the collector back as it was."""
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


@pytest.mark.usefixtures("own_collector")
def test_what_is_there_is_spared_and_what_comes_is_not() -> None:
    there = [[number] for number in range(1000)]
    freeze_startup_objects()
    assert gc.get_freeze_count() >= 1000
    later = [[number] for number in range(10)]
    looked_at = {id(each) for each in gc.get_objects()}
    assert looked_at.isdisjoint(map(id, there))
    assert looked_at >= set(map(id, later))
