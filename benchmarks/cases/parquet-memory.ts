/**
 * What memory ParquetSink takes: that of `--records 1000000` and of `--records 20000000` should not differ. The pool is
 * small, so that next to nothing else is in the process; the size of the output means nothing for that.
 */
import { parquetContenders } from '../parquet/parquet-contenders.ts'
import { searchTable } from '../tables/search-table.ts'
import { makeRecords } from '../records.ts'
import { benchCase as searchRecords } from './parquet-search-records.ts'

const POOL = 10_000

export const benchCase: typeof searchRecords = {
  ...searchRecords,
  name: 'parquet-memory',
  prepare: () => makeRecords(POOL),
  contenders: { spillway: parquetContenders(searchTable).spillway },
}
