/** An error of an evaluation: the library's text for the code is made of the details (`mapping/error-texts.ts`). */
export const coded = (code: string, details: Readonly<Record<string, unknown>> = {}): Error =>
  Object.assign(new Error(code), { code, ...details });
