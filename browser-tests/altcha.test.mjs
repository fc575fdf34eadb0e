import assert from "node:assert/strict";
import { test } from "node:test";

import { counted, inPage, system } from "./browser.mjs";

test("a voter chooses, the page solves the captcha by itself, and the vote counts", async () => {
  await inPage({ viewport: { width: 360, height: 740 } }, async (page) => {
    await page.goto(`${system.voters}/paredoes/${system.paredao}`);
    await page.locator("button.choose").nth(1).click();
    await page.locator("#vote").click();
    await page.locator("#receipt").waitFor({ timeout: 60_000 });
    assert.match(await page.locator("#receipt").innerText(), /[0-9a-f]{32}/);
    assert.equal(new URL(page.url()).pathname, `/paredoes/${system.paredao}`, "everything happens in one page");
    await page.locator("#panorama .bar").first().waitFor();
  });
  assert.deepEqual(await counted(), [0, 1, 0]);
});
