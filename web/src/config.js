// The configuration from the server: endpoint, demo accounts and examples.

/**
 * @typedef {{label: string, email: string, password: string}} DemoAccount
 * @typedef {{title?: string, query: string, variables?: object}} Example
 * @typedef {{endpoint: URL, demoAccounts: DemoAccount[], examples: Example[]}} Config
 */

/** @returns {Config} */
export function readConfig() {
  const block = document.getElementById('infocus-config');
  const given = JSON.parse(block?.textContent || '{}');
  return {
    endpoint: new URL(given.endpoint ?? '/graphql', location.href),
    demoAccounts: given.demoAccounts ?? [],
    examples: given.tabs ?? [],
  };
}

/** The tabs of the first visit; an operation in the URL (?query=…&variables=…) comes first. */
export function firstTabs(config, address = new URLSearchParams(location.search)) {
  const tabs = config.examples.map(asTab);
  const linked = linkedOperation(address);
  if (linked) tabs.unshift(linked);
  return tabs.length ? tabs : undefined;
}

export function linkedOperation(address = new URLSearchParams(location.search)) {
  const query = address.get('query');
  return query ? { query, variables: address.get('variables') } : null;
}

export function asTab({ query, variables }) {
  return { query, variables: variables ? JSON.stringify(variables, null, 2) : null };
}
