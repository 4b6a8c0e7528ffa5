// @ts-check
// Takes the code of an invitation out of the part of the address that is never sent, and sends the form.

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form[data-join]"));
const code = decodeURIComponent(location.hash.slice(1));
if (form && code) {
  history.replaceState(null, "", location.pathname);
  /** @type {HTMLInputElement} */ (form.elements.namedItem("code")).value = code;
  form.requestSubmit();
}
