import assert from "node:assert/strict";
import { test } from "node:test";

import { inPage, makeParedao, picture, system } from "./browser.mjs";

const PHONE = { viewport: { width: 360, height: 740 } };
const address = `${system.voters}/paredoes/${system.paredao}`;
const says = (page, name) => page.locator(`meta[property="${name}"]`).getAttribute("content");
/** What offers to share: of two offers one is seen. */
const offer = (page, name) => page.locator(`.share-${name}:visible`);

/** Gives the page ways to share and to copy, which note what they are given; with a `failure` sharing then fails. */
const withShare = (page, failure) =>
  page.addInitScript((failure) => {
    globalThis.shared = [];
    globalThis.copied = [];
    navigator.share = async (what) => {
      globalThis.shared.push(what);
      if (failure) throw new DOMException("no", failure);
    };
    navigator.clipboard.writeText = async (text) => globalThis.copied.push(text);
  }, failure);

test("a phone that can share does so, on the page and beside the receipt", async () => {
  await inPage(PHONE, async (page) => {
    await withShare(page);
    await page.goto(address);
    await offer(page, "send").click();
    assert.equal(await offer(page, "copy").count(), 0);
    assert.equal(await offer(page, "whatsapp").count(), 0);
    await page.locator("button.choose").first().click();
    await page.locator("#vote").click();
    await page.locator("#receipt").waitFor();
    await offer(page, "send").click();
    await picture(page, "share");
    const title = await says(page, "og:title");
    const expected = { title, text: `Vote você também! ${title}`, url: address };
    assert.deepEqual(await page.evaluate(() => globalThis.shared), [expected, expected]);
  });
});

test("an English page shares itself", async () => {
  await inPage(PHONE, async (page) => {
    await withShare(page);
    const english = `${system.voters}/en/paredoes/${system.paredao}`;
    await page.goto(english);
    await page.getByRole("button", { name: "Share" }).click();
    const title = await says(page, "og:title");
    const expected = { title, text: `Vote too! ${title}`, url: english };
    assert.deepEqual(await page.evaluate(() => globalThis.shared), [expected]);
  });
});

test("where sharing fails the link is copied, but not for whoever changes their mind", async () => {
  for (const [failure, copied] of [["NotAllowedError", [address]], ["AbortError", []]]) {
    await inPage(PHONE, async (page) => {
      await withShare(page, failure);
      await page.goto(address);
      await offer(page, "send").click();
      await page.waitForFunction(() => globalThis.shared.length === 1);
      assert.deepEqual(await page.evaluate(() => globalThis.copied), copied);
      assert.equal(await page.locator(".share-said", { hasText: /./ }).count(), copied.length);
    });
  }
});

test("elsewhere the link is copied, or shown to be copied", async () => {
  for (const permissions of [["clipboard-read", "clipboard-write"], []]) {
    await inPage(PHONE, async (page) => {
      // This browser may come with a way to share of its own.
      await page.addInitScript(() => delete Navigator.prototype.share);
      await page.context().grantPermissions(permissions);
      if (permissions.length === 0) {
        await page.addInitScript(() => (navigator.clipboard.writeText = () => Promise.reject(new Error("no"))));
      }
      await page.goto(address);
      await offer(page, "copy").click();
      const said = page.locator(".share-said:visible", { hasText: /./ });
      await said.waitFor();
      if (permissions.length > 0) {
        assert.equal(await said.innerText(), "Link copiado.");
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), address);
      } else {
        assert.equal(await said.innerText(), `Copie este link: ${address}`);
      }
      assert.equal(await offer(page, "whatsapp").count(), 1);
      await picture(page, `share-copy-${permissions.length}`);
    });
  }
});

test("without JavaScript there is a link, and the picture that it brings is there", async () => {
  await makeParedao("encerrada-logo", { visibility: "after_closing" });
  await inPage({ ...PHONE, javaScriptEnabled: false }, async (page) => {
    await page.goto(`${system.voters}/paredoes/encerrada-logo`);
    const link = new URL(await offer(page, "whatsapp").getAttribute("href"));
    assert.equal(link.origin, "https://wa.me");
    assert.match(link.searchParams.get("text"), new RegExp(`Quem sai\\? ${system.voters}/paredoes/encerrada-logo$`));
    assert.equal(await offer(page, "send").count() + (await offer(page, "copy").count()), 0);
    const shown = await fetch(await says(page, "og:image"));
    assert.deepEqual([shown.status, shown.headers.get("content-type")], [200, "image/jpeg"]);
    await page.locator("button.choose").first().click();
    await page.locator("#vote").click();
    await page.locator("#receipt").waitFor();
    assert.equal(await offer(page, "whatsapp").count(), 1);
  });
});
