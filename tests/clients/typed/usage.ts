// Type-checked only: generated types are usable without casts, and unions can be switched over exhaustively.
import type { AddMutation, NodeQuery, WalkQuery } from "../.build/typed/graphql";

export function names(walk: WalkQuery): string[] {
  return (walk.viewer?.families?.nodes ?? []).flatMap((family) =>
    (family.members?.nodes ?? []).map(({ role, user }) => `${family.name}: ${user.name.trim()} (${role})`));
}

export function rating({ node }: NodeQuery): number | null {
  switch (node?.__typename) {
    case "MediaItem":
    case "WatchlistEntry":
      return node.rating;
    default:
      return null;
  }
}

export function label({ node }: NodeQuery): string {
  return node != null && "name" in node ? node.name : "";
}

export function existing(added: AddMutation): string | null {
  for (const error of added.addToWatchlist.errors) {
    if (error.__typename === "ConflictError" && error.existing?.__typename === "WatchlistEntry") return error.existing.id;
  }
  return null;
}
