((values, press) => {
  const form = document.querySelector("main form");
  form.noValidate = true; // what a browser would not send, another would
  for (const [name, value] of Object.entries(values)) {
    const inputs = [...form.querySelectorAll(`[name="${name}"]`)];
    if (inputs.length === 0) throw new Error(`the page has no field ${name}`);
    for (const input of inputs) {
      if (input.closest("[data-effort]")) {
        const own = input.cloneNode(); // the page's script does not know it and leaves it alone
        own.value = value;
        input.replaceWith(own);
      } else if (input.type === "checkbox") input.checked = value === "true";
      else if (input.type === "radio") input.checked = input.value === value;
      else input.value = value;
    }
  }
  const button = press ? form.querySelector(`button[value="${press}"]`) : form.querySelector(".actions button") ?? form.querySelector("button");
  if (!button) throw new Error(`the page has no button ${press}`);
  button.click();
})
