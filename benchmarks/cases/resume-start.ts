/**
 * The start-up time of a resumed run by its length: from the start of the process to its first container. The runs were
 * killed with different numbers of committed records and have default checkpoints. Every contender gets the same number
 * of records, and its run has a multiple of them. So the ratios are ratios of times, and records per second have no
 * meaning here.
 */
import type { BenchCase, Job, Work } from '../bench-case.ts'
import { readTallies, saveTallies, sumTallies, Tally } from '../tally.ts'
import { makeUnfinishedRun, resumeUntilContainer, type UnfinishedRun } from '../workflows/unfinished-run.ts'

export const benchCase: BenchCase<UnfinishedRun> = {
  ...ofSize(0.01),
  name: 'resume-start',
  records: 1_000_000,
  contenders: { '10 k records': resume, '1 M records': resume, '30 M records': resume },
  variants: { '1 M records': ofSize(1), '30 M records': ofSize(30) },
}

/** @param factor - the number of records of the run, as a multiple of the number asked for */
function ofSize(factor: number): Pick<Work<UnfinishedRun>, 'prepare' | 'expectedOutput' | 'readOutput'> {
  return {
    prepare: (records, directory) => makeUnfinishedRun(directory, Math.ceil(records * factor)),
    expectedOutput: ({ unfinishedRecords }) => sumTallies(tallyOf(unfinishedRecords)),
    readOutput: readTallies,
  }
}

async function resume({ outputDir }: UnfinishedRun, { directory }: Job): Promise<void> {
  await saveTallies(directory, [tallyOf(await resumeUntilContainer(outputDir))])
}

function tallyOf(figure: number): Tally {
  const tally = new Tally()
  tally.add(figure)
  return tally
}
