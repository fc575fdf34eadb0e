// Sharing the page: by whatever the phone offers, otherwise by copying its link. Without this script a link to WhatsApp does.

import { text } from "./texts.js";

for (const share of document.querySelectorAll(".share")) prepare(share);

function prepare(share) {
  const find = (name) => share.querySelector(`.share-${name}`);
  const { title, invitation } = share.dataset;
  const url = new URL(share.dataset.address, location.href).href;
  const said = find("said");

  async function copy() {
    try {
      await navigator.clipboard.writeText(url);
      said.textContent = text("link-copied");
    } catch {
      said.textContent = `${text("copy-by-hand")} ${url}`;
    }
  }

  async function send() {
    try {
      await navigator.share({ title, text: invitation, url });
    } catch (failure) {
      // Whoever changes their mind needs no other offer.
      if (failure.name !== "AbortError") await copy();
    }
  }

  const canSend = Boolean(navigator.share);
  find("send").hidden = !canSend;
  find("copy").hidden = canSend;
  // What the phone offers has WhatsApp in it.
  if (canSend) find("whatsapp")?.remove();
  find("send").addEventListener("click", send);
  find("copy").addEventListener("click", copy);
  share.hidden = false;
}
