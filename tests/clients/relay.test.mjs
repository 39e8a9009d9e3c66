import assert from "node:assert/strict";
import { test } from "node:test";

import relay from "relay-runtime";

import addMutation from "./.build/relay/__generated__/RelayAddMutation.graphql.js";
import homeQuery from "./.build/relay/__generated__/RelayHomeQuery.graphql.js";
import nodeQuery from "./.build/relay/__generated__/RelayNodeQuery.graphql.js";
import { makeRelayEnvironment } from "./.build/relay.mjs";
import { aTitle, expire, newSession } from "./support.mjs";

const { commitMutation, createOperationDescriptor, fetchQuery, getRequest } = relay;

const run = (environment, mutation, variables) => new Promise((onCompleted, onError) => {
  commitMutation(environment, { mutation, variables, onCompleted, onError });
});

test("queries, node(id:) and mutations work with compiled artifacts and the normalised store", async () => {
  const session = await newSession();
  const environment = makeRelayEnvironment(session);
  const home = await fetchQuery(environment, homeQuery, {}).toPromise();
  assert.equal(home.viewer.watchlist.edges.length, 0);

  const { id, title } = await aTitle();
  const added = await run(environment, addMutation, { input: { media: { id } } });
  const entry = added.addToWatchlist.entry.id;
  assert.deepEqual(added.addToWatchlist.errors, []);

  const found = await fetchQuery(environment, nodeQuery, { id: entry }).toPromise();
  assert.equal(found.node.mediaItem.title, title);

  const request = getRequest(homeQuery);
  const snapshot = environment.lookup(createOperationDescriptor(request, {}).fragment);
  assert.equal(snapshot.data.viewer.watchlistStats.total, 1); // from the mutation's payload
});

test("an expired token is renewed", async () => {
  const session = await newSession();
  const environment = makeRelayEnvironment(session);
  expire(session);
  const { viewer } = await fetchQuery(environment, homeQuery, {}).toPromise();
  assert.ok(viewer);
});
