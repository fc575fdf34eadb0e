// What axe-core finds wrong in a page, for everybody who doesn't see it as we do.

import axe from "axe-core";

/** WCAG 2.0 to 2.2, levels A and AA, and what axe's makers recommend besides. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** How a page may be looked at. */
const LOOKS = [360, 1440].flatMap((width) => ["light", "dark"].map((colorScheme) => ({ width, colorScheme })));

/** Throws a list of what is wrong with `page`, in each look. */
export async function assertAccessible(page, name) {
  const found = [];
  for (const { width, colorScheme } of LOOKS) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    const look = `${name}, ${width} px, ${colorScheme}`;
    found.push(...(await findings(page)).map((finding) => `${look}: ${finding}`));
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (beyond > 0) found.push(`${look}: ${beyond} px too wide`);
  }
  if (found.length > 0) throw new Error(found.join("\n"));
}

/** A line for each rule that is broken, and where. */
async function findings(page) {
  // The policy of the pages keeps scripts out: this one comes by the debugger, and is there for the next look too.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const { violations } = await page.evaluate((values) => axe.run(document, { runOnly: { type: "tag", values } }), TAGS);
  return violations.map(({ id, help, nodes }) => {
    const places = nodes.map(({ target, any }) => `\n    ${target.join(" ")}${any.map(({ message }) => `\n      ${message}`).join("")}`);
    return `${id}: ${help}${places.join("")}`;
  });
}
