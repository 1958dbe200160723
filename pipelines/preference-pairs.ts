/**
 * Preference pairs for DPO: all six stages, with rows that set an answer that does all it was
 * asked against one that does not. Records whose answers all pass, or all fail, give no pair.
 *
 *     ultraif run --pipeline preference-pairs --samples 8 --base-url http://127.0.0.1:8000 prompts.jsonl > dpo.jsonl
 */
import ultraif from './ultraif.js'

export const defaults = { as: 'dpo' }

export default ultraif
