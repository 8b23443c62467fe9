// The map of the collection, on Leaflet: tiles from the server, names, links over the works in view, picking by lasso.
// Places are cells of a grid, column and row; at the deepest zoom a cell is a tile of 256 pixels.
(async () => {
  const box = document.getElementById("map");
  const { depth, side, mark, base, more, search } = box.dataset;
  const DEPTH = Number(depth), SIDE = Number(side), TILE = 256, UNIT = TILE / 2 ** DEPTH;
  const CLOSE = 40, MOST_LINKS = 150, TAP = 40;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const said = document.querySelector(".map-said");
  const answer = await fetch(`${base}/${mark}/cells`);
  if (!answer.ok || !window.L) return;
  const pairs = new Uint16Array(await answer.arrayBuffer());
  const cells = [], held = new Set(), tiles = Array.from({ length: DEPTH + 1 }, () => new Set());
  const key = (column, row) => column * 65536 + row;
  for (let at = 0; at < pairs.length; at += 2) {
    cells.push([pairs[at], pairs[at + 1]]);
    held.add(key(pairs[at], pairs[at + 1]));
    for (let up = 0; up <= DEPTH; up++) {
      const tile = key(pairs[at] >> up, pairs[at + 1] >> up);
      // What has been met is known all the way up.
      if (tiles[DEPTH - up].has(tile)) break;
      tiles[DEPTH - up].add(tile);
    }
  }

  // The picture with links makes room for the map proper.
  box.replaceChildren();
  for (const each of document.querySelectorAll(".map-tools, .map-help")) each.hidden = false;
  box.setAttribute("role", "application");
  box.setAttribute("aria-label", "Map of all works. Arrow keys move, plus and minus zoom, Tab goes to the works in view.");
  const point = (column, row) => L.latLng(-row * UNIT, column * UNIT);
  const place = (latlng) => [latlng.lng / UNIT, -latlng.lat / UNIT];
  const whole = L.latLngBounds(point(0, 0), point(SIDE, SIDE));
  const map = L.map(box, {
    crs: L.CRS.Simple, minZoom: 0, maxZoom: DEPTH, zoomSnap: 0.25, wheelPxPerZoomLevel: 90, attributionControl: false,
    maxBounds: whole.pad(0.5), maxBoundsViscosity: 0.8, zoomAnimation: !calm, fadeAnimation: !calm, inertia: !calm,
  });

  // The view is kept in the address, so that coming back from a work shows the same part.
  const kept = location.hash.slice(1).split("/").map(Number);
  if (kept.length === 3 && kept.every(Number.isFinite)) map.setView(point(kept[1], kept[2]), kept[0]);
  else map.fitBounds(L.latLngBounds(cells.map(([x, y]) => point(x + 0.5, y + 0.5))).pad(0.02), { animate: false });

  // Pictures. Where nothing hangs, nothing is asked for.
  const Pictures = L.GridLayer.extend({
    createTile(at, done) {
      const tile = document.createElement(tiles[at.z]?.has(key(at.x, at.y)) ? "img" : "span");
      if (tile.tagName === "IMG") {
        tile.alt = "";
        tile.onload = tile.onerror = () => done(null, tile);
        tile.src = `${base}/${mark}/${at.z}/${at.x}/${at.y}.webp`;
      } else setTimeout(done, 0, null, tile);
      return tile;
    },
  });
  const grid = { tileSize: TILE, minZoom: 0, maxNativeZoom: DEPTH, maxZoom: DEPTH, bounds: whole, noWrap: true };
  new Pictures({ ...grid, keepBuffer: 3 }).addTo(map);

  // What is highlighted: all else lies under a veil.
  let lit = new Set();
  const Veil = L.GridLayer.extend({
    createTile(at) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = TILE;
      if (!lit.size) return tile;
      const pen = tile.getContext("2d"), size = TILE / 2 ** (DEPTH - at.z), span = Math.round(TILE / size);
      pen.fillStyle = getComputedStyle(box).backgroundColor;
      pen.globalAlpha = 0.78;
      pen.fillRect(0, 0, TILE, TILE);
      const each = lit.size < span * span ? [...lit].map((one) => [one >> 16, one & 65535])
        : cells.filter(([x, y]) => x >> (DEPTH - at.z) === at.x && y >> (DEPTH - at.z) === at.y && lit.has(key(x, y)));
      for (const [x, y] of each) {
        const left = x * size - at.x * TILE, top = y * size - at.y * TILE;
        if (left > -size && top > -size && left < TILE && top < TILE) pen.clearRect(left, top, size, size);
      }
      return tile;
    },
  });
  const veil = new Veil(grid);
  function light(some) {
    lit = new Set(some.map(([x, y]) => key(x, y)));
    if (!lit.size) return veil.remove();
    veil.addTo(map).redraw();
  }

  // Names: the largest themes first, each where there is room for it; closer there is room for more.
  const names = [...document.querySelectorAll(".map-places a")].map((link) => {
    const at = point(Number(link.dataset.column), Number(link.dataset.row));
    const text = document.createElement("span");
    text.textContent = link.textContent;
    const marker = L.marker(at, { icon: L.divIcon({ className: "place", html: text, iconSize: [0, 0] }), title: "" });
    const closer = () => map.setView(at, Math.min(DEPTH - 1, Math.max(map.getZoom() + 2, DEPTH - 3)));
    marker.on("click", closer).addTo(map);
    marker.getElement().setAttribute("aria-label", `Closer to ${link.textContent}, ${link.dataset.size} works`);
    link.addEventListener("click", (event) => {
      event.preventDefault();
      closer();
      box.focus();
    });
    return marker;
  });
  function name() {
    const taken = [], near = map.getZoom() > DEPTH - 1.5, edge = box.getBoundingClientRect();
    for (const marker of names) {
      const label = marker.getElement(), text = label.firstChild, at = label.getBoundingClientRect().left;
      text.style.marginLeft = "0";
      let r = text.getBoundingClientRect();
      // A name at the edge is pushed inwards as long as what it names is in view.
      if (at > edge.left && at < edge.right) {
        text.style.marginLeft = `${Math.max(0, edge.left + 6 - r.left) + Math.min(0, edge.right - 6 - r.right)}px`;
        r = text.getBoundingClientRect();
      }
      const clash = near || taken.some((o) => r.left < o.right + 8 && r.right > o.left - 8 && r.top < o.bottom + 4 && r.bottom > o.top - 4);
      label.classList.toggle("faint", clash);
      label.tabIndex = clash ? -1 : 0;
      if (!clash) taken.push(r);
    }
  }

  // Links over the works in view, as soon as these are large enough to be told apart.
  const told = new Map();
  const links = map.createPane("works");
  links.style.zIndex = 450;
  async function tell(some) {
    const asked = some.filter(([x, y]) => !told.has(key(x, y)));
    if (asked.length) {
      const found = await fetch(`${base}/works?${asked.map(([x, y]) => `at=${x}.${y}`).join("&")}`);
      if (found.ok) for (const work of await found.json()) told.set(key(...work.at), work);
    }
    return some.map(([x, y]) => told.get(key(x, y))).filter(Boolean);
  }
  const size = () => TILE / 2 ** (DEPTH - map.getZoom());
  function inView() {
    const view = map.getBounds(), [left, top] = place(view.getNorthWest()), [right, bottom] = place(view.getSouthEast());
    return cells.filter(([x, y]) => x + 0.5 > left && x + 0.5 < right && y + 0.5 > top && y + 0.5 < bottom);
  }
  let turn = 0;
  async function link() {
    const now = ++turn, seen = size() >= CLOSE ? inView() : [];
    if (seen.length > MOST_LINKS || !seen.length) return links.replaceChildren();
    const works = await tell(seen);
    if (now !== turn) return;
    const focused = document.activeElement?.dataset?.cell;
    const edge = size();
    links.replaceChildren(...works.map((work) => {
      const [x, y] = work.at, anchor = document.createElement("a"), corner = map.latLngToLayerPoint(point(x, y));
      anchor.className = "spot";
      anchor.href = work.url;
      anchor.dataset.cell = key(x, y);
      anchor.setAttribute("aria-label", `${work.title}, by ${work.by}`);
      Object.assign(anchor.style, { left: `${corner.x}px`, top: `${corner.y}px`, width: `${edge}px`, height: `${edge}px` });
      return anchor;
    }));
    // Keys go on from the same work, or from the map if that is no longer in view.
    if (focused) (links.querySelector(`[data-cell="${focused}"]`) ?? box).focus({ preventScroll: true });
  }

  // From work to work with the arrow keys; beyond the edge the map moves along.
  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  box.addEventListener("keydown", (event) => {
    const step = STEPS[event.key], at = event.target.dataset?.cell;
    if (event.key === "Escape" && drawing) return stop();
    if (at === undefined) return;
    if ("+=-_".includes(event.key)) {
      event.preventDefault();
      return map.setView(point((at >> 16) + 0.5, (at & 65535) + 0.5), map.getZoom() + ("+=".includes(event.key) ? 1 : -1));
    }
    if (!step) return;
    event.preventDefault();
    const [dx, dy] = step, x = at >> 16, y = at & 65535;
    let best = null, least = Infinity;
    for (const other of links.children) {
      const far = [(other.dataset.cell >> 16) - x, (other.dataset.cell & 65535) - y];
      const along = far[0] * dx + far[1] * dy, beside = Math.abs(far[0] * dy) + Math.abs(far[1] * dx);
      if (along > 0 && along >= beside && along + 2 * beside < least) [best, least] = [other, along + 2 * beside];
    }
    if (best) {
      best.focus({ preventScroll: true });
      map.panInside(point((best.dataset.cell >> 16) + 0.5, (best.dataset.cell & 65535) + 0.5), { padding: [size(), size()] });
    } else map.panBy([160 * dx, 160 * dy]);
  });
  // Leaflet puts the map where the focus goes; the browser must not scroll within it too.
  box.addEventListener("scroll", () => box.scrollTo(0, 0));

  // What is pointed at, or has the focus.
  const card = document.createElement("div");
  card.className = "map-card";
  card.hidden = true;
  box.append(card);
  let shown = null, soon = 0;
  function preview(at) {
    const known = at && held.has(key(...at)) ? at : null;
    box.classList.toggle("pointing", Boolean(known));
    if (known && shown === key(...known)) return;
    shown = known && key(...known);
    clearTimeout(soon);
    if (!known) return (card.hidden = true);
    soon = setTimeout(async () => {
      const [work] = await tell([known]);
      if (!work || shown !== key(...known)) return;
      const picture = new Image(), text = document.createElement("p"), title = document.createElement("bdi"), by = document.createElement("span");
      picture.src = work.picture;
      picture.alt = "";
      title.className = "title";
      title.textContent = work.title;
      by.className = "line";
      by.textContent = work.by;
      text.append(title, by);
      card.replaceChildren(picture, text);
      card.hidden = false;
    }, 60);
  }
  const cellAt = (latlng) => place(latlng).map(Math.floor);
  map.on("mousemove", (event) => !drawing && preview(cellAt(event.latlng)));
  map.on("mouseout zoomstart movestart", () => preview(null));
  links.addEventListener("focusin", ({ target }) => preview([target.dataset.cell >> 16, target.dataset.cell & 65535]));
  links.addEventListener("focusout", () => preview(null));
  let touched = false, drew = false;
  box.addEventListener("pointerdown", (event) => {
    touched = event.pointerType === "touch";
    drew = false;
  }, true);
  // What ends a drag or a line is no click, though a link may lie below it.
  box.addEventListener("click", (event) => {
    if (event.target.closest(".leaflet-control") || (!drew && !drawing && !map.dragging.moved())) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  map.on("click", (event) => {
    const at = cellAt(event.latlng);
    if (event.originalEvent.target.closest(".spot")) return;
    // A finger is larger than a small picture: it comes closer first.
    if (touched && size() < TAP) return map.setView(event.latlng, Math.min(DEPTH, map.getZoom() + 2));
    if (held.has(key(...at))) location.assign(`${base}/at/${at[0]}/${at[1]}`);
  });

  // Picking: by a line drawn around works, or all in view.
  let drawing = null;
  const lasso = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  lasso.setAttribute("class", "map-lasso");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
  lasso.append(shape);
  const button = document.querySelector("[data-act=lasso]");
  function start() {
    drawing = [];
    button.setAttribute("aria-pressed", "true");
    box.classList.add("drawing");
    map.dragging.disable();
    map.touchZoom.disable();
    preview(null);
    said.textContent = "Draw a line around works. Escape ends it.";
  }
  function stop() {
    drawing = null;
    button.setAttribute("aria-pressed", "false");
    box.classList.remove("drawing");
    map.dragging.enable();
    map.touchZoom.enable();
    lasso.remove();
    shape.setAttribute("points", "");
  }
  const where = (event) => map.mouseEventToContainerPoint(event);
  let line = null;
  box.addEventListener("pointerdown", (event) => {
    if (!drawing || event.target.closest(".leaflet-control")) return;
    event.preventDefault();
    event.stopPropagation();
    box.setPointerCapture(event.pointerId);
    line = [where(event)];
    box.append(lasso);
  }, true);
  box.addEventListener("pointermove", (event) => {
    if (!line) return;
    const at = where(event);
    if (at.distanceTo(line.at(-1)) > 3) line.push(at);
    shape.setAttribute("points", line.map(({ x, y }) => `${x},${y}`).join(" "));
  });
  box.addEventListener("pointerup", () => {
    if (!line) return;
    const drawn = L.LineUtil.simplify(line, 2).map((at) => place(map.containerPointToLatLng(at)));
    line = null;
    drew = true;
    stop();
    if (drawn.length < 3) return say("That is too short a line.");
    const thin = Math.ceil(drawn.length / 190);
    pick(drawn.filter((_, at) => at % thin === 0));
  });
  const within = (outline, x, y) => {
    let inside = false;
    outline.forEach(([right, bottom], at) => {
      const [left, top] = outline.at(at - 1);
      if ((top > y) !== (bottom > y) && x < ((right - left) * (y - top)) / (bottom - top) + left) inside = !inside;
    });
    return inside;
  };
  const clamp = (number) => Math.min(99999, Math.max(-99999, Math.round(number * 10) / 10));
  function pick(drawn) {
    const outline = drawn.map((corner) => corner.map(clamp));
    const picked = cells.filter(([x, y]) => within(outline, x + 0.5, y + 0.5));
    light(picked);
    if (!picked.length) return say("No work lies within that line.");
    const asked = `within=${encodeURIComponent(outline.map((corner) => corner.join(",")).join(" "))}`;
    say(`${count(picked.length)} picked.`, ["List them", `${base}/selection?${asked}`], ["Download as CSV", `${base}/selection.csv?${asked}`]);
  }
  const count = (number) => `${number.toLocaleString("en")} ${number === 1 ? "work" : "works"}`;
  function say(text, ...ways) {
    const clear = document.createElement("button");
    clear.type = "button";
    clear.textContent = "Clear";
    clear.addEventListener("click", () => {
      light([]);
      said.textContent = "";
      box.focus({ preventScroll: true });
    });
    const parts = ways.flatMap(([label, address]) => {
      const way = document.createElement("a");
      way.href = address;
      way.textContent = label;
      return [way, " · "];
    });
    said.replaceChildren(`${text} `, ...parts, clear);
  }
  button.addEventListener("click", () => (drawing ? stop() : start()));
  document.querySelector("[data-act=all]").addEventListener("click", () => {
    const view = map.getBounds(), [left, top] = place(view.getNorthWest()), [right, bottom] = place(view.getSouthEast());
    pick([[left, top], [right, top], [right, bottom], [left, bottom]]);
  });

  // Highlighting what is searched for.
  async function highlight(form) {
    const asked = new URLSearchParams(new FormData(form));
    if (!asked.get("q").trim()) {
      light([]);
      return (said.textContent = "");
    }
    const found = await fetch(`${base}/find?${asked}`);
    if (!found.ok) return say("That cannot be searched for.");
    const places = await found.json();
    light(places);
    if (!places.length) return say("Nothing on the map matches.");
    say(`${count(places.length)} highlighted.`, ["List them", `${search}?${asked}`]);
    const xs = places.map(([x]) => x), ys = places.map(([, y]) => y);
    map.fitBounds(L.latLngBounds(point(Math.min(...xs), Math.min(...ys)), point(Math.max(...xs) + 1, Math.max(...ys) + 1)), { maxZoom: DEPTH - 1, padding: [30, 30] });
  }
  const form = document.querySelector(".map-find");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    highlight(form);
  });

  map.on("moveend zoomend", () => {
    name();
    link();
    const [x, y] = place(map.getCenter());
    history.replaceState(null, "", `#${map.getZoom()}/${x.toFixed(1)}/${y.toFixed(1)}`);
  });
  map.on("zoomstart", () => links.replaceChildren());
  name();
  link();
  if (form.elements.q.value) highlight(form);
  box.dataset.ready = "yes";
})();
