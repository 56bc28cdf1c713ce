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
    let body: Partial<components["schemas"]["Problem"]> = {};
    try {
      body = await response.json();
    } catch {
      // a page of a proxy in between
    }
    const detail = body.detail ?? response.statusText;
    return new Problem(response.status, body.type ?? "about:blank", detail, body.errors ?? []);
  }
}
