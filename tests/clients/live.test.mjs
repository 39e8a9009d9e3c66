import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { gql as apollo } from "@apollo/client";
import { Client as UrqlClient, fetchExchange, gql as urql } from "@urql/core";
import * as ws from "graphql-ws";
import { WebSocket } from "ws";

import { makeApolloClient } from "./.build/apollo.mjs";
import { makeEventStreamClient, makeSocketClient } from "./.build/live.mjs";
import { makeUrqlClient } from "./.build/urql.mjs";
import { LIST } from "./operations.mjs";
import { addTitle, expire, inbox, newSession, refreshes, url } from "./support.mjs";

const EVENTS = "subscription { viewerEvents { type nodeId entry { id status mediaItem { id title } } } }";

/** The next event of an entry. The end of a session or a new one is an event, too. */
async function entryEvent(next) {
  for (;;) {
    const event = (await next()).data.viewerEvents;
    if (event.type.startsWith("ENTRY_")) return event;
  }
}

const settled = () => pause(300); // until the server has started the subscription

function listening(client, query = EVENTS) {
  const received = inbox();
  const stop = client.subscribe({ query }, {
    next: received.push,
    error: (problem) => received.push({ problem }),
    complete: () => received.push("complete"),
  });
  return { ...received, stop };
}

/** A WebSocket class that keeps its instances, so that a test can break their connections. */
function breakable() {
  const sockets = [];
  class Breakable extends WebSocket {
    constructor(...given) {
      super(...given);
      sockets.push(this);
    }
  }
  return { sockets, webSocketImpl: Breakable };
}

test("graphql-ws gets events, and those that it missed", async () => {
  const session = await newSession();
  const { sockets, webSocketImpl } = breakable();
  const { next, items, stop } = listening(makeSocketClient(session, { webSocketImpl }));
  await settled();
  const first = await addTitle(session, 0);
  const received = await entryEvent(next);
  assert.deepEqual([received.type, received.entry.id, received.entry.status], ["ENTRY_ADDED", first, "NOT_WATCHED"]);
  sockets[0].terminate();
  const second = await addTitle(session, 1);
  assert.equal((await entryEvent(next)).nodeId, second);
  assert.equal(sockets.length, 2);
  const third = await addTitle(session, 2);
  assert.equal((await entryEvent(next)).nodeId, third);
  assert.deepEqual(items.filter(({ data }) => data.viewerEvents.type.startsWith("ENTRY_")), []);
  stop();
});

test("a socket whose token has expired goes on with a new one", async () => {
  const session = await newSession();
  const { sockets, webSocketImpl } = breakable();
  expire(session);
  const { next, stop } = listening(makeSocketClient(session, { webSocketImpl }));
  while (sockets.length < 2) await pause(20);
  await settled();
  assert.equal(refreshes(session), 1);
  const added = await addTitle(session, 0);
  assert.equal((await entryEvent(next)).nodeId, added);
  stop();
});

test("an open socket takes a renewed token in a ping", async () => {
  const session = await newSession();
  let pongs = 0;
  let opened;
  const on = { opened: (socket) => { opened = socket; }, pong: () => { pongs += 1; } };
  const { next, stop } = listening(makeSocketClient(session, { webSocketImpl: WebSocket, on }));
  await settled();
  await session.refresh();
  opened.send(JSON.stringify({ type: "ping", payload: { authorization: `Bearer ${session.accessToken}` } }));
  const added = await addTitle(session, 0);
  assert.equal((await entryEvent(next)).nodeId, added);
  assert.equal(pongs, 1);
  stop();
});

test("queries and mutations run over a socket, and errors are GraphQL errors", async () => {
  const session = await newSession("Ada");
  const connectionParams = { authorization: `Bearer ${session.accessToken}` };
  const client = ws.createClient({ url: url.replace(/^http/, "ws"), connectionParams, webSocketImpl: WebSocket });
  const all = async (query) => Array.fromAsync
    ? Array.fromAsync(client.iterate({ query }))
    : (async () => { const found = []; for await (const each of client.iterate({ query })) found.push(each); return found; })();
  assert.deepEqual(await all("{ viewer { user { name } } }"), [{ data: { viewer: { user: { name: "Ada" } } } }]);
  await assert.rejects(all("{ unknown }"), ([error]) => error.extensions.code === "GRAPHQL_VALIDATION_FAILED");
  await assert.rejects(
    all('subscription { familyEvents(familyId: "fa0000000000000000000000000") { id } }'),
    ([error]) => error.extensions.code === "NOT_FOUND",
  );
  await client.dispose();
});

test("graphql-sse gets events, and continues with a new token", async () => {
  const session = await newSession();
  expire(session);
  const { next, stop } = listening(makeEventStreamClient(session));
  while (refreshes(session) < 1) await pause(20);
  await settled();
  for (const index of [0, 1]) {
    const added = await addTitle(session, index);
    assert.equal((await entryEvent(next)).nodeId, added);
  }
  stop();
  const failing = listening(makeEventStreamClient(session), "subscription { unknown }");
  assert.equal((await failing.next()).errors[0].extensions.code, "GRAPHQL_VALIDATION_FAILED");
  assert.equal(await failing.next(), "complete");
});

test("an event updates Apollo Client's cache", async () => {
  const session = await newSession();
  const live = makeSocketClient(session);
  const client = makeApolloClient(session, live);
  const id = await addTitle(session, 0);
  await client.query({ query: apollo(LIST) });
  const received = inbox();
  const running = client.subscribe({ query: apollo(EVENTS) }).subscribe({ next: received.push, error: received.push });
  await settled();
  await update(session, id, "WATCHING");
  assert.equal((await entryEvent(received.next)).type, "ENTRY_UPDATED");
  assert.equal(client.readQuery({ query: apollo(LIST) }).viewer.watchlist.edges[0].node.status, "WATCHING");
  running.unsubscribe();
});

test("an event updates urql's Graphcache", async () => {
  const session = await newSession();
  const client = makeUrqlClient(session);
  const id = await addTitle(session, 0);
  await client.query(urql(LIST), {}).toPromise();
  const received = inbox();
  const running = client.subscription(urql(EVENTS), {}).subscribe(received.push);
  await settled();
  await update(session, id, "COMPLETED");
  assert.equal((await entryEvent(received.next)).type, "ENTRY_UPDATED");
  assert.equal(client.readQuery(urql(LIST), {}).data.viewer.watchlist.edges[0].node.status, "COMPLETED");
  running.unsubscribe();
});

test("urql gets events and queries over HTTP alone", async () => {
  const session = await newSession("Grace");
  const fetchOptions = () => ({ headers: { authorization: `Bearer ${session.accessToken}` } });
  const client = new UrqlClient({ url, preferGetMethod: false, exchanges: [fetchExchange], fetchSubscriptions: true, fetchOptions });
  const received = inbox();
  const running = client.subscription(urql(EVENTS), {}).subscribe(received.push);
  await settled();
  for (const index of [0, 1]) {
    const added = await addTitle(session, index);
    assert.equal((await entryEvent(received.next)).nodeId, added);
  }
  running.unsubscribe();
  const { data } = await client.query(urql("{ viewer { user { name } } }"), {}).toPromise();
  assert.equal(data.viewer.user.name, "Grace");
});

async function update(session, id, status) {
  const query = "mutation($input: UpdateWatchlistEntryInput!) { updateWatchlistEntry(input: $input) { errors { code } } }";
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${session.accessToken}` },
    body: JSON.stringify({ query, variables: { input: { id, status } } }),
  });
  assert.deepEqual((await response.json()).data.updateWatchlistEntry.errors, []);
}
