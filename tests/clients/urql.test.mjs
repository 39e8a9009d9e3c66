import assert from "node:assert/strict";
import { test } from "node:test";

import { gql, makeUrqlClient } from "./.build/urql.mjs";
import { ADD, LIST, REMOVE, UPDATE } from "./operations.mjs";
import { aTitle, expire, newSession, refreshes } from "./support.mjs";

const cached = (client) => client.readQuery(gql(LIST), {}).data.viewer;

test("Graphcache is right after each mutation, removals included", async () => {
  const client = makeUrqlClient(await newSession());
  await client.query(gql(LIST), {}).toPromise();
  const media = { id: (await aTitle()).id };

  const added = await client.mutation(gql(ADD), { input: { media } }).toPromise();
  assert.equal(added.error, undefined);
  const { id } = added.data.addToWatchlist.entry;
  assert.equal(cached(client).watchlist.totalCount, 1);

  await client.mutation(gql(UPDATE), { input: { id, status: "WATCHING", rating: 7 } }).toPromise();
  assert.equal(cached(client).watchlist.edges[0].node.rating, 7);
  assert.equal(cached(client).watchlistStats.watching, 1);

  await client.mutation(gql(REMOVE), { input: { entryId: id } }).toPromise();
  assert.equal(cached(client).watchlist.totalCount, 0);
});

test("requests with an expired token are repeated after a single refresh", async () => {
  const session = await newSession();
  const client = makeUrqlClient(session);
  expire(session);
  const queries = ["{ viewer { email } }", "{ viewer { user { id name } } }"];
  const results = await Promise.all(queries.map((query) => client.query(gql(query), {}).toPromise()));
  assert.deepEqual(results.map(({ error }) => error), [undefined, undefined]);
  assert.equal(refreshes(session), 1);
});
