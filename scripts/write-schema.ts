import { writeFileSync } from 'node:fs';
import { configurationJsonSchema } from '../config/json-schema.ts';
import { configurationContext } from '../workers/configuration-context.ts';

const file = new URL('../tidemark.schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(configurationJsonSchema(configurationContext({})), null, 2)}\n`);
