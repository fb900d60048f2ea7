// Addresses of websites as people type them: one a line, sometimes with a path, which does not belong to an origin.

/** The origins of a text, each once. What is none stays as it was typed, so that it can be told. */
export function parseOrigins(text: string): string[] {
  const lines = text.split(/[\s,]+/).filter(Boolean);
  return [...new Set(lines.map((line) => originOf(line) ?? line))];
}

/** Whether it is a scheme, a host and perhaps a port, and nothing else. The server checks it again. */
export const isOrigin = (text: string): boolean => originOf(text) === text;

function originOf(text: string): string | null {
  try {
    const { origin, protocol, username } = new URL(text);
    return (protocol === "https:" || protocol === "http:") && !username ? origin : null;
  } catch {
    return null;
  }
}
