// Applies the stored theme before the first paint. Links to operations of the reference, which was at /docs before, still work.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "";
if (/^#(tag|model|description)\b/.test(location.hash) && location.pathname.endsWith("/docs")) {
  location.replace(`docs/reference${location.hash}`);
}
