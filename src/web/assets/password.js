// A button that shows the password. Without this script the page works, only without the button.
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
// A shown password is not one that the browser should remember as text.
field.form.addEventListener("submit", () => show(false));
show(false);
field.after(toggle);
