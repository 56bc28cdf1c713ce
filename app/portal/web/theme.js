// Applies the stored theme before the first paint.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "";
