"""All that depends on uvicorn's internals: the HTTP protocol class, the supervisor, and GC tuning."""
