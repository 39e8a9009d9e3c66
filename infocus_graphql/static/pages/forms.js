// Forms that show each error at its field, for sighted users and screen readers.
const content = document.getElementById('content');
let fields = 0;

/** Replaces the content of the page. */
export const show = (...nodes) => content.replaceChildren(...nodes);

export const paragraph = (text, className = '') => Object.assign(document.createElement('p'), { textContent: text, className });

export const heading = (text) => Object.assign(document.createElement('h2'), { textContent: text });

export function link(text, address) {
  const shown = paragraph('');
  shown.append(Object.assign(document.createElement('a'), { textContent: text, href: address }));
  return shown;
}

/** An input with its label; `name` is that of the API's input field. */
export function field(label, name, type, autocomplete, limits = {}) {
  const input = Object.assign(document.createElement('input'), { name, type, autocomplete, required: true, ...limits });
  const problem = paragraph('', 'problem');
  problem.id = `problem-${(fields += 1)}`;
  problem.hidden = true;
  input.setAttribute('aria-describedby', problem.id);
  const labelled = document.createElement('label');
  labelled.append(label, input);
  const shown = document.createElement('div');
  shown.append(labelled, problem);
  return { name, input, problem, shown };
}

/** A form. `run` receives the values by name and returns the problems, an empty list if there are none. */
export function form(button, inputs, run) {
  const submit = Object.assign(document.createElement('button'), { textContent: button });
  const general = paragraph('', 'problem');
  general.setAttribute('role', 'alert');
  const shown = document.createElement('form');
  shown.append(...inputs.map((each) => each.shown), submit, general);
  shown.addEventListener('submit', async (event) => {
    event.preventDefault();
    submit.disabled = true;
    showProblems([], inputs, general);
    const problems = await run(Object.fromEntries(inputs.map(({ name, input }) => [name, input.value])));
    submit.disabled = false;
    showProblems(problems, inputs, general);
  });
  return shown;
}

function showProblems(problems, inputs, general) {
  const elsewhere = new Set(problems);
  for (const { name, input, problem } of inputs) {
    const own = problems.filter(({ path }) => path.includes(name));
    own.forEach((each) => elsewhere.delete(each));
    problem.textContent = own.map(({ message }) => message).join(' ');
    problem.hidden = !own.length;
    input.toggleAttribute('aria-invalid', own.length > 0);
  }
  general.textContent = [...elsewhere].map(({ message }) => message).join(' ');
  inputs.find(({ input }) => input.hasAttribute('aria-invalid'))?.input.focus();
}
