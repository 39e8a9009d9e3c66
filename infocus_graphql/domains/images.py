"""Fields with the URLs of images on TMDB's image server, for the GraphQL types of all domains.

The server has each image in a few widths, and as the original. A field takes the width that a client needs:

    posterUrl(width: 300)  →  https://image.tmdb.org/t/p/w342/abc.jpg
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlalchemy import Text, func, literal, literal_column

from infocus_graphql.core.text import check_range
from infocus_graphql.db.batch_queries import Parameter
from infocus_graphql.db.sql_types import MappedAttribute, MappedRow, SqlExpression
from infocus_graphql.db.visibility import SqlViewer
from infocus_graphql.graph.declarations import FieldDefinition
from infocus_graphql.graph.fields import Argument, computed

Sizes = Sequence[tuple[int, str]]
"""Widths in pixels with TMDB's name for each, in ascending order."""


def _widths(*widths: int) -> Sizes:
    return [(width, f"w{width}") for width in widths]


POSTER: Final = _widths(92, 154, 185, 342, 500, 780)
BACKDROP: Final = _widths(300, 780, 1280)
STILL: Final = _widths(92, 185, 300)
LOGO: Final = _widths(45, 92, 154, 185, 300, 500)
# Profiles are two thirds as wide as high.
PROFILE: Final = [*_widths(45, 185), (421, "h632")]
_SERVER: Final = "https://image.tmdb.org/t/p/"
_SLASH: Final = literal_column("'/'", Text())
_ORIGINAL: Final = "original"
_MAX_WIDTH: Final = 10_000


def image(path: MappedAttribute, sizes: Sizes, description: str, *, default: int) -> FieldDefinition:
    """Declares the URL of the image at `path`, in the smallest size at least as wide as the client asks."""
    names = ", ".join(name for _, name in sizes)

    usual = literal(folder(sizes, default), Text())

    def url(row: MappedRow, viewer: SqlViewer, width: SqlExpression = usual) -> SqlExpression:
        # Paths that staff have entered may lack the slash.
        return width.concat(func.ltrim(getattr(row, path.key), _SLASH, type_=Text()))

    width = Argument(
        int,
        f"The width in pixels at which the image is shown, 1-{_MAX_WIDTH:,}. The URL is that of the smallest "
        f"size of TMDB that is at least as wide ({names}), or of the original. For a `srcset`, select "
        "the field once per width, with aliases.",
        Parameter(
            Text(),
            convert=partial(folder, sizes),
            check=partial(check_range, minimum=1, maximum=_MAX_WIDTH),
        ),
        default,
    )
    model: type = path.property.parent.class_
    return computed(model, url, description, arguments={"width": width}, like=path)


def folder(sizes: Sizes, width: int) -> str:
    """The URL of the folder with the images of the smallest size that is at least `width` pixels wide."""
    place = bisect_left([each for each, _ in sizes], width)
    return f"{_SERVER}{sizes[place][1] if place < len(sizes) else _ORIGINAL}/"
