// The fallback page: runs one operation at a time and keeps the tokens for this browser tab only.
const $ = (id) => document.getElementById(id);
const config = JSON.parse($('infocus-config').textContent);
const endpoint = new URL(config.endpoint ?? '/graphql', location.href);
const KEY = 'infocus:small-page-session';
const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { accessToken refreshToken challenge errors { message } }
}`;
const WITH_CODE = `mutation SignInWithSecondFactor($input: SignInWithSecondFactorInput!) {
  signInWithSecondFactor(input: $input) { accessToken refreshToken errors { message } }
}`;
const REFRESH = `mutation RefreshSession($input: RefreshSessionInput) {
  refreshSession(input: $input) { accessToken refreshToken errors { message } }
}`;
const SIGN_OUT = `mutation SignOut($input: SignOutInput) { signOut(input: $input) { errors { message } } }`;
let challenge = null;
let session = JSON.parse(sessionStorage.getItem(KEY));

async function ask(query, variables) {
  const result = await post(query, variables, session?.token);
  if (!session || !hasCode(result, 'TOKEN_EXPIRED', 'UNAUTHENTICATED')) return result;
  if (hasCode(result, 'TOKEN_EXPIRED') && (await renewed())) return post(query, variables, session.token);
  remember(null, 'Your access has ended. Please sign in again.');
  return result;
}

async function post(query, variables, token) {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  if (token) headers.Authorization = `Bearer ${token}`;
  const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  return response.json();
}

const hasCode = (result, ...codes) => (result.errors ?? []).some((error) => codes.includes(error.extensions?.code));

async function renewed() {
  const result = await post(REFRESH, { input: { refreshToken: session.refreshToken } });
  const payload = result.data?.refreshSession;
  if (!payload?.accessToken) return false;
  remember({ ...session, token: payload.accessToken, refreshToken: payload.refreshToken });
  return true;
}

async function signOut() {
  try {
    const result = await post(SIGN_OUT, { input: { refreshToken: session.refreshToken } }, session.token);
    const problems = [...(result.errors ?? []), ...(result.data?.signOut?.errors ?? [])];
    if (problems.length) $('state').textContent = problems.map((error) => error.message).join(' ');
    else remember(null);
  } catch {
    $('state').textContent = 'The server could not be reached; the session has not ended.';
  }
}

function remember(next, words) {
  session = next;
  if (next) sessionStorage.setItem(KEY, JSON.stringify(next));
  else sessionStorage.removeItem(KEY);
  $('state').textContent = words ?? (next ? `Signed in as ${next.email}` : 'Not signed in');
  $('sign-out').hidden = !next;
}

async function signIn(event) {
  event.preventDefault();
  const email = $('email').value;
  const [query, input] = challenge
    ? [WITH_CODE, { challenge, code: $('code').value.replaceAll(' ', ''), useCookie: false }]
    : [SIGN_IN, { email, password: $('password').value, useCookie: false }];
  remember(null, 'Signing in…');
  try {
    const answer = await ask(query, { input });
    const payload = answer.data?.signIn ?? answer.data?.signInWithSecondFactor;
    const problems = [...(answer.errors ?? []), ...(payload?.errors ?? [])].map((error) => error.message);
    // After a wrong code the challenge stays valid.
    if (payload?.challenge || payload?.accessToken) askForCode(payload.challenge);
    if (payload?.accessToken) remember({ email, token: payload.accessToken, refreshToken: payload.refreshToken });
    else if (payload?.challenge) remember(null, 'The password is correct. Enter the code from your authenticator app.');
    else remember(null, problems.join(' ') || 'The server returned no access token.');
  } catch {
    remember(null, 'The server could not be reached.');
  }
}

function askForCode(next) {
  challenge = next ?? null;
  $('code').closest('label').hidden = !challenge;
  $('code').required = Boolean(challenge);
  $('code').value = '';
  if (challenge) $('code').focus();
}

async function run() {
  $('answer').textContent = 'Running…';
  try {
    const variables = $('variables').value.trim() ? JSON.parse($('variables').value) : undefined;
    $('answer').textContent = JSON.stringify(await ask($('query').value, variables), null, 2);
  } catch (problem) {
    $('answer').textContent = `Error: ${problem.message}`;
  }
}

function offer(list, entries, label, choose) {
  list.replaceChildren(...entries.map((entry, index) => new Option(label(entry, index), index)));
  list.closest('label').hidden = !entries.length;
  list.addEventListener('change', () => choose(entries[list.value]));
  if (entries.length) choose(entries[0]);
}

offer($('demo'), config.demoAccounts ?? [], (demo) => demo.label, (demo) => {
  askForCode(null);
  $('email').value = demo.email;
  $('password').value = demo.password;
});
offer($('example'), config.tabs ?? [], (tab, index) => tab.title ?? `Example ${index + 1}`, (tab) => {
  $('query').value = tab.query;
  $('variables').value = tab.variables ? JSON.stringify(tab.variables, null, 2) : '';
});
$('sign-in').addEventListener('submit', signIn);
for (const name of ['email', 'password']) $(name).addEventListener('input', () => askForCode(null));
$('sign-out').addEventListener('click', signOut);
$('run').addEventListener('click', run);
$('query').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run();
});
remember(session);
