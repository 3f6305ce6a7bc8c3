// What a peer can cause is a value; only what we alone can cause is thrown.

export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const err = <E>(why: E): { readonly ok: false; readonly why: E } => ({ ok: false, why });
