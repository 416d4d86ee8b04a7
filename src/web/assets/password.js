// A button that shows the password, and a form that is sent once. Without this script the page works, only without these.
const field = document.getElementById("password");
const toggle = document.createElement("button");
toggle.type = "button";
toggle.className = "quiet toggle";
toggle.setAttribute("aria-controls", "password");
const show = (shown) => {
  field.type = shown ? "text" : "password";
  toggle.textContent = shown ? field.dataset.hide : field.dataset.show;
};
toggle.addEventListener("click", () => show(field.type === "password"));
// A shown password is not one that the browser should remember as text. The second of two clicks would be answered as a
// second try, with a link that is used by then.
let sent = false;
field.form.addEventListener("submit", (event) => {
  show(false);
  if (sent) event.preventDefault();
  sent = true;
  setTimeout(() => { sent = false; }, 3000);
});
addEventListener("pageshow", () => { sent = false; });
show(false);
field.after(toggle);
