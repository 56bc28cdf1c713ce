// Before anything is painted: the theme that was chosen last, where one was.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "";
