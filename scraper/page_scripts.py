"""The scripts run inside an opened page, in a world of their own that the page's scripts cannot touch."""

SEEN = "data-gallery-seen"
"""Attribute on a picture: the address the browser chose to show."""

SHOWN = "data-gallery-shown"
"""Attribute on a picture: "WIDTHxHEIGHT" in CSS pixels as laid out."""

BACKGROUND = "data-gallery-background"
"""Attribute on any element: its computed CSS background image."""

MOST_ELEMENTS = 100_000
LONGEST_HTML = 20 * 2**20

# Whether the bottom is reached, then what grows when more is loaded.
EXTENT = """(() => {
  const page = document.scrollingElement || document.documentElement;
  const left = page.scrollHeight - page.scrollTop - innerHeight;
  return [left < 4, page.scrollHeight, document.images.length, document.querySelectorAll("a").length];
})()"""

# Writes what only a browser knows into attributes, opens shadow trees into the page, and returns its HTML.
HTML = f"""(() => {{
  const roots = [document], backgrounds = document.querySelectorAll("*").length < 20000;
  let count = 0;
  for (let i = 0; i < roots.length; i++)
    for (const element of roots[i].querySelectorAll("*")) {{
      if (++count > {MOST_ELEMENTS}) break;
      if (element.shadowRoot) roots.push(element.shadowRoot);
      if (element.localName === "img") {{
        const box = element.getBoundingClientRect();
        if (element.currentSrc) element.setAttribute("{SEEN}", element.currentSrc);
        if (box.width && box.height)
          element.setAttribute("{SHOWN}", Math.round(box.width) + "x" + Math.round(box.height));
      }} else if (backgrounds) {{
        const image = getComputedStyle(element).backgroundImage;
        if (image.includes("url(")) element.setAttribute("{BACKGROUND}", image);
      }}
    }}
  for (const root of roots.slice(1).reverse()) {{
    const opened = document.createElement("div");
    for (const child of root.childNodes) opened.append(child.cloneNode(true));
    root.host.append(opened);
  }}
  return document.documentElement.outerHTML.slice(0, {LONGEST_HTML});
}})()"""
