// Keys for reviewing a cluster. Without this script the page works by mouse and tab alone.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = document.activeElement;
  const typing = at && at.matches("input:not([type=checkbox]), textarea, select");
  if (typing) {
    if (event.key === "Escape") at.blur();
    // A choice is sent by Enter, as a text is.
    const send = event.key === "Enter" && at.matches("select") && at.closest("label")?.nextElementSibling;
    if (send && send.matches("button")) {
      event.preventDefault();
      send.click();
    }
    return;
  }
  const boxes = [...document.querySelectorAll(".ticks input[type=checkbox]")];
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (step && boxes.length) {
    const place = boxes.indexOf(at);
    const next = place < 0 ? 0 : Math.min(boxes.length - 1, Math.max(0, place + step));
    boxes[next].focus();
    event.preventDefault();
    return;
  }
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input, select, textarea")) target.focus();
  else target.click();
});
