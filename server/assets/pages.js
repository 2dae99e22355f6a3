// What htmx leaves to the page: who cannot see a change is told of it, and it is said when the server does not answer.

const notice = document.querySelector('#notice');
const status = document.querySelector('#said');

const say = (part) => {
  const text = part?.dataset?.said ?? '';
  if (text !== '' && text !== status.textContent) status.textContent = text;
};

// Announced only when it changes later: on arrival the page itself is read.
let last = document.querySelector('[data-said]')?.dataset.said;

document.addEventListener('htmx:afterSettle', (event) => {
  const part = event.detail.elt.closest?.('[data-said]');
  if (part === null || part === undefined || part.dataset.said === last) return;
  last = part.dataset.said;
  say(part);
});

document.addEventListener('htmx:afterRequest', ({ detail }) => {
  const isQuestion = detail.requestConfig.verb === 'get';
  if (detail.successful) {
    // What a question could not be answered is over; what a button could not do stays until one could.
    if (!isQuestion || notice.dataset.of === 'question') notice.replaceChildren();
    return;
  }
  notice.dataset.of = isQuestion ? 'question' : 'button';
  if (!isQuestion) notice.scrollIntoView({ block: 'nearest' });
});

document.addEventListener('htmx:sendError', () => {
  if (notice.textContent !== '') return;
  const text = document.createElement('p');
  text.className = 'mistake';
  text.textContent = 'The server does not answer. What you see may be out of date; this page tries again by itself.';
  notice.replaceChildren(text);
});
