// The page's language, and what scripts say in it: the texts that the page gives them, as the children of
// `<template id="texts">`.

export const LANGUAGE = document.documentElement.lang;

/** The text `id`, with `values` filled in: `{ name: "Ana" }` for `{name}`. */
export function text(id, values = {}) {
  const element = document.getElementById("texts").content.querySelector(`[data-id="${id}"]`);
  return element.textContent.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
