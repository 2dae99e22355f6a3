// Tries routes on the page of the API's description. The token is kept in the page's field only.

const token = document.querySelector('#token');

document.querySelector('#authorize').addEventListener('submit', async (event) => {
  event.preventDefault();
  const said = event.target.querySelector('output');
  const { status } = await fetch('/v1/integration', { headers: authorization() });
  said.textContent = status === 401 ? 'This is not the token of this server.' : 'The token is right.';
});

for (const form of document.querySelectorAll('form.try')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(form);
  });
}

function authorization() {
  return token.value === '' ? {} : { authorization: `Bearer ${token.value}` };
}

async function send(form) {
  const answer = form.querySelector('.answer');
  answer.hidden = false;
  answer.textContent = '…';
  try {
    const body = form.querySelector('textarea')?.value;
    const response = await fetch(addressOf(form), {
      method: form.dataset.method,
      headers: { ...authorization(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body }),
    });
    const heading = `${response.status} ${response.statusText}\n${response.headers.get('content-type') ?? ''}\n\n`;
    answer.textContent = heading + readable(await response.text());
  } catch (error) {
    answer.textContent = `No answer: ${error.message}`;
  }
}

function addressOf(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll('input[data-in]')) {
    if (input.dataset.in === 'path') path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    else if (input.value !== '') query.set(input.name, input.value);
  }
  return query.size === 0 ? path : `${path}?${query}`;
}

function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
