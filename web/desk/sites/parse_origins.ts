// Parses addresses of websites as people type them: one per line, sometimes with a path, which is not part of an origin.

/** Return the origins in a text, each once. An invalid one is returned as it was typed, for the error message. */
export function parseOrigins(text: string): string[] {
  const lines = text.split(/[\s,]+/).filter(Boolean);
  return [...new Set(lines.map((line) => originOf(line) ?? line))];
}

/** Return whether the text is a scheme, a host and an optional port, and nothing else. The server checks it too. */
export const isOrigin = (text: string): boolean => originOf(text) === text;

function originOf(text: string): string | null {
  try {
    const { origin, protocol, username } = new URL(text);
    return (protocol === "https:" || protocol === "http:") && !username ? origin : null;
  } catch {
    return null;
  }
}
