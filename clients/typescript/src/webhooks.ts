import type { components } from "./api.js";

/** Message of a webhook. */
export type WebhookMessage = components["schemas"]["ChangeMessage" | "TestMessage"];

/** The message was not signed with the secret, or too long ago. */
export class InvalidWebhook extends Error {
  override readonly name = "InvalidWebhook";
}

const decode = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

/**
 * The message in `body`, the text as received, verified by Standard Webhooks. Throws InvalidWebhook.
 */
export async function verifyWebhook(
  secret: string,
  headers: Headers,
  body: string,
  { toleranceSeconds = 300, now = Date.now() } = {},
): Promise<WebhookMessage> {
  const id = headers.get("webhook-id");
  const timestamp = headers.get("webhook-timestamp") ?? "";
  const signatures = headers.get("webhook-signature")?.split(" ") ?? [];
  const age = Math.abs(now / 1000 - Number(timestamp));
  if (!id || !/^\d+$/.test(timestamp) || age > toleranceSeconds) {
    throw new InvalidWebhook("A header is missing, or the message is too old or from the future.");
  }
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const raw = decode(secret.replace(/^whsec_/, ""));
  const key = await crypto.subtle.importKey("raw", raw, algorithm, false, ["verify"]);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  for (const signature of signatures) {
    const [version, base64 = ""] = signature.split(",");
    if (version === "v1" && (await crypto.subtle.verify("HMAC", key, decode(base64), signed))) {
      return JSON.parse(body);
    }
  }
  throw new InvalidWebhook("The signature does not match.");
}
