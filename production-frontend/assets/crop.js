// Cutting a square out of a picture: by dragging and pinching, by arrow keys and + and −, and by three sliders.

/** The side of what is cut out, in pixels; the server makes it smaller still. */
const SIDE_PX_MAX = 1_024;
const JPEG_QUALITY = 0.9;
const ZOOM_MAX = 4;
/** How far an arrow key moves the picture, as a share of the way it has. */
const KEY_STEP = 0.05;
const KEY_ZOOM = 1.1;

const within = (low, value, high) => Math.min(high, Math.max(low, value));

/**
 * Lets the user choose a square of `bitmap` in `panel`, a copy of the page's `#recorte`. Each time it changes `changed` gets a canvas
 * with the square as it will be seen.
 */
export function cropper(panel, bitmap, changed) {
  const canvas = panel.querySelector("canvas");
  const slider = (name) => panel.querySelector(`[name=${name}]`);
  /** How much larger than whole, and where the square lies in the room it has: 0 to 1. */
  const crop = { zoom: 1, x: 0.5, y: 0.5 };

  /** The square, in pixels of the picture. */
  function square() {
    const side = Math.min(bitmap.width, bitmap.height) / crop.zoom;
    return { side, left: crop.x * (bitmap.width - side), top: crop.y * (bitmap.height - side) };
  }

  function draw(target) {
    const { side, left, top } = square();
    const pen = target.getContext("2d");
    pen.fillStyle = "white";
    pen.fillRect(0, 0, target.width, target.height);
    pen.drawImage(bitmap, left, top, side, side, 0, 0, target.width, target.height);
  }

  function set(change) {
    Object.assign(crop, change);
    crop.zoom = within(1, crop.zoom, ZOOM_MAX);
    crop.x = within(0, crop.x, 1);
    crop.y = within(0, crop.y, 1);
    slider("zoom").value = Math.round(crop.zoom * 100);
    slider("x").value = Math.round(crop.x * 100);
    slider("y").value = Math.round(crop.y * 100);
    draw(canvas);
    changed(canvas);
  }

  /** Moves the picture under the square, by pixels of the screen. */
  function drag(dx, dy) {
    const { side } = square();
    const scale = side / canvas.clientWidth;
    const moved = (at, by, room) => (room > 0 ? at - (by * scale) / room : at);
    set({ x: moved(crop.x, dx, bitmap.width - side), y: moved(crop.y, dy, bitmap.height - side) });
  }

  followPointers(canvas, drag, (factor) => set({ zoom: crop.zoom * factor }));
  canvas.addEventListener("keydown", (event) => {
    const step = {
      ArrowLeft: { x: crop.x - KEY_STEP },
      ArrowRight: { x: crop.x + KEY_STEP },
      ArrowUp: { y: crop.y - KEY_STEP },
      ArrowDown: { y: crop.y + KEY_STEP },
      "+": { zoom: crop.zoom * KEY_ZOOM },
      "=": { zoom: crop.zoom * KEY_ZOOM },
      "-": { zoom: crop.zoom / KEY_ZOOM },
    }[event.key];
    if (!step) return;
    event.preventDefault();
    set(step);
  });
  panel.addEventListener("input", ({ target }) => set({ [target.name]: Number(target.value) / 100 }));

  set({});
  return {
    /** What was chosen, as a JPEG. */
    blob() {
      const target = document.createElement("canvas");
      target.width = target.height = Math.max(1, Math.min(SIDE_PX_MAX, Math.round(square().side)));
      draw(target);
      return new Promise((resolve) => target.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
    },
  };
}

/** One pointer drags, two pinch. */
function followPointers(canvas, drag, zoom) {
  const pointers = new Map();
  const apart = () => {
    const [a, b] = [...pointers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const distance = pointers.size === 2 ? apart() : 0;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (distance > 0) zoom(apart() / distance);
    else drag(event.clientX - before.x, event.clientY - before.y);
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => pointers.delete(event.pointerId));
}
