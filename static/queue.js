// Keys for a queue of cases to be decided, one after the other. Without this script each case is plain forms.
//
// <div class="queue" data-undo="URL" data-token="CSRF"> holds <li class="case" tabindex="-1"> elements, each with a form
// whose buttons or fields carry data-key="a". A key sends the current case's form by its button, without leaving the
// page: the answer is JSON {said, act}. Then the next case is current. "u" takes the last decision back by sending
// `act` to data-undo. When all cases are decided the page is loaded again for the next ones.
const queue = document.querySelector(".queue");
const cases = [...queue.querySelectorAll(".case")];
const status = queue.querySelector("[role=status]");
const done = [];
let at = 0;

function show(next, scroll = true) {
  at = next;
  cases.forEach((each, place) => each.toggleAttribute("data-current", place === at));
  cases[at]?.focus({ preventScroll: true });
  if (scroll) cases[at]?.scrollIntoView({ block: "center" });
}

function forward() {
  const next = cases.findIndex((each, place) => place > at && !each.dataset.said);
  const open = next < 0 ? cases.findIndex((each) => !each.dataset.said) : next;
  if (open < 0) return location.reload();
  show(open);
}

async function send(url, data) {
  const answer = await fetch(url, { method: "POST", body: data, headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

async function decide(item, form, button) {
  if (item.dataset.said) return;
  const data = new FormData(form, button);
  item.dataset.said = "…";
  if (item === cases[at] && cases.some((each) => !each.dataset.said)) forward();
  try {
    const { said, act } = await send(form.action, data);
    item.dataset.said = said;
    done.push({ item, act });
    status.textContent = said;
    if (cases.every((each) => each.dataset.said && each.dataset.said !== "…")) location.reload();
  } catch (error) {
    delete item.dataset.said;
    show(cases.indexOf(item));
    status.textContent = `This could not be stored (${error.message}). Try it again.`;
  }
}

async function undo() {
  const last = done.pop();
  if (!last) return void (status.textContent = "Nothing was decided on this page yet.");
  const data = new FormData();
  data.set("act", last.act);
  data.set("csrf_token", queue.dataset.token);
  try {
    await send(queue.dataset.undo, data);
    delete last.item.dataset.said;
    show(cases.indexOf(last.item));
    status.textContent = "Taken back.";
  } catch (error) {
    done.push(last);
    status.textContent = `This could not be taken back (${error.message}). Try it again.`;
  }
}

queue.addEventListener("submit", (event) => {
  const item = event.target.closest(".case");
  if (!item) return;
  event.preventDefault();
  decide(item, event.target, event.submitter);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = document.activeElement?.matches("input:not([type=checkbox]), textarea, select");
  if (typing) {
    if (event.key === "Escape") cases[at]?.focus();
    return;
  }
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const target = cases[at]?.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (step) show(Math.min(cases.length - 1, Math.max(0, at + step)));
  else if (event.key === "u") undo();
  else if (target?.matches("button")) decide(cases[at], target.form, target);
  else if (target) target.focus();
  else return;
  event.preventDefault();
});

if (cases.length) show(0, false);
