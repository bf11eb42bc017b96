// A damaged photo has no picture: the well stays empty.
for (const image of document.querySelectorAll(".shot img")) {
  const hide = () => { image.hidden = true; };
  if (image.complete && !image.naturalWidth && image.loading !== "lazy") hide();
  image.addEventListener("error", hide);
}
