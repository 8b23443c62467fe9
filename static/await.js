// Looks again at a page that waits for a job, and shows it anew when the wait is over.
const EVERY = 1500;

async function look() {
  try {
    const answer = await fetch(location.href, { redirect: "error" });
    if (answer.ok && !(await answer.text()).includes(" data-waits>")) return location.reload();
  } catch {
    // Out of reach for now: asked again.
  }
  setTimeout(look, EVERY);
}

if (document.querySelector("[data-waits]")) setTimeout(look, EVERY);
