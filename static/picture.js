// Search by a picture: drop, paste, a look at what was chosen, and handles for the detail.
// Without this script the form works with its file fields and its four numbers.
const form = document.querySelector(".bring");
const cropper = form.querySelector(".cropper");
const image = cropper.querySelector("img");
const edges = ["left", "top", "right", "bottom"].map((name) => form.elements[name]);
const LEAST = 3;

// The frame of the detail, kept in the four numbers of the form: percent from the left and from the top.
const frame = document.createElement("div");
frame.className = "detail";
const KINDS = ["left top", "top", "right top", "right", "right bottom", "bottom", "left bottom", "left"];

function numbers() {
  return edges.map((input, at) => (input.value === "" ? (at > 1 ? 100 : 0) : Number(input.value)));
}

function draw() {
  const [left, top, right, bottom] = numbers();
  Object.assign(frame.style, {
    left: `${left}%`, top: `${top}%`, width: `${Math.max(0, right - left)}%`, height: `${Math.max(0, bottom - top)}%`,
  });
}

function set(values) {
  values.forEach((value, at) => (edges[at].value = Math.round(value * 10) / 10));
  form.querySelector(".edges").open = true;
  draw();
}

// Move the named edges, or with no name all of it, by so many percent; the rest stays where it is.
function moved(start, kind, across, down) {
  const [left, top, right, bottom] = start;
  const within = (value, least, most) => Math.min(most, Math.max(least, value));
  if (!kind) {
    const x = within(across, -left, 100 - right);
    const y = within(down, -top, 100 - bottom);
    return [left + x, top + y, right + x, bottom + y];
  }
  return [
    kind.includes("left") ? within(left + across, 0, right - LEAST) : left,
    kind.includes("top") ? within(top + down, 0, bottom - LEAST) : top,
    kind.includes("right") ? within(right + across, left + LEAST, 100) : right,
    kind.includes("bottom") ? within(bottom + down, top + LEAST, 100) : bottom,
  ];
}

function point(event) {
  const box = image.getBoundingClientRect();
  return [(100 * (event.clientX - box.left)) / box.width, (100 * (event.clientY - box.top)) / box.height];
}

function drag(event) {
  if (event.button) return;
  event.preventDefault();
  const begin = point(event);
  const handle = event.target.closest(".handle");
  let start = numbers();
  let kind = handle ? handle.dataset.kind : "";
  const whole = start.join() === "0,0,100,100";
  if (!handle && (whole || !event.target.closest(".detail"))) {
    // Beside the frame, or while it is all of the picture, a new one is drawn from here.
    start = [...begin, ...begin].map((value) => Math.min(100 - LEAST, Math.max(0, value)));
    kind = "right bottom";
  }
  cropper.setPointerCapture(event.pointerId);
  const move = (later) => {
    const here = point(later);
    const [across, down] = [here[0] - begin[0], here[1] - begin[1]];
    if (Math.hypot(across, down) > 0.8) set(moved(start, kind, across, down));
  };
  cropper.addEventListener("pointermove", move);
  const end = () => cropper.removeEventListener("pointermove", move);
  cropper.addEventListener("pointerup", end, { once: true });
  cropper.addEventListener("pointercancel", end, { once: true });
}

function push(event) {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const handle = event.target.closest(".handle");
  if (!step || !handle) return;
  event.preventDefault();
  const by = event.shiftKey ? 10 : 1;
  set(moved(numbers(), handle.dataset.kind, step[0] * by, step[1] * by));
}

function begin() {
  if (cropper.contains(frame)) return draw();
  for (const kind of KINDS) {
    const handle = document.createElement("button");
    Object.assign(handle, { type: "button", className: "handle" });
    handle.dataset.kind = kind;
    handle.setAttribute("aria-label", `Move the ${kind.replace(" ", " and ")} of the detail, by arrow keys too`);
    handle.style.left = kind.includes("left") ? "0" : kind.includes("right") ? "100%" : "50%";
    handle.style.top = kind.includes("top") ? "0" : kind.includes("bottom") ? "100%" : "50%";
    frame.append(handle);
  }
  cropper.append(frame);
  cropper.classList.add("framed");
  cropper.addEventListener("pointerdown", drag);
  cropper.addEventListener("keydown", push);
  for (const input of edges) input.addEventListener("input", draw);
  draw();
}

// A picture that is chosen, dropped or pasted is shown; it leaves the machine when the form is sent.
function show(file) {
  const reader = new FileReader();
  reader.addEventListener("load", () => {
    image.addEventListener("load", () => { cropper.hidden = false; begin(); }, { once: true });
    image.addEventListener("error", () => (cropper.hidden = true), { once: true });
    image.src = reader.result;
  });
  reader.readAsDataURL(file);
  set([0, 0, 100, 100]);
}

function take(files) {
  const file = [...files].find((each) => each.type.startsWith("image/"));
  if (!file || !form.elements.file) return false;
  const held = new DataTransfer();
  held.items.add(file);
  form.elements.file.files = held.files;
  form.elements.photo.value = "";
  show(file);
  return true;
}

if (form.elements.file) {
  document.getElementById("or-dropped").hidden = false;
  for (const name of ["file", "photo"]) {
    form.elements[name].addEventListener("change", (event) => {
      const other = form.elements[name === "file" ? "photo" : "file"];
      if (event.target.files.length) {
        other.value = "";
        show(event.target.files[0]);
      }
    });
  }
  document.addEventListener("paste", (event) => {
    if (take(event.clipboardData.files)) event.preventDefault();
  });
  document.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    form.classList.add("near");
  });
  for (const kind of ["dragleave", "drop"]) document.addEventListener(kind, () => form.classList.remove("near"));
  document.addEventListener("drop", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });
} else {
  begin();
}
