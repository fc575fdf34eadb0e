// Sets the ALTCHA widget up. Runs after the Portuguese texts, which make `$altcha`, and before the widget, which reads it.

const worker = document.querySelector('meta[name="altcha-worker"]').content;

// The worker is a file of its own, so that the page's policy needs no exception for blobs.
globalThis.$altcha.algorithms.set("SHA-256", () => new Worker(worker));
globalThis.$altcha.defaults.set({
  language: document.documentElement.lang.toLowerCase(),
  // Watches how the pointer moves, which nobody here asked for.
  humanInteractionSignature: false,
  minDuration: 0,
});
