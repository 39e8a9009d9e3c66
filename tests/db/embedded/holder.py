"""A program that uses the server at HOME until its input ends, and prints its state."""

import asyncio
import json
import os
import sys
from pathlib import Path

import asyncpg

from infocus_graphql.db.embedded import EmbeddedPostgres


async def ask(server: EmbeddedPostgres, statement: str) -> object:
    connection = await asyncpg.connect(host=str(server.socket_dir), user="infocus", database="infocus")
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def report(**what: object) -> None:
    print(json.dumps(what), flush=True)


def main() -> None:
    server = EmbeddedPostgres(Path(sys.argv[1]), settings=json.loads(sys.argv[2]))
    server.start()
    try:
        report(
            created=server.created,
            dsn=server.dsn(),
            uid=os.geteuid(),
            postmaster=int((Path(sys.argv[1]) / "data/postmaster.pid").read_text().split()[0]),
            value=asyncio.run(ask(server, "SELECT 42")),
        )
        sys.stdin.read()
    except KeyboardInterrupt:
        report(interrupted=True, value=asyncio.run(ask(server, "SELECT 43")))
    report(stopped=server.release())


main()
