"""The vocabulary of the permission table: actors, outcomes, actions."""

from dataclasses import dataclass

ACTORS = ("anonymous", "stranger", "invited", "member", "admin", "owner", "staff")

# Outcomes: a change is done or refused with a code; something read is shown or hidden (null, left out).
DONE, SHOWN, HIDDEN = "done", "shown", "hidden"
SIGN_IN = "UNAUTHENTICATED"
NO_FIELD = "GRAPHQL_VALIDATION_FAILED"
NOT_FOUND, FORBIDDEN, INVALID = "NOT_FOUND", "FORBIDDEN", "INVALID"
EXISTS, PROCESSED, EXPIRED = "ALREADY_EXISTS", "ALREADY_PROCESSED", "EXPIRED"
CANNOT_LEAVE, IN_USE = "OWNER_CANNOT_LEAVE", "IN_USE"


@dataclass(frozen=True)
class Action:
    """One row: what is done or read, in words and in GraphQL, and its outcome for each actor.

    A read has the path to the value that is `shown` or `hidden`; a change has none.
    """

    words: str
    operation: str
    outcomes: tuple[str, ...]
    value: tuple[str, ...] = ()


@dataclass(frozen=True)
class Area:
    """Rows that belong together: a table of the document."""

    title: str
    text: str
    actions: tuple[Action, ...]


def change(words: str, mutation: str, fields: str, *outcomes: str) -> Action:
    """A mutation; the outcomes are those of the actors who are signed in."""
    operation = f"mutation {{ {mutation}(input: {{ {fields} }}) {{ errors {{ code }} }} }}"
    return Action(words, operation, (SIGN_IN, *outcomes))


def read(words: str, operation: str, value: str, *outcomes: str) -> Action:
    """A query; `value` is the path to what is shown or hidden."""
    return Action(words, operation, outcomes, tuple(value.split(".")))


def outsiders_not_found(member: str, admin: str, owner: str) -> tuple[str, ...]:
    """Outcomes of an action that only members can perform."""
    return (NOT_FOUND, NOT_FOUND, member, admin, owner, NOT_FOUND)


OF_MEMBERS = (HIDDEN, HIDDEN, HIDDEN, SHOWN, SHOWN, SHOWN, HIDDEN)
OF_ADMINS = (HIDDEN, HIDDEN, HIDDEN, HIDDEN, SHOWN, SHOWN, HIDDEN)
OF_ADMINS_AND_THE_INVITED = (HIDDEN, HIDDEN, SHOWN, HIDDEN, SHOWN, SHOWN, HIDDEN)
OWN = (HIDDEN, *[SHOWN] * 6)
OF_ALL = (SHOWN,) * 7
OF_NONE = (HIDDEN,) * 7
EVERYBODY = (DONE,) * 6
OWNER_ONLY = outsiders_not_found(FORBIDDEN, FORBIDDEN, DONE)
ADMINS_ONLY = outsiders_not_found(FORBIDDEN, DONE, DONE)
NOBODY_FINDS = (NOT_FOUND,) * 6
STAFF = (*[FORBIDDEN] * 5, DONE)
