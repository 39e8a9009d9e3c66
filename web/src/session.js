// Who is signed in on this page: an access token kept for this browser tab only, and a store that tells the panels.
import { useSyncExternalStore } from 'react';

const KEY = 'infocus:session';
// Browsers count a timer's milliseconds in 32 bits.
const LONGEST_TIMER = 2 ** 31 - 1;
const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) {
    accessToken
    accessTokenExpiresAt
    challenge
    errors { message }
  }
}`;
const SIGN_IN_WITH_SECOND_FACTOR = `mutation SignInWithSecondFactor($input: SignInWithSecondFactorInput!) {
  signInWithSecondFactor(input: $input) {
    accessToken
    accessTokenExpiresAt
    errors { message }
  }
}`;

/**
 * `signedOut`: nobody; `signedIn`: requests carry the token; `expired`: the token no longer counts, `email` says whose.
 * @typedef {{status: 'signedOut' | 'signedIn' | 'expired', email?: string, token?: string, expiresAt?: number}} Session
 */

const listeners = new Set();
let timer;
/** @type {Session} */
let session = restore();
watchExpiry();

export const currentToken = () => session.token;

export function useSession() {
  return useSyncExternalStore(subscribe, () => session);
}

/**
 * Signs in. `problems` are the messages to show when the server refuses; with a `challenge`, the password was right and
 * a code is needed too.
 * @returns {Promise<{problems: string[], challenge?: string}>}
 */
export async function signIn(endpoint, email, password) {
  // useCookie: false: the page shows who is signed in, so that must not depend on a cookie it cannot see.
  return send(endpoint, SIGN_IN, 'signIn', { email, password, useCookie: false }, email);
}

/** Goes on where `signIn` gave a challenge: with a code of the person's app, or one of their backup codes. */
export async function signInWithCode(endpoint, email, challenge, code) {
  const input = { challenge, code: code.replaceAll(' ', ''), useCookie: false };
  return send(endpoint, SIGN_IN_WITH_SECOND_FACTOR, 'signInWithSecondFactor', input, email);
}

async function send(endpoint, query, field, input, email) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
    body: JSON.stringify({ query, variables: { input } }),
  });
  const answer = await response.json();
  const payload = answer.data?.[field];
  const problems = [...(answer.errors ?? []), ...(payload?.errors ?? [])].map((error) => error.message);
  if (payload?.accessToken) {
    const expiresAt = Date.parse(payload.accessTokenExpiresAt) + clockDifference(response) || undefined;
    change({ status: 'signedIn', email, token: payload.accessToken, expiresAt });
    return { problems: [] };
  }
  if (payload?.challenge) return { problems: [], challenge: payload.challenge };
  return { problems: problems.length ? problems : ['The server gave no access token.'] };
}

export function signOut() {
  change({ status: 'signedOut' });
}

/** This token ran out, or the server refused it: forget it, but remember whose it was. */
export function expire(token) {
  // A slow answer to an older token must not end a newer session.
  if (token && token === session.token) change({ status: 'expired', email: session.email });
}

function change(next) {
  session = next;
  // sessionStorage ends with the browser tab; a token must never outlive it, so localStorage is out of the question.
  if (next.status === 'signedOut') sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, JSON.stringify(next));
  watchExpiry();
  for (const listener of listeners) listener();
}

function watchExpiry() {
  clearTimeout(timer);
  if (session.status === 'signedIn' && session.expiresAt) {
    const left = session.expiresAt - Date.now();
    timer = setTimeout(expire, Math.min(Math.max(left, 0), LONGEST_TIMER), session.token);
  }
}

/** How far this computer's clock is ahead of the server's: a wrong clock must not end access early. */
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
