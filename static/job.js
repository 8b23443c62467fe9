// Keeps the standing of a job fresh: by server-sent events, or by asking every few seconds where none are to be had.
// What comes is HTML made by our own templates, every foreign text in it escaped.
const standing = document.getElementById("standing");
const EVERY = 3000;

function show(html) {
  const open = standing.querySelector("details")?.open;
  standing.innerHTML = html;
  const tale = standing.querySelector("details");
  if (tale && open !== undefined) tale.open = open;
}

async function peek() {
  try {
    const answer = await fetch(standing.dataset.peek, { redirect: "error" });
    if (!answer.ok) throw new Error(answer.status);
    show(await answer.text());
    if (!["queued", "running"].includes(answer.headers.get("X-Job-State"))) return location.reload();
  } catch {
    // Out of reach for now, or signed out: asked again, less often.
    return setTimeout(peek, 4 * EVERY);
  }
  setTimeout(peek, EVERY);
}

const events = new EventSource(standing.dataset.events);
events.addEventListener("standing", (event) => show(JSON.parse(event.data)));
events.addEventListener("over", () => {
  events.close();
  location.reload();
});
events.addEventListener("error", () => {
  // A stream that ended begins again by itself; one that was refused does not.
  if (events.readyState === EventSource.CLOSED) setTimeout(peek, EVERY);
});
