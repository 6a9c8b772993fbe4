/* Bundles VOSviewer Online into one file that needs nothing else, with the licences of all that is in it:
       npm ci && npm run bundle
   Of its files three things are left out, each counted, so that another version does not pass unseen:
   - eight cuts of Roboto, 1.8 MB, which a page's policy does not let it load: the reader's own sans-serif stands in;
   - the pictures of the dialog that greets where there is no network;
   - the request for a short address of the page at tinyurl.com, which is made whenever a map is drawn. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const FOLDER = "../../src/systematic_review/vosviewer/";
const CUTS = [
  [/data:font\/ttf;base64,[A-Za-z0-9+/=]+/g, "", 8],
  [/data:image\/png;base64,[A-Za-z0-9+/=]{60000,}/g, "data:,", 3],
  [/shorten:function\((?=[A-Z],[A-Z]\))/g, "shorten:()=>Promise.resolve(\"\"),ask:function(", 1],
];

const cut = {
  name: "cut",
  setup: (esbuild) => esbuild.onLoad({ filter: /vosviewer-online[\\/]index\.js$/ }, ({ path }) => {
    let contents = readFileSync(path, "utf8");
    for (const [pattern, put, wanted] of CUTS) {
      const found = contents.match(pattern)?.length ?? 0;
      if (found !== wanted) throw new Error(`found ${pattern} ${found} times, expected ${wanted}`);
      contents = contents.replace(pattern, put);
    }
    return { contents, loader: "js" };
  }),
};

const placeOf = (name) => {
  const places = [`node_modules/${name}`, `node_modules/vosviewer-online/node_modules/${name}`];
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error(`found no ${places[0]}, expected the licence of what is bundled`);
  return found;
};
const described = (name) => JSON.parse(readFileSync(`${placeOf(name)}/package.json`, "utf8"));
const packageOf = (path) => path.split("node_modules/").slice(1).map(
  (rest) => rest.split("/").slice(0, rest.startsWith("@") ? 2 : 1).join("/"));

const licenceText = (name) => {
  const folder = placeOf(name);
  const files = readdirSync(folder).filter((file) => /^(licen[sc]e|copying)/i.test(file)).sort();
  return files.map((file) => readFileSync(`${folder}/${file}`, "utf8").replaceAll("\r\n", "\n").trim()).join("\n\n")
    || `${described(name).license}, as its package.json says; the package holds no text of the licence.`;
};

const { metafile, outputFiles: [bundled] } = await build({
  entryPoints: ["entry.js"], bundle: true, minify: true, format: "iife", target: "es2020", charset: "utf8",
  legalComments: "none", define: { "process.env.NODE_ENV": '"production"' }, metafile: true, write: false,
  outfile: "vosviewer.js", plugins: [cut],
});
const direct = new Set(Object.keys(metafile.inputs).flatMap(packageOf));
const own = JSON.parse(readFileSync("node_modules/vosviewer-online/index.js.map", "utf8")).sources;
const within = new Set(own.flatMap(packageOf).filter((name) => !direct.has(name)));
const banner = "/*! VOSviewer Online with what it needs; the licences are in vosviewer.LICENSE, the parts in bundle.json. */\n";
const code = banner + bundled.text;
const texts = new Map();
for (const name of [...direct, ...within].sort()) {
  const text = licenceText(name);
  texts.set(text, [...(texts.get(text) ?? []), name]);
}
const licences = [...texts].map(([text, names]) => `${names.join(", ")}\n\n${text}\n`).join(`\n${"-".repeat(72)}\n\n`);
const versions = Object.fromEntries([...direct].sort().map(
  (name) => [name, { version: described(name).version, licence: described(name).license }]));
const description = {
  bytes: Buffer.byteLength(code),
  gzipped: gzipSync(code, { level: 9 }).length,
  sha256: createHash("sha256").update(code).digest("hex"),
  bundler: `esbuild ${described("esbuild").version}`,
  packages: versions,
  // What vosviewer-online holds in its own file, as its source map says; it does not say which versions.
  within_vosviewer_online: [...within].sort(),
};
writeFileSync(`${FOLDER}vosviewer.js`, code);
writeFileSync(`${FOLDER}vosviewer.LICENSE`, licences);
writeFileSync(`${FOLDER}bundle.json`, `${JSON.stringify(description, null, 2)}\n`);
