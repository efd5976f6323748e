// The one script of the pages: it lets the browser keep them for when there is no connection.
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("sw.js");
}
