/// <reference types="highland" preserve="true" />
// Kept in the declarations: `Highland` is a global namespace that a user's compiler must find.
/**
 * A stage turns one Highland stream into another; a pipeline is stages applied in a row.
 * Node owns the edges (files, stdin, stdout, signals), Highland the middle.
 */

export type Stage<In, Out> = (source: Highland.Stream<In>) => Highland.Stream<Out>

export function chain<A, B>(a: Stage<A, B>): Stage<A, B>
export function chain<A, B, C>(a: Stage<A, B>, b: Stage<B, C>): Stage<A, C>
export function chain<A, B, C, D>(
  a: Stage<A, B>,
  b: Stage<B, C>,
  c: Stage<C, D>,
): Stage<A, D>
export function chain<A, B, C, D, E>(
  a: Stage<A, B>,
  b: Stage<B, C>,
  c: Stage<C, D>,
  d: Stage<D, E>,
): Stage<A, E>
export function chain<A, B, C, D, E, F>(
  a: Stage<A, B>,
  b: Stage<B, C>,
  c: Stage<C, D>,
  d: Stage<D, E>,
  e: Stage<E, F>,
): Stage<A, F>
export function chain<A, B, C, D, E, F, G>(
  a: Stage<A, B>,
  b: Stage<B, C>,
  c: Stage<C, D>,
  d: Stage<D, E>,
  e: Stage<E, F>,
  f: Stage<F, G>,
): Stage<A, G>
export function chain<A, B, C, D, E, F, G, H>(
  a: Stage<A, B>,
  b: Stage<B, C>,
  c: Stage<C, D>,
  d: Stage<D, E>,
  e: Stage<E, F>,
  f: Stage<F, G>,
  g: Stage<G, H>,
): Stage<A, H>
export function chain(...stages: Stage<any, any>[]): Stage<any, any>
/** Applies the stages left to right: `chain(parse(), generate(model), stringify())`. */
export function chain(...stages: Stage<any, any>[]): Stage<any, any> {
  return source => stages.reduce((stream, stage) => stream.through(stage), source)
}
