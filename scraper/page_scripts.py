"""The scripts run inside an opened page, in a world of their own that the page's scripts cannot touch."""

SEEN = "data-gallery-seen"
"""Attribute on a picture: the address the browser chose to show."""

SHOWN = "data-gallery-shown"
"""Attribute on a picture: "WIDTHxHEIGHT" in CSS pixels where the page gives it both; no picture is ever loaded here."""

BACKGROUND = "data-gallery-background"
"""Attribute on any element: its computed CSS background image."""

MOST_ELEMENTS = 100_000
MOST_PICTURES = 20_000
LONGEST_HTML = 20 * 2**20

# An address as it stands may be relative, even the one that the browser chose itself.
_FULL = """const full = link => { try { return new URL(link, document.baseURI).href } catch { return "" } };"""

# Whether the bottom is reached, what grows when more is loaded, and the pictures not told of before. Long lists
# take out of the page what has left the view, so that the end of scrolling is too late to look for them.
EXTENT = f"""(() => {{
  {_FULL}
  const page = document.scrollingElement || document.documentElement;
  const left = page.scrollHeight - page.scrollTop - innerHeight;
  const told = globalThis.told ||= new Set(), fresh = [];
  for (const image of document.images) {{
    const url = full(image.currentSrc || image.src);
    if (!url.startsWith("http") || url.length > 2048 || told.has(url) || told.size >= {MOST_PICTURES}) continue;
    told.add(url);
    fresh.push(url);
  }}
  return [left < 4, page.scrollHeight, document.images.length, document.links.length, fresh];
}})()"""

# Writes what only a browser knows into attributes, opens shadow trees into the page, and returns its HTML.
HTML = f"""(() => {{
  {_FULL}
  const roots = [document], backgrounds = document.querySelectorAll("*").length < 20000;
  let count = 0;
  for (let i = 0; i < roots.length; i++)
    for (const element of roots[i].querySelectorAll("*")) {{
      if (++count > {MOST_ELEMENTS}) break;
      if (element.shadowRoot) roots.push(element.shadowRoot);
      if (element.localName === "img") {{
        const box = element.getBoundingClientRect(), style = element.computedStyleMap();
        if (element.currentSrc) element.setAttribute("{SEEN}", full(element.currentSrc));
        if (box.width && box.height && style.get("width").value !== "auto" && style.get("height").value !== "auto")
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

# Tells the page that a pointer has come upon each of the elements; what it does then is its own affair.
POINT = """(selector => {
  const events = ["pointerover", "mouseover", "mouseenter", "mousedown", "focusin"];
  for (const element of [...document.querySelectorAll(selector)].slice(0, 1000))
    for (const name of events) element.dispatchEvent(new MouseEvent(name, { bubbles: true, cancelable: true }));
})"""

# Clicks the element of that number among those of a selector, and says whether there was one.
PRESS = """((selector, at) => {
  const element = document.querySelectorAll(selector)[at];
  if (element) element.click();
  return Boolean(element);
})"""
