// Forms that tell what is wrong where it is wrong, to eyes and to screen readers.
const content = document.getElementById('content');
let fields = 0;

/** Shows these in place of what is there. */
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

/** A form. `run` gets the values by name, and gives what is wrong with them; an empty list when it went on. */
export function form(button, inputs, run) {
  const submit = Object.assign(document.createElement('button'), { textContent: button });
  const general = paragraph('', 'problem');
  general.setAttribute('role', 'alert');
  const shown = document.createElement('form');
  shown.append(...inputs.map((each) => each.shown), submit, general);
  shown.addEventListener('submit', async (event) => {
    event.preventDefault();
    submit.disabled = true;
    tellProblems([], inputs, general);
    const problems = await run(Object.fromEntries(inputs.map(({ name, input }) => [name, input.value])));
    submit.disabled = false;
    tellProblems(problems, inputs, general);
  });
  return shown;
}

function tellProblems(problems, inputs, general) {
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
