// The examples panel: a click opens an example in a new tab.
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { asTab } from './config.js';

export function examplesPlugin(examples) {
  return { title: 'Examples', icon: ExamplesIcon, content: () => <ExamplesPanel examples={examples} /> };
}

function ExamplesPanel({ examples }) {
  const open = useOpenTab();
  return (
    <section className="infocus-panel" aria-label="Examples">
      <h2 className="infocus-title">Examples</h2>
      <p className="infocus-hint">A click opens the operation in a new tab.</p>
      <ul className="infocus-examples">
        {examples.map((example, index) => (
          <li key={index}>
            <button type="button" onClick={() => open(asTab(example))}>
              {example.title ?? operationName(example.query) ?? `Example ${index + 1}`}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function useOpenTab() {
  const { addTab, updateActiveTabValues } = useGraphiQLActions();
  const queryEditor = useGraphiQL((page) => page.queryEditor);
  const variableEditor = useGraphiQL((page) => page.variableEditor);
  return ({ query, variables }) => {
    addTab();
    // A new tab is empty: the operation is set in the editors, and the title in the tab.
    queryEditor?.setValue(query);
    variableEditor?.setValue(variables ?? '');
    updateActiveTabValues({ query, variables });
  };
}

const operationName = (query) => /\b(?:query|mutation|subscription)\s+(\w+)/.exec(query)?.[1];

function ExamplesIcon(props) {
  return (
    <svg viewBox="0 0 24 24" height="1em" fill="none" stroke="currentColor" strokeWidth="1.5" {...props}>
      <rect x="3" y="4" width="18" height="16" rx="2" />
      <path d="M7 9h10M7 13h10M7 17h6" strokeLinecap="round" />
    </svg>
  );
}
