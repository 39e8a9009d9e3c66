// How the pages talk to the API; every problem comes back as a text for people.
const ENDPOINT = new URL('./graphql', location.href);
const SILENCE = { message: 'The server could not be reached. Please try again in a moment.', path: [] };

/** Sends an operation. @returns {Promise<{data: object, problems: {message: string, path: string[]}[]}>} */
export async function tell(query, variables, accessToken) {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  if (accessToken) headers.Authorization = `Bearer ${accessToken}`;
  try {
    // No cookie goes along, and none is kept.
    const init = { method: 'POST', headers, credentials: 'omit', body: JSON.stringify({ query, variables }) };
    const { data, errors } = await (await fetch(ENDPOINT, init)).json();
    return { data: data ?? {}, problems: (errors ?? []).map(({ message }) => ({ message, path: [] })) };
  } catch {
    return { data: {}, problems: [SILENCE] };
  }
}

/** Does a mutation: its payload, the tokens in it, and what the person has to be told. */
export async function act(name, input, selection, accessToken) {
  const type = `${name[0].toUpperCase()}${name.slice(1)}Input`;
  const query = `mutation ($input: ${type}!) { ${name}(input: $input) { ${selection} errors { message path } } }`;
  const { data, problems } = await tell(query, { input }, accessToken);
  const payload = data[name] ?? {};
  const { accessToken: opened, challenge } = payload;
  return { payload, accessToken: opened, challenge, problems: [...problems, ...(payload.errors ?? [])] };
}

export const signIn = (email, password) => act('signIn', { email, password, useCookie: false }, 'accessToken challenge');

export const signInWithCode = (challenge, code) =>
  act('signInWithSecondFactor', { challenge, code: code.replaceAll(' ', ''), useCookie: false }, 'accessToken');

export const signOut = (accessToken) => tell('mutation { signOut { ok } }', undefined, accessToken);
