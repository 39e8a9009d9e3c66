"""The order of errors in a response is not specified: graphql-core's depends on when resolvers finish."""

import orjson


def with_sorted_errors(content: bytes) -> bytes:
    """The response with its top-level errors in a fixed order; all other bytes are unchanged."""
    head, separator, tail = content.rpartition(b',"errors":')
    try:
        errors = orjson.loads(tail[:-1])
    except orjson.JSONDecodeError:  # the errors of a payload, or other fields after the errors
        return content
    if not separator or not isinstance(errors, list):
        return content
    return head + separator + orjson.dumps(sorted(errors, key=repr)) + tail[-1:]
