// The badge at the top right: shows the signed-in user, and opens the sign-in panel.
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

/** Clicks the button of the sidebar, as GraphiQL has no other way to open a panel. */
function pressSidebarButton(plugin) {
  document.querySelector(`.graphiql-sidebar button[aria-label$=" ${plugin.title}"]`)?.click();
}

function words({ status, email }) {
  if (status === 'signedIn') return `Signed in as ${email}`;
  return status === 'expired' ? 'Sign in again' : 'Not signed in';
}
