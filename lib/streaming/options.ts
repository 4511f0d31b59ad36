/**
 * The options of a ResultStreamer: its own, and those of the stages of every phase.
 */
import { FORMATS, recordSinkChecks, resolveRecordSinkOptions, type RecordSinkOptions } from '../../sinks/options.ts'
import { aggregationTeeChecks, type AggregationTeeOptions } from '../../transforms/aggregation-tee.ts'
import {
  BUFFERING_DEFAULTS,
  bufferingChecks,
  type BufferingTransformOptions,
} from '../../transforms/buffering-transform.ts'
import {
  expectValue,
  flag,
  integerFrom,
  numberFrom,
  oneOf,
  resolveOptions,
  text,
  type Checks,
} from '../core/options.ts'
import { resolveFieldNames, type ResolvedFieldNames } from '../core/record.ts'

type BufferOptions = Pick<BufferingTransformOptions, 'bufferSize' | 'maxBytes' | 'maxAgeMs'>
type TeeOptions = Pick<AggregationTeeOptions, 'fields' | 'objective' | 'topCount' | 'maxContainers' | 'maxMetrics'>
type SinkOptions = Omit<
  RecordSinkOptions,
  'format' | 'path' | 'directory' | 'stream' | 'deadLetterPath' | 'onReject' | 'highWaterMark' | 'signal'
>

/** Options of {@link ResultStreamer}. */
export interface ResultStreamerOptions extends BufferOptions, TeeOptions, SinkOptions {
  /** Identifies the run in its results. */
  readonly workflowId: string
  /** Directory of the results, used as given: `results/<phase>/part-00000.jsonl` and on, `dead-letter.jsonl`, `aggregates.json`. */
  readonly outputDir: string
  /** @default 'jsonl' */
  readonly format?: RecordSinkOptions['format']
  /** Longest time an acknowledgement waits for others to be answered together with it. @default 5 */
  readonly ackDelayMs?: number
  /** Whether records are aggregated as they pass; if not, all summaries are empty. @default true */
  readonly aggregation?: boolean
  /** Phases open at once; each has a file and buffers. Records of further phases are rejected. @default 256 */
  readonly maxPhases?: number
  /** Destroys the stream with an AbortError, after accepted records are saved. */
  readonly signal?: AbortSignal
}

const { bufferSize, maxBytes, maxAgeMs } = bufferingChecks
const DEFAULTS = {
  bufferSize: BUFFERING_DEFAULTS.bufferSize,
  maxBytes: BUFFERING_DEFAULTS.maxBytes,
  maxAgeMs: BUFFERING_DEFAULTS.maxAgeMs,
  format: 'jsonl',
  ackDelayMs: 5,
  aggregation: true,
  maxPhases: 256,
} as const

const { fields, objective, topCount, maxContainers, maxMetrics } = aggregationTeeChecks
const {
  path: _path,
  directory: _directory,
  stream: _stream,
  deadLetterPath: _deadLetterPath,
  onReject: _onReject,
  highWaterMark: _highWaterMark,
  ...sinkChecks
} = recordSinkChecks

/** Checks of {@link ResultStreamerOptions}. */
export const resultStreamerChecks: Checks<ResultStreamerOptions> = {
  bufferSize,
  maxBytes,
  maxAgeMs,
  ...sinkChecks,
  fields,
  objective,
  topCount,
  maxContainers,
  maxMetrics,
  workflowId: text,
  outputDir: text,
  format: oneOf(FORMATS),
  ackDelayMs: numberFrom(0),
  aggregation: flag,
  maxPhases: integerFrom(1),
}

/** The options, grouped by the stage they are for. */
export interface ResolvedResultStreamerOptions {
  readonly workflowId: string
  readonly outputDir: string
  readonly fields: ResolvedFieldNames
  readonly ackDelayMs: number
  readonly aggregation: boolean
  readonly maxPhases: number
  readonly signal: AbortSignal | undefined
  readonly buffer: Required<BufferOptions>
  readonly tee: TeeOptions
  readonly sink: SinkOptions & { readonly format: RecordSinkOptions['format'] }
  /** Names of options that were given but do not apply to the format. */
  readonly ignored: readonly string[]
}

/** @throws {SpillwayError} `ERR_SPILLWAY_OPTION` */
export function resolveResultStreamerOptions(given: ResultStreamerOptions): ResolvedResultStreamerOptions {
  const options = resolveOptions<ResultStreamerOptions, typeof DEFAULTS>(
    'ResultStreamer',
    given,
    resultStreamerChecks,
    DEFAULTS,
  )
  const { workflowId, outputDir, ackDelayMs, aggregation, maxPhases, signal, bufferSize, maxBytes, maxAgeMs, ...rest } =
    options
  expectValue('workflowId', workflowId, text)
  expectValue('outputDir', outputDir, text)
  const { fields, objective, topCount, maxContainers, maxMetrics, ...sink } = rest
  return {
    workflowId,
    outputDir,
    fields: resolveFieldNames(fields),
    ackDelayMs,
    aggregation,
    maxPhases,
    signal,
    buffer: { bufferSize, maxBytes, maxAgeMs },
    tee: defined({ fields, objective, topCount, maxContainers, maxMetrics }),
    sink,
    ignored: resolveRecordSinkOptions('ResultStreamer', { ...sink, directory: outputDir }).ignored,
  }
}

/** `options` without the keys whose value is undefined. */
function defined<Options extends object>(
  options: Options,
): { [Name in keyof Options]: Exclude<Options[Name], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [Name in keyof Options]: Exclude<Options[Name], undefined> }
}
