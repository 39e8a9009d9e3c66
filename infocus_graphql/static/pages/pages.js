// The pages that links in mails lead to. The token comes behind the address's #, which browsers send to no server.
import { act, signIn, signInWithCode, signOut, tell } from './api.js';
import { field, form, heading, link, paragraph, show } from './forms.js';

const token = new URLSearchParams(location.hash.slice(1)).get('token');
const AGAIN = 'The link may be incomplete: open it from the mail again.';

/** The token was used, and shall not stay in the address bar. */
const forgetToken = () => history.replaceState(null, '', location.pathname);

function done(...texts) {
  forgetToken();
  show(...texts.map((text) => (typeof text === 'string' ? paragraph(text) : text)));
  document.querySelector('h1').focus();
}

function verifyEmail() {
  show(
    paragraph('One tap confirms that this address is yours.'),
    form('Confirm the address', [], async () => {
      const { problems, payload, accessToken } = await act('verifyEmail', { token, useCookie: false }, 'ok accessToken');
      if (problems.length) return problems;
      // A session that nobody will use must not stay open.
      if (accessToken) await signOut(accessToken);
      if (payload.ok) done('The address is confirmed. You can sign in with it now.');
      return [];
    }),
  );
}

function resetPassword() {
  const password = field('New password', 'newPassword', 'password', 'new-password', { minLength: 8, maxLength: 256 });
  show(
    paragraph('It signs you out everywhere. At least 8 characters; some words in a row are good and easy to remember.'),
    form('Set the password', [password], async (given) => {
      const { problems } = await act('resetPassword', { token, ...given }, 'ok');
      if (!problems.length) done('You have a new password. Sign in with it.');
      return problems;
    }),
  );
}

function confirmEmailChange() {
  show(
    paragraph('One tap makes this the address that you sign in with. The old one is told.'),
    form('Use this address', [], async () => {
      const { problems } = await act('confirmEmailChange', { token }, 'ok');
      if (!problems.length) done('This is your address now. You sign in with it from now on.');
      return problems;
    }),
  );
}

function forgottenPassword() {
  show(
    paragraph('We send you a link with which you can choose a new one.'),
    form('Send the link', [field('E-mail', 'email', 'email', 'username')], async (given) => {
      const { problems } = await act('requestPasswordReset', given, 'ok');
      if (!problems.length) done('If there is an account with this address, a mail is on its way. It can take some minutes.');
      return problems;
    }),
  );
}

function signInPage() {
  show(paragraph('Please sign in with the app that you use for InFocus.'), link('I have forgotten my password', './forgotten-password'));
}

async function invitation() {
  const query = `query ($token: String!) {
    serverInfo { registration }
    familyInvitationPreview(token: $token) { familyName inviterName memberCount status expiresAt }
  }`;
  const { problems, data } = await tell(query, { token });
  if (problems.length) return show(...problems.map(({ message }) => paragraph(message, 'problem')));
  const preview = data.familyInvitationPreview;
  const over = !preview ? `There is no such invitation. ${AGAIN}` : reason(preview);
  if (over) return show(paragraph(over));
  const { familyName, inviterName, memberCount } = preview;
  const members = memberCount === 1 ? 'one member' : `${memberCount} members`;
  show(
    paragraph(`${inviterName ?? 'Somebody'} invites you to the family “${familyName}”, which has ${members} so far. They see what the others want to watch, and how they liked it.`),
    ...withAccount(familyName),
    ...(data.serverInfo.registration === 'CLOSED' ? [] : withoutAccount(familyName)),
  );
}

function reason({ status, expiresAt }) {
  if (status === 'ACCEPTED') return 'This invitation was accepted already.';
  if (status !== 'PENDING') return 'This invitation is no longer open.';
  return Date.parse(expiresAt) < Date.now() ? 'This invitation has run out. Ask for another one.' : null;
}

function withAccount(familyName) {
  const fields = [field('E-mail', 'email', 'email', 'username'), field('Password', 'password', 'password', 'current-password')];
  const form_ = form('Sign in and accept', fields, async ({ email, password }) => {
    const { problems, accessToken, challenge } = await signIn(email, password);
    if (challenge) askForCode(challenge, familyName);
    return accessToken ? accept(accessToken, familyName) : problems;
  });
  return [heading('I have an account'), form_];
}

function askForCode(challenge, familyName) {
  const code = field('Code', 'code', 'text', 'one-time-code');
  show(
    paragraph('The password is right. Now type the code that your app shows, or one of your backup codes.'),
    form('Accept the invitation', [code], async (given) => {
      const { problems, accessToken } = await signInWithCode(challenge, given.code);
      return accessToken ? accept(accessToken, familyName) : problems;
    }),
  );
}

function withoutAccount(familyName) {
  const fields = [
    field('Name', 'name', 'text', 'name', { maxLength: 100 }),
    field('E-mail that the invitation came to', 'email', 'email', 'username'),
    field('Password, at least 8 characters', 'password', 'password', 'new-password', { minLength: 8, maxLength: 256 }),
  ];
  const form_ = form('Make an account and accept', fields, async (given) => {
    const input = { ...given, invitationToken: token, useCookie: false };
    const { problems, payload, accessToken } = await act('register', input, 'accessToken message');
    if (!accessToken && !problems.length) show(paragraph(payload.message));
    return accessToken ? accept(accessToken, familyName) : problems;
  });
  return [heading('I am new here'), form_];
}

async function accept(accessToken, familyName) {
  const { problems } = await act('acceptFamilyInvitation', { token }, 'membership { role }', accessToken);
  await signOut(accessToken);
  if (!problems.length) done(`You belong to the family “${familyName}” now. Sign in with your app to see what they watch.`);
  return problems;
}

const PAGES = {
  'verify-email': verifyEmail,
  'reset-password': resetPassword,
  'confirm-email-change': confirmEmailChange,
  invitation,
};
const WITHOUT_TOKEN = { 'sign-in': signInPage, 'forgotten-password': forgottenPassword };

// Another link, opened in the same tab, changes nothing but the part behind the #.
addEventListener('hashchange', () => location.reload());

const name = document.body.dataset.page;
if (name in WITHOUT_TOKEN) WITHOUT_TOKEN[name]();
else if (token) PAGES[name]();
else show(paragraph(`Something is missing. ${AGAIN}`, 'problem'));
