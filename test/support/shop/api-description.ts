import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AnySchema, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { isRawRecord, type Json, type RawRecord } from '../../../domain/json.ts';

interface Described {
  readonly properties?: Readonly<Record<string, { readonly readOnly?: boolean }>>;
}

interface Description {
  readonly components: { readonly schemas: Readonly<Record<string, Described>> };
}

const PACKAGE = createRequire(import.meta.url).resolve('@shopware/api-client');
const FILE = join(dirname(PACKAGE), '../api-types/adminApiSchema.json');
const OPERATIONS = '#/paths/~1_action~1sync/post/requestBody/content/application~1json/schema';

/** The shop's own description of its Admin API (OpenAPI 3.1), which every request has to agree with. */
export class ApiDescription {
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false, validateSchema: false, allErrors: true });
  readonly #description: Description = JSON.parse(readFileSync(FILE, 'utf8'));
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor() {
    this.#ajv.addSchema(this.#description as AnySchema, 'api');
  }

  /** What is wrong with the body of a sync request. */
  syncMistakes(operations: readonly Json[]): string[] {
    const mistakes = this.#against(OPERATIONS, operations, 'operations');
    return [...mistakes, ...operations.filter(isRawRecord).flatMap((operation) => this.#recordMistakes(operation))];
  }

  #recordMistakes({ entity, action, payload }: RawRecord): string[] {
    const name = String(entity).replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
    const schema = this.#description.components.schemas[name];
    const records = Array.isArray(payload) ? payload.filter(isRawRecord) : [];
    // A plugin's entity is not described.
    if (schema === undefined) return [];
    return records.flatMap((record, index) =>
      Object.entries(record).flatMap(([field, value]) => {
        const at = `${action} ${entity} ${index} ${field}`;
        const described = schema.properties?.[field];
        // Every entity with texts takes `translations`, which the description leaves out.
        if (field === 'translations' || value === null) return [];
        if (described === undefined) return [`${at}: there is no such field`];
        if (described.readOnly) return [`${at}: is read only`];
        // A list of rows to link names them by their ids; the description shows whole rows.
        if (Array.isArray(value) && value.every((item) => isRawRecord(item) && Object.keys(item).join() === 'id'))
          return [];
        return this.#against(`#/components/schemas/${name}/properties/${field}`, value, at);
      }),
    );
  }

  #against(pointer: string, value: unknown, at: string): string[] {
    const validate = this.#compiled.get(pointer) ?? this.#ajv.compile({ $ref: `api${pointer}` });
    this.#compiled.set(pointer, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${at}${instancePath}: ${message}`);
  }
}
