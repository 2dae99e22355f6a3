import { html } from 'hono/html';
import { withQuery } from './addresses.ts';
import { page } from './layout.ts';
import { type Html, prose } from './parts.ts';

export interface LoginParts {
  /** Why it is shown. */
  readonly why: string;
  /** Whether that is a mistake of who reads it. */
  readonly isMistake: boolean;
  /** Where to go on. */
  readonly next: string;
}

/** The way in: the token of the server. */
export function loginPage({ why, isMistake, next }: LoginParts): Html {
  const main = html`<form class="card login" method="post" action="${withQuery('/login', { next })}">
<h1>Log in</h1>
<p id="why"${isMistake && html` class="mistake" role="alert"`}>${prose(why)}</p>
<label for="token">Token</label>
<input id="token" name="token" type="password" required autofocus autocomplete="current-password" spellcheck="false" aria-describedby="why where">
<button class="primary">Log in</button>
<div id="where">
<p><strong>Where is the token?</strong></p>
<ul>
<li>It is what <code>TIDEMARK_TOKEN</code> or <code>server.token</code> in the configuration file says.</li>
<li>Where neither is set, the first start made one, showed it once, and keeps it in <code>.tidemark/token</code> below the folder it was started in: <code>cat .tidemark/token</code></li>
</ul>
</div>
</form>`;
  return page({ title: 'Log in', section: null, main });
}
