// A button that shows the password, a form that is sent once, and a meter for a new one. Without this script the page works,
// only without these.
const field = document.getElementById("password");
const make = (name, known) => Object.assign(document.createElement(name), known);
const toggle = make("button", { type: "button", className: "quiet toggle" });
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

// The service judges: it alone has the rules. It gets what the form sends, but for a present password.
const meter = () => {
  const fill = make("span");
  const bar = make("div", { className: "bar", hidden: true });
  const said = make("p");
  const box = make("div", { className: "strength" });
  for (const [name, value] of [["role", "meter"], ["aria-label", field.dataset.strength]]) bar.setAttribute(name, value);
  said.setAttribute("role", "status");
  bar.append(fill);
  box.append(bar, said);
  field.after(box);
  const tell = ({ percent, enough, text }) => {
    bar.hidden = !text;
    bar.setAttribute("aria-valuenow", percent);
    fill.style.width = `${percent}%`;
    box.classList.toggle("enough", enough);
    if (said.textContent !== text) said.textContent = text;
  };
  const nothing = () => tell({ percent: 0, enough: false, text: "" });
  let left = 60;
  let waits;
  let asked;
  const stop = () => {
    clearTimeout(waits);
    asked?.abort();
  };
  const ask = async () => {
    left -= 1;
    const { signal } = asked = new AbortController();
    const body = new URLSearchParams({ password: field.value });
    for (const { name, value } of field.form.querySelectorAll("[type=hidden]")) body.append(name, value);
    const options = { method: "POST", body, signal, credentials: "same-origin", cache: "no-store", redirect: "error" };
    try {
      const answer = await fetch(new URL(field.dataset.ask, field.form.action), options);
      // Whoever may not ask need not ask again; whoever comes at a bad moment may.
      if (answer.status < 500 && !answer.ok) left = 0;
      tell(await answer.json());
    } catch {
      if (!signal.aborted) nothing();
    }
  };
  field.addEventListener("input", () => {
    stop();
    if (!field.value || left < 1) nothing();
    else waits = setTimeout(ask, 400);
  });
  field.form.addEventListener("submit", stop);
};
if (field.dataset.ask) meter();
