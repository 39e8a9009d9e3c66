"""The bounded LRU cache and the identity map."""

from infocus_graphql.core.cache import IdentityMap, LruCache


def test_the_least_recently_used_entries_are_evicted() -> None:
    cache: LruCache[str, int] = LruCache(3)
    for number, key in enumerate("abc"):
        cache.put(key, number)
    cache.get("a")
    cache.put("d", 3)
    assert (list(cache), len(cache)) == (["c", "a", "d"], 3)
    cache.put("c", 7)
    assert (list(cache), cache.get("c"), "b" in cache) == (["a", "d", "c"], 7, False)
    assert (cache.pop("a"), cache.pop("a"), len(cache)) == (0, None, 2)


def test_the_total_size_is_bounded() -> None:
    cache: LruCache[str, bytes] = LruCache(10, max_bytes=10, size_of=lambda key, value: len(value))
    for key, size in (("a", 4), ("b", 4), ("c", 2)):
        cache.put(key, b"x" * size)
    assert (list(cache), cache.bytes) == (["a", "b", "c"], 10)
    cache.put("d", b"x" * 5)
    assert (list(cache), cache.bytes) == (["c", "d"], 7), "both older ones went for five bytes"
    cache.put("c", b"xxxx")
    assert (list(cache), cache.bytes) == (["d", "c"], 9), "another value of the same key has another size"
    cache.put("e", b"x" * 11)
    assert (list(cache), cache.bytes) == (["d", "c"], 9), "what exceeds the bound alone is not stored"
    cache.put("d", b"x" * 11)
    assert (list(cache), cache.bytes) == (["c"], 4), "nor does its former value stay"
    assert (cache.pop("c"), cache.bytes) == (b"xxxx", 0)


def test_a_cache_with_sizes_is_also_bounded_by_entries() -> None:
    cache: LruCache[int, str] = LruCache(2, max_bytes=100, size_of=lambda key, value: len(value))
    for number in range(5):
        cache.put(number, "x")
    assert (list(cache), cache.bytes) == ([3, 4], 2)


def test_a_flood_of_keys_does_not_evict_entries_in_use() -> None:
    cache: LruCache[str, int] = LruCache(100)
    for number in range(10_000):
        cache.put(f"flood{number}", number)
        cache.put("ann", number)
        assert len(cache) <= 100
        assert cache.get("ann") == number


def test_an_identity_map_distinguishes_equal_objects_and_keeps_them_alive() -> None:
    first, second = [1], [1]
    found: IdentityMap[list[int], str] = IdentityMap([(first, "first")])
    found[second] = "second"
    assert (found[first], found[second], [1] in found) == ("first", "second", False)
    for number in range(100):  # otherwise its id would soon be reused
        found[[number]] = str(number)
    assert len(found.values()) == 102
