import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, picture, system } from "./browser.mjs";

/** A phone whose owner prefers Portuguese: the page's address decides, not the browser. */
const PHONE = { viewport: { width: 360, height: 740 }, locale: "pt-BR" };
const PATH = `/paredoes/${system.paredao}`;

test("the switch keeps a voter on their page, and the vote is in its language", async () => {
  await inPage(PHONE, async (page) => {
    await page.goto(system.voters + PATH);
    await page.getByRole("link", { name: "English" }).click();
    await page.waitForURL(`${system.voters}/en${PATH}`);
    await page.getByRole("link", { name: "Português" }).click();
    await page.waitForURL(system.voters + PATH);
    await page.getByRole("link", { name: "English" }).click();
    await page.getByRole("button", { name: /^Vote for / }).first().click();
    await page.locator("#confirm").getByRole("heading", { name: "Confirm your vote" }).waitFor();
    await page.locator("#captcha").getByText(/Verifying|Verified/).waitFor();
    await picture(page, "english-confirm");
    await page.getByRole("button", { name: "Confirm vote" }).click();
    await page.getByText("Your vote is stored and will be counted.").waitFor({ timeout: 60_000 });
    await page.locator("#panorama").getByText("100.00%").waitFor();
    await picture(page, "english-received");
    assert.equal(new URL(page.url()).pathname, `/en${PATH}`);
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
  });
});

test("what the server refuses is told in the page's language", async () => {
  await inPage({ ...PHONE, mayComplain: true }, async (page) => {
    await page.goto(`${system.voters}/en${PATH}`);
    const choose = page.locator("button.choose").first();
    await choose.evaluate((button) => (button.dataset.participant = "999"));
    await choose.click();
    await page.getByText("This participant isn't in this paredão.").waitFor();
  });
});
