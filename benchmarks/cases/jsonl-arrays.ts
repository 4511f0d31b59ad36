/**
 * What it gains to make the text of many records by one call: JsonlWriter with its arrays, beside the same with arrays
 * turned off. The bytes are written as they come, with no stream around the writer.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { JsonlWriter, ONE_BY_ONE } from '../../sinks/text/jsonl-writer.ts'
import type { Contender } from '../bench-case.ts'
import { batches } from '../records.ts'
import { benchCase as searchRecords } from './jsonl-search-records.ts'

const BATCH = 1000

export const benchCase: typeof searchRecords = {
  ...searchRecords,
  name: 'jsonl-arrays',
  records: 1_000_000,
  contenders: { 'one by one': encoding(ONE_BY_ONE), arrays: encoding() },
  subjects: ['one by one', 'arrays'],
  packages: [],
}

function encoding(mostTogether?: number): Contender<readonly object[]> {
  return async (pool, { records, directory }) => {
    const writer = new JsonlWriter({ compression: 'none', nonFinite: 'null' }, mostTogether)
    const file = openSync(join(directory, 'out.jsonl'), 'w')
    const save = async () => {
      for await (const piece of writer.take()) writeSync(file, piece)
    }
    for (const batch of batches(pool, records, BATCH)) {
      for (let index = 0; index < batch.length;) {
        index = writer.write(batch, index, batch.length)
        if (writer.full) await save()
      }
    }
    await save()
    closeSync(file)
  }
}
