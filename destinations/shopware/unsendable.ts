/** An entity says something that no shop can hold: it is refused before it is sent. The message is for people. */
export class UnsendableError extends Error {}
