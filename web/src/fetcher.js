// Sends operations with the access token: queries and mutations over HTTP, subscriptions over WebSocket.
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';
import { currentToken, expire, onSessionChange, renew } from './session.js';

const RENEW = 'TOKEN_EXPIRED';
const SIGN_IN_AGAIN = 'UNAUTHENTICATED';

export function createFetcher(endpoint) {
  let editorHeaders = {};
  let socketToken;
  let socket;
  const wsClient = createClient({
    url: socketAddress(endpoint),
    connectionParams() {
      socketToken = currentToken();
      return withToken(editorHeaders, socketToken);
    },
    on: {
      connected: (connected) => { socket = connected; },
      closed: () => { socket = undefined; },
      message: ({ payload }) => noticeRefusal(Array.isArray(payload) ? { errors: payload } : payload, socketToken),
    },
  });
  // The server closes a socket whose token expires, so it gets each renewed one.
  onSessionChange(() => {
    const token = currentToken();
    if (!socket || !token || token === socketToken) return;
    socketToken = token;
    socket.send(JSON.stringify({ type: 'ping', payload: { authorization: `Bearer ${token}` } }));
  });
  const send = createGraphiQLFetcher({ url: endpoint.href, fetch: fetchWithToken, wsClient });
  return (params, options) => {
    editorHeaders = options?.headers ?? {};
    return send(params, options);
  };
}

async function fetchWithToken(address, init) {
  const token = currentToken();
  const response = await fetch(address, { ...init, headers: withToken(init.headers, token) });
  const codes = await errorCodes(response);
  if (codes.has(SIGN_IN_AGAIN)) expire(token);
  if (!codes.has(RENEW)) return response;
  const renewed = await renew(token);
  return renewed ? fetch(address, { ...init, headers: withToken(init.headers, renewed) }) : response;
}

async function errorCodes(response) {
  if (!/json/.test(response.headers.get('Content-Type') ?? '')) return new Set();
  const result = await response.clone().json().catch(() => null);
  return codesOf(result);
}

const codesOf = (result) => new Set((result?.errors ?? []).map((error) => error.extensions?.code));

/** Keeps an Authorization header from the headers editor. */
function withToken(headers, token) {
  const typed = Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
  return token && !typed ? { ...headers, Authorization: `Bearer ${token}` } : { ...headers };
}

function noticeRefusal(result, token) {
  const codes = codesOf(result);
  if (codes.has(SIGN_IN_AGAIN)) expire(token);
  if (codes.has(RENEW)) renew(token);
}

function socketAddress(endpoint) {
  const address = new URL(endpoint);
  address.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}
