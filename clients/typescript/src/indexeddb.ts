import type { CursorStore } from "./follow.js";

const STORE = "cursors";

function settle<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Cursor in IndexedDB, for browsers: by name, in a database of its own. */
export function indexedDbCursor(name: string, database = "zarya"): CursorStore {
  const opening = indexedDB.open(database, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const opened = settle(opening);
  return {
    async load() {
      const store = (await opened).transaction(STORE).objectStore(STORE);
      return (await settle<string | undefined>(store.get(name))) ?? null;
    },
    async save(cursor) {
      const store = (await opened).transaction(STORE, "readwrite").objectStore(STORE);
      await settle(store.put(cursor, name));
    },
  };
}
