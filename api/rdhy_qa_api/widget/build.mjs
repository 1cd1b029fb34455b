// Builds dist/rdhy-chat.js and dist/manifest.json, which says what it was built from and how pages may pin it.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

// The oldest browsers that have light-dark(), dialog and adopted style sheets.
const TARGET = ["chrome123", "firefox120", "safari17.5"];
const FILE = "rdhy-chat.js";
const TOOLS = ["build.mjs", "package-lock.json"];

const home = new URL("./", import.meta.url);
const dist = new URL("dist/", home);

const styles = {
  name: "styles",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf-8"), { loader: "css", minify: true, target: TARGET });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

/** One digest over the names and contents of all that the file is made from. */
async function digestOfSources() {
  const found = await readdir(new URL("src/", home), { recursive: true });
  const sources = found.filter((name) => extname(name)).map((name) => `src/${name}`);
  const digest = createHash("sha256");
  for (const name of [...sources, ...TOOLS].sort()) {
    digest.update(`${name}\0`).update(await readFile(new URL(name, home))).update("\0");
  }
  return digest.digest("hex");
}

const { outputFiles } = await build({
  entryPoints: [new URL("src/index.js", home).pathname],
  bundle: true,
  charset: "utf8",
  format: "esm",
  legalComments: "none",
  minify: true,
  plugins: [styles],
  target: TARGET,
  write: false,
});
const code = outputFiles[0].contents;
const version = createHash("sha256").update(code).digest("hex").slice(0, 12);
const manifest = {
  file: FILE,
  versioned: FILE.replace(".js", `-${version}.js`),
  integrity: `sha384-${createHash("sha384").update(code).digest("base64")}`,
  sources: await digestOfSources(),
};

await mkdir(dist, { recursive: true });
await writeFile(new URL(FILE, dist), code);
await writeFile(new URL("manifest.json", dist), `${JSON.stringify(manifest, null, 2)}\n`);
console.log(`${FILE}: ${code.length} bytes, ${gzipSync(code, { level: 9 }).length} gzipped`);
console.log(`${manifest.versioned}\n${manifest.integrity}`);
