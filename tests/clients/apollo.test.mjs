import assert from "node:assert/strict";
import { test } from "node:test";

import { gql } from "@apollo/client";

import { makeApolloClient } from "./.build/apollo.mjs";
import { ADD, CREATE_FAMILY, FAMILIES, LIST, REMOVE, UPDATE } from "./operations.mjs";
import { aTitle, expire, newSession, refreshes } from "./support.mjs";

const list = (client) => client.readQuery({ query: gql(LIST) }).viewer;

test("the cache is right after each mutation, removals included", async () => {
  const client = makeApolloClient(await newSession());
  await client.query({ query: gql(LIST) });
  await client.query({ query: gql(FAMILIES) });
  const media = { id: (await aTitle()).id };

  const added = await client.mutate({ mutation: gql(ADD), variables: { input: { media } } });
  const { id } = added.data.addToWatchlist.entry;
  assert.equal(list(client).watchlist.totalCount, 1);
  assert.equal(list(client).watchlistStats.notWatched, 1);

  const input = { id, status: "COMPLETED", rating: 9 };
  await client.mutate({ mutation: gql(UPDATE), variables: { input } });
  assert.deepEqual(list(client).watchlist.edges[0].node.rating, 9);
  assert.equal(list(client).watchlistStats.completed, 1);

  const conflict = await client.mutate({ mutation: gql(ADD), variables: { input: { media } } });
  assert.equal(conflict.data.addToWatchlist.errors[0].code, "ALREADY_EXISTS");
  assert.equal(conflict.data.addToWatchlist.errors[0].existing.id, id);

  await client.mutate({ mutation: gql(REMOVE), variables: { input: { entryId: id } } });
  assert.equal(list(client).watchlist.totalCount, 0);
  assert.equal(list(client).watchlist.edges.length, 0);

  await client.mutate({ mutation: gql(CREATE_FAMILY), variables: { input: { name: "The Millers" } } });
  const { families } = client.readQuery({ query: gql(FAMILIES) }).viewer;
  assert.deepEqual(families.edges.map(({ role, node }) => [role, node.name]), [["OWNER", "The Millers"]]);
});

test("requests with an expired token are repeated after a single refresh", async () => {
  const session = await newSession();
  const client = makeApolloClient(session);
  expire(session);
  const queries = ["{ viewer { email } }", "{ viewer { user { id name } } }", FAMILIES];
  const results = await Promise.all(queries.map((query) => client.query({ query: gql(query), fetchPolicy: "network-only" })));
  assert.ok(results.every(({ data }) => data.viewer));
  assert.equal(refreshes(session), 1);
});
