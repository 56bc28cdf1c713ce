import { readFile, rename, writeFile } from "node:fs/promises";

import type { CursorStore } from "./follow.js";

/** Cursor in a file, which is replaced as a whole. */
export function cursorFile(path: string): CursorStore {
  return {
    async load() {
      try {
        return (await readFile(path, "utf-8")).trim() || null;
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
        throw error;
      }
    },
    async save(cursor) {
      await writeFile(`${path}.new`, cursor, { flush: true });
      await rename(`${path}.new`, path);
    },
  };
}
