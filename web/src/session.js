// The session of this browser tab: its tokens, their renewal before they expire, and a store for the panels.
import { useSyncExternalStore } from 'react';

const KEY = 'infocus:session';
// Timers in browsers are limited to 32 bits of milliseconds.
const LONGEST_TIMER = 2 ** 31 - 1;
const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    accessToken
    accessTokenExpiresAt
    refreshToken
    challenge
    errors { message }
  }
}`;
const SIGN_IN_WITH_SECOND_FACTOR = `mutation SignInWithSecondFactor($input: SignInWithSecondFactorInput!) {
  signInWithSecondFactor(input: $input) {
    accessToken
    accessTokenExpiresAt
    refreshToken
    errors { message }
  }
}`;
const REFRESH = `mutation RefreshSession($input: RefreshSessionInput) {
  refreshSession(input: $input) {
    accessToken
    accessTokenExpiresAt
    refreshToken
    errors { message }
  }
}`;
const SIGN_OUT = `mutation SignOut($input: SignOutInput) {
  signOut(input: $input) {
    errors { message }
  }
}`;
// Renew this long before the access token expires. Rejected requests renew it too.
const RENEW_BEFORE = 30_000;

/**
 * `signedIn`: requests have the token; `expired`: renewal failed, `email` is its user.
 * @typedef {{status: 'signedOut' | 'signedIn' | 'expired', email?: string, token?: string, refreshToken?: string,
 *   expiresAt?: number, endpoint?: string}} Session
 */

const listeners = new Set();
let timer;
let renewing;
/** @type {Session} */
let session = restore();
watchExpiry();

export const currentToken = () => session.token;

/** Calls `listener` after each change, such as a renewal of the token. */
export const onSessionChange = subscribe;

export function useSession() {
  return useSyncExternalStore(subscribe, () => session);
}

/**
 * Signs in. `problems` are error messages; with a `challenge`, a code is needed too.
 * @returns {Promise<{problems: string[], challenge?: string}>}
 */
export async function signIn(endpoint, email, password) {
  // useCookie: false, as the page cannot see whether a cookie exists.
  return send(endpoint, SIGN_IN, 'signIn', { email, password, useCookie: false }, email);
}

/** Completes signing in with the challenge of `signIn` and a code. */
export async function signInWithCode(endpoint, email, challenge, code) {
  const input = { challenge, code: code.replaceAll(' ', ''), useCookie: false };
  return send(endpoint, SIGN_IN_WITH_SECOND_FACTOR, 'signInWithSecondFactor', input, email);
}

async function send(endpoint, query, field, input, email) {
  const { payload, problems, clock } = await post(endpoint, query, field, input);
  if (payload?.accessToken) {
    keep(payload, clock, { email, endpoint: String(endpoint) });
    return { problems: [] };
  }
  if (payload?.challenge) return { problems: [], challenge: payload.challenge };
  return { problems: problems.length ? problems : ['The server returned no access token.'] };
}

async function post(endpoint, query, field, input, token) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const result = await response.json();
  const payload = result.data?.[field];
  const problems = [...(result.errors ?? []), ...(payload?.errors ?? [])].map((error) => error.message);
  return { payload, problems, clock: clockDifference(response) };
}

function keep({ accessToken, accessTokenExpiresAt, refreshToken }, clock, user) {
  const expiresAt = Date.parse(accessTokenExpiresAt) + clock || undefined;
  change({ status: 'signedIn', ...user, token: accessToken, refreshToken, expiresAt });
}

/**
 * Renews the tokens, unless `expired` was renewed already. Concurrent calls share one renewal. Returns the new token.
 */
export async function renew(expired = session.token) {
  if (expired !== session.token) return session.token;
  renewing ??= renewOnce().finally(() => {
    renewing = undefined;
  });
  return renewing;
}

async function renewOnce() {
  const { email, endpoint, token, refreshToken } = session;
  if (!refreshToken) return expire(token);
  try {
    const { payload, clock } = await post(endpoint, REFRESH, 'refreshSession', { refreshToken });
    // The user has signed out or in meanwhile.
    if (session.token !== token) return session.token;
    if (!payload?.accessToken) return expire(token);
    keep(payload, clock, { email, endpoint });
    return payload.accessToken;
  } catch {
    return undefined; // network error: the next request tries again
  }
}

/** Ends the session on the server, then deletes its tokens. On failure, keeps them and returns the messages. */
export async function signOut() {
  const { endpoint, token, refreshToken } = session;
  try {
    const { problems } = await post(endpoint, SIGN_OUT, 'signOut', { refreshToken }, token);
    if (problems.length) return problems;
  } catch {
    return ['The server could not be reached; the session has not ended.'];
  }
  change({ status: 'signedOut' });
  return [];
}

/** Deletes a rejected token, but keeps its user. */
export function expire(token) {
  // A late response for an older token must not end a newer session.
  if (token && token === session.token) change({ status: 'expired', email: session.email });
}

function change(next) {
  session = next;
  // sessionStorage: tokens must not outlive the browser tab.
  if (next.status === 'signedOut') sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, JSON.stringify(next));
  watchExpiry();
  for (const listener of listeners) listener();
}

function watchExpiry() {
  clearTimeout(timer);
  if (session.status === 'signedIn' && session.expiresAt) {
    const left = session.expiresAt - RENEW_BEFORE - Date.now();
    timer = setTimeout(() => renew(), Math.min(Math.max(left, 0), LONGEST_TIMER));
  }
}

/** How far the local clock is ahead of the server's, so that a wrong clock does not expire tokens early. */
function clockDifference(response) {
  const serverTime = Date.parse(response.headers.get('Date'));
  return Number.isNaN(serverTime) ? 0 : Date.now() - serverTime;
}

function restore() {
  const kept = sessionStorage.getItem(KEY);
  return kept ? JSON.parse(kept) : { status: 'signedOut' };
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
