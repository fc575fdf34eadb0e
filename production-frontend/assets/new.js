// Makes the form of a paredão, a new one or not, more comfortable; it works without.

import { cropper } from "./crop.js";
import { text } from "./texts.js";

const MARKS = /[\u0300-\u036f]/g;
const form = document.querySelector("#formulario");
const refusal = document.querySelector("#recusa");
const people = form.querySelector(".people");
const more = form.querySelector("#mais");
const title = form.querySelector("[name=title]");
const slug = form.querySelector("[name=slug]");
const send = form.querySelector("button.primary");

/** What is being cut out of the picture of each file field. */
const croppers = new Map();

const mistakeOf = (input) => document.getElementById(`${input.id}-erro`);

function say(input, mistake) {
  mistakeOf(input).textContent = mistake;
  if (mistake) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

/** Takes away what was shown of a field's picture. */
function forget(input) {
  croppers.delete(input);
  const row = input.closest("li");
  row.querySelector(".crop")?.remove();
  row.querySelector(".preview canvas")?.remove();
}

/** Shows the picture that was chosen, to have a square cut out of it. */
async function show(input) {
  forget(input);
  say(input, "");
  const [file] = input.files;
  if (!file) return;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return say(input, text("picture-unreadable"));
  }
  // Meanwhile another one may have been chosen, or this one shown.
  if (input.files[0] !== file || croppers.has(input)) return;
  const row = input.closest("li");
  const panel = document.querySelector("#recorte").content.firstElementChild.cloneNode(true);
  const preview = document.createElement("canvas");
  preview.width = preview.height = 112;
  // Before a picture that was there, and comes back when this one is taken away.
  row.querySelector(".preview").prepend(preview);
  row.append(panel);
  const small = (canvas) => preview.getContext("2d").drawImage(canvas, 0, 0, preview.width, preview.height);
  croppers.set(input, cropper(panel, bitmap, small));
}

/** The form's fields, with what was cut out in place of the pictures. */
async function fields() {
  const data = new FormData();
  for (const input of form.elements) {
    if (!input.name || input.closest(".crop")) continue;
    const value = input.type === "file" ? await picture(input) : input.value;
    data.append(input.name, value);
  }
  return data;
}

/** What was cut out of a field's picture; the file itself where that can't be, and an empty one where none was chosen. */
async function picture(input) {
  const [file] = input.files;
  const cut = await croppers.get(input)?.blob();
  return cut ? new File([cut], "foto.jpg", { type: "image/jpeg" }) : (file ?? new File([], ""));
}

/** Says what the page says that the server answered with; what was typed and chosen stays. */
function showRefusal(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  const refused = answer.querySelector("#recusa");
  for (const input of form.querySelectorAll("input, select")) {
    const mistake = input.id && answer.getElementById(`${input.id}-erro`);
    if (mistakeOf(input)) say(input, mistake ? mistake.textContent.trim() : "");
  }
  const participants = answer.querySelector("#participants-erro");
  document.querySelector("#participants-erro").textContent = participants?.textContent.trim() ?? "";
  answer.querySelector("#fotos-de-novo")?.remove();
  refuse(refused?.textContent.trim() ?? answer.querySelector("main p")?.textContent.trim() ?? "");
}

function refuse(why) {
  const alert = document.createElement("p");
  alert.className = "alert";
  alert.setAttribute("role", "alert");
  alert.textContent = why;
  refusal.replaceChildren(alert);
  (form.querySelector("[aria-invalid=true]") ?? refusal).focus();
}

/** Whether something is filled in that leaving the page would lose. */
let isUnsaved = false;

async function submit(event) {
  event.preventDefault();
  if (form.querySelector("[type=file][aria-invalid=true]")) return refuse(text("picture-unreadable"));
  const label = send.textContent;
  send.disabled = true;
  send.textContent = text("new-sending");
  try {
    const answer = await fetch(form.action, { method: "POST", body: await fields() });
    if (!answer.redirected) showRefusal(await answer.text());
    else if (new URL(answer.url).pathname === "/entrar") refuse(text("new-signed-out"));
    else return leave(answer.url);
  } catch {
    refuse(text("new-no-connection"));
  }
  send.disabled = false;
  send.textContent = label;
}

function leave(url) {
  isUnsaved = false;
  location.assign(url);
}

function addRow() {
  const row = people.lastElementChild.cloneNode(true);
  const number = people.children.length;
  row.querySelector(".crop")?.remove();
  row.querySelector(".preview canvas")?.remove();
  for (const input of row.querySelectorAll("input")) {
    input.value = "";
    input.id = `${input.name}-${number}`;
    input.setAttribute("aria-describedby", `${input.id}-erro`);
    input.removeAttribute("aria-invalid");
    const mistake = input.closest(".field").querySelector(".mistake");
    mistake.id = `${input.id}-erro`;
    mistake.textContent = "";
  }
  people.append(row);
  row.querySelector("input").focus();
  offerMore();
}

function offerMore() {
  more.hidden = people.children.length >= Number(people.dataset.max);
}

people.addEventListener("change", ({ target }) => target.type === "file" && show(target));
form.addEventListener("submit", submit);
form.addEventListener("input", () => (isUnsaved = true));
addEventListener("beforeunload", (event) => isUnsaved && event.preventDefault());
// Back here, a browser may have kept which file was chosen.
addEventListener("pageshow", () => form.querySelectorAll("[type=file]").forEach((input) => input.files.length > 0 && !croppers.has(input) && show(input)));
offerMore();
more.addEventListener("click", addRow);

/** The address is the title's until somebody writes another; that of a paredão that exists has no field, and stays. */
let isSlugOurs = slug?.value === "";
slug?.addEventListener("input", () => (isSlugOurs = slug.value === ""));
title.addEventListener("input", () => {
  if (!isSlugOurs) return;
  const plain = title.value.normalize("NFD").replace(MARKS, "").toLowerCase();
  slug.value = plain.replace(/[^a-z0-9]+/g, "-").slice(0, 80).replace(/^-+|-+$/g, "");
});
