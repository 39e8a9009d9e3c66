// The operations that the tests of Apollo Client and urql run.
export const FAMILIES = `query Families {
  viewer { families { totalCount edges { role joinedAt node { id name } } } }
}`;
export const CREATE_FAMILY = `mutation CreateFamily($input: CreateFamilyInput!) {
  createFamily(input: $input) {
    family { id name }
    viewer { families { totalCount edges { role joinedAt node { id name } } } }
    errors { code message path }
  }
}`;
export const LIST = `query List {
  viewer {
    watchlistStats { total notWatched watching completed }
    watchlist { totalCount edges { cursor node { id status rating mediaItem { id title } } } pageInfo { hasNextPage endCursor } }
  }
}`;
export const ADD = `mutation Add($input: AddToWatchlistInput!) {
  addToWatchlist(input: $input) {
    entry { id status rating mediaItem { id title } }
    viewer {
      watchlistStats { total notWatched watching completed }
      watchlist { totalCount edges { cursor node { id status rating mediaItem { id title } } } pageInfo { hasNextPage endCursor } }
    }
    errors { code message path ... on ConflictError { existing { ... on WatchlistEntry { id status } } } }
  }
}`;
export const UPDATE = `mutation Update($input: UpdateWatchlistEntryInput!) {
  updateWatchlistEntry(input: $input) {
    entry { id status rating version }
    viewer { watchlistStats { total notWatched watching completed } }
    errors { code message path }
  }
}`;
export const REMOVE = `mutation Remove($input: RemoveFromWatchlistInput!) {
  removeFromWatchlist(input: $input) {
    deletedId
    viewer {
      watchlistStats { total notWatched watching completed }
      watchlist { totalCount edges { cursor node { id status rating mediaItem { id title } } } pageInfo { hasNextPage endCursor } }
    }
    errors { code }
  }
}`;
