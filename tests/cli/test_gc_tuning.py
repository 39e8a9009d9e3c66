"""Start-up objects are excluded from garbage collection."""

import gc
from collections.abc import Iterator

import pytest

from infocus_graphql.server.gc_tuning import (
    collect_rarely,
    freeze_startup_objects,
    skip_last_collection,
)


@pytest.fixture
def own_collector() -> Iterator[None]:
    """Restores the state of the garbage collector."""
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


@pytest.mark.usefixtures("own_collector")
def test_existing_objects_are_frozen_and_new_ones_are_collected() -> None:
    there = [[number] for number in range(1000)]
    freeze_startup_objects()
    assert gc.get_freeze_count() >= 1000
    later = [[number] for number in range(10)]
    looked_at = {id(each) for each in gc.get_objects()}
    assert looked_at.isdisjoint(map(id, there))
    assert looked_at >= set(map(id, later))


@pytest.mark.usefixtures("own_collector")
def test_collections_are_rare_at_the_start_and_more_frequent_in_a_server() -> None:
    collect_rarely()
    at_start = gc.get_threshold()
    freeze_startup_objects()
    assert gc.get_threshold()[0] < at_start[0]
    assert gc.get_threshold()[1:] == at_start[1:]


@pytest.mark.usefixtures("own_collector")
def test_a_short_command_skips_the_last_collection_and_a_server_keeps_it() -> None:
    gc.unfreeze()
    skip_last_collection()
    assert gc.get_freeze_count() >= 1000
    later = [[number] for number in range(10)]
    skip_last_collection()
    assert {id(each) for each in gc.get_objects()} >= set(map(id, later))
