/** Client of Zarya, the archive of the International Space Station. */
export type { components, paths } from "./api.js";
export { createZarya, data, items, type Zarya, type ZaryaOptions } from "./client.js";
export { follow, type Change, type CursorStore, type FollowOptions } from "./follow.js";
export { indexedDbCursor } from "./indexeddb.js";
export { Problem, type FieldProblem } from "./problem.js";
export { InvalidWebhook, verifyWebhook, type WebhookMessage } from "./webhooks.js";
