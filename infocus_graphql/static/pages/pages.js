// The pages that links in mails point to. The token is in the URL fragment, which browsers don't send to servers.
import { act, signIn, signInWithCode, signOut, send } from './api.js';
import { field, form, heading, link, paragraph, show } from './forms.js';

const token = new URLSearchParams(location.hash.slice(1)).get('token');
const AGAIN = 'The link may be incomplete. Open it from the e-mail again.';

/** Removes the used token from the address bar. */
const forgetToken = () => history.replaceState(null, '', location.pathname);

function done(...texts) {
  forgetToken();
  show(...texts.map((text) => (typeof text === 'string' ? paragraph(text) : text)));
  document.querySelector('h1').focus();
}

function verifyEmail() {
  show(
    paragraph('Confirm that this e-mail address is yours.'),
    form('Confirm the address', [], async () => {
      const { problems, payload, accessToken } = await act('verifyEmail', { token, useCookie: false }, 'ok accessToken');
      if (problems.length) return problems;
      // The page doesn't use the session, so it must not stay open.
      if (accessToken) await signOut(accessToken);
      if (payload.ok) done('Your e-mail address is confirmed. You can now sign in with it.');
      return [];
    }),
  );
}

function resetPassword() {
  const password = field('New password', 'newPassword', 'password', 'new-password', { minLength: 8, maxLength: 256 });
  show(
    paragraph('Use at least 8 characters; a few unrelated words are strong and easy to remember. All your devices will be signed out.'),
    form('Set the password', [password], async (values) => {
      const { problems } = await act('resetPassword', { token, ...values }, 'ok');
      if (!problems.length) done('Your password was changed. You can now sign in with it.');
      return problems;
    }),
  );
}

function confirmEmailChange() {
  show(
    paragraph('Use this e-mail address to sign in from now on. We will notify the old address.'),
    form('Use this address', [], async () => {
      const { problems } = await act('confirmEmailChange', { token }, 'ok');
      if (!problems.length) done('Your e-mail address was changed. Sign in with it from now on.');
      return problems;
    }),
  );
}

function forgottenPassword() {
  show(
    paragraph('We will send you a link for choosing a new password.'),
    form('Send the link', [field('E-mail', 'email', 'email', 'username')], async (values) => {
      const { problems } = await act('requestPasswordReset', values, 'ok');
      if (!problems.length) done('If this address has an account, an e-mail is on its way. It can take a few minutes.');
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
    familyInvitationPreview(token: $token) { familyName inviterName memberCount invitationStatus expiresAt }
  }`;
  const { problems, data } = await send(query, { token });
  if (problems.length) return show(...problems.map(({ message }) => paragraph(message, 'problem')));
  const preview = data.familyInvitationPreview;
  const closed = !preview ? `This invitation does not exist. ${AGAIN}` : closedReason(preview);
  if (closed) return show(paragraph(closed));
  const { familyName, inviterName, memberCount } = preview;
  const members = memberCount === 1 ? 'one member' : `${memberCount} members`;
  show(
    paragraph(`${inviterName ?? 'Someone'} invites you to the family “${familyName}”, which has ${members}. Members see what the others want to watch and how they liked it.`),
    ...withAccount(familyName),
    ...(data.serverInfo.registration === 'CLOSED' ? [] : withoutAccount(familyName)),
  );
}

function closedReason({ invitationStatus: status, expiresAt }) {
  if (status === 'ACCEPTED') return 'This invitation was already accepted.';
  if (status !== 'PENDING') return 'This invitation is no longer valid.';
  return Date.parse(expiresAt) < Date.now() ? 'This invitation has expired. Ask the inviter for a new one.' : null;
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
    paragraph('The password is correct. Enter the code from your authenticator app, or a backup code.'),
    form('Accept the invitation', [code], async (values) => {
      const { problems, accessToken } = await signInWithCode(challenge, values.code);
      return accessToken ? accept(accessToken, familyName) : problems;
    }),
  );
}

function withoutAccount(familyName) {
  const fields = [
    field('Name', 'name', 'text', 'name', { maxLength: 100 }),
    field('E-mail address that received the invitation', 'email', 'email', 'username'),
    field('Password, at least 8 characters', 'password', 'password', 'new-password', { minLength: 8, maxLength: 256 }),
  ];
  const form_ = form('Create an account and accept', fields, async (values) => {
    const input = { ...values, invitationToken: token, useCookie: false };
    const { problems, payload, accessToken } = await act('register', input, 'accessToken message');
    if (!accessToken && !problems.length) show(paragraph(payload.message));
    return accessToken ? accept(accessToken, familyName) : problems;
  });
  return [heading('I am new here'), form_];
}

async function accept(accessToken, familyName) {
  const { problems } = await act('acceptFamilyInvitation', { token }, 'membership { role }', accessToken);
  await signOut(accessToken);
  if (!problems.length) done(`You are now a member of the family “${familyName}”. Sign in with your app to see what they watch.`);
  return problems;
}

const PAGES = {
  'verify-email': verifyEmail,
  'reset-password': resetPassword,
  'confirm-email-change': confirmEmailChange,
  invitation,
};
const WITHOUT_TOKEN = { 'sign-in': signInPage, 'forgotten-password': forgottenPassword };

// Another link opened in the same tab changes only the fragment, which does not reload the page.
addEventListener('hashchange', () => location.reload());

const name = document.body.dataset.page;
if (name in WITHOUT_TOKEN) WITHOUT_TOKEN[name]();
else if (token) PAGES[name]();
else show(paragraph(`The link has no token. ${AGAIN}`, 'problem'));
