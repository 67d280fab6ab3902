/** The document, with one rule: everything from the server is inserted as text, never as HTML. */

/** Find an element of the page by its id. */
export const byId = (id) => document.getElementById(id);

/**
 * Build an element: `on…` properties are listeners, `true` is an empty attribute, null and false are none.
 * Children are nodes or texts.
 */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** A piece of a curve for a legend: as an image, because the page has no inline style. */
export function line(className, dashes) {
  const image = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const stroke = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [name, value] of [["class", className], ["viewBox", "0 0 24 4"], ["aria-hidden", "true"]]) image.setAttribute(name, value);
  stroke.setAttribute("d", "M0 2h24");
  if (dashes) stroke.setAttribute("stroke-dasharray", dashes);
  image.append(stroke);
  return image;
}

/** Set a text if it differs, so that an equal one causes no layout and no announcement. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Show or hide an element. */
export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

/** Announce to screen readers what others see. */
export const speak = (text) => write(byId("spoken"), text);

/** Store a choice in this browser, if it permits that. */
export function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // a private window: the choice lasts as long as the page
  }
}

/** The stored choice of a key, or null. */
export function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
