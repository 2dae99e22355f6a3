import jsonata from 'jsonata';

/** Codes of errors that jsonata throws while it evaluates. */
export const CODES: readonly string[] = `
  T0410 T0411 T0412 T1003 T1005 T1006 T1007 T1008 T1010 T2001 T2002 T2003 T2004 T2006 T2007 T2008 T2009 T2010 T2011
  T2012 T2013 D1001 D1002 D1004 D1009 D1011 D1012 D1013 D2005 D2014 D2015 D3001 D3010 D3011 D3012 D3020 D3030 D3040
  D3050 D3060 D3061 D3070 D3080 D3081 D3082 D3083 D3084 D3085 D3086 D3087 D3088 D3089 D3090 D3091 D3092 D3093 D3100
  D3110 D3120 D3121 D3130 D3131 D3132 D3133 D3134 D3135 D3136 D3137 D3138 D3139 D3140 D3141`
  .trim()
  .split(/\s+/);

/** Where a detail of the error stands in a text: as it is, or as JSON. */
const PLACE = /"‹json (\w+)›"|‹text (\w+)›/g;

/** Stands in a text for a detail of the error. */
class Place {
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  toString(): string {
    return `‹text ${this.name}›`;
  }

  toJSON(): string {
    return `‹json ${this.name}›`;
  }
}

const templates = new Map<string, string>();
for (const code of CODES) templates.set(code, await templateOf(code));

/**
 * The text that jsonata has for an error of an evaluation; without a known code, the error's own. jsonata words errors
 * only when it evaluates by itself, so each text was asked of it once, with names in place of the details.
 */
export function errorText(error: unknown): string {
  const details = (error ?? {}) as Readonly<Record<string, unknown>>;
  const template = templates.get(String(details.code));
  if (template === undefined) return String(details.message ?? error);
  return template.replace(PLACE, (_, json: string | undefined, text: string) =>
    json === undefined ? String(details[text]) : String(JSON.stringify(details[json])),
  );
}

async function templateOf(code: string): Promise<string> {
  const named = new Proxy<Record<string | symbol, unknown>>(
    { code },
    { get: (details, name) => (name in details ? details[name] : new Place(String(name))) },
  );
  const expression = jsonata('$fail()');
  expression.registerFunction('fail', () => {
    throw named;
  });
  return expression.evaluate(null).then(
    () => Promise.reject(new Error(`${code}: no error`)),
    ({ message }) => String(message),
  );
}
