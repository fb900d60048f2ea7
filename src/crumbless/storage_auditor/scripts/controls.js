// The visible controls of a frame: what each says, what it is, and whether it stands in something that speaks of consent or floats.
() => {
  const found = [];
  const elements = [];
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return box.width > 4 && box.height > 4 && style.visibility === "visible" && style.display !== "none" && Number(style.opacity) > 0.05;
  };
  const consent = /cookie|consent|privacy|tracking|datenschutz|einwilligung|confidentialit|privacidad|riservatezza|prywatno|ملفات/i;
  const floats = (element) => {
    for (let at = element; at; at = at.parentElement ?? at.getRootNode().host ?? null)
      if (["fixed", "sticky"].includes(getComputedStyle(at).position)) return true;
    return false;
  };
  const around = (element) => {
    for (let at = element.parentElement, up = 0; at && up < 5 && at !== document.body; at = at.parentElement, up += 1)
      if ((at.innerText ?? "").length < 3000 && consent.test(at.innerText ?? "")) return true;
    return false;
  };
  const walk = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) walk(element.shadowRoot);
      const press = element.matches("button, a, summary, [role=button], [role=link], input[type=button], input[type=submit], [onclick], iframe");
      const write = element.matches("textarea, [contenteditable=''], [contenteditable=true], [role=textbox], input[type=text], input:not([type])");
      if (!(press || write) || !seen(element) || element.disabled) continue;
      const words = (element.getAttribute("aria-label") || element.innerText || element.value || element.title || "").trim().replace(/\s+/g, " ");
      elements.push(element);
      found.push({ press, write, frame: element.tagName === "IFRAME",
        words: words.slice(0, 80), about: `${element.id} ${element.getAttribute("class") ?? ""} ${element.title ?? ""} ${element.name ?? ""} ${element.src ?? ""}`.slice(0, 300),
        floats: floats(element), consent: around(element) });
    }
  };
  walk(document);
  return { found, elements };
}
