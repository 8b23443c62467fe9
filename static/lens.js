// A mix of lenses: sliders instead of numbers, and beside each the share it has of the whole, as it is moved.
for (const mix of document.querySelectorAll("[data-mix]")) {
  const fields = [...mix.querySelectorAll("input")];
  const shares = fields.map((field) => {
    field.type = "range";
    const share = document.createElement("output");
    field.after(share);
    return share;
  });
  const button = mix.parentElement.querySelector("button");
  const told = () => {
    const whole = fields.reduce((sum, field) => sum + Number(field.value), 0);
    fields.forEach((field, place) => {
      const percent = whole ? Math.round((100 * Number(field.value)) / whole) : 0;
      shares[place].value = `${percent} %`;
      field.setAttribute("aria-valuetext", `${percent} percent`);
    });
    button.disabled = !whole;
  };
  mix.addEventListener("input", told);
  // A page that is gone back to may have kept other numbers than it came with.
  addEventListener("pageshow", told);
  told();
}
