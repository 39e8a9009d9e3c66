import assert from "node:assert/strict";
import { test } from "node:test";

import { sendOnce } from "./.build/retry.mjs";
import { Session } from "./.build/session.mjs";
import { aTitle, expire, newSession, post, refreshes, url } from "./support.mjs";

test("a wrong password is an error with a code", async () => {
  const session = new Session(url);
  await assert.rejects(session.signIn("nobody@example.com", "not the password"), { code: "INVALID_CREDENTIALS" });
});

test("concurrent refreshes are one request, and the old tokens go on to work for a retry", async () => {
  const session = await newSession();
  const before = session.refreshToken;
  await Promise.all([session.refresh(), session.refresh(), session.refresh()]);
  assert.equal(refreshes(session), 1);
  assert.notEqual(session.refreshToken, before);
  const lost = new Session(url);
  lost.refreshToken = before; // as if the response had been lost
  await lost.refresh();
  assert.equal(lost.refreshToken, session.refreshToken);
});

test("an expired access token is refused with TOKEN_EXPIRED", async () => {
  const session = await newSession();
  expire(session);
  const { errors } = await post("{ viewer { email } }", {}, session.accessToken);
  assert.equal(errors[0].extensions.code, "TOKEN_EXPIRED");
});

test("a retry with the same Idempotency-Key changes nothing twice", async () => {
  const session = await newSession();
  const { id } = await aTitle();
  const add = `mutation($input: AddToWatchlistInput!) {
    addToWatchlist(input: $input) { entry { id } errors { code } }
  }`;
  const key = crypto.randomUUID();
  const first = await sendOnce(session, add, { input: { media: { id } } }, { key });
  const again = await sendOnce(session, add, { input: { media: { id } } }, { key });
  assert.ok(first.data.addToWatchlist.entry.id);
  assert.deepEqual(again, first);
});
