/**
 * The cost of aggregation by the number of containers, in time and in memory: the same records in different numbers of
 * containers. The pool has the same size in all cases.
 */
import type { BenchCase, Work } from '../bench-case.ts'
import { makeRecords, type SearchRecord } from '../records.ts'
import { tallyTee, teeWork } from '../streams/tally-tee.ts'

const POOL = 100_000

export const benchCase: BenchCase<readonly SearchRecord[]> = {
  ...teeWork,
  ...ofContainers(1),
  name: 'tee-containers',
  records: 1_000_000,
  contenders: {
    '1 container': tallyTee,
    '100 containers': tallyTee,
    '10,000 containers': tallyTee,
    '100,000 containers': tallyTee,
  },
  variants: {
    '100 containers': ofContainers(100),
    '10,000 containers': ofContainers(10_000),
    '100,000 containers': ofContainers(100_000),
  },
}

function ofContainers(containers: number): Pick<Work<readonly SearchRecord[]>, 'prepare'> {
  return {
    prepare: () => {
      const names = Array.from({ length: containers }, (_, index) => `container_${String(index).padStart(6, '0')}`)
      return makeRecords(POOL).map((record, index) => ({ ...record, container: names[index % containers] ?? '' }))
    },
  }
}
