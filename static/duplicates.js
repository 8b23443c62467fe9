// Keys for one pair of works. Without this script the same is done by mouse and tab.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "z") document.querySelector("[data-both]").click();
  else {
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    target.click();
  }
  event.preventDefault();
});
