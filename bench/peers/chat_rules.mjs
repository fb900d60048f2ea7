// The checks of every Node peer before it stores a message, as a careful author of such a server would write them.

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MAX_TEXT = 8000;
const LIMIT_PER_SECOND = 2000; // far above what the generator sends on one connection: checked, never reached
const LIMIT_BURST = 4000;

/** Returns the error code, or "" for a message that may be stored. */
export function refuse(member, message) {
  if (message === null || typeof message !== "object") return "malformed";
  if (typeof message.id !== "string" || !ID.test(message.id)) return "bad_id";
  if (typeof message.text !== "string" || message.text.length > MAX_TEXT) return "invalid";
  if (message.text.trim() === "") return "empty_text";
  if (message.conversation !== member.conversation) return "unknown_conversation";
  return takeToken(member.bucket) ? "" : "slow_down";
}

/** A token bucket for one connection. */
export function makeBucket() {
  return { tokens: LIMIT_BURST, at: performance.now() };
}

function takeToken(bucket) {
  const at = performance.now();
  bucket.tokens = Math.min(LIMIT_BURST, bucket.tokens + ((at - bucket.at) * LIMIT_PER_SECOND) / 1000);
  bucket.at = at;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
