"""What this executor can't run of a Strawberry schema: refused at start-up instead of silently left out."""

import strawberry

_EXECUTOR = "docs/strawberry.md lists what this executor runs."


class UnsupportedSchema(TypeError):
    """A schema has something that only Strawberry's own executor runs."""


def check_schema(schema: strawberry.Schema) -> None:
    """Raises UnsupportedSchema for schema extensions and for operation directives of the schema's own.

    Field extensions and permission classes are fine: their fields are resolved in the ordinary way.
    """
    extensions = [each if isinstance(each, type) else type(each) for each in schema.extensions]
    if extensions:
        names = ", ".join(sorted(each.__name__ for each in extensions))
        raise UnsupportedSchema(f"Schema extensions are not run: {names}. {_EXECUTOR}")
    directives = [each.python_name for each in schema.directives]
    if directives:
        raise UnsupportedSchema(f"Operation directives are not run: {', '.join(directives)}. {_EXECUTOR}")
