/** The document, with one rule: whatever comes from the server goes in as text, never as HTML. */

/** Find an element of the page by its id. */
export const byId = (id) => document.getElementById(id);

/**
 * Build an element: `on…` properties are listeners, `true` an empty attribute, null and false none.
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

/** Set a text if it is another one, so that nothing is laid out and nothing is read aloud in vain. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Show or hide an element. */
export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

/** Tell a screen reader something that is seen elsewhere. */
export const speak = (text) => write(byId("spoken"), text);

/** Remember a choice in this browser, where it may. */
export function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // a private window: the choice lasts as long as the page
  }
}

/** What was kept under a key, or null. */
export function kept(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
