// What htmx leaves to the page: who cannot see a change is told of it, what was scrolled stays so, and it is said when
// the server does not answer.

const notice = document.querySelector('#notice');
const status = document.querySelector('#said');
const places = new Map();

// Announced when it changes: on arrival the page itself is read.
let said = document.querySelector('[data-said]')?.dataset.said;

document.addEventListener('htmx:beforeSwap', () => {
  for (const { id, scrollLeft } of document.querySelectorAll('.scroll[id]')) places.set(id, scrollLeft);
});

document.addEventListener('htmx:afterSettle', () => {
  for (const part of document.querySelectorAll('.scroll[id]')) part.scrollLeft = places.get(part.id) ?? 0;
  const now = document.querySelector('[data-said]')?.dataset.said;
  if (now !== said && now) status.textContent = now;
  said = now;
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
