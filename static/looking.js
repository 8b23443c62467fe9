// A viewer over the page: zoom by wheel, pinch, double click and keys; a slideshow of a listing; two works moved as one.
// Without this script the same links lead to the large picture.
const MOST = 8;
const EVERY = 5000;

const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

// One zoom for all stages of a viewer: scale, and the middle of what is seen as shares of a stage.
class Zoom {
  constructor(stages) {
    this.stages = stages;
    this.reset();
  }

  reset() {
    [this.scale, this.x, this.y] = [1, 0.5, 0.5];
    this.draw();
  }

  draw() {
    const room = 0.5 / this.scale;
    this.x = clamp(this.x, room, 1 - room);
    this.y = clamp(this.y, room, 1 - room);
    for (const stage of this.stages) {
      const { clientWidth: width, clientHeight: height } = stage;
      const [left, top] = [width * (0.5 - this.x * this.scale), height * (0.5 - this.y * this.scale)];
      stage.firstChild.style.transform = `translate(${left}px, ${top}px) scale(${this.scale})`;
      stage.dataset.scale = this.scale.toFixed(2);
    }
  }

  // What lies at a point, in shares of a stage, stays there while the scale changes.
  by(factor, [x, y] = [0.5, 0.5]) {
    const before = this.scale;
    this.scale = clamp(before * factor, 1, MOST);
    this.x += (x - 0.5) * (1 / before - 1 / this.scale);
    this.y += (y - 0.5) * (1 / before - 1 / this.scale);
    this.draw();
  }

  move(across, down) {
    this.x -= across / this.scale;
    this.y -= down / this.scale;
    this.draw();
  }
}

function touched(stage, zoom) {
  const points = new Map();
  const share = (event) => {
    const box = stage.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const middle = (all) => [0, 1].map((at) => all.reduce((sum, point) => sum + point[at], 0) / all.length);
  const spread = (all) => (all.length > 1 ? Math.hypot(all[0][0] - all[1][0], all[0][1] - all[1][1]) : 0);
  stage.addEventListener("pointerdown", (event) => {
    stage.setPointerCapture(event.pointerId);
    points.set(event.pointerId, share(event));
  });
  stage.addEventListener("pointermove", (event) => {
    if (!points.has(event.pointerId)) return;
    const before = [...points.values()];
    points.set(event.pointerId, share(event));
    const after = [...points.values()];
    const [from, to] = [middle(before), middle(after)];
    zoom.move(to[0] - from[0], to[1] - from[1]);
    if (spread(before)) zoom.by(spread(after) / spread(before), to);
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    stage.addEventListener(kind, (event) => points.delete(event.pointerId));
  }
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom.by(Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 400)), share(event));
  }, { passive: false });
  stage.addEventListener("dblclick", (event) => (zoom.scale > 1 ? zoom.reset() : zoom.by(2.5, share(event))));
}

function button(label, sign, act) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", textContent: sign, title: label });
  made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

function sheet(address) {
  if (document.querySelector(`link[href="${CSS.escape(address)}"]`)) return;
  const link = document.createElement("link");
  Object.assign(link, { rel: "stylesheet", href: address });
  document.head.append(link);
}

// `rows` are what is shown one after the other: each a list of pictures {src, alt} side by side, with a caption.
class Viewer {
  constructor(rows, label) {
    this.rows = rows;
    this.at = 0;
    this.dialog = document.createElement("dialog");
    this.dialog.className = "viewer";
    this.dialog.setAttribute("aria-label", label);
    const stages = document.createElement("div");
    stages.className = "stages";
    this.stages = rows[0].pictures.map(() => {
      const stage = document.createElement("div");
      stage.className = "stage";
      stage.append(document.createElement("img"));
      stages.append(stage);
      return stage;
    });
    this.caption = document.createElement("p");
    this.caption.setAttribute("aria-live", "polite");
    const under = document.createElement("div");
    under.className = "underneath";
    under.append(this.caption, this.buttons());
    this.dialog.append(stages, under);
    this.zoom = new Zoom(this.stages);
    for (const stage of this.stages) {
      touched(stage, this.zoom);
      // Whoever looks closer wants to stay.
      for (const kind of ["pointerdown", "wheel"]) stage.addEventListener(kind, () => this.play(false), { passive: true });
    }
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    this.dialog.addEventListener("close", () => this.end());
    this.resized = () => this.zoom.draw();
    addEventListener("resize", this.resized);
  }

