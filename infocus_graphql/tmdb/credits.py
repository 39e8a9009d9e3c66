"""Cast and crew. Long-running series have more than a thousand people, so both lists are cut."""

from collections.abc import Iterable
from typing import Final

from infocus_graphql.tmdb import wire
from infocus_graphql.tmdb.records import Credit, Credits
from infocus_graphql.tmdb.values import known_text

MAX_CAST: Final = 60
MAX_CREW: Final = 40
# The jobs that come first in the crew, in this order.
_JOBS: Final = (
    *("Director", "Creator", "Writer", "Screenplay", "Novel", "Executive Producer", "Producer"),
    *("Original Music Composer", "Director of Photography"),
)
_UNRANKED: Final = 100_000


def credits_of(sent: wire.Credits | None) -> Credits | None:
    """Cast in billing order, crew by job and number of episodes; None if the block is missing."""
    if sent is None or (sent.cast is None and sent.crew is None):
        return None
    cast = sorted(_cast(sent.cast or ()), key=lambda each: (each.order, -(each.episodes or 0)))
    crew = sorted(_crew(sent.crew or ()), key=_crew_order)
    return Credits(tuple(cast[:MAX_CAST]), tuple(crew[:MAX_CREW]))


def _crew_order(credit: Credit) -> tuple[int, int, int]:
    """The place of a credit in the crew: by job, then by episodes, then as TMDB lists it."""
    rank = _JOBS.index(credit.job) if credit.job in _JOBS else len(_JOBS)
    return rank, -(credit.episodes or 0), credit.order


def _cast(people: Iterable[wire.Person]) -> Iterable[Credit]:
    for person in people:
        name = known_text(person.name)
        roles = person.roles or ()
        characters = [character for role in roles if (character := known_text(role.character))]
        credit_id = known_text(person.credit_id) or next(
            (found for role in roles if (found := known_text(role.credit_id))), None
        )
        if name is None or credit_id is None:
            continue
        yield Credit(
            credit_id=credit_id,
            person_id=person.id,
            name=name,
            profile_path=known_text(person.profile_path),
            order=_UNRANKED if person.order is None else person.order,
            character=" / ".join(characters) or known_text(person.character),
            episodes=person.total_episode_count,
        )


def _crew(people: Iterable[wire.Person]) -> Iterable[Credit]:
    for order, person in enumerate(people):
        name = known_text(person.name)
        # In `credits` each job is an entry of its own; in `aggregate_credits` a person has a list of jobs.
        jobs = person.jobs or (
            wire.Role(credit_id=person.credit_id, job=person.job, episode_count=person.total_episode_count),
        )
        for job in jobs:
            credit_id = known_text(job.credit_id)
            if name is None or credit_id is None:
                continue
            yield Credit(
                credit_id=credit_id,
                person_id=person.id,
                name=name,
                profile_path=known_text(person.profile_path),
                order=order,
                department=known_text(person.department),
                job=known_text(job.job),
                episodes=job.episode_count,
            )
