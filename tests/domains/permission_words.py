"""The vocabulary of the permission table: actors, outcomes, actions."""

from dataclasses import dataclass

ACTORS = ("anonymous", "stranger", "invited", "member", "admin", "owner", "staff")

# Outcomes: a mutation is done or rejected with a code; a value is shown or hidden (null or left out).
DONE, SHOWN, HIDDEN = "done", "shown", "hidden"
SIGN_IN = "UNAUTHENTICATED"
NO_FIELD, BAD_INPUT = "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"
NOT_FOUND, FORBIDDEN, INVALID = "NOT_FOUND", "FORBIDDEN", "INVALID"
EXISTS, PROCESSED, EXPIRED = "ALREADY_EXISTS", "ALREADY_PROCESSED", "EXPIRED"
CANNOT_LEAVE, IN_USE = "OWNER_CANNOT_LEAVE", "IN_USE"


@dataclass(frozen=True)
class Action:
    """A row of the table: an action in words and in GraphQL, and its outcome for each actor.

    Queries have the path to the value that is `shown` or `hidden`; mutations have none.
    """

    words: str
    operation: str
    outcomes: tuple[str, ...]
    value: tuple[str, ...] = ()


@dataclass(frozen=True)
class Area:
    """A group of rows, which is a table of the document."""

    title: str
    text: str
    actions: tuple[Action, ...]


def change(words: str, mutation: str, fields: str, *outcomes: str) -> Action:
    """Returns a row for a mutation, with the outcomes for the signed-in actors."""
    operation = f"mutation {{ {mutation}(input: {{ {fields} }}) {{ errors {{ code }} }} }}"
    return Action(words, operation, (SIGN_IN, *outcomes))


def read(words: str, operation: str, value: str, *outcomes: str) -> Action:
    """Returns a row for a query. `value` is the path to the value that is shown or hidden."""
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