  buttons() {
    const all = document.createElement("div");
    if (this.rows.length > 1) {
      all.append(button("Previous", "‹", () => this.turn(-1)));
      this.player = button("Play", "▶", () => this.play(!this.timer));
      all.append(this.player, button("Next", "›", () => this.turn(1)));
    }
    all.append(button("Zoom out", "−", () => this.zoom.by(1 / 1.5)), button("Zoom in", "+", () => this.zoom.by(1.5)));
    all.append(button("Close", "×", () => this.dialog.close()));
    return all;
  }

  open() {
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.show();
  }

  end() {
    this.play(false);
    removeEventListener("resize", this.resized);
    this.dialog.remove();
  }

  show() {
    const row = this.rows[this.at];
    row.pictures.forEach((picture, at) => Object.assign(this.stages[at].firstChild, picture));
    const many = this.rows.length > 1 ? ` (${this.at + 1} of ${this.rows.length})` : "";
    this.caption.replaceChildren(...row.caption(), many);
    this.zoom.reset();
    const next = this.rows[this.at + 1];
    if (next) next.pictures.forEach((picture) => (new Image().src = picture.src));
  }

  // What a visitor does ends the play of pictures, which goes on by itself only untouched.
  turn(by) {
    this.play(false);
    this.step(by);
  }

  step(by) {
    this.at = (this.at + by + this.rows.length) % this.rows.length;
    this.show();
  }

  play(on) {
    clearInterval(this.timer);
    this.timer = on ? setInterval(() => this.step(1), EVERY) : undefined;
    if (!this.player) return;
    this.player.textContent = on ? "❚❚" : "▶";
    this.player.setAttribute("aria-label", on ? "Pause" : "Play");
    this.player.title = on ? "Pause" : "Play";
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pan = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
    const turn = { ArrowLeft: -1, ArrowRight: 1, PageUp: -1, PageDown: 1 }[event.key];
    const rests = !["p", "Tab", "Enter", " ", "Escape"].includes(event.key);
    if (rests) this.play(false);
    if (turn && this.rows.length > 1 && (this.zoom.scale === 1 || event.key.startsWith("Page"))) this.step(turn);
    else if (pan) this.zoom.move(...pan);
    else if (event.key === "+" || event.key === "=") this.zoom.by(1.5);
    else if (event.key === "-") this.zoom.by(1 / 1.5);
    else if (event.key === "0") this.zoom.reset();
    else if (event.key === "p" && this.player) this.play(!this.timer);
    else return;
    event.preventDefault();
  }
}

const largest = (image) => (image.srcset ? image.srcset.split(",").pop().trim().split(" ")[0] : image.src);

function ofCard(card) {
  const link = card.querySelector("a");
  const label = card.querySelector(".label");
  const caption = () => {
    const again = document.createElement("a");
    again.href = link.href;
    again.append(label.querySelector(".title").cloneNode(true));
    return [again, " ", ...[...label.querySelectorAll(".line")].flatMap((line) => [...line.cloneNode(true).childNodes, " "])];
  };
  return { pictures: [{ src: largest(card.querySelector("img:last-of-type")), alt: label.innerText }], caption };
}

function opened(event) {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target.closest("a[data-look], a[data-slides], a[data-both]");
  if (!link) return;
  event.preventDefault();
  sheet(link.dataset.sheet);
  if ("slides" in link.dataset) {
    const viewer = new Viewer([...document.querySelectorAll(".wall > li:has(.label)")].map(ofCard), "Slideshow");
    viewer.open();
    viewer.play(!matchMedia("(prefers-reduced-motion: reduce)").matches);
    return;
  }
  const images = "both" in link.dataset ? [...document.querySelectorAll(".pair .beheld img")] : [link.querySelector("img")];
  const pictures = images.map((image) => ({ src: largest(image), alt: image.alt }));
  new Viewer([{ pictures, caption: () => [images.map((image) => image.alt).join(" · ")] }], "The picture, closer").open();
}

if (!window.gallery_looking) {
  window.gallery_looking = true;
  document.addEventListener("click", opened);
}
