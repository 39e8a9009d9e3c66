// The small page: runs one operation at a time and keeps the access token for this browser tab only.
const $ = (id) => document.getElementById(id);
const config = JSON.parse($('infocus-config').textContent);
const endpoint = new URL(config.endpoint ?? '/graphql', location.href);
const KEY = 'infocus:small-page-session';
const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { accessToken accessTokenExpiresAt challenge errors { message } }
}`;
const WITH_CODE = `mutation SignInWithSecondFactor($input: SignInWithSecondFactorInput!) {
  signInWithSecondFactor(input: $input) { accessToken accessTokenExpiresAt errors { message } }
}`;
let challenge = null;
let session = JSON.parse(sessionStorage.getItem(KEY));

async function ask(query, variables) {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json' };
  if (session?.token) headers.Authorization = `Bearer ${session.token}`;
  const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const answer = await response.json();
  const codes = (answer.errors ?? []).map((error) => error.extensions?.code);
  if (session && codes.some((code) => code === 'TOKEN_EXPIRED' || code === 'UNAUTHENTICATED')) {
    remember(null, 'Your access has ended. Please sign in again.');
  }
  return answer;
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
    // A wrong code leaves the challenge as it is.
    if (payload?.challenge || payload?.accessToken) askForCode(payload.challenge);
    if (payload?.accessToken) remember({ email, token: payload.accessToken, expiresAt: payload.accessTokenExpiresAt });
    else if (payload?.challenge) remember(null, 'The password is right. Now type the code that your app shows.');
    else remember(null, problems.join(' ') || 'The server gave no access token.');
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
    $('answer').textContent = `That did not work: ${problem.message}`;
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
$('sign-out').addEventListener('click', () => remember(null));
$('run').addEventListener('click', run);
$('query').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run();
});
remember(session);
