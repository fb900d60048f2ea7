/**
 * Builds the browser code into src/crumbless/web_dist:
 *
 * - loader.js and consent.js: classic scripts, served under the site's key. consent.css is inserted into the served script.
 * - frame, desk and policy: each one module and one style sheet, with a hash of the content in the name.
 * - host_storage: a module without a style sheet.
 * - manifest.json: gives the server the names.
 *
 * Parts that frame, desk and policy import on demand are separate chunks: `frame.NAME` in the manifest. Chunks that a page needs at
 * the start are listed with the page as `import0`, `import1`, …, for the page to load at once. With --watch, the build runs after
 * each change of a source.
 *
 * With --states, only the page of web/states is built, into var/states or the folder named after it. It is for development, and
 * no part of the product.
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { loadCatalogue } from "./i18n/catalogue.mjs";
import { writeTypes } from "./i18n/texts_declare.mjs";
import { textsPlugin } from "./i18n/texts_plugin.mjs";
import { dropTokens, readTokens } from "./ui/token_drop.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = `${root}src/crumbless/web_dist`;
const watching = process.argv.includes("--watch");

/** Entry points by the server's name for them. */
const entries = {
  loader: { input: "web/loader/loader.ts", format: "iife" },
  tag_ga4: { input: "web/vendor_tags/tag_ga4.ts", format: "iife" },
  tag_tiktok: { input: "web/vendor_tags/tag_tiktok.ts", format: "iife" },
  consent: { input: "web/consent/consent.ts", format: "iife" },
  host_storage: { input: "web/host_storage/host_storage.ts", format: "es" },
  frame: { input: "web/frame/chat/frame.tsx", format: "es" },
  desk: { input: "web/desk/app/desk.tsx", format: "es", oneStart: true },
  policy: { input: "web/policy/policy.tsx", format: "es" },
};

/** These pages load rarely used parts later; every other surface is one file. */
const CHUNKED = new Set(["frame", "desk", "policy"]);

/**
 * Chunks contain the names of others, so that their names must be known before their text is complete. The bundler makes these
 * names from the content.
 */
const outputOf = (name, { format, oneStart }) =>
  CHUNKED.has(name)
    ? {
        format,
        ...(oneStart && { codeSplitting: { groups: [START] } }),
        hashCharacters: "base36",
        entryFileNames: `assets/${name}-[hash:12].js`,
        chunkFileNames: `assets/${name}.[name]-[hash:12].js`,
      }
    : { format, codeSplitting: false };

/**
 * Return whether the surface's script imports the module directly or indirectly, but not only on demand. All these modules are one
 * chunk. Without that, the bundler splits them at its own discretion, and the page loads more files at its start.
 */
function isAtStart(id, graph, seen = new Set()) {
  const module = graph.getModuleInfo(id);
  if (!module || module.isEntry || seen.has(id)) return false;
  seen.add(id);
  return module.importers.some(
    (importer) => graph.getModuleInfo(importer)?.isEntry || isAtStart(importer, graph, seen),
  );
}

const START = { debugName: "start", name: (id, graph) => (isAtStart(id, graph) ? "start" : null) };

/** Keep dynamic imports unchanged. Vite would wrap them to preload style sheets, but there is one sheet for all parts. */
const plainImports = {
  name: "plain-imports",
  configResolved(config) {
    const kept = config.plugins.filter(({ name }) => !name.includes("import-analysis"));
    config.plugins.splice(0, config.plugins.length, ...kept);
  },
};

/** The form that web/core/import_part.ts requires, as the bundler writes it. */
const PART = /\(\) => import\("\.\/([^"]+)"\)/g;

/**
 * Make parts loadable after a failure: `() => import("./part.js")` becomes `(load) => load(["./part.js", …])`. The list contains
 * the part, then the files that it imports in turn, except those that the running surface has already loaded.
 */
const repeatableImports = {
  name: "repeatable-imports",
  renderChunk(code, _chunk, _options, { chunks }) {
    // Style sheets that parts share are a chunk until Vite moves them into the surface's one sheet. No such file is written.
    const isStyle = (file) => chunks[file]?.moduleIds.every((id) => id.endsWith(".css"));
    const closure = (file, found = new Set()) => {
      if (found.has(file) || isStyle(file)) return found;
      found.add(file);
      for (const next of chunks[file]?.imports ?? []) closure(next, found);
      return found;
    };
    const entry = Object.values(chunks).find(({ isEntry }) => isEntry);
    const running = closure(entry.fileName);
    return code.replace(PART, (_, part) => {
      const files = [...closure(`assets/${part}`)].filter((file) => !running.has(file));
      const list = files.map((file) => `"./${file.slice("assets/".length)}"`).join(", ");
      return `(load) => load([${list}])`;
    });
  },
};

