// The captchas' widgets.

import { sleep, Told } from "./request.js";
import { text } from "./texts.js";

/** How long a captcha may take: a slow phone solves it in some seconds, and a person's takes longer. */
const SOLVE_MILLIS_MAX = 60_000;

/** The captcha's widget failed, or didn't come to an end. */
export class Unsolved extends Told {
  constructor() {
    super(text("captcha-unsolved"));
  }
}

/** A promise that is resolved from outside. */
function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  // Nobody may be waiting yet.
  made.promise.catch(() => {});
  return made;
}

/** The captcha's answer, unless the widget never gives one: its script may be blocked. */
export function inTime(answer) {
  const late = async () => {
    await sleep(SOLVE_MILLIS_MAX);
    throw new Unsolved();
  };
  return Promise.race([answer, late()]);
}

/** The captcha of a ballot, shown in `place`: `answer()` waits for the voter's, `again()` asks for a new one. */
export function captcha(place, challenge) {
  place.replaceChildren();
  if (challenge.provider === "altcha") return altcha(place, challenge.challenge);
  if (challenge.provider === "hcaptcha") return hcaptcha(place, challenge.site_key);
  return { answer: async () => "", again() {} };
}

function altcha(place, challenge) {
  const widget = document.createElement("altcha-widget");
  let answer = deferred();
  let hasFailed = false;
  widget.addEventListener("statechange", ({ detail }) => {
    if (detail.state === "verified") answer.resolve(detail.payload);
    if (detail.state !== "error") return;
    hasFailed = true;
    answer.reject(new Unsolved());
  });
  widget.setAttribute("challenge", JSON.stringify(challenge));
  widget.setAttribute("auto", "onload");
  place.append(widget);
  const again = () => {
    answer = deferred();
    hasFailed = false;
    widget.reset?.();
    widget.verify?.();
  };
  const ask = () => {
    // It may have failed again before anybody asked.
    if (hasFailed) again();
    return answer.promise;
  };
  return { answer: ask, again };
}

function hcaptcha(place, siteKey) {
  // Its script is another site's, and may be blocked.
  if (!globalThis.hcaptcha) throw new Unsolved();
  let answer = deferred();
  const widget = globalThis.hcaptcha.render(place.appendChild(document.createElement("div")), {
    sitekey: siteKey,
    callback: (token) => answer.resolve(token),
    "error-callback": () => answer.reject(new Unsolved()),
  });
  return {
    answer: () => answer.promise,
    again() {
      answer = deferred();
      globalThis.hcaptcha.reset(widget);
    },
  };
}
