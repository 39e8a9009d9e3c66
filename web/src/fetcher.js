// How the page talks to the API: HTTP for queries and mutations, WebSocket for subscriptions, the token on both.
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { createClient } from 'graphql-ws';
import { currentToken, expire } from './session.js';

const SIGN_IN_AGAIN = new Set(['TOKEN_EXPIRED', 'UNAUTHENTICATED']);

export function createFetcher(endpoint) {
  let editorHeaders = {};
  let socketToken;
  const wsClient = createClient({
    url: socketAddress(endpoint),
    connectionParams() {
      socketToken = currentToken();
      return withToken(editorHeaders, socketToken);
    },
    on: { message: ({ payload }) => noticeRefusal(Array.isArray(payload) ? { errors: payload } : payload, socketToken) },
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
  if (/json/.test(response.headers.get('Content-Type') ?? '')) {
    const answer = response.clone().json();
    answer.then((content) => noticeRefusal(content, token)).catch(() => {});
  }
  return response;
}

/** An Authorization header typed into the headers editor is left alone. */
function withToken(headers, token) {
  const typed = Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
  return token && !typed ? { ...headers, Authorization: `Bearer ${token}` } : { ...headers };
}

function noticeRefusal(answer, token) {
  if (answer?.errors?.some((error) => SIGN_IN_AGAIN.has(error.extensions?.code))) expire(token);
}

function socketAddress(endpoint) {
  const address = new URL(endpoint);
  address.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';
  return address.href;
}
