"""Costs of other servers relative to the limit of their run, and the targets derived from them."""

from typing import Final

Cost = tuple[float, float]

# Server and PostgreSQL, in milliseconds of CPU per request at 16 connections.
PEERS_LIMIT: Final[dict[str, Cost]] = {
    "Q1": (0.182, 2.22),
    "Q2": (0.081, 0.345),
    "Q3": (0.053, 0.063),
    "Q4": (0.043, 0.026),
    "M1": (0.057, 0.091),
}
PEERS: Final[dict[str, dict[str, Cost]]] = {
    "Mercurius 16 (jit)": {
        "Q1": (4.16, 1.81),
        "Q2": (0.809, 0.354),
        "Q3": (0.135, 0.081),
        "Q4": (0.061, 0.027),
        "M1": (0.092, 0.082),
    },
    "PostGraphile 5": {
        "Q1": (2.13, 1.61),
        "Q2": (0.579, 0.279),
        "Q3": (0.270, 0.057),
        "Q4": (0.192, 0.031),
        "M1": (0.246, 0.195),
    },
    "Apollo Server 5": {
        "Q1": (6.07, 2.20),
        "Q2": (1.11, 0.384),
        "Q3": (0.296, 0.105),
        "Q4": (0.175, 0.031),
        "M1": (0.211, 0.109),
    },
    "Yoga 5, Pothos, Prisma 7": {
        "Q1": (5.78, 2.77),
        "Q2": (1.45, 0.526),
        "Q3": (0.671, 0.178),
        "Q4": (0.422, 0.071),
        "M1": (0.580, 0.215),
    },
    "Strawberry, stock": {
        "Q1": (34.4, 2.73),
        "Q2": (6.44, 0.670),
        "Q3": (2.04, 0.192),
        "Q4": (1.14, 0.095),
        "M1": (1.87, 0.229),
    },
    "Ariadne": {
        "Q1": (29.8, 2.76),
        "Q2": (5.68, 0.747),
        "Q3": (1.78, 0.232),
        "Q4": (0.941, 0.090),
        "M1": (1.58, 0.207),
    },
}


def multiple(peer: str, query: str) -> float:
    """The CPU of a server as a multiple of the limit, PostgreSQL included."""
    return sum(PEERS[peer][query]) / sum(PEERS_LIMIT[query])


def postgres_multiple(peer: str, query: str) -> float:
    """PostgreSQL's CPU for a server as a multiple of the limit."""
    return PEERS[peer][query][1] / PEERS_LIMIT[query][1]
