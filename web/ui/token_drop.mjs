/**
 * Drops the design tokens (tokens.css) that a surface does not use from its style sheet. One file has the tokens of all surfaces;
 * the frame uses half of them, and its budget has no room for the others.
 */
import { readFileSync } from "node:fs";

/** A declaration of a custom property in a minified style sheet. No token contains a string or a semicolon. */
const DECLARATION = /--([\w-]+):([^;{}]*)(;|(?=\}))/g;

const USE = /var\(\s*--([\w-]+)/g;

/** Return the names of all tokens, without the two hyphens. */
export function readTokens() {
  const source = readFileSync(new URL("tokens.css", import.meta.url), "utf8").replace(/\/\*.*?\*\//gs, "");
  return new Set([...source.matchAll(DECLARATION)].map(([, name]) => name));
}

/**
 * Return the style sheet without the declarations of unused tokens. A token that only an unused one uses is dropped too.
 *
 * @param {string} style a minified style sheet
 * @param {Iterable<string>} scripts the surface's scripts: they use a token where they contain its name
 * @param {Set<string>} tokens the names that can be dropped
 */
export function dropTokens(style, scripts, tokens = readTokens()) {
  const code = [...scripts].join("\n");
  for (let text = style; ; ) {
    const used = new Set([...text.matchAll(USE)].map(([, name]) => name));
    const isKept = (name) => !tokens.has(name) || used.has(name) || code.includes(`--${name}`);
    const left = text
      .replace(DECLARATION, (declaration, name) => (isKept(name) ? declaration : ""))
      .replace(/;\}/g, "}")
      .replace(/:root\{\}|@media[^{}]*\{\}/g, "");
    if (left === text) return text;
    text = left;
  }
}
