// Buttons to print and to copy the codes. Without this script one prints with the browser's own menu.
const list = document.getElementById("codes");
const bar = document.createElement("p");
bar.className = "actions";
const add = (label, act) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet small";
  button.textContent = label;
  button.addEventListener("click", () => act(button));
  bar.append(button, " ");
};
add(list.dataset.print, () => window.print());
if (navigator.clipboard) {
  add(list.dataset.copy, async (button) => {
    const codes = [...list.querySelectorAll("code")].map((code) => code.textContent);
    await navigator.clipboard.writeText(codes.join("\n"));
    button.textContent = list.dataset.copied;
  });
}
list.after(bar);
