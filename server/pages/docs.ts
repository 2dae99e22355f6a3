import { html, raw } from 'hono/html';
import type { describeApi } from '../openapi.ts';
import { type Operation, operationsOf, type Parameter } from './operations.ts';

/** The API's description as a page on which every route can be tried; made here, so that it needs no other host. */
export function docsPage(description: ReturnType<typeof describeApi>) {
  const operations = operationsOf(description);
  const tags = [...new Set(operations.map(({ tag }) => tag))];
  const { info, components } = description;
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>${info.title}: HTTP API</title>
    <link rel="stylesheet" href="/assets/docs.css" />
    <script src="/assets/docs.js" defer></script>
  </head>
  <body>
    <header>
      <h1>${info.title}: HTTP API</h1>
      <p>${info.description}</p>
      <p>For programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI ${description.openapi}).</p>
      <form id="authorize" autocomplete="off">
        <label>
          Bearer token
          <input id="token" type="password" name="token" autocomplete="off" spellcheck="false" />
        </label>
        <button>Authorize</button>
        <output></output>
        <p>It is sent with what is tried here, as <code>Authorization: Bearer …</code>, and forgotten with the page.</p>
      </form>
      <nav>${tags.map((tag) => html`<a href="#${anchor(tag)}">${tag}</a> `)}<a href="#schemas">Schemas</a></nav>
    </header>
    <main>
      ${tags.map(
        (tag) => html`<section id="${anchor(tag)}">
        <h2>${tag}</h2>
        ${operations.filter((operation) => operation.tag === tag).map(operationPart)}
      </section>`,
      )}
      <section id="schemas">
        <h2>Schemas</h2>
        ${Object.entries(components?.schemas ?? {}).map(
          ([name, schema]) => html`<details id="schema-${name}">
          <summary>${name}</summary>
          <pre>${schemaText(schema)}</pre>
        </details>`,
        )}
      </section>
    </main>
  </body>
</html>`;
}

function operationPart(operation: Operation) {
  const { id, method, path, summary, description, isSecured, parameters, body, answers } = operation;
  return html`<details id="${id}" class="operation">
    <summary>
      <span class="method ${method.toLowerCase()}">${method}</span> <code>${path}</code> ${summary}
      ${isSecured ? html`<span class="secured" title="needs the bearer token">bearer</span>` : ''}
    </summary>
    ${description === '' ? '' : html`<p>${description}</p>`}
    <form class="try" data-method="${method}" data-path="${path}" autocomplete="off">
      ${parameters.map(parameterPart)}
      ${
        body === null
          ? ''
          : html`<label>Body, as JSON<textarea name="body" rows="4" spellcheck="false">{}</textarea></label>
      <p>What it may hold: ${schemaLink(body)}</p>`
      }
      <button>Try</button>
      <pre class="answer" hidden></pre>
    </form>
    <table>
      <tbody>
        ${answers.map(({ status, description: text }) => html`<tr><th>${status}</th><td>${text}</td></tr>`)}
      </tbody>
    </table>
  </details>`;
}

function parameterPart({ name, in: place, required, description }: Parameter) {
  return html`<label>
        ${name} <small>${place}${required ? '' : ', optional'}. ${description}</small>
        <input name="${name}" data-in="${place}" ${required ? raw('required') : ''} spellcheck="false" />
      </label>`;
}

const anchor = (tag: string): string => tag.toLowerCase().replaceAll(' ', '-');

/** Bodies have names. */
function schemaLink(schema: unknown) {
  const name = String((schema as { $ref?: string }).$ref)
    .split('/')
    .at(-1);
  return html`<a href="#schema-${name}">${name}</a>`;
}

const schemaText = (schema: unknown): string => JSON.stringify(schema, null, 2);
