// The line at the top right that always says who is signed in, and opens the sign-in panel.
import { useGraphiQL } from '@graphiql/react';
import { useSession } from './session.js';

export function AccountBadge({ plugin }) {
  const session = useSession();
  const visible = useGraphiQL((state) => state.visiblePlugin);
  return (
    <div className="infocus-brand">
      <span className="infocus-name">InFocus GraphQL</span>
      <button
        type="button"
        className={`infocus-badge infocus-${session.status}`}
        aria-expanded={visible === plugin}
        onClick={() => pressSidebarButton(plugin)}
      >
        {words(session)}
      </button>
    </div>
  );
}

/** GraphiQL opens and closes its side pane only for the buttons of its own sidebar. */
function pressSidebarButton(plugin) {
  document.querySelector(`.graphiql-sidebar button[aria-label$=" ${plugin.title}"]`)?.click();
}

function words({ status, email }) {
  if (status === 'signedIn') return `Signed in as ${email}`;
  return status === 'expired' ? 'Sign in again' : 'Not signed in';
}
