/**
 * Detects repeated container ids with little memory, because a phase may have a million containers.
 */

/** Greatest number of stored ids. Later ids are not stored and always count as new. */
const MAX_IDS = 1_000_000

const FIRST_SLOTS = 1024

/**
 * A set of 64-bit hashes of ids, in a hash table that doubles when it is half full. The caller must compare the ids
 * themselves when two ids have the same hash. Memory: 16 to 32 bytes for each id, for up to a million ids.
 */
export class ContainerIds {
  /** Each slot has the two halves of a hash; both are 0 in a free slot. */
  #slots = new Uint32Array(2 * FIRST_SLOTS)
  #size = 0

  /** Adds an id; false when this id, or another id with the same hash, was added before. */
  add(id: string): boolean {
    if (this.#size >= MAX_IDS) return true
    if (2 * this.#size >= this.#slots.length / 2) this.#grow()
    const [low, high] = hash(id)
    const added = insert(this.#slots, low, high)
    if (added) this.#size += 1
    return added
  }

  #grow(): void {
    const slots = new Uint32Array(2 * this.#slots.length)
    for (let slot = 0; slot < this.#slots.length; slot += 2) {
      const low = this.#slots[slot] as number
      const high = this.#slots[slot + 1] as number
      if (low !== 0 || high !== 0) insert(slots, low, high)
    }
    this.#slots = slots
  }
}

function insert(slots: Uint32Array, low: number, high: number): boolean {
  const mask = slots.length - 1
  for (let slot = (2 * low) & mask; ; slot = (slot + 2) & mask) {
    if (slots[slot] === low && slots[slot + 1] === high) return false
    if (slots[slot] !== 0 || slots[slot + 1] !== 0) continue
    slots[slot] = low
    slots[slot + 1] = high
    return true
  }
}

/**
 * Two FNV-1a hashes of the UTF-16 code units. The second has another initial value and an extra shift. Each is then
 * mixed as in the last step of MurmurHash3.
 *
 * G. Fowler, L. C. Noll, K.-P. Vo, "FNV hash", http://www.isthe.com/chongo/tech/comp/fnv/; A. Appleby, "MurmurHash3".
 */
function hash(id: string): [low: number, high: number] {
  let low = 0x811c9dc5
  let high = 0x9747b28c
  for (let place = 0; place < id.length; place++) {
    const unit = id.charCodeAt(place)
    low = Math.imul(low ^ unit, 0x01000193)
    high = Math.imul(high ^ unit, 0x01000193) ^ (high >>> 15)
  }
  // Both halves are never 0, because that marks a free slot.
  return [mix(low) || 1, mix(high)]
}

function mix(half: number): number {
  let mixed = half
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
