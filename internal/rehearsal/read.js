(() => {
  const text = (node) => (node ? node.textContent.trim().replace(/\s+/g, " ") : "");
  const at = (selector) => document.querySelector("main " + selector);
  const label = (input) => {
    const of = input.type === "radio" ? input.closest("fieldset").querySelector("legend") : document.querySelector(`label[for="${input.id}"]`);
    if (!of) return "";
    const copy = of.cloneNode(true);
    for (const optional of copy.querySelectorAll(".optional")) optional.remove();
    return text(copy);
  };
  const wrong = (id) => {
    const told = document.getElementById(id + "-error");
    return told && !told.hidden ? text(told) : "";
  };
  const fields = [];
  for (const input of document.querySelectorAll("form input, form select")) {
    const effort = input.closest("[data-effort]");
    if (effort) {
      fields.push({ name: input.name, label: "", value: "", wrong: wrong(effort.id) });
      continue;
    }
    if (input.type === "hidden" || fields.some((f) => f.name === input.name)) continue;
    let value = input.value;
    if (input.type === "checkbox") value = input.checked ? "true" : "";
    if (input.type === "radio") value = document.querySelector(`input[name="${input.name}"]:checked`)?.value ?? "";
    fields.push({ name: input.name, label: label(input), value, wrong: wrong(input.id.replace(/-\d+$/, "")) });
  }
  const button = (b) => ({ name: b.value, label: text(b), value: "", wrong: b.closest(".way") ? wrong(b.id) : "" });
  const ways = [...document.querySelectorAll("form .way button")], buttons = [...document.querySelectorAll("form .actions button")];
  return JSON.stringify({
    path: location.pathname, node: document.querySelector("form input[name=_node]")?.value ?? "", title: text(at("h1")), text: text(at(".lead") ?? (at("form") ? null : document.querySelector("main"))), notice: text(at(".message-notice")), message: text(at("#form-error")), qr: !!at("svg.qr"),
    lines: [...document.querySelectorAll(".lines code")].map(text), fields, buttons: [...ways, ...buttons].map(button),
  });
})()
