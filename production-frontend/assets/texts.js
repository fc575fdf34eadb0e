// What scripts say: the texts that the page gives them in its language, as the children of `<template id="texts">`.

/** The text `id`, with `values` filled in: `{ name: "Ana" }` for `{name}`. */
export function text(id, values = {}) {
  const element = document.getElementById("texts").content.querySelector(`[data-id="${id}"]`);
  return element.textContent.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
