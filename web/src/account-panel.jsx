// The account panel: signing in with a demo account or e-mail and password, and signing out.
import { Button, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useState } from 'react';
import { signIn, signInWithCode, signOut, useSession } from './session.js';

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
  const [state, setState] = useState({ busy: false, problems: [] });
  const leave = async () => {
    setState({ busy: true, problems: [] });
    setState({ busy: false, problems: await signOut() });
  };
  return (
    <>
      <p>
        Signed in as <strong>{session.email}</strong>.
      </p>
      <p className="infocus-hint">
        Every request of this page carries your access token. The page renews it; both tokens are kept for this browser
        tab only. Signing out ends the session on the server.
      </p>
      {state.problems.length > 0 && <Notice lines={state.problems} />}
      <Button type="button" disabled={state.busy} onClick={leave}>
        {state.busy ? 'Signing out…' : 'Sign out'}
      </Button>
    </>
  );
}

function SignInForm({ endpoint, demoAccounts, session }) {
  const remembered = demoAccounts.find((demo) => demo.email === session.email);
  const first = session.email ? remembered : demoAccounts[0];
  const [email, setEmail] = useState(session.email ?? first?.email ?? '');
  const [password, setPassword] = useState(first?.password ?? '');
  const { busy, problems, challenge, submit, submitCode, startAgain } = useSignIn(endpoint);
  const choose = (demo) => {
    setEmail(demo.email);
    setPassword(demo.password);
  };
  if (challenge) {
    return <CodeForm busy={busy} problems={problems} onSubmit={(event, code) => submitCode(event, email, code)} onBack={startAgain} />;
  }
  return (
    <form className="infocus-form" onSubmit={(event) => submit(event, email, password)}>
      {session.status === 'expired' && <Notice lines={['Your session has expired. Please sign in again.']} />}
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

function CodeForm({ busy, problems, onSubmit, onBack }) {
  const [code, setCode] = useState('');
  return (
    <form className="infocus-form" onSubmit={(event) => onSubmit(event, code)}>
      <p>Enter the code from your authenticator app, or a backup code.</p>
      <label>
        Code
        <input autoComplete="one-time-code" autoFocus required value={code} onChange={(event) => setCode(event.target.value)} />
      </label>
      {problems.length > 0 && <Notice lines={problems} />}
      <Button type="submit" disabled={busy}>
        {busy ? 'Signing in…' : 'Continue'}
      </Button>
      <Button type="button" onClick={onBack}>
        Start again
      </Button>
    </form>
  );
}

function useSignIn(endpoint) {
  const [state, setState] = useState({ busy: false, problems: [] });
  const schema = useGraphiQL((page) => page.schema);
  const { introspect } = useGraphiQLActions();
  async function attempt(event, challenge, signingIn) {
    event.preventDefault();
    setState({ busy: true, problems: [], challenge });
    const result = await signingIn().catch(() => ({ problems: ['The server could not be reached.'] }));
    // The challenge stays valid after a wrong code.
    setState({ busy: false, challenge, ...result });
    // The server may have refused introspection before the user signed in.
    if (!result.problems.length && !result.challenge && !schema) introspect();
  }
  return {
    ...state,
    submit: (event, email, password) => attempt(event, undefined, () => signIn(endpoint, email, password)),
    submitCode: (event, email, code) =>
      attempt(event, state.challenge, () => signInWithCode(endpoint, email, state.challenge, code)),
    startAgain: () => setState({ busy: false, problems: [] }),
  };
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
