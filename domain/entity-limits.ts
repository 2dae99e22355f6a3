/** What an entity may hold, however it comes in. */

/** UTF-8 bytes. PostgreSQL keeps both in one index entry with the record key, and that takes 2,704 bytes at most. */
export const MAX_IDENTIFIER_BYTES = 1_000;
export const MAX_BLUEPRINT_BYTES = 200;

/** UTF-8 bytes of a field's value as JSON, escapes not counted. */
export const MAX_FIELD_BYTES = 1_048_576;

/** Arrays and objects within each other in a field's value. */
export const MAX_FIELD_DEPTH = 100;
