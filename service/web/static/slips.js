// The sheet's print button, and the table of rules.
import { request, tell, fields } from "/static/app.js";

document.querySelector("#print")?.addEventListener("click", () => window.print());

const form = document.querySelector("#rules");
if (form) {
  const body = form.querySelector("tbody");
  document.querySelector("#add").addEventListener("click", () => {
    body.append(document.querySelector("#row").content.cloneNode(true));
    body.lastElementChild.querySelector("select").focus();
  });
  body.addEventListener("click", event => {
    if (event.target.classList.contains("remove")) event.target.closest("tr").remove();
  });
  form.addEventListener("submit", async event => {
    event.preventDefault();
    const rules = [...body.rows].map(row => {
      const rule = fields({ elements: row.querySelectorAll("input, select") });
      return { ...rule, id: rule.id === null ? null : Number(rule.id), after: rule.after ?? "" };
    });
    try {
      await request("PUT", "/api/v1/slip-rules", { rules });
      location.reload();
    } catch (error) {
      tell(error.message, true);
    }
  });
}
