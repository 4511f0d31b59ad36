/**
 * The work of `spillway convert`: records of any format into one file of any other. Input that is a regular file and
 * needs columns is read twice, first for its columns; anything else is read once, and its first records decide.
 */
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { finished } from 'node:stream/promises'
import { errnoOf, isAbortError, messageOf, SpillwayError } from '../core/errors.ts'
import type { ResultRecord } from '../core/record.ts'
import type { Rejection } from '../core/rejection.ts'
import type { Schema } from '../../sinks/columns/column.ts'
import { DeadLetterFile } from '../../sinks/dead-letter-file.ts'
import { openFileTarget } from '../../sinks/file-target.ts'
import { parquetInfo } from '../../sinks/readers/read-parquet.ts'
import { RecordSink } from '../../sinks/record-sink.ts'
import type { CsvType } from '../../transforms/csv-types.ts'
import type { ConversionPlan } from './conversion-plan.ts'
import { findCsvTypes, findSchema, schemaOfCsv, schemaOfParquet } from './find-schema.ts'
import { hasColumns } from './input-formats.ts'
import { readBytes } from './read-bytes.ts'
import { readRecords } from './read-records.ts'
