// Takes pictures of the screens, on a phone, a tablet and a desk, light and dark: `cargo xtask screenshots`.

import { writeFile } from "node:fs/promises";

import { browser, inPage } from "./browser.mjs";
import { makeStage, PRODUCTION_STATES, VOTERS_STATES } from "./states.mjs";

const FOLDER = new URL("../docs/screenshots/", import.meta.url);
const HEIGHTS = { 360: 740, 768: 1024, 1440: 900 };
/** A tablet shows what a desk does, but narrower: the page of an open paredão is enough to see how. */
const onTablet = (name) => name === "open";
/** WebP's, of 100: text stays sharp, and all pictures together small. */
const QUALITY = 45;
/** Until what comes by itself is drawn. */
const SETTLE_MILLIS = 500;

async function take(page, frontend, name) {
  const devtools = await page.context().newCDPSession(page);
  for (const [width, height] of Object.entries(HEIGHTS)) {
    if (Number(width) === 768 && !onTablet(name)) continue;
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize({ width: Number(width), height });
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(SETTLE_MILLIS);
      const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: QUALITY, captureBeyondViewport: true });
      await writeFile(new URL(`${frontend}-${name}-${width}-${colorScheme}.webp`, FOLDER), data, "base64");
    }
  }
}

await makeStage();
for (const [frontend, states] of Object.entries({ voters: VOTERS_STATES, production: PRODUCTION_STATES })) {
  for (const { name, go, options } of states.filter(({ isPictured }) => isPictured)) {
    await inPage({ ...options, mayComplain: true }, async (page) => {
      await go(page);
      await take(page, frontend, name);
    });
  }
}
await (await browser()).close();
