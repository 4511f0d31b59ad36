/**
 * Types of workflows and their topologies; see `streams.ts` for how they are tested.
 */
import { Coordinator, loadWorkflow, type Topology, type Workflow, type WorkflowInput } from '../../lib/index.ts'

interface Trade {
  readonly price: number
}

export async function namesOfTopologiesAreRegistered(search: Topology, walk: Topology): Promise<void> {
  const coordinator = new Coordinator({ outputDir: 'runs', topologies: { search, walk } })
  await coordinator.executeWorkflow({
    phases: [
      { name: 'a', topology: 'search' },
      { name: 'b', topology: 'walk', depends_on: ['a'] },
    ],
  })
  await coordinator.executeWorkflow({ workflow: { phases: [{ name: 'a', topology: 'search' }] } })
  coordinator.stream<Trade>({ phases: [{ name: 'a', topology: 'search' }] })
  // @ts-expect-error -- no topology has this name
  await coordinator.executeWorkflow({ phases: [{ name: 'a', topology: 'saerch' }] })
  await coordinator.executeWorkflow({
    phases: [
      { name: 'a', topology: 'search' },
      // @ts-expect-error -- no topology has the name of the second phase
      { name: 'b', topology: 'x' },
    ],
  })
  // @ts-expect-error -- no topology has this name
  await coordinator.executeWorkflow({ workflow: { phases: [{ name: 'a', topology: 'saerch' }] } })
  // @ts-expect-error -- no topology has this name
  coordinator.stream({ phases: [{ name: 'a', topology: 'saerch' }] })
  // @ts-expect-error -- no topology has this name
  coordinator.stream<Trade>({ phases: [{ name: 'a', topology: 'saerch' }] })
}

export async function namesKnownAtRunTimeAreAccepted(
  topologies: Record<string, Topology>,
  search: Topology,
  workflow: Workflow,
  input: WorkflowInput,
): Promise<void> {
  const coordinator = new Coordinator({ outputDir: 'runs', topologies: { search } })
  await coordinator.executeWorkflow(workflow)
  await coordinator.executeWorkflow(input)
  await coordinator.executeWorkflow(await loadWorkflow('search.yaml'))
  coordinator.stream(workflow)
  coordinator.stream<Trade>(await loadWorkflow('search.yaml'))
  coordinator.stream<Trade, string>(workflow)
  const phases = ['a', 'b'].map((name) => ({ name, topology: 'search' }))
  await coordinator.executeWorkflow({ phases })
  const anyName: Coordinator = new Coordinator({ outputDir: 'runs', topologies })
  await anyName.executeWorkflow({ phases: [{ name: 'a', topology: 'from a variable' }] })
}
