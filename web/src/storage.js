// Storage for tabs and history: localStorage, except for text with a password or a token.

const SECRET = /password|token/i;

/** Stores such text in sessionStorage, which ends with the browser tab, so that no secret stays on a shared computer. */
export const carefulStorage = {
  getItem: (key) => sessionStorage.getItem(key) ?? localStorage.getItem(key),
  setItem(key, value) {
    const [place, other] = SECRET.test(value) ? [sessionStorage, localStorage] : [localStorage, sessionStorage];
    other.removeItem(key);
    place.setItem(key, value);
  },
  removeItem(key) {
    sessionStorage.removeItem(key);
    localStorage.removeItem(key);
  },
  get length() {
    return ownKeys().length;
  },
  clear() {
    for (const key of ownKeys()) this.removeItem(key);
  },
};

function ownKeys() {
  const keys = [...Object.keys(sessionStorage), ...Object.keys(localStorage)];
  return keys.filter((key) => key.startsWith('graphiql:'));
}
