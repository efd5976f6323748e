// The script of every page: it lets the browser keep them for when there is no connection.
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register(new URL("sw.js", document.currentScript.src));
}
