/**
 * How soon a resumed run is at work by how long it has run: from the start of a process to its first container, of runs
 * that were killed with ever more records committed, checkpoints being made as by default. Every contender is asked for as
 * many records, and its run has a multiple of them, so that the ratios are those of the times; records a second mean
 * nothing here.
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

/** @param factor - how many times the records that are asked for */
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
