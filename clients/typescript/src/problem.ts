import type { components } from "./api.js";

export type FieldProblem = components["schemas"]["FieldProblem"];

/** An error response: problem details by RFC 9457. `status` tells the kinds apart. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly status: number,
    /** URL of a page that explains this type of problem. */
    readonly type: string,
    readonly detail: string,
    /** One item for each invalid parameter or field. */
    readonly errors: FieldProblem[],
  ) {
    super(`${status}: ${detail}`);
  }

  /** The problem of an error response. */
  static async of(response: Response): Promise<Problem> {
    // A proxy in between sends a page.
    const body: Partial<components["schemas"]["Problem"]> = await response.json().catch(() => ({}));
    const detail = body.detail ?? response.statusText;
    return new Problem(response.status, body.type ?? "about:blank", detail, body.errors ?? []);
  }
}
