// A link carries its code behind the #, which no server, proxy or referrer ever sees. It is put into the form
// here and taken out of the address, so that the history of a shared computer does not keep it.
const field = document.querySelector("#code");
if (field && location.hash.length > 1) {
  field.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  document.querySelector("#open").focus();
}
