import { open, readFile, rename } from "node:fs/promises";

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
      const file = await open(`${path}.new`, "w");
      try {
        await file.writeFile(cursor);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.new`, path);
    },
  };
}
