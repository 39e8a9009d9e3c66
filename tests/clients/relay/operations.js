import { graphql } from "relay-runtime";

export const home = graphql`
  query RelayHomeQuery {
    viewer {
      user { id name }
      watchlistStats { total }
      families(first: 5) @connection(key: "Home_families") { edges { role node { id name members(first: 5) { edges { node { role user { name } } } } } } }
      watchlist(first: 10) @connection(key: "Home_watchlist") { edges { node { id rating mediaItem { title rating } } } }
    }
  }
`;
export const node = graphql`
  query RelayNodeQuery($id: ID!) {
    node(id: $id) {
      id
      ... on WatchlistEntry { rating status mediaItem { title } }
      ... on MediaItem { rating title }
      ... on Family { name }
      ... on User { name }
    }
  }
`;
export const add = graphql`
  mutation RelayAddMutation($input: AddToWatchlistInput!) {
    addToWatchlist(input: $input) {
      entry { id }
      viewer { watchlistStats { total } }
      errors { code message path }
    }
  }
`;
