// The sign-in panel: demo accounts, e-mail and password, what the server answered, and when access ends.
import { Button, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useState } from 'react';
import { signIn, signOut, useSession } from './session.js';

export function accountPlugin(config) {
  return { title: 'Account', icon: AccountIcon, content: () => <AccountPanel {...config} /> };
}

function AccountPanel({ endpoint, demoAccounts }) {
  const session = useSession();
  return (
    <section className="infocus-panel" aria-label="Account">
      <h2 className="infocus-title">Account</h2>
      {session.status === 'signedIn' ? (
        <SignedIn session={session} />
      ) : (
        <SignInForm key={session.status} endpoint={endpoint} demoAccounts={demoAccounts} session={session} />
      )}
    </section>
  );
}

function SignedIn({ session }) {
  return (
    <>
      <p>
        Signed in as <strong>{session.email}</strong>.
      </p>
      {session.expiresAt && <p>Access ends at {clock(session.expiresAt)}; then sign in again.</p>}
      <p className="infocus-hint">
        Every request of this page carries your access token. It is kept for this browser tab only.
      </p>
      <Button type="button" onClick={signOut}>
        Sign out
      </Button>
    </>
  );
}

function SignInForm({ endpoint, demoAccounts, session }) {
  const remembered = demoAccounts.find((demo) => demo.email === session.email);
  const first = session.email ? remembered : demoAccounts[0];
  const [email, setEmail] = useState(session.email ?? first?.email ?? '');
  const [password, setPassword] = useState(first?.password ?? '');
  const { busy, problems, submit } = useSignIn(endpoint);
  const choose = (demo) => {
    setEmail(demo.email);
    setPassword(demo.password);
  };
  return (
    <form className="infocus-form" onSubmit={(event) => submit(event, email, password)}>
      {session.status === 'expired' && <Notice lines={['Your access has ended. Please sign in again.']} />}
      {demoAccounts.length > 0 && <DemoAccounts accounts={demoAccounts} email={email} onChoose={choose} />}
      <label>
        E-mail
        <input type="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />
      </label>
      <label>
        Password
        <input type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
      </label>
      {problems.length > 0 && <Notice lines={problems} />}
      <Button type="submit" disabled={busy}>
        {busy ? 'Signing in…' : 'Sign in'}
      </Button>
    </form>
  );
}

function useSignIn(endpoint) {
  const [state, setState] = useState({ busy: false, problems: [] });
  const schema = useGraphiQL((page) => page.schema);
  const { introspect } = useGraphiQLActions();
  async function submit(event, email, password) {
    event.preventDefault();
    setState({ busy: true, problems: [] });
    const problems = await signIn(endpoint, email, password).catch(() => ['The server could not be reached.']);
    setState({ busy: false, problems });
    // A server that shows its schema to known users only refused it when the page opened.
    if (!problems.length && !schema) introspect();
  }
  return { ...state, submit };
}

function DemoAccounts({ accounts, email, onChoose }) {
  const chosen = accounts.findIndex((demo) => demo.email === email);
  return (
    <label>
      Demo account
      <select value={chosen} onChange={(event) => accounts[event.target.value] && onChoose(accounts[event.target.value])}>
        <option value={-1}>Another account</option>
        {accounts.map((demo, index) => (
          <option key={demo.email} value={index}>
            {demo.label}
          </option>
        ))}
      </select>
    </label>
  );
}

function Notice({ lines }) {
  return (
    <div className="infocus-notice" role="alert">
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </div>
  );
}

function AccountIcon(props) {
  return (
    <svg viewBox="0 0 24 24" height="1em" fill="none" stroke="currentColor" strokeWidth="1.5" {...props}>
      <circle cx="12" cy="8" r="4.5" />
      <path d="M3.5 21c0-4 3.8-6 8.5-6s8.5 2 8.5 6" strokeLinecap="round" />
    </svg>
  );
}

const clock = (time) => new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
