// What the voters' page costs whoever opens it for the first time: bytes, and the time until something is seen.

import { brotliCompressSync } from "node:zlib";

/** WebPageTest's "4G": 9 Mbit/s both ways, 170 ms there and back; and a phone with a quarter of this machine's speed. */
const NETWORK = { offline: false, latency: 170, downloadThroughput: 9e6 / 8, uploadThroughput: 9e6 / 8 };
const CPU_SLOWDOWN = 4;

/**
 * The resources that come over the wire while `visit` runs, but for pictures: `{ path, plain, compressed }`, in bytes
 * without headers. Scripts and styles are compressed in release builds alone; what a debug build sends plain is
 * compressed here as that does.
 */
export async function weigh(page, visit) {
  const bodies = [];
  page.on("response", (response) => {
    const isStream = response.headers()["content-type"] === "text/event-stream";
    if (response.request().resourceType() !== "image" && !isStream) bodies.push(weight(response));
  });
  await visit();
  return (await Promise.all(bodies)).sort((one, other) => other.compressed - one.compressed);
}

async function weight(response) {
  const plain = await response.body();
  const { pathname } = new URL(response.url());
  const isAsset = pathname.startsWith("/assets/");
  const wire = response.headers()["content-encoding"] ? (await response.request().sizes()).responseBodySize : plain.length;
  const compressed = isAsset ? Math.min(wire, brotliCompressSync(plain).length) : wire;
  return { path: pathname.replace(/^\/assets\/[0-9a-f]{16}\//, ""), plain: plain.length, compressed };
}

export const sum = (resources) => resources.reduce((bytes, { compressed }) => bytes + compressed, 0);

/** The resources as a table. */
export function table(resources) {
  const rows = [...resources, { path: "total", plain: resources.reduce((bytes, { plain }) => bytes + plain, 0), compressed: sum(resources) }];
  return rows.map(({ path, plain, compressed }) => `${path.padEnd(40)}${String(plain).padStart(8)}${String(compressed).padStart(8)}`).join("\n");
}

/** Milliseconds until the first text or picture of `url` is painted, in the page's context with an empty cache. */
export async function firstPaint(page, url) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.emulateNetworkConditions", NETWORK);
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: CPU_SLOWDOWN });
  await page.goto(url);
  const paint = await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  return paint.jsonValue();
}
