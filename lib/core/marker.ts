/**
 * Markers flow through a stream graph behind the records they cover, as the barriers of a checkpoint do.
 */
import { makeDeferred } from './deferred.ts'
import { SpillwayError } from './errors.ts'

/** How far an acknowledgement reaches: in the file, or on the disk itself (fdatasync). */
export type AckLevel = 'written' | 'durable'

/** A sink's answer to a marker: how far its last file reaches. */
export interface Receipt {
  /** The file, or null while the sink has had none yet. */
  readonly path: string | null
  /** Bytes of the file that hold all the rows counted here. */
  readonly offsetBytes: number
  /** Rows in the file. */
  readonly rows: number
}

/** The records of an open row group, in a complete file of their own. */
export interface OpenRows {
  readonly path: string
  readonly bytes: number
  readonly rows: number
}

/** What the stages of a stream graph do with a marker. */
interface MarkerControl {
  /** The only phase that it is for; undefined for all phases. */
  readonly phase: string | undefined
  /**
   * Called by the sink when everything before the marker, and nothing behind it, is encoded.
   *
   * @param openRows - the records behind those of the receipt; null when there are none
   */
  pass(this: void, receipt: Receipt, openRows: OpenRows | null): void
  settle(this: void, receipt: Receipt): void
  fail(this: void, error: unknown): void
  /** Fails a marker whose stream ended before it reached the sink. A settled marker stays settled. */
  lose(this: void): void
}

/** How an internal marker differs from one that a user makes. */
interface MarkerSettings {
  readonly phase?: string
  /** See {@link MarkerControl.pass}. */
  readonly onPass?: (receipt: Receipt, openRows: OpenRows | null) => void
}

/** The internals of a marker. Users do not see them: only the stages of a stream graph may answer a marker. */
export let controlOf: (marker: Marker) => MarkerControl
/** Makes a marker with settings that users do not have. */
export let makeMarker: (level: AckLevel, settings: MarkerSettings) => Marker

/**
 * A request that flows behind the records it covers. A buffering stage empties itself before it. A sink makes
 * everything up to it readable, or durable, and answers it.
 */
export class Marker {
  /** What is guaranteed when the marker is answered. */
  readonly level: AckLevel
  readonly #receipt = makeDeferred<Receipt>()
  #settings: MarkerSettings = {}

  /** Makes a marker to be sent through a stream by `markerBatch`. */
  constructor(level: AckLevel) {
    this.level = level
  }

  /**
   * The sink's answer. Rejects when the stream fails, or ends before the marker reached
   * the sink (`ERR_SPILLWAY_MARKER_LOST`).
   */
  get receipt(): Promise<Receipt> {
    return this.#receipt.promise
  }

  static {
    controlOf = (marker) => {
      const { phase, onPass = () => {} } = marker.#settings
      const { resolve, reject } = marker.#receipt
      return {
        phase,
        pass: onPass,
        settle: resolve,
        fail: reject,
        lose: () => {
          reject(lostError())
        },
      }
    }
    makeMarker = (level, settings) => {
      const marker = new Marker(level)
      marker.#settings = settings
      return marker
    }
  }
}

function lostError(): SpillwayError {
  return new SpillwayError(
    'ERR_SPILLWAY_MARKER_LOST',
    'The stream ended before a marker sent through it reached the sink. A stage in the stream drops empty arrays: make that stage pass them on.',
  )
}
