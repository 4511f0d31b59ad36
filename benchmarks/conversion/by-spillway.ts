/**
 * The work of `spillway convert`, without the command line.
 */
import { Conversion } from '../../lib/cli/convert/convert.ts'
import { planConversion } from '../../lib/cli/convert/conversion-plan.ts'

/** Converts a file into another one. The formats are derived from their names. */
export async function bySpillway(input: string, out: string): Promise<void> {
  const conversion = new Conversion(planConversion(input, { out }, process), new AbortController().signal)
  await conversion.run()
}
