// The page: GraphiQL with explorer, history, examples and sign-in panel.
import 'graphiql/setup-workers/vite';
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { AccountBadge } from './account-badge.jsx';
import { accountPlugin } from './account-panel.jsx';
import { firstTabs, linkedOperation, readConfig } from './config.js';
import { examplesPlugin } from './examples-panel.jsx';
import { createFetcher } from './fetcher.js';
import { currentToken } from './session.js';
import { carefulStorage } from './storage.js';
// style.css contains graphiql.css and the styles of its components.
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './page.css';

const WELCOME = `# Sign in with the Account panel on the left, then run the query.

query Me {
  viewer {
    user {
      name
    }
  }
}
`;

const config = readConfig();
const account = accountPlugin(config);
const examples = config.examples.length ? [examplesPlugin(config.examples)] : [];
const linked = linkedOperation();
// Opens the sign-in panel for visitors of a server with demo accounts.
const firstPanel = config.demoAccounts.length && !currentToken() ? account : undefined;

createRoot(document.getElementById('root')).render(
  <GraphiQL
    fetcher={createFetcher(config.endpoint)}
    storage={carefulStorage}
    plugins={[HISTORY_PLUGIN, explorerPlugin({ showAttribution: false }), ...examples, account]}
    visiblePlugin={firstPanel}
    defaultTabs={firstTabs(config)}
    defaultQuery={WELCOME}
    initialQuery={linked?.query}
    initialVariables={linked?.variables ?? undefined}
    defaultEditorToolsVisibility
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>
      <AccountBadge plugin={account} />
    </GraphiQL.Logo>
  </GraphiQL>,
);
