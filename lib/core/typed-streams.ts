/**
 * Streams whose iteration gives the type of their items. The types of Node.js give `any`.
 */
import type { Readable } from 'node:stream'

/** What reads all items of a stream, with their type. */
interface Items<Item> extends AsyncIterable<Item> {
  toArray(options?: Parameters<Readable['toArray']>[0]): Promise<Item[]>
}

/**
 * A stream of items of a known type. It is a Readable, or the `Stream` that is given. It is an intersection: an interface
 * that narrows the iterator would not be a `NodeJS.ReadableStream`, which `pipeline` takes.
 */
export type TypedReadable<Item, Stream extends Readable = Readable> = Items<Item> & Stream

/** What a stream of rows emits: arrays of rows with `batches: true`, else rows. */
export type RowItem<Row, Batches extends boolean> = Batches extends true ? Row[] : Row

/** Options with `batches`, whose value is part of the type. */
export type WithBatches<Options, Batches extends boolean> = Options & {
  /** Emit arrays of rows. @default false */
  readonly batches?: Batches
}