async function bundle(name, entry) {
  const result = await build({
    root,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    plugins: [textsPlugin(), plainImports, repeatableImports],
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: {
      write: false,
      target: "es2022",
      cssCodeSplit: false,
      modulePreload: false,
      assetsInlineLimit: 0,
      rollupOptions: {
        preserveEntrySignatures: "exports-only",
        input: root + entry.input,
        output: outputOf(name, entry),
      },
    },
  });
  return (Array.isArray(result) ? result : [result]).flatMap((one) => one.output);
}

const content = (file) => (file.type === "chunk" ? file.code : file.source);

/** Return a style sheet for a shadow tree, where `:root` matches nothing. The tree follows the system's scheme only. */
const inShadow = (style) => style.replace(/:root\[[^{}]*\{[^{}]*\}/g, "").replaceAll(":root", ":host");

/** Return the surface's files. The style sheet contains only the design tokens that the surface uses. */
function withFewerTokens(name, files) {
  const tokens = readTokens();
  const scripts = files.filter(({ type }) => type === "chunk").map(({ code }) => code);
  return files.map((file) => {
    if (!file.fileName.endsWith(".css")) return file;
    const source = dropTokens(String(file.source), scripts, tokens);
    return { type: file.type, fileName: file.fileName, source: name === "consent" ? inShadow(source) : source };
  });
}

const digest = (data) =>
  createHash("sha256").update(data).digest("base64url").slice(0, 12).replaceAll("_", "a").replaceAll("-", "b");

function pathOf(name, { format }, kind, file) {
  const extension = kind === "style" ? "css" : "js";
  if (format === "iife") return `${name}.${extension}`;
  if (kind === "script" && CHUNKED.has(name)) return file.fileName;
  return `assets/${name}-${digest(content(file))}.${extension}`;
}

/** Return the files that a page's script imports, directly or indirectly. */
function importsOf(entry, files, found = new Set()) {
  for (const name of entry.imports) {
    if (found.has(name)) continue;
    found.add(name);
    importsOf(
      files.find((file) => file.fileName === name),
      files,
      found,
    );
  }
  return [...found];
}

// Build everything before any file is replaced. A server that starts in the meantime, or after an error in the sources, then
// finds complete files.
async function buildAll() {
  writeTypes(loadCatalogue());
  const manifest = {};
  const files = new Map();
  for (const [name, entry] of Object.entries(entries)) {
    manifest[name] = {};
    const made = withFewerTokens(name, await bundle(name, entry));
    for (const file of made) {
      const part = file.type === "chunk" && !file.isEntry ? `${name}.${file.name}` : name;
      const kind = file.fileName.endsWith(".css") ? "style" : "script";
      const path = pathOf(name, entry, kind, file);
      files.set(path, content(file));
      manifest[part] = { ...manifest[part], [kind]: path };
      if (part === name && kind === "script") {
        const imports = importsOf(file, made).map((path, number) => [`import${number}`, path]);
        Object.assign(manifest[name], Object.fromEntries(imports));
      }
    }
  }
  files.set("manifest.json", JSON.stringify(manifest, null, 2));
  await rm(target, { recursive: true, force: true });
  await mkdir(`${target}/assets`, { recursive: true });
  for (const [path, data] of files) {
    await writeFile(`${target}/${path}`, data);
  }
}

/** The states page needs no server: a classic script runs from a file too. */
async function buildStates(folder) {
  await mkdir(folder, { recursive: true });
  for (const file of withFewerTokens(
    "states",
    await bundle("states", { input: "web/states/states.tsx", format: "iife" }),
  )) {
    await writeFile(`${folder}/states.${file.fileName.endsWith(".css") ? "css" : "js"}`, content(file));
  }
  await copyFile(`${root}web/states/index.html`, `${folder}/index.html`);
  console.info(`file://${folder}/index.html`);
}

const states = process.argv.indexOf("--states");
if (states >= 0) {
  await buildStates(process.argv[states + 1] ?? `${root}var/states`);
} else if (watching) {
  const { watch } = await import("node:fs");
  let timer;
  watch(`${root}web`, { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(() => buildAll().then(() => console.info("built"), console.error), 100);
  });
} else {
  await buildAll();
}
