// The API client of the pages; every failure is returned as a message for the user.
const ENDPOINT = new URL('./graphql', location.href);
const UNREACHABLE = { message: 'The server could not be reached. Please try again in a moment.', path: [] };

/** Sends an operation. @returns {Promise<{data: object, problems: {message: string, path: string[]}[]}>} */
export async function send(query, variables, accessToken) {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  if (accessToken) headers.Authorization = `Bearer ${accessToken}`;
  try {
    // Neither sends nor stores cookies.
    const init = { method: 'POST', headers, credentials: 'omit', body: JSON.stringify({ query, variables }) };
    const { data, errors } = await (await fetch(ENDPOINT, init)).json();
    return { data: data ?? {}, problems: (errors ?? []).map(({ message }) => ({ message, path: [] })) };
  } catch {
    return { data: {}, problems: [UNREACHABLE] };
  }
}

/** Runs a mutation. Returns its payload, the tokens in it, and the messages for the user. */
export async function act(name, input, selection, accessToken) {
  const type = `${name[0].toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} errors { message path } } }`;
  const { data, problems } = await send(query, { input }, accessToken);
  const payload = data[name] ?? {};
  const { accessToken: opened, challenge } = payload;
  return { payload, accessToken: opened, challenge, problems: [...problems, ...(payload.errors ?? [])] };
}

export const signIn = (email, password) => act('signIn', { email, password, useCookie: false }, 'accessToken challenge');

export const signInWithCode = (challenge, code) =>
  act('signInWithSecondFactor', { challenge, code: code.replaceAll(' ', ''), useCookie: false }, 'accessToken');

export const signOut = (accessToken) => send('mutation { signOut { ok } }', undefined, accessToken);
