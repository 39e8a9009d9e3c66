// What the tests of all clients share: the server's address, a user of their own, counted requests.
import { createHmac } from "node:crypto";

import { WebSocket } from "ws";

import { Session } from "./.build/session.mjs";

globalThis.WebSocket ??= WebSocket; // Node 20 has none

export const url = `${process.env.INFOCUS_URL}/graphql`;
const PASSWORD = "a long walk at dusk 7";
let users = 0;

/** A fetch that keeps the bodies of its requests. */
export function countingFetch() {
  const seen = [];
  const fetch = async (address, init) => {
    seen.push(JSON.parse(init.body));
    return globalThis.fetch(address, init);
  };
  return Object.assign(fetch, { seen });
}

export async function post(query, variables, accessToken) {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(accessToken && { authorization: `Bearer ${accessToken}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

/** A signed-in session of a new user. */
export async function newSession(name = "Robin") {
  users += 1;
  const email = `client-${process.pid}-${Date.now()}-${users}@example.com`;
  const made = await post(
    "mutation($input: RegisterInput!) { register(input: $input) { accessToken errors { code path } } }",
    { input: { email, password: PASSWORD, name, useCookie: false } },
  );
  if (made.errors || made.data.register.errors.length) throw new Error(JSON.stringify(made));
  const fetch = countingFetch();
  const session = new Session(url, { fetch });
  await session.signIn(email, PASSWORD);
  fetch.seen.length = 0;
  return session;
}

/** The id of a title of the demo data. */
export async function aTitle(index = 0) {
  const { data } = await post("{ discoverMedia(first: 3) { nodes { id title } } }");
  return data.discoverMedia.nodes[index];
}

/** Gives the session an access token that expired an hour ago, signed with the server's key. */
export function expire(session) {
  const [head, body] = session.accessToken.split(".");
  const claims = JSON.parse(Buffer.from(body, "base64url"));
  for (const name of ["iat", "nbf", "exp"]) if (name in claims) claims[name] -= 2 * 3600;
  const signed = `${head}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
  const signature = createHmac("sha256", process.env.INFOCUS_TEST_KEY).update(signed).digest("base64url");
  session.accessToken = `${signed}.${signature}`;
}

/** Adds a title to the user's watchlist, over HTTP. */
export async function addTitle(session, index) {
  const { id } = await aTitle(index);
  const query = `mutation($input: AddToWatchlistInput!) {
    addToWatchlist(input: $input) { entry { id } errors { code } }
  }`;
  const { data } = await post(query, { input: { media: { id } } }, session.accessToken);
  return data.addToWatchlist.entry.id;
}

/** Collects what an iterable or a library's callbacks deliver; `next` waits for it. */
export function inbox() {
  const items = [];
  const waiting = [];
  const push = (item) => (waiting.length ? waiting.shift()(item) : items.push(item));
  const next = () => new Promise((resolve, reject) => {
    if (items.length) return resolve(items.shift());
    const timer = setTimeout(() => reject(new Error("nothing arrived")), 10_000);
    waiting.push((item) => { clearTimeout(timer); resolve(item); });
  });
  return { push, next, items };
}

export const refreshes = (session) => session.fetch.seen.filter(({ query }) => query.includes("refreshSession")).length;
