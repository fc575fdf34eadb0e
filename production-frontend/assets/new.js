// Makes the form of a new paredão more comfortable; it works without.

const MARKS = /[\u0300-\u036f]/g;
const people = document.querySelector(".people");
const more = document.querySelector("#mais");
const title = document.querySelector("[name=title]");
const slug = document.querySelector("[name=slug]");

/** Shows the picture that was chosen. */
function preview(input) {
  const frame = input.closest("li").querySelector(".preview");
  frame.replaceChildren();
  const [file] = input.files;
  if (!file) return;
  const image = new Image();
  image.alt = "";
  image.src = URL.createObjectURL(file);
  image.addEventListener("load", () => URL.revokeObjectURL(image.src));
  frame.append(image);
}

function addRow() {
  const row = people.lastElementChild.cloneNode(true);
  for (const input of row.querySelectorAll("input")) input.value = "";
  row.querySelector(".preview").replaceChildren();
  people.append(row);
  row.querySelector("input").focus();
  more.hidden = people.children.length >= Number(people.dataset.max);
}

people.addEventListener("change", ({ target }) => target.type === "file" && preview(target));
more.hidden = false;
more.addEventListener("click", addRow);

let isSlugOurs = slug.value === "";
slug.addEventListener("input", () => (isSlugOurs = slug.value === ""));
title.addEventListener("input", () => {
  if (!isSlugOurs) return;
  const plain = title.value.normalize("NFD").replace(MARKS, "").toLowerCase();
  slug.value = plain.replace(/[^a-z0-9]+/g, "-").slice(0, 80).replace(/^-+|-+$/g, "");
});
